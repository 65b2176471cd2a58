package sandbox

import (
	"net/http"
	"strings"
)

// What holds Neutron's things, and what goes with them.

func (r *request) portsWith(field, id string) []object {
	return r.of("ports", "", func(o object) bool { return o.text(field) == id })
}

func networkInUse(r *request, o object) *refusal {
	ports := r.portsWith("network_id", o.id())
	if len(ports) == 0 {
		return nil
	}
	return neutronRefusal(http.StatusConflict, "NetworkInUse", "Unable to complete operation on network %s. There are one or more ports still in use on the network, id for these ports is: %s.", o.id(), ports[0].id())
}

func networkRemoved(r *request, o object) {
	for _, s := range r.of("subnets", projectOf(o), func(s object) bool { return s.text("network_id") == o.id() }) {
		r.cloud.store.remove("subnets", s.id())
	}
}

func subnetInUse(r *request, o object) *refusal {
	if len(r.portsWith("network_id", o.text("network_id"))) == 0 {
		return nil
	}
	return neutronRefusal(http.StatusConflict, "SubnetInUse", "Unable to complete operation on subnet %s: One or more ports have an IP allocation from this subnet.", o.id())
}

func routerInUse(r *request, o object) *refusal {
	ports := r.portsWith("device_id", o.id())
	if len(ports) == 0 {
		return nil
	}
	return neutronRefusal(http.StatusConflict, "RouterInUse", "Router %s has ports still attached: %s", o.id(), ports[0].id())
}

func portInUse(_ *request, o object) *refusal {
	if !strings.HasPrefix(o.text("device_owner"), "network:router") {
		return nil
	}
	return neutronRefusal(http.StatusConflict, "ServicePortInUse", "Port %s cannot be deleted directly via the port API: has device owner %s.", o.id(), o.text("device_owner"))
}

// groupInUse: only administrators can delete a default group.
func groupInUse(r *request, o object) *refusal {
	if o.text("name") != "default" || r.caller.admin {
		return nil
	}
	return neutronRefusal(http.StatusConflict, "SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.")
}

func (r *request) router() (object, *refusal) {
	o := r.cloud.store.get("routers", r.PathValue("id"))
	if o == nil || !r.inRegion(o) || !r.mine(projectOf(o)) {
		return nil, neutronRefusal(http.StatusNotFound, "RouterNotFound", "Router %s could not be found", r.PathValue("id"))
	}
	return o, nil
}

func addInterface(r *request) (int, any, *refusal) {
	router, no := r.router()
	if no != nil {
		return 0, nil, no
	}
	subnet := r.cloud.store.get("subnets", r.body.text("subnet_id"))
	if subnet == nil || !r.mine(projectOf(subnet)) {
		return 0, nil, neutronRefusal(http.StatusNotFound, "SubnetNotFound", "Subnet %s could not be found.", r.body.text("subnet_id"))
	}
	port := object{"name": "", "network_id": subnet.text("network_id"), "device_id": router.id(), "device_owner": "network:router_interface",
		"admin_state_up": true, "status": "DOWN", "fixed_ips": []any{object{"subnet_id": subnet.id()}}}.with(r.neutronFields(projectOf(router)))
	r.cloud.store.put("ports", port)
	return http.StatusOK, interfaceAnswer(router, port), nil
}

func removeInterface(r *request) (int, any, *refusal) {
	router, no := r.router()
	if no != nil {
		return 0, nil, no
	}
	for _, p := range r.portsWith("device_id", router.id()) {
		subnets, _ := p["fixed_ips"].([]any)
		if p.id() == r.body.text("port_id") || len(subnets) > 0 && asObject(subnets[0]).text("subnet_id") == r.body.text("subnet_id") {
			r.cloud.store.remove("ports", p.id())
			return http.StatusOK, interfaceAnswer(router, p), nil
		}
	}
	return 0, nil, neutronRefusal(http.StatusNotFound, "RouterInterfaceNotFound", "Router %s does not have an interface with id %s", router.id(), r.body.text("port_id"))
}

func interfaceAnswer(router, port object) object {
	return object{"id": router.id(), "tenant_id": projectOf(router), "port_id": port.id(), "network_id": port.text("network_id")}
}

// plugIn makes the ports of a new server: one in each of its networks.
func (r *request) plugIn(server string, networks any) *refusal {
	list, _ := networks.([]any)
	for _, n := range list {
		id := asObject(n).text("uuid")
		if found := r.cloud.store.get("networks", id); found == nil || !r.inRegion(found) || !r.mine(projectOf(found)) {
			return named(http.StatusBadRequest, "Network %s could not be found.", id)
		}
		if len(r.exceeded("network", r.caller.project, map[string]int64{"port": 1})) > 0 {
			return named(http.StatusForbidden, "Maximum number of ports exceeded")
		}
		r.defaultGroup(r.caller.project)
		r.cloud.store.put("ports", object{"name": "", "network_id": id, "device_id": server, "device_owner": "compute:nova", "admin_state_up": true,
			"status": "ACTIVE", "fixed_ips": []any{}}.with(r.neutronFields(r.caller.project)))
	}
	return nil
}

// unplug lets go of what a deleted server had.
func (r *request) unplug(server object) {
	for _, p := range r.portsWith("device_id", server.id()) {
		r.cloud.store.remove("ports", p.id())
	}
	for _, v := range r.of("volumes", server.text("tenant_id"), anyObject) {
		attached, _ := v["attachments"].([]any)
		if len(attached) > 0 && asObject(attached[0]).text("server_id") == server.id() {
			r.cloud.store.put("volumes", v.with(object{"status": "available", "attachments": []any{}}))
		}
	}
}
