package sandbox

import (
	"net/http"
	"strings"
)

// api is one version of a service's API as its version document says.
type api struct {
	root     string // before the version; "" is none of its own
	version  string // the last part of its address
	id       string
	min, max string // microversions, "" where there are none
}

func apis() []api {
	return []api{
		{root: "/identity", version: "v3", id: "v3.14"},
		{root: "/{region}/compute", version: "v2.1", id: "v2.1", min: "2.1", max: "2.93"},
		{root: "/{region}/volume", version: "v3", id: "v3.0", min: "3.0", max: "3.70"},
		{root: "/{region}/network", version: "v2.0", id: "v2.0"},
		{root: "/{region}/image", version: "v2", id: "v2.15"},
	}
}

// discoveryRoutes are the version documents that clients read first: of a
// service, and of its version, with a slash at the end and without.
func (c *Cloud) discoveryRoutes(mux *http.ServeMux) {
	for _, a := range apis() {
		service := func(r *request) (int, any, *refusal) {
			if a.root == "/identity" {
				return http.StatusOK, object{"versions": object{"values": []object{a.document(r)}}}, nil
			}
			return http.StatusOK, object{"versions": []object{a.document(r)}}, nil
		}
		version := func(r *request) (int, any, *refusal) { return http.StatusOK, object{"version": a.document(r)}, nil }
		for pattern, answer := range map[string]answerFunc{
			a.root: service, a.root + "/{$}": service, a.root + "/" + a.version: version, a.root + "/" + a.version + "/{$}": version,
		} {
			mux.HandleFunc("GET "+pattern, c.handle(true, answer))
		}
	}
}

// document is the version as clients read it.
func (a api) document(r *request) object {
	self := r.base() + strings.Replace(a.root, "{region}", r.PathValue("region"), 1) + "/" + a.version + "/"
	status := "CURRENT"
	if a.root == "/identity" {
		status = "stable"
	}
	return object{"id": a.id, "status": status, "version": a.max, "min_version": a.min, "updated": "2020-04-07T00:00:00Z",
		"links": []object{{"rel": "self", "href": self}}}
}
