package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// defaultQuotas are those of a plain installation.
func defaultQuotas(service string) map[string]int64 {
	return map[string]map[string]int64{
		"compute": {
			"cores": 20, "ram": 51200, "instances": 10, "key_pairs": 100, "server_groups": 10, "server_group_members": 10, "metadata_items": 128,
			"fixed_ips": -1, "floating_ips": -1, "security_groups": -1, "security_group_rules": -1,
			"injected_files": 5, "injected_file_content_bytes": 10240, "injected_file_path_bytes": 255,
		},
		"volume": {
			"volumes": 10, "snapshots": 10, "gigabytes": 1000, "per_volume_gigabytes": -1, "backups": 10, "backup_gigabytes": 1000, "groups": 10,
			"volumes___DEFAULT__": -1, "gigabytes___DEFAULT__": -1, "snapshots___DEFAULT__": -1,
		},
		"network": {
			"network": 100, "subnet": 100, "subnetpool": -1, "port": 500, "router": 10, "floatingip": 50, "rbac_policy": 10,
			"security_group": 10, "security_group_rule": 100,
		},
	}[service]
}

// quotaID is where a project's own quotas of a service are kept.
func (r *request) quotaID(service, project string) string {
	return r.region + "/" + service + "/" + project
}

// quotas are a project's limits.
func (r *request) quotas(service, project string) map[string]int64 {
	out := defaultQuotas(service)
	kept := r.cloud.store.get("quotas", r.quotaID(service, project))
	for name := range out {
		if _, ok := kept[name]; ok {
			out[name] = kept.number(name)
		}
	}
	return out
}

// usage is what a project uses of each quota.
func (r *request) usage(service, project string) map[string]int64 {
	switch service {
	case "compute":
		return r.computeUsage(project)
	case "volume":
		return r.volumeUsage(project)
	}
	return r.networkUsage(project)
}

// exceeded are the quotas that more would exceed, in order.
func (r *request) exceeded(service, project string, more map[string]int64) []string {
	limits, used := r.quotas(service, project), r.usage(service, project)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(more)) {
		if limits[name] >= 0 && used[name]+more[name] > limits[name] {
			out = append(out, name)
		}
	}
	return out
}

// showQuotas answers plainly, or with what is used of each.
func (r *request) showQuotas(service, project string, detailed bool) object {
	used := r.usage(service, project)
	usedName := "in_use"
	if service == "network" {
		usedName = "used"
	}
	out := object{}
	for name, limit := range r.quotas(service, project) {
		if detailed {
			out[name] = object{"limit": limit, usedName: used[name], "reserved": 0}
		} else {
			out[name] = limit
		}
	}
	return out
}

// changeQuotas keeps what the body says. Nova and Cinder refuse a limit below
// what is used, Neutron does not. Nova looks whether the project is there.
func (r *request) changeQuotas(service, project string, in object) *refusal {
	if service == "compute" && r.cloud.store.get("projects", project) == nil {
		return named(http.StatusBadRequest, "Project ID %s is not a valid project.", project)
	}
	limits, used := r.quotas(service, project), r.usage(service, project)
	kept := object{}.with(r.cloud.store.get("quotas", r.quotaID(service, project)))
	for name := range in {
		limit := in.number(name)
		_, known := limits[name]
		switch {
		case !known && service == "network":
			return neutronRefusal(http.StatusBadRequest, "HTTPBadRequest", "Unrecognized attribute(s) '%s'", name)
		case !known:
			return named(http.StatusBadRequest, "Additional properties are not allowed ('%s' was unexpected)", name)
		case limit >= 0 && limit < used[name] && service == "compute":
			return named(http.StatusBadRequest, "Quota limit %d for %s must be greater than or equal to already used and reserved %d.", limit, name, used[name])
		case limit >= 0 && limit < used[name] && service == "volume":
			return named(http.StatusBadRequest, "Quota %s limit must be equal or greater than existing resources. Current usage is %d and the requested limit is %d.", name, used[name], limit)
		}
		kept[name] = limit
	}
	kept["id"] = r.quotaID(service, project)
	r.cloud.store.put("quotas", kept)
	return nil
}

// quotaRoutes are Nova's and Cinder's.
func (c *Cloud) quotaRoutes(mux *http.ServeMux, service, prefix string) {
	show := func(detailed bool) answerFunc {
		return func(r *request) (int, any, *refusal) {
			project := r.PathValue("project")
			if !r.mine(project) {
				return 0, nil, policyRefusal("os_compute_api:os-quota-sets:show")
			}
			out := r.showQuotas(service, project, detailed || r.URL.Query().Get("usage") == "true")
			return http.StatusOK, object{"quota_set": out.with(object{"id": project})}, nil
		}
	}
	c.add(mux, "GET "+prefix+"/os-quota-sets/{project}", show(false))
	c.add(mux, "GET "+prefix+"/os-quota-sets/{project}/detail", show(true))
	c.add(mux, "PUT "+prefix+"/os-quota-sets/{project}", func(r *request) (int, any, *refusal) {
		if !r.caller.admin {
			return 0, nil, policyRefusal("os_compute_api:os-quota-sets:update")
		}
		project := r.PathValue("project")
		if no := r.changeQuotas(service, project, r.body.sub("quota_set")); no != nil {
			return 0, nil, no
		}
		return http.StatusOK, object{"quota_set": r.showQuotas(service, project, false)}, nil
	})
	c.add(mux, "DELETE "+prefix+"/os-quota-sets/{project}", func(r *request) (int, any, *refusal) {
		if !r.caller.admin {
			return 0, nil, policyRefusal("os_compute_api:os-quota-sets:delete")
		}
		r.cloud.store.remove("quotas", r.quotaID(service, r.PathValue("project")))
		return http.StatusAccepted, nil, nil
	})
}

// inRegion is a filter for the objects of the request's region.
func (r *request) inRegion(o object) bool { return o.text("_region") == r.region }

// of lists a project's objects in the region; "" is everybody's.
func (r *request) of(kind, project string, match func(object) bool) []object {
	both := func(o object) bool { return r.inRegion(o) && match(o) }
	if project == "" {
		return r.cloud.store.where(kind, both)
	}
	return r.cloud.store.with(kind, "project="+project, both)
}

func plural(names []string) string { return strings.Join(names, ", ") }
