package connector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain looks for goroutines that are left; the one of the session library's
// own store, which is not used, is never stopped by it.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"))
}

type obj = map[string]any

const password = "correct horse"

// world is the whole system behind the API, with a sandbox marketplace on every
// host, one of everybody, and another marketplace that must stay apart.
type world struct {
	*app.App
	t       *testing.T
	handler http.Handler
	market  account.Marketplace
	tokens  map[string]string // by role; "foreign…" are of the other marketplace
	actors  map[string]account.Actor
	product catalog.Product
	plan    catalog.Plan // 29 a month, 1.00 for each seat
	free    catalog.Plan
}

// each runs a test on every database.
func each(t *testing.T, run func(t *testing.T, w *world)) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, dbURL string) { run(t, newWorldOn(t, dbURL)) })
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, storetest.SQLiteURL(t))
}

func newWorldOn(t *testing.T, dbURL string) *world {
	t.Helper()
	plugins := host.Static(nil)
	a, err := app.New(t.Context(), app.Config{DatabaseURL: dbURL, SecretKey: bytes.Repeat([]byte{7}, 32), Plugins: plugins,
		Log: slog.New(slog.DiscardHandler), ConnectorPrefixes: []string{"/connector/api", "/cmw"}})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		require.NoError(t, a.Stop(ctx))
		require.NoError(t, plugins.Stop(ctx))
	})
	w := &world{App: a, t: t, tokens: map[string]string{}, actors: map[string]account.Actor{}}
	w.handler, err = a.Handler()
	require.NoError(t, err)
	w.market = w.marketplace("Rialto", "*", "")
	w.marketplace("Murano", "murano.test", "foreign")
	w.publish()
	return w
}

func (w *world) marketplace(name, host, prefix string) account.Marketplace {
	w.t.Helper()
	m, err := w.Accounts.CreateMarketplace(w.t.Context(), account.MarketplaceInput{Name: name, Host: host, Sandbox: true, Currency: "EUR", TaxPercent: dec("22")})
	require.NoError(w.t, err)
	for role, kind := range map[string]account.Kind{"operator": account.Operator, "vendor": account.Vendor, "customer": account.Customer,
		"reseller": account.Reseller, "stranger": account.Customer, "otherVendor": account.Vendor} {
		w.person(m, prefix+role, kind)
	}
	return m
}

func email(role string) string { return strings.ToLower(role) + "@example.test" }

func (w *world) person(m account.Marketplace, role string, kind account.Kind) {
	w.t.Helper()
	ctx := w.t.Context()
	o, err := w.Accounts.CreateOrganization(ctx, m.ID, account.OrganizationInput{Kind: kind, Name: "The " + role + " company", Email: email(role)})
	require.NoError(w.t, err)
	var id int64
	if role == "vendor" { // the only one who signs in with a password: hashing one takes longer than the tests
		u, err := w.Accounts.CreateUser(ctx, m.ID, account.UserInput{OrganizationID: o.ID, Email: email(role), Name: "Ada " + role, Password: password, Role: account.Admin})
		require.NoError(w.t, err)
		id = u.ID
	} else {
		require.NoError(w.t, w.DB.InTx(ctx, m.ID, func(tx *storeTx) (err error) {
			id, err = tx.Insert(ctx, `INSERT INTO account_user (marketplace_id, organization_id, email, name, password_hash, role, created_at)
				VALUES (?, ?, ?, ?, '', 'admin', ?)`, m.ID, o.ID, email(role), "Ada "+role, tx.Now())
			return err
		}))
	}
	actor, err := w.Accounts.ActorOf(ctx, m.ID, id)
	require.NoError(w.t, err)
	_, text, err := w.Accounts.CreateToken(ctx, actor, "test")
	require.NoError(w.t, err)
	w.tokens[role], w.actors[role] = text.Reveal(), actor
}

func dec(s string) money.Decimal { return money.MustParse(s) }

