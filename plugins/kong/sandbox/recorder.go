package sandbox

import (
	"log/slog"
	"net/http"
	"strings"
)

// recorder remembers what was answered, for the log.
type recorder struct {
	http.ResponseWriter
	status int
	size   int64
	header http.Header // as sent
}

// WriteHeader notes the status and the header of the final answer.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 || status == http.StatusSwitchingProtocols {
		r.status = status
		r.header = r.Header().Clone()
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write counts the body.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	n, err := r.ResponseWriter.Write(p)
	r.size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController flush and hijack.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// logWriter brings the reverse proxy's own complaints into slog.
type logWriter struct{ log *slog.Logger }

func (w logWriter) Write(p []byte) (int, error) {
	w.log.Warn("proxy", "problem", strings.TrimSpace(string(p)))
	return len(p), nil
}
