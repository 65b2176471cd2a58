package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const computePrefix = "/{region}/compute/v2.1"

func (c *Cloud) computeRoutes(mux *http.ServeMux) {
	c.quotaRoutes(mux, "compute", computePrefix)
	for pattern, answer := range map[string]answerFunc{
		"GET /flavors":                             listFlavors,
		"GET /flavors/detail":                      listFlavors,
		"GET /flavors/{id}":                        showFlavor,
		"GET /flavors/{id}/os-extra_specs":         showExtraSpecs,
		"GET /servers":                             listServers,
		"GET /servers/detail":                      listServers,
		"POST /servers":                            createServer,
		"GET /servers/{id}":                        showServer,
		"DELETE /servers/{id}":                     deleteServer,
		"POST /servers/{id}/action":                actOnServer,
		"POST /servers/{id}/os-volume_attachments": attachVolume,
		"GET /os-simple-tenant-usage/{project}":    tenantUsage,
		"GET /os-server-groups":                    listServerGroups,
		"POST /os-server-groups":                   createServerGroup,
		"DELETE /os-server-groups/{id}":            deleteServerGroup,
		"GET /os-keypairs":                         listKeypairs,
		"POST /os-keypairs":                        createKeypair,
		"DELETE /os-keypairs/{name}":               deleteKeypair,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		c.add(mux, method+" "+computePrefix+path, answer)
	}
}

// seedCompute makes the flavors and the image.
func (c *Cloud) seedCompute() {
	for i, f := range []struct {
		id, name         string
		vcpus, ram, disk int64
	}{
		{FlavorTinyID, "m1.tiny", 1, 512, 1}, {FlavorSmallID, "m1.small", 1, 2048, 20},
		{FlavorMediumID, "m1.medium", 2, 4096, 40}, {FlavorLargeID, "m1.large", 4, 8192, 80},
	} {
		c.store.put("flavors", object{"id": f.id, "name": f.name, "vcpus": f.vcpus, "ram": f.ram, "disk": f.disk,
			"OS-FLV-EXT-DATA:ephemeral": 0, "swap": "", "rxtx_factor": 1.0, "os-flavor-access:is_public": true, "_order": i})
	}
	if c.store.get("images", ImageID) == nil {
		c.store.put("images", object{"id": ImageID, "name": "cirros", "status": "active", "visibility": "public", "owner": adminProject,
			"protected": false, "disk_format": "qcow2", "container_format": "bare", "min_disk": 0, "min_ram": 0})
	}
}

func listFlavors(r *request) (int, any, *refusal) {
	return http.StatusOK, r.listed("flavors", r.cloud.store.where("flavors", anyObject)), nil
}

func showFlavor(r *request) (int, any, *refusal) {
	f := r.cloud.store.get("flavors", r.PathValue("id"))
	if f == nil {
		return 0, nil, named(http.StatusNotFound, "Flavor %s could not be found.", r.PathValue("id"))
	}
	return http.StatusOK, object{"flavor": f.shown()}, nil
}

// showExtraSpecs has none to show: command lines ask for them with each list.
func showExtraSpecs(r *request) (int, any, *refusal) {
	if status, body, no := showFlavor(r); no != nil {
		return status, body, no
	}
	return http.StatusOK, object{"extra_specs": object{}}, nil
}

// there tells a server from one whose deletion is done and of which only its
// usage is remembered.
func there(o object) bool { return !o.is("_deleted") }

func (r *request) computeUsage(project string) map[string]int64 {
	out := map[string]int64{}
	for _, s := range r.of("servers", project, there) {
		f := s.sub("_flavor")
		out["instances"]++
		out["cores"] += f.number("vcpus")
		out["ram"] += f.number("ram")
	}
	out["server_groups"] = int64(len(r.of("server_groups", project, anyObject)))
	return out
}

