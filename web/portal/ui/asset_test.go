package ui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/web/portal/static"
	"github.com/fondaco/fondaco/web/portal/ui"
)

func request(method, path string, form url.Values) (*httptest.ResponseRecorder, *http.Request) {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return httptest.NewRecorder(), r
}

func TestAssets_areNamedByTheirContentAndKeptForEver(t *testing.T) {
	t.Parallel()
	assetURL := func(css string) (*ui.Assets, string) {
		a, err := ui.NewAssets(fstest.MapFS{"a/site.css": {Data: []byte(css)}}, "/static/")
		require.NoError(t, err)
		u, err := a.URL("a/site.css")
		require.NoError(t, err)
		return a, u
	}
	a, one := assetURL("a{}")
	_, two := assetURL("b{}")
	_, again := assetURL("a{}")
	require.NotEqual(t, one, two)
	require.Equal(t, one, again)

	w, r := request(http.MethodGet, one, nil)
	a.ServeHTTP(w, r)
	require.Equal(t, "a{}", w.Body.String())
	require.Equal(t, "text/css; charset=utf-8", w.Header().Get("Content-Type"))
	require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
	for _, path := range []string{two, "/static/a/site.css", "/static/", "/static/../ui/doc.go"} {
		w, r = request(http.MethodGet, path, nil)
		a.ServeHTTP(w, r)
		require.Equal(t, http.StatusNotFound, w.Code, path)
	}
	_, err := a.URL("b.css")
	require.ErrorContains(t, err, `"b.css"`)
}

func TestAssets_serveNoSource(t *testing.T) {
	t.Parallel()
	a, err := ui.NewAssets(static.Files, "/static/")
	require.NoError(t, err)
	require.True(t, a.Has("fondaco.css"))
	require.False(t, a.Has("static.go"))
	require.False(t, a.Has("vendor/.keep"))
}

func TestLockFile_namesVersionsAndNoHosts(t *testing.T) {
	t.Parallel()
	lock, err := os.ReadFile("../assets/package-lock.json")
	require.NoError(t, err)
	require.Contains(t, string(lock), `"integrity"`)
	require.NotRegexp(t, `"resolved"|https?://`, string(lock))
}
