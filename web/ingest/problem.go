package ingest

import (
	"errors"
	"net/http"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/problem"
)

var errMethod = errors.New("gateway logs are sent with POST")

// statusOf maps the outcome of a batch. What is nobody's mistake is 503: the
// gateway sends the batch again.
func statusOf(err error) int {
	switch {
	case err == nil:
		return http.StatusNoContent
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed
	case fault.Is(err, fault.Invalid):
		return http.StatusBadRequest
	case fault.Is(err, fault.Unauthenticated):
		return http.StatusUnauthorized
	case fault.Is(err, fault.Limited):
		return http.StatusRequestEntityTooLarge
	default:
		return http.StatusServiceUnavailable
	}
}

// writeProblem answers in the form of the whole system (web/problem), with
// what a gateway needs to know: when to send again.
func writeProblem(w http.ResponseWriter, r *http.Request, status int, err error) {
	switch status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
		err = fault.New(fault.Unavailable, "The log batch could not be stored now; send it again.")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
		err = fault.New(fault.Invalid, "Send gateway logs with POST.")
	}
	problem.Write(w, problem.Of(problem.WithStatus(status, err), problem.RequestID(r.Context())))
}
