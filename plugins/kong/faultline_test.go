package kong_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/faultline"
)

// faultLine stands between the provider and the Admin API and can break. It
// also remembers the last token and counts what was written.
type faultLine struct {
	*faultline.Line
	server *httptest.Server

	mu     sync.Mutex
	token  string
	writes int
}

func newFaultLine(t *testing.T, target string) *faultLine {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	transport := &http.Transport{}
	f := &faultLine{Line: faultline.To(u, transport)}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.note(r)
		f.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		f.server.Close()
		transport.CloseIdleConnections()
	})
	return f
}

func (f *faultLine) note(r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.token = r.Header.Get("Kong-Admin-Token")
	if r.Method != http.MethodGet {
		f.writes++
	}
}

// count returns how many calls were to change something since the last count.
func (f *faultLine) count() (writes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	writes, f.writes = f.writes, 0
	return writes
}
