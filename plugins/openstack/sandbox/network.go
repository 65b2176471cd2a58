package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const networkPrefix = "/{region}/network/v2.0"

// neutronKind is one of Neutron's collections.
type neutronKind struct {
	path, kinds, kind string
	quota             string
	defaults          func(r *request, in object) (object, *refusal)
	inUse             func(r *request, o object) *refusal
	removed           func(r *request, o object)
}

func neutronKinds() []neutronKind {
	return []neutronKind{
		{"networks", "networks", "network", "network", newNetwork, networkInUse, networkRemoved},
		{"subnets", "subnets", "subnet", "subnet", newSubnet, subnetInUse, nil},
		{"routers", "routers", "router", "router", newRouter, routerInUse, nil},
		{"ports", "ports", "port", "port", newPort, portInUse, nil},
		{"floatingips", "floatingips", "floatingip", "floatingip", newFloatingIP, nil, nil},
		{"security-groups", "security_groups", "security_group", "security_group", newSecurityGroup, groupInUse, nil},
		{"subnetpools", "subnetpools", "subnetpool", "subnetpool", plainNeutron, nil, nil},
		{"address-scopes", "address_scopes", "address_scope", "", plainNeutron, nil, nil},
	}
}

func (c *Cloud) networkRoutes(mux *http.ServeMux) {
	for _, k := range neutronKinds() {
		at := networkPrefix + "/" + k.path
		c.add(mux, "GET "+at, k.list)
		c.add(mux, "POST "+at, k.create)
		c.add(mux, "GET "+at+"/{id}", k.show)
		c.add(mux, "PUT "+at+"/{id}", k.change)
		c.add(mux, "DELETE "+at+"/{id}", k.delete)
	}
	c.add(mux, "PUT "+networkPrefix+"/routers/{id}/add_router_interface", addInterface)
	c.add(mux, "PUT "+networkPrefix+"/routers/{id}/remove_router_interface", removeInterface)
	show := func(r *request) (int, any, *refusal) {
		project := r.PathValue("project")
		if !r.mine(project) {
			return 0, nil, neutronRefusal(http.StatusForbidden, "PolicyNotAuthorized", "rule:get_quota is disallowed by policy")
		}
		return http.StatusOK, object{"quota": r.showQuotas("network", project, strings.Contains(r.URL.Path, "/details"))}, nil
	}
	c.add(mux, "GET "+networkPrefix+"/quotas/{project}", show)
	c.add(mux, "GET "+networkPrefix+"/quotas/{project}/details.json", show)
	c.add(mux, "GET "+networkPrefix+"/quotas/{project}/details", show)
	c.add(mux, "PUT "+networkPrefix+"/quotas/{project}", putNetworkQuotas)
	c.add(mux, "DELETE "+networkPrefix+"/quotas/{project}", deleteNetworkQuotas)
}

func putNetworkQuotas(r *request) (int, any, *refusal) {
	if !r.caller.admin {
		return 0, nil, neutronRefusal(http.StatusForbidden, "PolicyNotAuthorized", "rule:update_quota is disallowed by policy")
	}
	if no := r.changeQuotas("network", r.PathValue("project"), r.body.sub("quota")); no != nil {
		return 0, nil, no
	}
	return http.StatusOK, object{"quota": r.showQuotas("network", r.PathValue("project"), false)}, nil
}

func deleteNetworkQuotas(r *request) (int, any, *refusal) {
	id := r.quotaID("network", r.PathValue("project"))
	switch {
	case !r.caller.admin:
		return 0, nil, neutronRefusal(http.StatusForbidden, "PolicyNotAuthorized", "rule:delete_quota is disallowed by policy")
	case r.cloud.store.get("quotas", id) == nil:
		return 0, nil, neutronRefusal(http.StatusNotFound, "TenantQuotaNotFound", "Quota for tenant %s could not be found.", r.PathValue("project"))
	}
	r.cloud.store.remove("quotas", id)
	return http.StatusNoContent, nil, nil
}

