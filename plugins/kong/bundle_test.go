package kong_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	kongapi "github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/kong"
	"github.com/fondaco/fondaco/plugins/kong/sandbox"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ingestSecret, adminToken, vendorSecret = "ingest-s3cret", "admin-t0ken", "vendor-s3cret"

// bundle is a provider with a gateway: the sandbox, or the real Kong that
// KONG_ADMIN_URL and KONG_PROXY_URL name.
type bundle struct {
	t        *testing.T
	provider *kong.Provider
	gateway  *sandbox.Gateway // nil on a real Kong
	fault    *faultLine       // between provider and Admin API
	admin    *kongapi.Client  // past the fault line
	adminURL string           // through the fault line
	proxyURL string
	upstream *upstream
	sink     *sink
	client   *http.Client
	product  int64
	steps    []string
}

func setup(t *testing.T, change ...func(*sandbox.Config)) *bundle {
	t.Helper()
	b := &bundle{t: t, client: &http.Client{Transport: &http.Transport{}}, upstream: newUpstream(), sink: newSink()}
	b.provider = kong.New(slog.New(slog.DiscardHandler))
	b.product = rand.Int64N(1 << 30)
	t.Cleanup(func() {
		b.provider.Close()
		b.client.CloseIdleConnections()
	})
	direct := os.Getenv("KONG_ADMIN_URL")
	if direct == "" {
		direct = b.sandbox(change...)
	} else {
		b.proxyURL = os.Getenv("KONG_PROXY_URL")
		require.NotEmpty(t, b.proxyURL, "KONG_PROXY_URL goes with KONG_ADMIN_URL")
	}
	b.fault = newFaultLine(t, direct)
	b.adminURL = b.fault.server.URL
	var err error
	b.admin, err = kongapi.NewClient(&direct, b.client)
	require.NoError(t, err)
	t.Cleanup(func() {
		b.upstream.server.Close()
		b.sink.server.Close()
	})
	return b
}

// onlySandbox skips what a real Kong cannot be made to do.
func onlySandbox(t *testing.T) {
	t.Helper()
	if os.Getenv("KONG_ADMIN_URL") != "" {
		t.Skip("needs the sandbox gateway")
	}
}

func (b *bundle) sandbox(change ...func(*sandbox.Config)) (adminURL string) {
	cfg := sandbox.Config{Clock: clock.NewManual(time.Date(2026, 11, 22, 23, 9, 22, 0, time.UTC))}
	for _, c := range change {
		c(&cfg)
	}
	g, err := sandbox.New(cfg)
	require.NoError(b.t, err)
	admin, proxy := httptest.NewServer(g.Admin()), httptest.NewServer(g.Proxy())
	b.gateway, b.proxyURL = g, proxy.URL
	b.t.Cleanup(func() {
		proxy.Close()
		admin.Close()
		require.NoError(b.t, g.Close())
	})
	return admin.URL
}

// upstream is the vendor's API; it says what it got.
type upstream struct {
	server *httptest.Server
	calls  atomic.Int64
}

type echoed struct {
	Method, URI string
	Header      http.Header
}

func newUpstream() *upstream {
	u := &upstream{}
	u.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.calls.Add(1)
		_ = json.NewEncoder(w).Encode(echoed{r.Method, r.RequestURI, r.Header})
	}))
	return u
}

// sink is the log intake.
type sink struct {
	server  *httptest.Server
	mu      sync.Mutex
	bodies  [][]byte
	secrets []string
}

func newSink() *sink {
	s := &sink{}
	s.server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bodies, s.secrets = append(s.bodies, raw), append(s.secrets, r.Header.Get("Authorization"))
	}))
	return s
}

func (s *sink) received() (bodies [][]byte, secrets []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(bodies, s.bodies...), append(secrets, s.secrets...)
}

// object is JSON in the making.
type object = map[string]any

func (b *bundle) settings() object {
	return object{
		"adminUrl": b.adminURL, "adminToken": adminToken, "proxyUrl": b.proxyURL,
		"ingestUrl": b.sink.server.URL + "/ingest/kong", "ingestSecret": ingestSecret, "rateLimitPolicy": "cluster",
	}
}

func (b *bundle) shop() object {
	return object{
		"id": b.product, "sku": fmt.Sprintf("shop-%d", b.product), "name": "Shop",
		"api": object{"upstreamUrl": b.upstream.server.URL + "/base", "authHeader": object{"name": "X-Upstream-Secret", "value": vendorSecret}},
		"endpoints": []object{
			{"identifier": "get-items", "name": "List", "method": "GET", "path": "/items"},
			{"identifier": "get-item", "name": "One", "method": "GET", "path": "/items/{item-id}"},
			{"identifier": "special", "name": "Special", "method": "GET", "path": "/items/special"},
			{"identifier": "orders/create", "name": "Order", "method": "POST", "path": "/orders"},
		},
	}
}

func prepaid(identifier string, limits object) object {
	return object{"identifier": identifier, "mode": "prepaid", "limits": limits}
}

func payPerUse(identifier string) object {
	return object{"identifier": identifier, "mode": "payPerUse", "tiers": []object{{"upTo": nil, "unitPrice": "0.10"}}}
}

func planOf(endpoints ...object) object {
	return object{"id": 3, "name": "Basic", "endpoints": endpoints}
}

// sub is subscription id of the shop with the plan.
func (b *bundle) sub(id int64, plan object) sdk.Subscription {
	b.t.Helper()
	return sdk.Subscription{ID: id, Settings: plugintest.Raw(b.t, b.settings()), Product: plugintest.Raw(b.t, b.shop()), Plan: plugintest.Raw(b.t, plan)}
}

func (b *bundle) progress(step, total int, text string) {
	b.steps = append(b.steps, fmt.Sprintf("%d of %d: %s", step, total, text))
}

// subscription ids differ between tests, as they do in one marketplace.
func (b *bundle) id() int64 { return b.product*2 + 1 }

// route is the name of an endpoint's route and group.
func (b *bundle) route(identifier string) string {
	return fmt.Sprintf("fondaco-%d-%s", b.product, identifier)
}

func (b *bundle) provision(id int64, plan object) sdk.Result {
	b.t.Helper()
	r, err := b.provider.Provision(b.t.Context(), sdk.Request{Key: fmt.Sprintf("provision-%d", id), Subscription: b.sub(id, plan)}, b.progress)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { b.deprovision(id) })
	return r
}

func (b *bundle) deprovision(id int64) {
	b.t.Helper()
	err := b.provider.Deprovision(context.Background(), sdk.Request{Key: "end", Subscription: b.sub(id, planOf())}, nil)
	require.NoError(b.t, err)
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) echoed(t *testing.T) echoed {
	t.Helper()
	var e echoed
	require.Equal(t, 200, r.status, r.body)
	require.NoError(t, json.Unmarshal([]byte(r.body), &e))
	return e
}

// call asks the gateway on the product's path.
func (b *bundle) call(method, path, key string, header ...string) reply {
	b.t.Helper()
	req, err := http.NewRequest(method, fmt.Sprintf("%s/shop-%d%s", b.proxyURL, b.product, path), nil)
	require.NoError(b.t, err)
	if key != "" {
		req.Header.Set("apikey", key)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	return reply{res.StatusCode, res.Header, string(body)}
}

func keyOf(t *testing.T, r sdk.Result) string {
	t.Helper()
	require.Len(t, r.Credentials, 1)
	require.Equal(t, "apiKey", r.Credentials[0].Name)
	require.True(t, r.Credentials[0].Secret)
	require.NotEmpty(t, r.Credentials[0].Value)
	return r.Credentials[0].Value
}