// publish puts a vendor's product up for sale: with a parameter, a quantity and
// a plan that costs nothing.
func (w *world) publish() {
	w.t.Helper()
	ctx := w.t.Context()
	var err error
	w.product, err = w.Catalog.CreateProduct(ctx, w.actors["vendor"], catalog.ProductInput{Name: "Gondola", SKU: "gondola", Type: catalog.Syndicated,
		Category: "boats", ShortDescription: "Boats for all", SyndicationURL: "http://127.0.0.1:9/event", Configuration: json.RawMessage(`{"parameters":[
			{"code":"color","name":"Color","description":"What it is painted in"},
			{"code":"secretWord","name":"Secret word","description":"What opens it","sensitive":true}]}`)})
	require.NoError(w.t, err)
	seats := []catalog.PlanResource{{Parameter: "seats", Name: "Seats", Unit: "seat", Min: 1, Max: 100, Step: 1, Default: 4, UnitPrice: dec("1.00")}}
	w.plan = w.addPlan(catalog.PlanInput{Name: "Paid", Resources: seats,
		Terms: price.Terms{Currency: "EUR", RecurringPrice: dec("29.00"), PeriodMonths: 1, AutoRenew: true}})
	w.addPlan(catalog.PlanInput{Name: "Larger", Resources: seats, Terms: price.Terms{Currency: "EUR", RecurringPrice: dec("59.00"), PeriodMonths: 1, AutoRenew: true}})
	w.free = w.addPlan(catalog.PlanInput{Name: "Free", Terms: price.Terms{Currency: "EUR", PeriodMonths: 1}})
	_, err = w.Catalog.Submit(ctx, w.actors["vendor"], w.product.ID)
	require.NoError(w.t, err)
	_, err = w.Catalog.Approve(ctx, w.actors["operator"], w.product.ID)
	require.NoError(w.t, err)
}

func (w *world) addPlan(in catalog.PlanInput) catalog.Plan {
	w.t.Helper()
	plan, err := w.Catalog.CreatePlan(w.t.Context(), w.actors["vendor"], w.product.ID, in)
	require.NoError(w.t, err)
	return plan
}

// sold is a subscription of the customer on the plan, with a color and a secret.
func (w *world) sold(plan catalog.Plan) order.Order {
	w.t.Helper()
	o, err := w.Orders.Place(w.t.Context(), w.actors["customer"], order.Input{PlanID: plan.ID, Parameters: json.RawMessage(`{"color":"black","secretWord":"sesame"}`)})
	require.NoError(w.t, err)
	require.NotNil(w.t, o.SubscriptionID)
	return o
}

// client asks the API as one role; "" is nobody.
type client struct {
	w      *world
	header http.Header
}

func (w *world) as(role string) client {
	c := client{w: w, header: http.Header{}}
	if token := w.tokens[role]; token != "" {
		c.header.Set("CMW-Auth-Token", token)
	}
	return c
}

func (c client) with(name, value string) client {
	h := c.header.Clone()
	h.Set(name, value)
	return client{c.w, h}
}

// at asks on another host.
func (c client) at(host string) client { return c.with("Host", host) }

func (c client) get(path string) answer { c.w.t.Helper(); return c.send("GET", path, nil) }
func (c client) post(path string, body any) answer {
	c.w.t.Helper()
	return c.send("POST", path, body)
}
func (c client) patch(path string, body any) answer {
	c.w.t.Helper()
	return c.send("PATCH", path, body)
}

// send sends body as it is when it is a string, and as JSON otherwise. A path
// without a leading slash is under the API's prefix.
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
	if !strings.HasPrefix(path, "/") {
		path = "/connector/api/" + path
	}
	r := httptest.NewRequest(method, "http://rialto.test"+path, reader)
	r.Header = c.header.Clone()
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	rec := httptest.NewRecorder()
	c.w.handler.ServeHTTP(rec, r)
	return answer{t: c.w.t, what: method + " " + path, status: rec.Code, header: rec.Header(), raw: rec.Body.String()}
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

func (a answer) object() obj {
	a.t.Helper()
	var v obj
	require.NoError(a.t, json.Unmarshal([]byte(a.raw), &v), "%s: %s", a.what, a.raw)
	return v
}

func (a answer) list() []any {
	a.t.Helper()
	var v []any
	require.NoError(a.t, json.Unmarshal([]byte(a.raw), &v), "%s: %s", a.what, a.raw)
	return v
}

// key is the key of the only error.
func (a answer) key() string {
	a.t.Helper()
	holders := a.object()["errorHolders"].([]any)
	require.Len(a.t, holders, 1, a.raw)
	return holders[0].(obj)["key"].(string)
}

func subscriptionPath(o order.Order) string { return fmt.Sprintf("subscription/%d", *o.SubscriptionID) }
