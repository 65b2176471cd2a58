package server_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/internal/server"
)

func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, path, nil))
	return rec
}

func TestReadyz_isReadyOnlyBetweenStartAndStopAndWhileChecksPass(t *testing.T) {
	t.Parallel()
	var ready server.Ready
	var log bytes.Buffer
	h := server.AdminHandler(&ready, server.NewMetrics(server.Build{}), slog.New(slog.NewTextHandler(&log, nil)))
	expect := func(status int, body string) {
		t.Helper()
		got := ask(h, http.MethodGet, "/readyz")
		require.Equal(t, status, got.Code)
		require.JSONEq(t, body, got.Body.String())
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/healthz").Code, "alive whatever happens")
	}
	expect(http.StatusServiceUnavailable, `{"status":"starting"}`)

	var broken error
	ready.Set(server.Check{Name: "database", Ask: func(context.Context) error { return broken }})
	expect(http.StatusOK, `{"status":"ready","checks":{"database":"ok"}}`)

	broken = errors.New("db.internal: no route to host")
	expect(http.StatusServiceUnavailable, `{"status":"failing","checks":{"database":"failing; the log says why"}}`)
	require.Contains(t, log.String(), "no route to host")

	broken = nil
	expect(http.StatusOK, `{"status":"ready","checks":{"database":"ok"}}`)
	ready.Stopping()
	expect(http.StatusServiceUnavailable, `{"status":"stopping"}`)
}

func TestMetrics_countRequestsByPatternNotByPath(t *testing.T) {
	t.Parallel()
	m := server.NewMetrics(server.Build{Version: "v1.2.3", Revision: "abc", Go: "go1.26"})
	inner := chi.NewRouter()
	inner.Get("/orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		require.NotEmpty(t, chi.URLParam(r, "id"))
		w.WriteHeader(http.StatusTeapot)
	})
	outer := chi.NewRouter()
	outer.Mount("/api/v1", inner)
	h := m.Count(outer)
	for _, path := range []string{"/api/v1/orders/1", "/api/v1/orders/2", "/nowhere/3"} {
		ask(h, http.MethodGet, path)
	}
	ask(h, "BREW", "/api/v1/orders/1")

	page := scrape(t, m)
	require.Contains(t, page, `fondaco_http_requests_total{method="GET",route="/api/v1/orders/{id}",status="418"} 2`)
	require.Contains(t, page, `fondaco_http_request_duration_seconds_count{method="GET",route="/api/v1/orders/{id}"} 2`)
	require.Contains(t, page, `fondaco_http_requests_total{method="GET",route="unmatched",status="404"} 1`)
	require.Contains(t, page, `method="other"`)
	require.NotContains(t, page, "BREW")
	require.Contains(t, page, `fondaco_build_info{goversion="go1.26",revision="abc",version="v1.2.3"} 1`)
	require.Contains(t, page, "fondaco_http_requests_in_flight 0")
	require.Contains(t, page, "go_goroutines")
}

func TestMetrics_aPanicLeavesNoRequestInFlight(t *testing.T) {
	t.Parallel()
	m := server.NewMetrics(server.Build{})
	h := m.Count(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	require.Panics(t, func() { ask(h, http.MethodGet, "/") })
	require.Contains(t, scrape(t, m), "fondaco_http_requests_in_flight 0")
}

func TestMetrics_showTheRestWhenTheQueueCannotBeAsked(t *testing.T) {
	t.Parallel()
	m := server.NewMetrics(server.Build{})
	depth, failed := map[string]int{"provision": 3}, error(nil)
	m.WatchJobs(func(context.Context) (map[string]int, error) { return depth, failed })
	require.Contains(t, scrape(t, m), `fondaco_jobs_depth{queue="provision"} 3`)

	failed = errors.New("database is away")
	page := scrape(t, m)
	require.NotContains(t, page, "fondaco_jobs_depth{")
	require.Contains(t, page, "go_goroutines")
}

func scrape(t *testing.T, m *server.Metrics) string {
	t.Helper()
	got := ask(m.Handler(slog.New(slog.DiscardHandler)), http.MethodGet, "/metrics")
	require.Equal(t, http.StatusOK, got.Code)
	return got.Body.String()
}
