package sandbox

import "net/http"

// version is what a service says of the one version of its API that there is.
type version struct {
	service string // its path, such as "/{region}/compute"
	path    string // below the service's, such as "/v2.1"
	facts   object
}

// versions are those of all services, as they say them of themselves.
func versions() []version {
	return []version{
		{"/identity", "/v3", object{"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z"}},
		{"/{region}/compute", "/v2.1", object{"id": "v2.1", "status": "CURRENT", "version": "2.93", "min_version": "2.1"}},
		{"/{region}/volume", "/v3", object{"id": "v3.0", "status": "CURRENT", "version": "3.70", "min_version": "3.0"}},
		{"/{region}/network", "/v2.0", object{"id": "v2.0", "status": "CURRENT"}},
		{"/{region}/image", "/v2", object{"id": "v2.15", "status": "CURRENT"}},
	}
}

// discoveryRoutes are the version documents that clients read first, of a
// service and of its version, with and without a slash at the end.
func (c *Cloud) discoveryRoutes(mux *http.ServeMux) {
	for _, v := range versions() {
		list := c.handle(true, func(r *request) (int, any, *refusal) {
			if v.service == "/identity" {
				return http.StatusOK, object{"versions": object{"values": []object{v.document(r)}}}, nil
			}
			return http.StatusOK, object{"versions": []object{v.document(r)}}, nil
		})
		one := c.handle(true, func(r *request) (int, any, *refusal) {
			return http.StatusOK, object{"version": v.document(r)}, nil
		})
		for _, end := range []string{"", "/{$}"} {
			mux.HandleFunc("GET "+v.service+end, list)
			mux.HandleFunc("GET "+v.service+v.path+end, one)
		}
	}
}

// document says where the version is: clients go where its link leads.
func (v version) document(r *request) object {
	service := v.service
	if r.region != "" {
		service = "/" + r.region + service[len("/{region}"):]
	}
	return object{"links": []object{{"rel": "self", "href": r.base() + service + v.path + "/"}}}.with(v.facts)
}