func createServer(r *request) (int, any, *refusal) {
	in, project := r.body.sub("server"), r.caller.project
	flavor := r.cloud.store.get("flavors", in.text("flavorRef"))
	if flavor == nil {
		return 0, nil, named(http.StatusBadRequest, "Invalid flavorRef provided.")
	}
	if id := in.text("imageRef"); id != "" && r.cloud.store.get("images", id) == nil {
		return 0, nil, named(http.StatusBadRequest, "Can not find requested image")
	}
	more := map[string]int64{"instances": 1, "cores": flavor.number("vcpus"), "ram": flavor.number("ram")}
	if over := r.exceeded("compute", project, more); len(over) > 0 {
		return 0, nil, r.computeRefusal(project, over, more)
	}
	id := newUUID()
	if no := r.plugIn(id, in["networks"]); no != nil {
		return 0, nil, no
	}
	groups := []object{{"name": "default"}}
	made := object{
		"id": id, "name": in.text("name"), "status": "BUILD", "tenant_id": project, "user_id": r.caller.user, "metadata": object{},
		"image": imageOf(in.text("imageRef")), "flavor": object{"id": flavor.id(), "links": []object{}}, "created": r.zoned(), "updated": r.zoned(), "addresses": object{}, "links": []object{},
		"key_name": in["key_name"], "security_groups": groups, "OS-EXT-STS:task_state": "spawning", "OS-EXT-STS:vm_state": "building", "OS-EXT-STS:power_state": 0,
		"OS-SRV-USG:launched_at": nil, "OS-SRV-USG:terminated_at": nil, "os-extended-volumes:volumes_attached": []any{},
		"_region": r.region, "_flavor": flavor, "_launched": r.micros(),
	}
	r.cloud.store.put("servers", made)
	return http.StatusAccepted, object{"server": object{"id": id, "links": []object{}, "OS-DCF:diskConfig": "MANUAL", "security_groups": groups, "adminPass": newID()[:12]}}, nil
}

// imageOf is how Nova shows an image: an empty text when it boots from a volume.
func imageOf(id string) any {
	if id == "" {
		return ""
	}
	return object{"id": id, "links": []object{}}
}

func (r *request) computeRefusal(project string, over []string, more map[string]int64) *refusal {
	limits, used := r.quotas("compute", project), r.usage("compute", project)
	numbers := func(of map[string]int64) string {
		parts := make([]string, len(over))
		for i, name := range over {
			parts[i] = strconv.FormatInt(of[name], 10)
		}
		return plural(parts)
	}
	return named(http.StatusForbidden, "Quota exceeded for %s: Requested %s, but already used %s of %s %s", plural(over), numbers(more), numbers(used), numbers(limits), plural(over))
}

// seen moves a server on when it is looked at: one that is built is active the
// first time, one that is being deleted is gone the second time. So a client
// must wait, and a test need not.
func (r *request) seen(s object) object {
	switch s.text("OS-EXT-STS:task_state") {
	case "spawning":
		s = s.with(object{"status": "ACTIVE", "OS-EXT-STS:task_state": nil, "OS-EXT-STS:vm_state": "active", "OS-EXT-STS:power_state": 1, "OS-SRV-USG:launched_at": s["_launched"]})
	case "powering-off":
		s = s.with(object{"status": "SHUTOFF", "OS-EXT-STS:task_state": nil, "OS-EXT-STS:vm_state": "stopped", "OS-EXT-STS:power_state": 4})
	case "powering-on":
		s = s.with(object{"status": "ACTIVE", "OS-EXT-STS:task_state": nil, "OS-EXT-STS:vm_state": "active", "OS-EXT-STS:power_state": 1})
	case "deleting":
		if !s.is("_looked") {
			s = s.with(object{"_looked": true})
			break
		}
		r.unplug(s)
		s = s.with(object{"_deleted": true, "_terminated": r.micros(), "status": "DELETED"})
	default:
		return s
	}
	r.cloud.store.put("servers", s)
	return s
}

func listServers(r *request) (int, any, *refusal) {
	all := r.URL.Query().Has("all_tenants")
	if all && !r.caller.admin {
		return 0, nil, policyRefusal("os_compute_api:servers:detail:get_all_tenants")
	}
	if r.caller.admin && r.URL.Query().Get("deleted") == "true" {
		return listDeleted(r, all)
	}
	list := r.of("servers", r.wantedProject(all), there)
	shown := make([]object, 0, len(list))
	for _, s := range list {
		if s = r.seen(s); there(s) {
			shown = append(shown, s)
		}
	}
	return http.StatusOK, r.listed("servers", shown), nil
}

