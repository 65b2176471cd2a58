package sandbox

import "net/http"

// routes is the whole surface.
func (c *Cloud) routes() *http.ServeMux {
	mux := http.NewServeMux()
	c.discoveryRoutes(mux)
	c.identityRoutes(mux)
	c.computeRoutes(mux)
	c.volumeRoutes(mux)
	c.networkRoutes(mux)
	c.imageRoutes(mux)
	if c.cfg.Gnocchi {
		c.metricRoutes(mux)
	}
	return mux
}

// add is one route behind a token.
func (c *Cloud) add(mux *http.ServeMux, pattern string, answer answerFunc) {
	mux.HandleFunc(pattern, c.handle(false, answer))
}

// discoveryRoutes are the version documents that clients read first.
func (c *Cloud) discoveryRoutes(mux *http.ServeMux) {
	for pattern, v := range map[string]object{
		"GET /{region}/compute/v2.1/{$}": {"version": object{"id": "v2.1", "status": "CURRENT", "version": "2.93", "min_version": "2.1"}},
		"GET /{region}/compute/{$}":      {"versions": []object{{"id": "v2.1", "status": "CURRENT", "version": "2.93", "min_version": "2.1"}}},
		"GET /{region}/volume/{$}":       {"versions": []object{{"id": "v3.0", "status": "CURRENT", "version": "3.70", "min_version": "3.0"}}},
		"GET /{region}/network/{$}":      {"versions": []object{{"id": "v2.0", "status": "CURRENT"}}},
		"GET /{region}/image/{$}":        {"versions": []object{{"id": "v2.15", "status": "CURRENT"}}},
		"GET /identity/{$}":              {"versions": object{"values": []object{{"id": "v3.14", "status": "stable"}}}},
		"GET /identity/v3/{$}":           {"version": object{"id": "v3.14", "status": "stable"}},
	} {
		mux.HandleFunc(pattern, c.handle(true, func(*request) (int, any, *refusal) { return http.StatusOK, v, nil }))
	}
}
