package journey

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/kong/sandbox"
	"github.com/stretchr/testify/require"
)

// mortal is a fondaco server that can be killed and started again, with a
// gateway, a vendor's API and a webhook receiver around it that live on.
type mortal struct {
	t          *testing.T
	exe        string
	key        string // the file of the secret key
	args       []string
	admin      string
	api        string
	process    *exec.Cmd
	stderr     bytes.Buffer
	gateway    *sandbox.Gateway
	adminCalls atomic.Int64
	tokens     map[account.Kind]string
	upstream   *upstreamServer
	hooks      *hookSink
}

// TestCrash_killedAnywhereEverythingIsThereExactlyOnce kills the server with
// SIGKILL while it provisions, while it takes in usage and while it bills, and
// starts it again.
func TestCrash_killedAnywhereEverythingIsThereExactlyOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills a server")
	}
	m := newMortal(t, storetest.SQLiteURL(t))
	vendor, operator, customer := m.as(account.Vendor), m.as(account.Operator), m.as(account.Customer)
	m.start()
	plan := m.sell(vendor, operator)

	// Provisioning: killed at ever later calls to the gateway.
	const subscriptions = 6
	var subs []int64
	for i := range subscriptions {
		order := customer.post("/orders", obj{"planId": plan}).want(201)
		customer.post(path("/invoices/%d/pay", order.num("invoiceId")), obj{"card": "4242424242424242"}).want(200)
		subs = append(subs, order.num("subscriptionId"))
		m.killAfterAdminCalls(int64(3 + 5*i))
		m.start()
	}
	keys := map[int64]string{}
	for _, sub := range subs {
		customer.eventually(path("/subscriptions/%d", sub), func(s answer) bool { return s.str("status") == "active" })
		keys[sub] = customer.get(path("/subscriptions/%d/credentials", sub)).want(200).str("apiKey")
		require.Equal(t, 1, m.gatewayCount(path("/consumers/%d/key-auth", sub)), "one key for subscription %d", sub)
	}
	require.Equal(t, subscriptions, m.gatewayCount("/consumers"))

	// Usage: killed while the gateway sends its log.
	url := customer.get(path("/subscriptions/%d", subs[0])).want(200).byIdentifier("endpoints")["search"].str("url")
	const calls = 23
	for i := range calls {
		for _, sub := range subs {
			require.Equal(t, http.StatusOK, call(t, url, keys[sub]).StatusCode)
		}
		if i%8 == 4 {
			m.kill()
			m.start()
		}
	}
	for _, sub := range subs {
		customer.eventually(path("/subscriptions/%d/usage", sub), func(u answer) bool { return u.total("search") == fmt.Sprint(calls) })
	}

	// Billing: killed again and again while the clock is advanced.
	end := customer.get(path("/subscriptions/%d", subs[subscriptions-1])).want(200).at("period").str("end")
	for _, after := range []time.Duration{5, 15, 25, 40, 80} {
		advance := m.async(customer, "/sandbox/clock", obj{"advanceTo": end})
		time.Sleep(after * time.Millisecond) // the moment of death is what varies here
		m.kill()
		<-advance
		m.start()
	}
	customer.post("/sandbox/clock", obj{"advanceTo": latest(t, customer, end)}).want(200)
	m.checkInvoices(customer, subs)
	m.checkEvents(subs)
}

// TestServe_sellsAndBillsOnBothDatabases is the sale through `fondaco serve`
// as it runs in production, on SQLite and on PostgreSQL.
func TestServe_sellsAndBillsOnBothDatabases(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		m := newMortal(t, dbURL)
		m.start()
		customer := m.as(account.Customer)
		order := customer.post("/orders", obj{"planId": m.sell(m.as(account.Vendor), m.as(account.Operator))}).want(201)
		sub := order.num("subscriptionId")
		customer.post(path("/invoices/%d/pay", order.num("invoiceId")), obj{"card": "4242424242424242"}).want(200)
		customer.eventually(path("/subscriptions/%d", sub), func(s answer) bool { return s.str("status") == "active" })
		now := customer.get(path("/subscriptions/%d", sub)).want(200)
		key := customer.get(path("/subscriptions/%d/credentials", sub)).want(200).str("apiKey")
		for range 23 {
			require.Equal(t, http.StatusOK, call(t, now.byIdentifier("endpoints")["search"].str("url"), key).StatusCode)
		}
		customer.eventually(path("/subscriptions/%d/usage", sub), func(u answer) bool { return u.total("search") == "23" })
		customer.post("/sandbox/clock", obj{"advanceTo": now.at("period").str("end")}).want(200)
		m.checkInvoices(customer, []int64{sub})
		m.checkEvents([]int64{sub})
		m.end()
	})
}

