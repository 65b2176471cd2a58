package kong_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// faultLine stands between the provider and the Admin API. It can break at
// the Nth call, before or after the call has its effect; from then on nothing
// passes, as if the provider's process had died, until it is mended.
type faultLine struct {
	server *httptest.Server

	mu     sync.Mutex
	calls  int
	cutAt  int // 0: never
	after  bool
	broken bool
	token  string
	writes int
}

func newFaultLine(t *testing.T, target string) *faultLine {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	f := &faultLine{}
	proxy := httputil.NewSingleHostReverseProxy(u)
	transport := &http.Transport{}
	proxy.Transport = transport
	t.Cleanup(transport.CloseIdleConnections)
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cut, after := f.next(r)
		if cut && !after {
			panic(http.ErrAbortHandler)
		}
		if cut {
			proxy.ServeHTTP(httptest.NewRecorder(), r) // it happens, nobody hears of it
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	return f
}

func (f *faultLine) next(r *http.Request) (cut, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return true, false
	}
	f.calls++
	f.token = r.Header.Get("Kong-Admin-Token")
	if r.Method != http.MethodGet {
		f.writes++
	}
	if f.calls == f.cutAt {
		f.broken = true
		return true, f.after
	}
	return false, false
}

// cut breaks the line at the nth call from now on.
func (f *faultLine) cut(n int, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.cutAt, f.after, f.broken = 0, n, after, false
}

// mend ends the fault and tells whether the line broke.
func (f *faultLine) mend() (broke bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	broke = f.broken
	f.cutAt, f.broken = 0, false
	return broke
}

// count returns how many calls changed something since the last count.
func (f *faultLine) count() (writes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	writes, f.writes = f.writes, 0
	return writes
}