// listDeleted shows an administrator the servers that were deleted since.
func listDeleted(r *request, all bool) (int, any, *refusal) {
	text := r.URL.Query().Get("changes-since")
	since := parsed(text)
	if text != "" && since.IsZero() {
		return 0, nil, named(http.StatusBadRequest, "Invalid input for query parameters changes-since. Value: %s. '%s' is not a 'date-time'", text, text)
	}
	gone := r.of("servers", r.wantedProject(all), func(o object) bool { return !there(o) && !parsed(o.text("_terminated")).Before(since) })
	return http.StatusOK, r.listed("servers", gone), nil
}

// server returns the one of the path.
func (r *request) server() (object, *refusal) {
	s := r.cloud.store.get("servers", r.PathValue("id"))
	if s != nil && r.inRegion(s) && there(s) && r.mine(s.text("tenant_id")) {
		if s = r.seen(s); there(s) {
			return s, nil
		}
	}
	return nil, named(http.StatusNotFound, "Instance %s could not be found.", r.PathValue("id"))
}

func showServer(r *request) (int, any, *refusal) {
	s, no := r.server()
	return http.StatusOK, object{"server": s.shown()}, no
}

func deleteServer(r *request) (int, any, *refusal) {
	s, no := r.server()
	if no != nil {
		return 0, nil, no
	}
	r.cloud.store.put("servers", s.with(object{"OS-EXT-STS:task_state": "deleting"}))
	return http.StatusNoContent, nil, nil
}

func actOnServer(r *request) (int, any, *refusal) {
	s, no := r.server()
	if no != nil {
		return 0, nil, no
	}
	moves := map[string][2]string{"os-stop": {"active", "powering-off"}, "os-start": {"stopped", "powering-on"}, "forceDelete": {"", "deleting"}}
	for action, move := range moves {
		if _, asked := r.body[action]; !asked {
			continue
		}
		if state := s.text("OS-EXT-STS:vm_state"); move[0] != "" && state != move[0] {
			return 0, nil, named(http.StatusConflict, "Cannot '%s' instance %s while it is in vm_state %s", strings.TrimPrefix(action, "os-"), s.id(), state)
		}
		r.cloud.store.put("servers", s.with(object{"OS-EXT-STS:task_state": move[1]}))
		return http.StatusAccepted, nil, nil
	}
	return 0, nil, named(http.StatusBadRequest, "There is no such action")
}

func attachVolume(r *request) (int, any, *refusal) {
	s, no := r.server()
	if no != nil {
		return 0, nil, no
	}
	id := r.body.sub("volumeAttachment").text("volumeId")
	v := r.cloud.store.get("volumes", id)
	if v == nil || projectOf(v) != s.text("tenant_id") || v.text("status") == "deleting" {
		return 0, nil, named(http.StatusNotFound, "Volume %s could not be found.", id)
	}
	attachment := object{"id": id, "server_id": s.id(), "volume_id": id, "device": "/dev/vdb"}
	r.cloud.store.put("volumes", v.with(object{"status": "in-use", "attachments": []any{attachment}}))
	return http.StatusOK, object{"volumeAttachment": object{"id": id, "serverId": s.id(), "volumeId": id, "device": "/dev/vdb"}}, nil
}

// tenantUsage counts what was there in [start, end), up to now.
func tenantUsage(r *request) (int, any, *refusal) {
	project := r.PathValue("project")
	if !r.mine(project) {
		return 0, nil, policyRefusal("os_compute_api:os-simple-tenant-usage:show")
	}
	from, to, ok := r.span()
	if !ok {
		return 0, nil, named(http.StatusBadRequest, "Invalid start or end time")
	}
	var servers []object
	sum := map[string]float64{}
	for _, s := range r.of("servers", project, anyObject) {
		u, hours := r.serverUsage(s, from, to)
		if u == nil {
			continue
		}
		servers = append(servers, u)
		f := s.sub("_flavor")
		sum["total_hours"] += hours
		sum["total_vcpus_usage"] += hours * float64(f.number("vcpus"))
		sum["total_memory_mb_usage"] += hours * float64(f.number("ram"))
		sum["total_local_gb_usage"] += hours * float64(f.number("disk"))
	}
	if len(servers) == 0 {
		return http.StatusOK, object{"tenant_usage": object{}}, nil
	}
	out := object{"tenant_id": project, "server_usages": servers, "start": micros(from), "stop": micros(to)}
	for name, n := range sum {
		out[name] = n
	}
	return http.StatusOK, object{"tenant_usage": out}, nil
}