// end stops the server as an operator does, and wants it to go well.
func (m *mortal) end() {
	m.t.Helper()
	require.NoError(m.t, m.process.Process.Signal(syscall.SIGTERM))
	require.NoError(m.t, m.process.Wait(), "%s", m.stderr.String())
	m.process = nil
}

// checkInvoices wants two invoices for each subscription, with the amounts of
// the specification, and numbers without gaps.
func (m *mortal) checkInvoices(customer client, subs []int64) {
	m.t.Helper()
	var numbers []string
	for _, sub := range subs {
		items := customer.get(path("/invoices?subscriptionId=%d", sub)).want(200).list("items")
		require.Len(m.t, items, 2, "subscription %d", sub)
		var totals []string
		for _, item := range items {
			inv := customer.get(path("/invoices/%d", item.num("id"))).want(200)
			totals, numbers = append(totals, inv.at("total").str("amount")), append(numbers, inv.str("number"))
		}
		require.Equal(m.t, []string{"30.65", "39.00"}, totals)
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		require.Equal(m.t, fmt.Sprintf("%s-%08d", n[:4], i+1), n, "numbers have no gap")
	}
}

// checkEvents wants each subscription's creation told, and repetitions only of
// the same message.
func (m *mortal) checkEvents(subs []int64) {
	m.t.Helper()
	m.hooks.eventually(func(events []hookEvent) bool {
		created := map[int64]map[string]bool{}
		for _, e := range events {
			if e.Type == "CREATED" {
				if created[e.ID] == nil {
					created[e.ID] = map[string]bool{}
				}
				created[e.ID][e.messageID] = true
			}
		}
		for _, sub := range subs {
			if len(created[sub]) != 1 {
				return false
			}
		}
		return true
	})
	for _, e := range m.hooks.events() {
		require.NoError(m.t, e.signatures)
	}
}

// sell publishes the product of the specification and returns its plan.
func (m *mortal) sell(vendor, operator client) int64 {
	m.t.Helper()
	id := vendor.post("/products", obj{"name": "Gondola", "sku": "gondola", "type": "api", "category": "maps", "shortDescription": "x",
		"api":                 obj{"upstreamUrl": m.upstream.URL},
		"syndicationEndpoint": obj{"url": m.hooks.URL, "secret": "crash-secret"}}).want(201).num("id")
	vendor.post(path("/products/%d/endpoints", id), obj{"endpoints": []obj{{"identifier": "search", "method": "GET", "path": "/search", "name": "Search"}}}).want(201)
	plan := vendor.post(path("/products/%d/plans", id), obj{"name": "Starter", "currency": "EUR", "setupPrice": "10.00", "recurringPrice": "29.00",
		"endpoints": []obj{{"identifier": "search", "mode": "payPerUse", "tiers": []obj{{"upTo": 10, "unitPrice": "0.10"}, {"unitPrice": "0.05"}}}}}).want(201)
	vendor.post(path("/products/%d/submit", id), nil).want(200)
	operator.post(path("/products/%d/approve", id), nil).want(200)
	return plan.num("id")
}