// seedNetwork makes the region's external network.
func (c *Cloud) seedNetwork(region string, first bool) {
	id := ExternalNetworkID
	if !first {
		id = hashed(region, "external")[:8] + ExternalNetworkID[8:]
	}
	if c.store.get("networks", id) != nil {
		return
	}
	c.store.put("networks", object{"id": id, "name": "public", "project_id": adminProject, "tenant_id": adminProject, "router:external": true, "shared": false,
		"status": "ACTIVE", "admin_state_up": true, "mtu": 1500, "subnets": []any{}, "tags": []any{}, "_region": region})
}

func (r *request) networkUsage(project string) map[string]int64 {
	out := map[string]int64{}
	for _, k := range neutronKinds() {
		if k.quota != "" {
			out[k.quota] = int64(len(r.of(k.kinds, project, anyObject)))
		}
	}
	for _, g := range r.of("security_groups", project, anyObject) {
		rules, _ := g["security_group_rules"].([]any)
		out["security_group_rule"] += int64(len(rules))
	}
	return out
}

// list shows what the caller may see and the query asks for. Asked for
// security groups, Neutron first makes the default one of the first project
// that was asked for, whoever asks.
func (k neutronKind) list(r *request) (int, any, *refusal) {
	q := r.URL.Query()
	projects := append(slices.Clone(q["project_id"]), q["tenant_id"]...)
	if k.kinds == "security_groups" {
		r.defaultGroup(append(projects, r.caller.project)[0])
	}
	matches := func(o object) bool {
		public := o.is("router:external") || o.is("shared")
		if len(projects) > 0 && !slices.Contains(projects, projectOf(o)) || !r.mine(projectOf(o)) && !public {
			return false
		}
		for _, field := range []string{"id", "name", "network_id", "device_id", "device_owner"} {
			if want, asked := q[field]; asked && !slices.Contains(want, o.text(field)) {
				return false
			}
		}
		return true
	}
	var found []object
	if len(projects) == 1 {
		found = r.of(k.kinds, projects[0], matches)
	} else {
		found = r.of(k.kinds, "", matches)
	}
	return http.StatusOK, r.listed(k.kinds, found), nil
}

func (k neutronKind) create(r *request) (int, any, *refusal) {
	in := r.body.sub(k.kind)
	project := cmp.Or(in.text("project_id"), in.text("tenant_id"), r.caller.project)
	if !r.mine(project) { // only administrators make things for others
		return 0, nil, neutronRefusal(http.StatusForbidden, "PolicyNotAuthorized", "rule:create_%s:attributes is disallowed by policy", k.kind)
	}
	if k.quota != "" && len(r.exceeded("network", project, map[string]int64{k.quota: 1})) > 0 {
		return 0, nil, neutronRefusal(http.StatusConflict, "OverQuota", "Quota exceeded for resources: ['%s'].", k.quota)
	}
	r.defaultGroup(project)
	made, no := k.defaults(r, in)
	if no != nil {
		return 0, nil, no
	}
	made = made.with(r.neutronFields(project))
	r.cloud.store.put(k.kinds, made)
	return http.StatusCreated, object{k.kind: made.shown()}, nil
}

func (r *request) neutronFields(project string) object {
	return object{"id": newUUID(), "project_id": project, "tenant_id": project, "created_at": r.zoned(), "updated_at": r.zoned(),
		"revision_number": 0, "tags": []any{}, "_region": r.region}
}

func (k neutronKind) one(r *request) (object, *refusal) {
	o := r.cloud.store.get(k.kinds, r.PathValue("id"))
	if o != nil && r.inRegion(o) && (r.mine(projectOf(o)) || o.is("router:external") && r.Method == http.MethodGet) {
		return o, nil
	}
	name := strings.ToUpper(k.kind[:1]) + k.kind[1:]
	return nil, neutronRefusal(http.StatusNotFound, name+"NotFound", "%s %s could not be found.", name, r.PathValue("id"))
}

func (k neutronKind) show(r *request) (int, any, *refusal) {
	o, no := k.one(r)
	return http.StatusOK, object{k.kind: o.shown()}, no
}

