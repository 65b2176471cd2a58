package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/kong/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// observed is the instant at which the real gateway was watched.
var observed = time.Date(2026, 11, 22, 23, 9, 22, 0, time.UTC)

// bundle is a gateway with an upstream that echoes and a sink for its logs.
type bundle struct {
	t        *testing.T
	gateway  *sandbox.Gateway
	clock    *clock.Manual
	admin    string
	proxy    string
	upstream *httptest.Server
	sink     *sink
	client   *http.Client
}

func setup(t *testing.T, change ...func(*sandbox.Config)) *bundle {
	t.Helper()
	b := &bundle{t: t, clock: clock.NewManual(observed), sink: newSink(t), client: &http.Client{Transport: &http.Transport{}}}
	cfg := sandbox.Config{Clock: b.clock}
	for _, c := range change {
		c(&cfg)
	}
	gateway, err := sandbox.New(cfg)
	require.NoError(t, err)
	b.gateway = gateway
	b.upstream = httptest.NewServer(http.HandlerFunc(echo))
	admin, proxy := httptest.NewServer(gateway.Admin()), httptest.NewServer(gateway.Proxy())
	b.admin, b.proxy = admin.URL, proxy.URL
	t.Cleanup(func() {
		b.client.CloseIdleConnections()
		proxy.Close()
		admin.Close()
		require.NoError(t, gateway.Close())
		b.upstream.Close()
		b.sink.server.Close()
	})
	return b
}

// echoed is what the upstream says it got.
type echoed struct {
	Method, URI, Host string
	Header            http.Header
	Body              string
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Server", "echo/1")
	_ = json.NewEncoder(w).Encode(echoed{r.Method, r.RequestURI, r.Host, r.Header, string(body)})
}

// sink takes log batches, answering with the queued statuses first.
type sink struct {
	server   *httptest.Server
	mu       sync.Mutex
	statuses []int
	bodies   []string
	headers  []http.Header
}

func newSink(*testing.T) *sink {
	s := &sink{}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bodies, s.headers = append(s.bodies, string(body)), append(s.headers, r.Header)
		if len(s.statuses) > 0 {
			w.WriteHeader(s.statuses[0])
			s.statuses = s.statuses[1:]
		}
	}))
	return s
}

func (s *sink) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.bodies...)
}

// reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	out := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(r.body), &out), r.body)
	return out
}

func (r reply) echoed(t *testing.T) echoed {
	t.Helper()
	var out echoed
	require.NoError(t, json.Unmarshal([]byte(r.body), &out), r.body)
	return out
}

func (b *bundle) do(method, url, body string, header ...string) reply {
	b.t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader([]byte(body)))
	require.NoError(b.t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	res, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	return reply{res.StatusCode, res.Header, string(raw)}
}

// must calls the Admin API and wants a 2xx.
func (b *bundle) must(method, path, body string) map[string]any {
	b.t.Helper()
	r := b.do(method, b.admin+path, body)
	require.Less(b.t, r.status, 300, "%s %s: %s", method, path, r.body)
	if r.body == "" {
		return nil
	}
	return r.json(b.t)
}

func (b *bundle) call(path string, header ...string) reply {
	b.t.Helper()
	return b.do(http.MethodGet, b.proxy+path, "", header...)
}

func (b *bundle) flush() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(b.t, b.gateway.Flush(ctx))
}

// observedSetup is the configuration that the real gateway was watched with:
// alice with a key in group gold, 3 calls a month on /api.
func (b *bundle) observedSetup() {
	b.must("PUT", "/services/svc1", `{"url":"`+b.upstream.URL+`/base","tags":["t1"]}`)
	b.must("POST", "/services/svc1/routes", `{"name":"rt1","paths":["/api"],"tags":["t1"]}`)
	b.must("POST", "/services/svc1/plugins", `{"name":"http-log","config":{"http_endpoint":"`+b.sink.server.URL+`/logs","headers":{"Authorization":"Bearer s3"}}}`)
	b.must("POST", "/services/svc1/plugins", `{"name":"request-transformer","config":{"add":{"headers":["X-Added:hello"]},"remove":{"headers":["X-Drop"]}}}`)
	b.must("POST", "/routes/rt1/plugins", `{"name":"key-auth"}`)
	b.must("POST", "/routes/rt1/plugins", `{"name":"acl","config":{"allow":["gold"]}}`)
	b.must("PUT", "/consumers/alice", `{"custom_id":"cust-42","tags":["t1"]}`)
	b.must("POST", "/consumers/alice/key-auth", `{"key":"secret-key-1","tags":["t1"]}`)
	b.must("POST", "/consumers/alice/acls", `{"group":"gold","tags":["t1"]}`)
	b.must("POST", "/routes/rt1/plugins", `{"name":"rate-limiting","config":{"month":3,"policy":"cluster"}}`)
}