func newMortal(t *testing.T, dbURL string) *mortal {
	t.Helper()
	dir := t.TempDir()
	m := &mortal{t: t, exe: filepath.Join(dir, "fondaco"), upstream: newUpstream(t), hooks: newHookSink(t, "crash-secret")}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", m.exe, "github.com/fondaco/fondaco/cmd/fondaco").CombinedOutput()
	require.NoError(t, err, "%s", out)
	public := freePort(t)
	m.admin, m.api = "http://"+freePort(t), "http://"+public+"/api/v1"
	m.key = filepath.Join(dir, "secret.key")
	raw, err := secret.LoadOrCreateKey(m.key)
	require.NoError(t, err)
	m.args = []string{"serve", "--database", dbURL, "--secret-key-file", m.key, "--base-url", "http://" + public,
		"--listen", public, "--admin-listen", m.admin[len("http://"):]}
	m.gateway, err = sandbox.New(sandbox.Config{})
	require.NoError(t, err)
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.adminCalls.Add(1)
		m.gateway.Admin().ServeHTTP(w, r)
	}))
	proxy := httptest.NewServer(m.gateway.Proxy())
	t.Cleanup(func() {
		if m.process != nil {
			m.kill()
		}
		admin.Close()
		proxy.Close()
		require.NoError(t, m.gateway.Close())
		if t.Failed() {
			t.Log(m.stderr.String())
		}
	})
	m.seed(dbURL, raw, fmt.Sprintf(`{"adminUrl":%q,"proxyUrl":%q,"ingestUrl":%q,"ingestSecret":"crash-ingest-secret"}`,
		admin.URL, proxy.URL, "http://"+public+"/ingest/kong"))
	return m
}

// seed makes the marketplace and its people, as an installer does.
func (m *mortal) seed(dbURL string, key []byte, settings string) {
	m.t.Helper()
	ctx := m.t.Context()
	a, err := app.New(ctx, app.Config{DatabaseURL: dbURL, SecretKey: key, Plugins: host.Static(nil), Log: slog.New(slog.DiscardHandler)})
	require.NoError(m.t, err)
	defer func() { require.NoError(m.t, a.Stop(context.Background())) }()
	market, err := a.Accounts.CreateMarketplace(ctx, account.MarketplaceInput{Name: "Crash", Host: "*", Sandbox: true, Currency: "EUR"})
	require.NoError(m.t, err)
	people, tokens := populate(m.t, a, market.ID, account.Operator, account.Vendor, account.Customer)
	m.tokens = tokens
	_, err = a.Provision.SaveProvider(ctx, people[account.Operator], provision.ProviderInput{Name: "gateway", Plugin: "kong", ProductType: catalog.API,
		Settings: []byte(settings), IngestSecret: "crash-ingest-secret", Force: true}) // the plugin comes with the server
	require.NoError(m.t, err)
}

func (m *mortal) as(kind account.Kind) client {
	return client{t: m.t, base: m.api, token: m.tokens[kind]}
}

// start starts the server and waits until it is ready.
func (m *mortal) start() {
	m.t.Helper()
	m.process = exec.Command(m.exe, m.args...)
	m.process.Stderr = &m.stderr
	require.NoError(m.t, m.process.Start())
	require.Eventually(m.t, func() bool {
		res, err := http.Get(m.admin + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	}, 30*time.Second, 20*time.Millisecond, "the server did not come up")
}

// kill ends the server as a power cut does.
func (m *mortal) kill() {
	m.t.Helper()
	require.NoError(m.t, m.process.Process.Kill())
	_ = m.process.Wait() // "signal: killed"
	m.process = nil
}

// killAfterAdminCalls kills the server once it has made n more calls to the
// gateway, or has made as many as it needs.
func (m *mortal) killAfterAdminCalls(n int64) {
	m.t.Helper()
	until := m.adminCalls.Load() + n
	deadline := time.Now().Add(3 * time.Second)
	for m.adminCalls.Load() < until && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	m.kill()
}

// async posts and does not mind that the server dies over it.
func (m *mortal) async(c client, p string, body obj) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		req, err := http.NewRequest(http.MethodPost, c.base+p, bytes.NewReader(encode(body)))
		if err != nil {
			return
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Content-Type", "application/json")
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
		}
	}()
	return done
}

// gatewayCount counts what the gateway's Admin API lists.
func (m *mortal) gatewayCount(p string) int {
	m.t.Helper()
	rec := httptest.NewRecorder()
	m.gateway.Admin().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, p+"?size=1000", nil))
	return len(parse(m.t, rec.Body.String()).list("data"))
}

// latest is the wanted time, or the marketplace's when that is later already.
func latest(t *testing.T, c client, want string) string {
	t.Helper()
	now, err := time.Parse(time.RFC3339, c.get("/sandbox/clock").want(200).str("now"))
	require.NoError(t, err)
	at, err := time.Parse(time.RFC3339, want)
	require.NoError(t, err)
	if at.After(now) {
		return want
	}
	return now.Add(time.Second).Format(time.RFC3339Nano)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func call(t *testing.T, url, key string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	req.Header.Set("apikey", key)
	return do(t, req)
}
