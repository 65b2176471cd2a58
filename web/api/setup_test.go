package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/web/api"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type obj = map[string]any

// world is the whole system behind the API, with a sandbox marketplace on
// every host and another one that must stay apart.
type world struct {
	t       *testing.T
	app     *app.App
	handler http.Handler
	log     *lockedBuffer
	// by role; "resold" is a customer of "reseller", "stranger" and "other*" are
	// of nobody concerned, "foreign*" of the other marketplace
	tokens map[string]string
	actors map[string]account.Actor
	dbURL  string
	stop   func()
	// document is what every answer is checked against.
	document *openapi3.T
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var key = bytes.Repeat([]byte{7}, 32)

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, storetest.SQLiteURL(t))
}

// each runs a test on every database.
func each(t *testing.T, run func(t *testing.T, w *world)) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, dbURL string) { run(t, newWorldOn(t, dbURL)) })
}

func newWorldOn(t *testing.T, dbURL string) *world {
	t.Helper()
	w := &world{t: t, dbURL: dbURL, log: &lockedBuffer{}, tokens: map[string]string{}, actors: map[string]account.Actor{}}
	w.start()
	home := w.market("Rialto", "*", "")
	w.provider(home)
	w.market("Murano", "murano.test", "foreign")
	return w
}

// start builds the system on the world's database.
func (w *world) start() {
	w.t.Helper()
	ctx := context.Background()
	plugins := host.Static(map[string]sdk.Provider{"example": &example.Provider{}, "closets": &closets{}})
	log := slog.New(slog.NewTextHandler(w.log, nil))
	a, err := app.New(ctx, app.Config{DatabaseURL: w.dbURL, SecretKey: key, Plugins: plugins, Log: log})
	require.NoError(w.t, err)
	w.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		require.NoError(w.t, a.Stop(ctx))
		require.NoError(w.t, plugins.Stop(ctx))
	})
	w.t.Cleanup(w.stop)
	box, err := secret.NewBox(key)
	require.NoError(w.t, err)
	w.app = a
	w.handler, err = api.New(api.Config{DB: a.DB, Box: box, Accounts: a.Accounts, Catalog: a.Catalog, Orders: a.Orders,
		Subscriptions: a.Subscriptions, Provision: a.Provision, Fulfilment: a.Fulfilment, Reconcile: a.Reconcile, Usage: a.Usage, Collector: a.Collector, Metrics: a.Metrics, Invoices: a.Invoices, Payments: a.Payments,
		TimeMachine: a.TimeMachine, Webhooks: a.Webhooks, Storefronts: a.Storefronts, Prices: a.Prices, Log: log})
	require.NoError(w.t, err)
}

// work lets jobs run. Polling for them costs time, so only the tests that wait
// for one call it.
func (w *world) work() {
	w.t.Helper()
	require.NoError(w.t, w.app.Start(w.t.Context()))
}

func (w *world) market(name, host, prefix string) account.Marketplace {
	w.t.Helper()
	m, err := w.app.Accounts.CreateMarketplace(w.t.Context(), account.MarketplaceInput{Name: name, Host: host, Sandbox: true, Currency: "EUR", TaxPercent: dec("22")})
	require.NoError(w.t, err)
	for role, kind := range map[string]account.Kind{"operator": account.Operator, "vendor": account.Vendor, "customer": account.Customer,
		"reseller": account.Reseller, "otherReseller": account.Reseller, "stranger": account.Customer, "otherVendor": account.Vendor} {
		w.person(m, prefix+role, kind, 0)
	}
	w.person(m, prefix+"resold", account.Customer, w.actors[prefix+"reseller"].OrganizationID)
	w.person(m, prefix+"otherResold", account.Customer, w.actors[prefix+"otherReseller"].OrganizationID)
	return m
}

// person is somebody of a company of their own; reseller is whose customer it is.
func (w *world) person(m account.Marketplace, role string, kind account.Kind, reseller int64) {
	w.t.Helper()
	ctx := w.t.Context()
	email := strings.ToLower(role) + "@example.test"
	o, err := w.app.Accounts.CreateOrganization(ctx, m.ID, account.OrganizationInput{Kind: kind, Name: "The " + role + " company", Email: email, ResellerID: reseller})
	require.NoError(w.t, err)
	// The password is never used here; hashing one for everybody takes longer than the tests.
	var id int64
	require.NoError(w.t, w.app.DB.InTx(ctx, m.ID, func(tx *storeTx) (err error) {
		id, err = tx.Insert(ctx, `INSERT INTO account_user (marketplace_id, organization_id, email, name, password_hash, role, created_at)
			VALUES (?, ?, ?, ?, '', 'admin', ?)`, m.ID, o.ID, email, "Ada "+role, tx.Now())
		return err
	}))
	actor, err := w.app.Accounts.ActorOf(ctx, m.ID, id)
	require.NoError(w.t, err)
	_, text, err := w.app.Accounts.CreateToken(ctx, actor, "test")
	require.NoError(w.t, err)
	w.tokens[role], w.actors[role] = text.Reveal(), actor
}

