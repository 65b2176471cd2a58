package journey

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/internal/connectors"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/stretchr/testify/require"
)

// personPassword is everybody's.
const personPassword = "correct horse"

// market is a whole server in this process, with one of everybody and without
// the demo's parts: what a vendor's connector speaks to.
type market struct {
	*app.App
	t      *testing.T
	url    string
	id     int64
	tokens map[account.Kind]string
	people map[account.Kind]account.Actor
}

// startMarket starts a market whose overdue subscriptions stop after 2 days
// and end after 3 more; cfg may change the server.
func startMarket(t *testing.T, cfg app.Config) *market {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	cfg.DatabaseURL, cfg.SecretKey, cfg.Plugins, cfg.BaseURL = storetest.SQLiteURL(t), bytes.Repeat([]byte{1}, 32), host.Static(nil), server.URL
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	a, err := app.New(t.Context(), cfg)
	require.NoError(t, err)
	handler, err = a.Handler()
	require.NoError(t, err)
	require.NoError(t, a.Start(t.Context()))
	t.Cleanup(func() {
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		require.NoError(t, a.Stop(ctx))
	})
	stop, end, first := 2, 3, 5
	m, err := a.Accounts.CreateMarketplace(t.Context(), account.MarketplaceInput{Name: "Rialto", Host: "*", Sandbox: true, Currency: "EUR",
		Overdue: account.Overdue{StopDays: &stop, EndDays: &end, FirstPaymentDays: &first}})
	require.NoError(t, err)
	people, tokens := populate(t, a, m.ID, account.Operator, account.Vendor, account.Customer)
	return &market{App: a, t: t, url: server.URL, id: m.ID, tokens: tokens, people: people}
}

// populate adds an organization of each kind with one person, and returns them
// with their tokens.
func populate(t *testing.T, a *app.App, market int64, kinds ...account.Kind) (map[account.Kind]account.Actor, map[account.Kind]string) {
	t.Helper()
	ctx := t.Context()
	people, tokens := map[account.Kind]account.Actor{}, map[account.Kind]string{}
	for _, kind := range kinds {
		o, err := a.Accounts.CreateOrganization(ctx, market, account.OrganizationInput{Kind: kind, Name: string(kind), Email: emailOf(kind)})
		require.NoError(t, err)
		u, err := a.Accounts.CreateUser(ctx, market, account.UserInput{OrganizationID: o.ID, Email: emailOf(kind), Name: "Ada " + string(kind),
			Password: personPassword, Role: account.Admin})
		require.NoError(t, err)
		people[kind], err = a.Accounts.ActorOf(ctx, market, u.ID)
		require.NoError(t, err)
		_, token, err := a.Accounts.CreateToken(ctx, people[kind], "test")
		require.NoError(t, err)
		tokens[kind] = token.Reveal()
	}
	return people, tokens
}

func emailOf(kind account.Kind) string { return string(kind) + "@rialto.example" }

// as returns a client of the REST API.
func (m *market) as(kind account.Kind) client {
	return client{t: m.t, base: m.url + "/api/v1", token: m.tokens[kind]}
}

// connectorAPI is what a vendor types in as base URL.
func (m *market) connectorAPI() string { return m.url + "/connector/api" }

// connect makes a connector of the kind and a server that it runs on.
func (m *market) connect(kind connectors.Kind) (c *connectors.Connector, endpoint string) {
	m.t.Helper()
	c = connectors.New(connectors.Config{Kind: kind, Base: m.connectorAPI(), User: emailOf(account.Vendor), Password: personPassword,
		Token: m.tokens[account.Vendor]})
	s := httptest.NewServer(c)
	m.t.Cleanup(s.Close)
	return c, s.URL + c.Path()
}

// hookSecret is what the market's product signs with.
const hookSecret = "a secret of nobody"

// hosting is a syndicated product: a quantity, a parameter, approval if wanted.
func hosting(endpoint string, more obj) obj {
	p := obj{"name": "Lagoon Hosting", "sku": "hosting", "type": "syndicated", "category": "Hosting", "shortDescription": "Sites on stilts.",
		"syndicationEndpoint": obj{"url": endpoint, "secret": hookSecret},
		"configuration": obj{
			"parameters": []obj{{"code": "site", "name": "Site", "validation": "[a-z]{3,20}"}},
			"meters":     []obj{{"name": "visits", "unit": "visit"}}}}
	for k, v := range more {
		p[k] = v
	}
	return p
}

// hostingPlans are its plans.
func hostingPlans() []obj {
	seats := []obj{{"parameter": "seats", "name": "Seats", "unit": "seat", "min": 1, "max": 50, "default": 2, "unitPrice": "3.00"}}
	return []obj{
		{"name": "Jetty", "currency": "EUR", "setupPrice": "10.00", "recurringPrice": "20.00", "resources": seats},
		{"name": "Quay", "currency": "EUR", "recurringPrice": "50.00", "resources": seats},
		{"name": "Trial", "currency": "EUR", "recurringPrice": "20.00", "trialDays": 14, "resources": seats},
		{"name": "Free", "currency": "EUR"},
	}
}

// sell publishes the product and returns the ids of its plans by name.
func (m *market) sell(product obj, plans []obj) map[string]int64 {
	m.t.Helper()
	vendor, operator := m.as(account.Vendor), m.as(account.Operator)
	id := vendor.post("/products", product).want(201).num("id")
	ids := map[string]int64{}
	for _, plan := range plans {
		made := vendor.post(path("/products/%d/plans", id), plan).want(201)
		ids[made.str("name")] = made.num("id")
	}
	vendor.post(path("/products/%d/submit", id), nil).want(200)
	operator.post(path("/products/%d/approve", id), nil).want(200)
	return ids
}

// advance moves the clock by so many days.
func (m *market) advance(days int) {
	m.t.Helper()
	c := m.as(account.Customer)
	now, err := time.Parse(time.RFC3339, c.get("/sandbox/clock").want(200).str("now"))
	require.NoError(m.t, err)
	c.post("/sandbox/clock", obj{"advanceTo": now.AddDate(0, 0, days).Format(time.RFC3339Nano)}).want(200)
}

// advancePeriod moves the clock to the end of the subscription's period, when
// the next bill is written.
func (m *market) advancePeriod(sub int64) {
	m.t.Helper()
	c := m.as(account.Customer)
	c.post("/sandbox/clock", obj{"advanceTo": c.get(path("/subscriptions/%d", sub)).want(200).at("period").str("end")}).want(200)
}

// untilOverdue is how many days after its bill a subscription is stopped and
// not yet ended: 2 to pay, 2 of patience, and one of the 3 after them.
const untilOverdue = 5

// payAll pays what the subscription owes.
func (m *market) payAll(sub int64) {
	m.t.Helper()
	c := m.as(account.Customer)
	for _, item := range c.get(path("/invoices?subscriptionId=%d", sub)).want(200).list("items") {
		if item.str("status") == "unpaid" {
			c.post(path("/invoices/%d/pay", item.num("id")), obj{"card": obj{"number": "4242424242424242"}}).want(200)
		}
	}
}

// becomes waits until the subscription has the status.
func (m *market) becomes(sub int64, status string) {
	m.t.Helper()
	m.as(account.Customer).eventually(path("/subscriptions/%d", sub), func(s answer) bool { return s.str("status") == status })
}

// quiet waits until everything that is under way is done.
func (m *market) quiet() {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(m.t, m.Jobs.WaitIdle(ctx, m.id))
}
