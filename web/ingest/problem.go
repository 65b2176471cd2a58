package ingest

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/fondaco/fondaco/core/fault"
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

// problem is an RFC 9457 body.
type problem struct {
	Type   string        `json:"type"`
	Title  string        `json:"title"`
	Status int           `json:"status"`
	Detail string        `json:"detail"`
	Errors []fault.Field `json:"errors,omitempty"`
}

func writeProblem(w http.ResponseWriter, status int, err error) {
	p := problem{Type: "about:blank", Title: http.StatusText(status), Status: status}
	switch status {
	case http.StatusServiceUnavailable:
		p.Detail = "The log batch could not be stored now; send it again."
		w.Header().Set("Retry-After", "1")
	case http.StatusMethodNotAllowed:
		p.Detail = "Send gateway logs with POST."
		w.Header().Set("Allow", http.MethodPost)
	default:
		f := fault.As(err)
		p.Detail, p.Errors = f.Message, f.Fields
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="gateway logs"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(p) // the gateway reads the status
}
