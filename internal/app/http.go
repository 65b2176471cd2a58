package app

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// Handler is everything the public listener answers: API, portal, docs and
// the gateways' log intake.
func (a *App) Handler() (http.Handler, error) {
	r := chi.NewRouter()
	return r, nil
}
