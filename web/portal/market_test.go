package portal_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/web/portal"
	"github.com/stretchr/testify/require"
)

// market is a whole marketplace with one of everybody, a product for sale and
// the portal in front of it.
type market struct {
	*app.App
	t                                    *testing.T
	ctx                                  context.Context
	log                                  *bytes.Buffer
	url                                  string
	handler                              http.Handler
	market                               account.Marketplace
	operator, vendor, customer, stranger account.Actor
	product                              catalog.Product
	plan, big                            catalog.Plan
	boxes                                string // file of the example plugin
	cloud                                *cloud // a second plugin
}

const password = "correct horse"

func setup(t *testing.T) *market {
	t.Helper()
	t.Parallel()
	m := &market{t: t, ctx: t.Context(), log: &bytes.Buffer{}}
	m.start()
	var err error
	m.market, err = m.Accounts.CreateMarketplace(m.ctx, account.MarketplaceInput{Name: "Rialto", Host: "*", Sandbox: true, Currency: "EUR",
		TaxPercent: money.Int(22), SupportEmail: "help@rialto.example"})
	require.NoError(t, err)
	m.operator = m.person(account.Operator, "Operator")
	m.vendor = m.person(account.Vendor, "Lagoon Maps")
	m.customer = m.person(account.Customer, "Acme")
	m.stranger = m.person(account.Customer, "Stranger")
	m.boxes = filepath.Join(t.TempDir(), "boxes.json")
	_, err = m.Provision.SaveProvider(m.ctx, m.operator, provision.ProviderInput{Name: "main", Plugin: "example", ProductType: catalog.API,
		Settings: fmt.Appendf(nil, `{"file":%q}`, m.boxes), IngestSecret: "0123456789abcdef"})
	require.NoError(t, err)
	m.product, m.plan, m.big = m.publish("lagoon", "Lagoon")
	m.serve()
	return m
}

func (m *market) start() {
	quiet := slog.New(slog.DiscardHandler)
	m.cloud = &cloud{projects: map[int64]project{}}
	plugins := host.Static(map[string]sdk.Provider{"example": &example.Provider{}, "cloud": m.cloud})
	a, err := app.New(m.ctx, app.Config{DatabaseURL: storetest.SQLiteURL(m.t), SecretKey: bytes.Repeat([]byte{1}, 32), Plugins: plugins, Log: quiet})
	require.NoError(m.t, err)
	require.NoError(m.t, a.Start(m.ctx))
	m.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(m.t, a.Stop(ctx))
		require.NoError(m.t, plugins.Stop(ctx))
	})
	m.App = a
}

func (m *market) serve() {
	a := m.App
	h, err := portal.New(portal.Config{DB: a.DB, Accounts: a.Accounts, Catalog: a.Catalog, Orders: a.Orders, Subscriptions: a.Subscriptions,
		Provision: a.Provision, Fulfilment: a.Fulfilment, Reconcile: a.Reconcile, Usage: a.Usage, Collector: a.Collector, Metrics: a.Metrics, Invoices: a.Invoices, Payments: a.Payments, TimeMachine: a.TimeMachine, Webhooks: a.Webhooks, Notices: a.Notices,
		Storefronts: a.Storefronts, Prices: a.Prices,
		Log:       slog.New(slog.NewTextHandler(m.log, nil)),
		DemoUsers: []portal.DemoUser{{Role: "Customer", Name: "Acme", Email: m.customer.Email, Password: password}}})
	require.NoError(m.t, err)
	m.handler = h
	server := httptest.NewServer(h)
	m.t.Cleanup(server.Close)
	m.url = server.URL
}

func (m *market) person(kind account.Kind, name string) account.Actor {
	m.t.Helper()
	email := fmt.Sprintf("%d@example.test", len(name)*1000+int(name[0]))
	o, err := m.Accounts.CreateOrganization(m.ctx, m.market.ID, account.OrganizationInput{Kind: kind, Name: name, Email: email})
	require.NoError(m.t, err)
	u, err := m.Accounts.CreateUser(m.ctx, m.market.ID, account.UserInput{OrganizationID: o.ID, Email: email, Name: name, Password: password, Role: account.Admin})
	require.NoError(m.t, err)
	actor, err := m.Accounts.ActorOf(m.ctx, m.market.ID, u.ID)
	require.NoError(m.t, err)
	return actor
}

