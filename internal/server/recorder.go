package server

import (
	"net/http"
	"strings"
)

// recorder sees the status that a handler answers with.
type recorder struct {
	http.ResponseWriter
	status   int
	onHeader func(http.Header) // called once, before the header goes out; may be nil
}

// WriteHeader notes the first final status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
		if r.onHeader != nil {
			r.onHeader(r.Header())
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write sends a 200 first when no status was chosen, as net/http does.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	return r.ResponseWriter.Write(p)
}

// Flush sends what is written so far; event streams need it.
func (r *recorder) Flush() {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(r.ResponseWriter).Flush() // one that cannot, sends at the end
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func isEventStream(h http.Header) bool {
	return strings.HasPrefix(h.Get("Content-Type"), "text/event-stream")
}