func (w *world) provider(m account.Marketplace) {
	w.t.Helper()
	operator := account.Actor{MarketplaceID: m.ID, Kind: account.Operator, UserID: w.actors["operator"].UserID, OrganizationID: w.actors["operator"].OrganizationID}
	_, err := w.app.Provision.SaveProvider(w.t.Context(), operator, provision.ProviderInput{Name: "main", Plugin: "example", ProductType: catalog.API,
		Settings: fmt.Appendf(nil, `{"file":%q}`, filepath.Join(w.t.TempDir(), "boxes.json")), IngestSecret: "0123456789abcdef"})
	require.NoError(w.t, err)
}

// client asks the API as one role; "" is nobody.
type client struct {
	w      *world
	role   string
	header http.Header
}

func (w *world) as(role string) client { return client{w: w, role: role, header: http.Header{}} }

func (c client) with(name, value string) client {
	h := c.header.Clone()
	h.Set(name, value)
	return client{c.w, c.role, h}
}

func (c client) get(path string) answer            { c.w.t.Helper(); return c.send("GET", path, nil) }
func (c client) post(path string, body any) answer { c.w.t.Helper(); return c.send("POST", path, body) }
func (c client) put(path string, body any) answer  { c.w.t.Helper(); return c.send("PUT", path, body) }
func (c client) patch(path string, body any) answer {
	c.w.t.Helper()
	return c.send("PATCH", path, body)
}

// send sends body as it is when it is a string, and as JSON otherwise.
func (c client) send(method, path string, body any) answer {
	c.w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		require.NoError(c.w.t, err)
		reader = bytes.NewReader(raw)
	}
	if strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "/docs") && !strings.HasPrefix(path, "/elsewhere") {
		path = api.Prefix + path
	}
	r := httptest.NewRequest(method, "http://rialto.test"+path, reader)
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token := c.w.tokens[c.role]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for name := range c.header {
		r.Header.Set(name, c.header.Get(name))
	}
	if host := c.header.Get("Host"); host != "" {
		r.Host = host
	}
	rec := httptest.NewRecorder()
	c.w.handler.ServeHTTP(rec, r)
	a := answer{t: c.w.t, what: c.role + " " + method + " " + path, status: rec.Code, header: rec.Header(), raw: rec.Body.String()}
	c.w.conforms(method, strings.TrimPrefix(r.URL.Path, api.Prefix), a)
	return a
}

// answer is what came back.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	raw    string
}

func (a answer) want(status int) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s: %s", a.what, a.raw)
	return a
}

// at returns the value behind a path such as "items.0.id".
func (a answer) at(path string) any {
	a.t.Helper()
	var v any
	require.NoError(a.t, json.Unmarshal([]byte(a.raw), &v), "%s: %s", a.what, a.raw)
	for step := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case obj:
			require.Contains(a.t, x, step, "%s: %s", a.what, a.raw)
			v = x[step]
		case []any:
			var i int
			_, err := fmt.Sscan(step, &i)
			require.NoError(a.t, err)
			require.Less(a.t, i, len(x), "%s: %s", a.what, a.raw)
			v = x[i]
		default:
			require.Failf(a.t, "no such path", "%s in %s", path, a.raw)
		}
	}
	return v
}

func (a answer) num(path string) int64 {
	a.t.Helper()
	n, ok := a.at(path).(float64)
	require.True(a.t, ok, "%s is no number in %s", path, a.raw)
	return int64(n)
}

func (a answer) list(path string) []any {
	a.t.Helper()
	l, ok := a.at(path).([]any)
	require.True(a.t, ok, "%s is no list in %s", path, a.raw)
	return l
}

// fields are the names of the wrong fields of a problem.
func (a answer) fields() []string {
	a.t.Helper()
	require.Equal(a.t, "application/problem+json", a.header.Get("Content-Type"), "%s: %s", a.what, a.raw)
	var names []string
	for _, e := range a.list("errors") {
		names = append(names, e.(obj)["field"].(string))
	}
	return names
}

func (a answer) message(field string) string {
	a.t.Helper()
	for _, e := range a.list("errors") {
		if e.(obj)["field"] == field {
			return e.(obj)["message"].(string)
		}
	}
	require.Failf(a.t, "nothing was said about the field", "%s in %s", field, a.raw)
	return ""
}
