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
