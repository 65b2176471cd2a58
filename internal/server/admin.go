package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
)

// checkTimeout bounds one question to a part of the system.
const checkTimeout = 3 * time.Second

// Check asks one part of the system whether it works.
type Check struct {
	Name string
	Ask  func(ctx context.Context) error
}

// Ready knows whether the server should be sent requests: after Set and
// before Stopping, while all checks pass. The zero value is not ready.
type Ready struct {
	mu       sync.Mutex
	checks   []Check
	stopping bool
}

// Set opens the door: from now on the checks decide.
func (r *Ready) Set(checks ...Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = checks
}

// Stopping closes it for good.
func (r *Ready) Stopping() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopping = true
}

func (r *Ready) state() (checks []Check, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.stopping:
		return nil, "stopping"
	case r.checks == nil:
		return nil, "starting"
	}
	return r.checks, ""
}

// report is the body of /readyz.
type report struct {
	Status string            `json:"status"` // ready, starting, stopping, failing
	Checks map[string]string `json:"checks,omitempty"`
}

func (r *Ready) report(ctx context.Context, log *slog.Logger) report {
	checks, reason := r.state()
	if reason != "" {
		return report{Status: reason}
	}
	out := report{Status: "ready", Checks: map[string]string{}}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	for _, check := range checks {
		out.Checks[check.Name] = "ok"
		if err := check.Ask(ctx); err != nil {
			// The reason may name hosts and users: it is for the log only.
			log.WarnContext(ctx, "readiness check failed", "check", check.Name, "error", err)
			out.Checks[check.Name] = "failing; the log says why"
			out.Status = "failing"
		}
	}
	return out
}

// AdminHandler answers the admin listener: /healthz as long as the process
// lives, /readyz when it can work, /metrics for Prometheus.
func AdminHandler(ready *Ready, metrics *Metrics, log *slog.Logger) http.Handler {
	log = log.With("component", "admin")
	r := chi.NewRouter()
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, report{Status: "alive"})
	})
	r.Get("/readyz", func(w http.ResponseWriter, req *http.Request) {
		out := ready.report(req.Context(), log)
		status := http.StatusOK
		if out.Status != "ready" {
			status = http.StatusServiceUnavailable
		}
		answer(w, status, out)
	})
	r.Method(http.MethodGet, "/metrics", metrics.Handler(log))
	return r
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the asker went away
}
