package app

import (
	"net/http"

	"github.com/fondaco/fondaco/web/ingest"
	"github.com/go-chi/chi/v5"
)

// Handler is everything the public listener answers: API, portal, docs and
// the gateways' log intake.
func (a *App) Handler() (http.Handler, error) {
	logs, err := ingest.New(ingest.Config{Usage: a.Usage, Provider: a.Provision.ByIngestSecret, Log: a.cfg.Log, Registry: a.Metrics})
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Handle("/ingest/kong", logs)
	return r, nil
}
