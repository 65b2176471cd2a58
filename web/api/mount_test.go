package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"
)

func TestHandler_worksWhereverItIsMounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, mount := range map[string]func(chi.Router){
		"handle": func(r chi.Router) { r.Handle("/api/v1/*", w.handler) },
		"mount":  func(r chi.Router) { r.Mount("/api/v1", w.handler) },
		"root":   func(r chi.Router) { r.Mount("/", w.handler) },
	} {
		r := chi.NewRouter()
		mount(r)
		rec := httptest.NewRecorder()
		r.ServeHTTP(rec, httptest.NewRequest("GET", "/api/v1/catalog", nil))
		require.Equal(t, http.StatusOK, rec.Code, "%s: %s", name, rec.Body)
	}
}

func TestHandler_servesARealConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := httptest.NewServer(w.handler)
	defer server.Close()
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	for range 3 {
		req, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/api/v1/tokens", strings.NewReader(`{"name":"x"}`))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+w.tokens["customer"])
		res, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusCreated, res.StatusCode, "without a content type too")
	}
}