func (r *request) serverUsage(s object, from, to time.Time) (object, float64) {
	began, ended := parsed(s.text("_launched")), parsed(s.text("_terminated"))
	if !began.Before(to) || !ended.IsZero() && ended.Before(from) {
		return nil, 0
	}
	start, stop, state := later(began, from), to, s.text("OS-EXT-STS:vm_state")
	var end any
	uptime := r.now().Sub(began)
	if !ended.IsZero() {
		stop, state, uptime, end = earlier(ended, to), "terminated", ended.Sub(began), micros(ended)
	}
	f, hours := s.sub("_flavor"), stop.Sub(start).Hours()
	return object{
		"hours": hours, "flavor": f.text("name"), "instance_id": s.id(), "name": s.text("name"), "tenant_id": s.text("tenant_id"),
		"memory_mb": f.number("ram"), "local_gb": f.number("disk"), "vcpus": f.number("vcpus"), "started_at": micros(began), "ended_at": end,
		"state": state, "uptime": int64(uptime.Seconds()),
	}, hours
}

func listServerGroups(r *request) (int, any, *refusal) {
	project := r.caller.project
	if r.caller.admin && strings.EqualFold(r.URL.Query().Get("all_projects"), "true") {
		project = ""
	}
	return http.StatusOK, object{"server_groups": shownAll(r.of("server_groups", project, anyObject))}, nil
}

func createServerGroup(r *request) (int, any, *refusal) {
	project := r.caller.project
	if over := r.exceeded("compute", project, map[string]int64{"server_groups": 1}); len(over) > 0 {
		return 0, nil, named(http.StatusForbidden, "Quota exceeded, too many server groups.")
	}
	made := r.body.sub("server_group").with(object{"id": newUUID(), "project_id": project, "user_id": r.caller.user, "members": []any{}, "metadata": object{}, "_region": r.region})
	r.cloud.store.put("server_groups", made)
	return http.StatusOK, object{"server_group": made.shown()}, nil
}

func deleteServerGroup(r *request) (int, any, *refusal) {
	g := r.cloud.store.get("server_groups", r.PathValue("id"))
	if g == nil || !r.inRegion(g) || !r.mine(g.text("project_id")) {
		return 0, nil, named(http.StatusNotFound, "No instance group found")
	}
	r.cloud.store.remove("server_groups", g.id())
	return http.StatusNoContent, nil, nil
}

// keypairUser is whose key pairs are meant; an administrator may say.
func (r *request) keypairUser() string {
	if u := r.URL.Query().Get("user_id"); u != "" && r.caller.admin {
		return u
	}
	return r.caller.user
}

func listKeypairs(r *request) (int, any, *refusal) {
	out := []object{}
	for _, k := range r.cloud.store.where("keypairs", func(o object) bool { return r.inRegion(o) && o.text("_user") == r.keypairUser() }) {
		out = append(out, object{"keypair": k.shown()})
	}
	return http.StatusOK, object{"keypairs": out}, nil
}

func createKeypair(r *request) (int, any, *refusal) {
	in := r.body.sub("keypair")
	id := fmt.Sprintf("%s/%s/%s", r.region, r.caller.user, in.text("name"))
	if r.cloud.store.get("keypairs", id) != nil {
		return 0, nil, named(http.StatusConflict, "Key pair '%s' already exists.", in.text("name"))
	}
	made := object{"id": id, "name": in.text("name"), "public_key": in.text("public_key"), "fingerprint": newID(), "type": "ssh", "_user": r.caller.user, "_region": r.region}
	r.cloud.store.put("keypairs", made)
	return http.StatusOK, object{"keypair": made.shown()}, nil
}

func deleteKeypair(r *request) (int, any, *refusal) {
	id := fmt.Sprintf("%s/%s/%s", r.region, r.keypairUser(), r.PathValue("name"))
	if r.cloud.store.get("keypairs", id) == nil {
		return 0, nil, named(http.StatusNotFound, "Keypair %s not found for user %s", r.PathValue("name"), r.keypairUser())
	}
	r.cloud.store.remove("keypairs", id)
	return http.StatusAccepted, nil, nil
}