func (k neutronKind) change(r *request) (int, any, *refusal) {
	o, no := k.one(r)
	if no != nil {
		return 0, nil, no
	}
	in := r.body.sub(k.kind)
	maps.DeleteFunc(in, func(name string, _ any) bool {
		return strings.HasPrefix(name, "_") || name == "id" || name == "project_id"
	})
	r.cloud.store.put(k.kinds, o.with(in))
	return http.StatusOK, object{k.kind: o.with(in).shown()}, nil
}

func (k neutronKind) delete(r *request) (int, any, *refusal) {
	o, no := k.one(r)
	if no == nil && k.inUse != nil {
		no = k.inUse(r, o)
	}
	if no != nil {
		return 0, nil, no
	}
	r.cloud.store.remove(k.kinds, o.id())
	if k.removed != nil {
		k.removed(r, o)
	}
	return http.StatusNoContent, nil, nil
}

// defaultGroup makes a project's default security group.
func (r *request) defaultGroup(project string) {
	if len(r.of("security_groups", project, func(o object) bool { return o.text("name") == "default" })) > 0 {
		return
	}
	r.cloud.store.put("security_groups", object{"name": "default", "description": "Default security group", "stateful": true, "shared": false,
		"security_group_rules": []any{object{"id": newUUID(), "direction": "egress", "ethertype": "IPv4"}, object{"id": newUUID(), "direction": "ingress", "ethertype": "IPv4"}},
	}.with(r.neutronFields(project)))
}

func plainNeutron(_ *request, in object) (object, *refusal) { return object{}.with(in), nil }

func newNetwork(_ *request, in object) (object, *refusal) {
	return object{"name": "", "admin_state_up": true, "status": "ACTIVE", "mtu": 1450, "shared": false, "router:external": false, "subnets": []any{}}.with(in), nil
}

func newSubnet(r *request, in object) (object, *refusal) {
	if n := r.cloud.store.get("networks", in.text("network_id")); n == nil || !r.mine(projectOf(n)) {
		return nil, neutronRefusal(http.StatusNotFound, "NetworkNotFound", "Network %s could not be found.", in.text("network_id"))
	}
	return object{"name": "", "ip_version": 4, "enable_dhcp": true, "dns_nameservers": []any{}, "host_routes": []any{}, "allocation_pools": []any{}}.with(in), nil
}

func newRouter(_ *request, in object) (object, *refusal) {
	return object{"name": "", "admin_state_up": true, "status": "ACTIVE", "routes": []any{}, "external_gateway_info": nil}.with(in), nil
}

func newPort(r *request, in object) (object, *refusal) {
	if r.cloud.store.get("networks", in.text("network_id")) == nil {
		return nil, neutronRefusal(http.StatusNotFound, "NetworkNotFound", "Network %s could not be found.", in.text("network_id"))
	}
	return object{"name": "", "admin_state_up": true, "status": "DOWN", "device_id": "", "device_owner": "", "fixed_ips": []any{}, "mac_address": "fa:16:3e:00:00:01", "security_groups": []any{}}.with(in), nil
}

func newFloatingIP(r *request, in object) (object, *refusal) {
	n := r.cloud.store.get("networks", in.text("floating_network_id"))
	if n == nil || !n.is("router:external") || !r.inRegion(n) {
		return nil, neutronRefusal(http.StatusBadRequest, "BadRequest", "Bad floatingip request: Network %s is not a valid external network.", in.text("floating_network_id"))
	}
	used := len(r.of("floatingips", "", anyObject))
	address := fmt.Sprintf("203.0.%d.%d", 113+used/250, 2+used%250)
	return object{"floating_ip_address": address, "port_id": nil, "router_id": nil, "fixed_ip_address": nil, "status": "DOWN", "description": ""}.with(in), nil
}

func newSecurityGroup(_ *request, in object) (object, *refusal) {
	rule := object{"id": newUUID(), "direction": "egress", "ethertype": "IPv4"}
	return object{"description": "", "stateful": true, "shared": false, "security_group_rules": []any{rule}}.with(in), nil
}