func dec(s string) money.Decimal { return money.MustParse(s) }

func upTo(n int64) *money.Decimal { return new(money.Int(n)) }

// starter is the plan of the specification's example; pro costs more and
// includes more.
func starter() catalog.PlanInput {
	return catalog.PlanInput{Name: "Starter", Terms: price.Terms{Currency: "EUR", SetupPrice: dec("10.00"), RecurringPrice: dec("29.00"), PeriodMonths: 1},
		Endpoints: []catalog.PlanEndpoint{
			{Identifier: "get-item", Mode: catalog.Prepaid, Limits: map[string]int64{"month": 5}},
			{Identifier: "search", Mode: catalog.PayPerUse, Charge: &price.Charge{Tiers: []price.Tier{
				{UpTo: upTo(10), UnitPrice: dec("0.10")}, {UnitPrice: dec("0.05")}}}},
		}}
}

func pro() catalog.PlanInput {
	in := starter()
	in.Name, in.Position, in.Terms.RecurringPrice = "Pro", 1, dec("99.00")
	in.Endpoints[0].Limits = map[string]int64{"month": 5000, "second": 10}
	return in
}

// publish puts a product with two endpoints and two plans on sale.
func (m *market) publish(sku, name string) (catalog.Product, catalog.Plan, catalog.Plan) {
	m.t.Helper()
	p, err := m.Catalog.CreateProduct(m.ctx, m.vendor, catalog.ProductInput{Name: name, SKU: sku, Type: catalog.API,
		Category: "maps", ShortDescription: "Maps of the lagoon", UpstreamURL: "http://127.0.0.1:9/base"})
	require.NoError(m.t, err)
	_, err = m.Catalog.AddEndpoints(m.ctx, m.vendor, p.ID, []catalog.EndpointInput{
		{Identifier: "get-item", Name: "Get an item", Method: "GET", Path: "/items/{id}"}, {Identifier: "search", Name: "Search", Method: "GET", Path: "/search"}})
	require.NoError(m.t, err)
	small, err := m.Catalog.CreatePlan(m.ctx, m.vendor, p.ID, starter())
	require.NoError(m.t, err)
	big, err := m.Catalog.CreatePlan(m.ctx, m.vendor, p.ID, pro())
	require.NoError(m.t, err)
	_, err = m.Catalog.Submit(m.ctx, m.vendor, p.ID)
	require.NoError(m.t, err)
	p, err = m.Catalog.Approve(m.ctx, m.operator, p.ID)
	require.NoError(m.t, err)
	return p, small, big
}

// buy orders and pays a plan by the services and waits until it is active.
func (m *market) buy(plan int64) subscription.Subscription {
	m.t.Helper()
	o, err := m.Orders.Place(m.ctx, m.customer, order.Input{PlanID: plan})
	require.NoError(m.t, err)
	m.pay(o)
	m.idle()
	return m.sub(*o.SubscriptionID)
}

// pay pays the order's invoice, when it has one.
func (m *market) pay(o order.Order) {
	m.t.Helper()
	if o.InvoiceID == nil {
		return
	}
	_, err := m.Payments.Pay(m.ctx, m.customer, *o.InvoiceID, payment.Card{Number: "4242424242424242"})
	require.NoError(m.t, err)
}

func (m *market) idle() {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.ctx, 20*time.Second)
	defer cancel()
	require.NoError(m.t, m.Jobs.WaitIdle(ctx, m.market.ID))
}

func (m *market) sub(id int64) subscription.Subscription {
	m.t.Helper()
	sub, err := m.Subscriptions.Get(m.ctx, m.operator, id)
	require.NoError(m.t, err)
	return sub
}

// use ingests n calls that happen now.
func (m *market) use(sub int64, meter string, n int) {
	m.t.Helper()
	var records []usage.Record
	for i := range n {
		records = append(records, usage.Record{EventID: fmt.Sprintf("%s-%d-%d", meter, sub, i), SubscriptionID: sub, Meter: meter,
			Quantity: usage.Units(1), Billable: true, StatusCode: 200, RealAt: time.Now()})
	}
	_, err := m.Usage.Ingest(m.ctx, m.market.ID, "test", records)
	require.NoError(m.t, err)
}
