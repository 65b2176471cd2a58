package app_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

// testBundle is a marketplace with one of everybody, and a product for sale.
type testBundle struct {
	*app.App
	t                          *testing.T
	ctx                        context.Context
	market                     account.Marketplace
	operator, vendor, customer account.Actor
	product                    catalog.Product
	plan                       catalog.Plan
	file                       string // the example plugin's cloud
}

var quiet = slog.New(slog.DiscardHandler)

func setup(t *testing.T, dbURL string) *testBundle {
	t.Helper()
	return setupWith(t, dbURL, &example.Provider{})
}

// setupWith is setup with a plugin of the test's own.
func setupWith(t *testing.T, dbURL string, plugin sdk.Provider) *testBundle {
	t.Helper()
	return setupTrying(t, dbURL, 0, map[string]sdk.Provider{"example": plugin})
}

// setupTrying is setup with the plugins there are, and with a number of tries.
func setupTrying(t *testing.T, dbURL string, tries int, there map[string]sdk.Provider) *testBundle {
	t.Helper()
	return setupConfig(t, app.Config{DatabaseURL: dbURL, ProvisionTries: tries}, there)
}

// setupConfig is setup with a configuration, of which the rest is filled in.
func setupConfig(t *testing.T, cfg app.Config, there map[string]sdk.Provider) *testBundle {
	t.Helper()
	file := filepath.Join(t.TempDir(), "boxes.json") // before the clean-up, so that it goes after what still writes it
	plugins := host.Static(there)
	cfg.SecretKey, cfg.Plugins, cfg.Log = bytes.Repeat([]byte{1}, 32), plugins, quiet
	a, err := app.New(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, a.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, a.Stop(ctx))
		require.NoError(t, plugins.Stop(ctx))
	})
	b := &testBundle{App: a, t: t, ctx: t.Context(), file: file}
	b.market, err = a.Accounts.CreateMarketplace(b.ctx, account.MarketplaceInput{Name: "Rialto", Host: "*", Sandbox: true, Currency: "EUR"})
	require.NoError(t, err)
	b.operator = b.person(account.Operator, "Operator")
	b.vendor = b.person(account.Vendor, "Lagoon Maps")
	b.customer = b.person(account.Customer, "Acme")
	b.provider(provision.ProviderInput{Force: len(there) == 0})
	b.publish()
	return b
}

// provider saves the provider, of which the rest is filled in.
func (b *testBundle) provider(in provision.ProviderInput) provision.Provider {
	b.t.Helper()
	in.Name, in.Plugin, in.ProductType, in.IngestSecret = "main", "example", catalog.API, "0123456789abcdef"
	in.Settings = fmt.Appendf(nil, `{"file":%q}`, b.file)
	p, err := b.Provision.SaveProvider(b.ctx, b.operator, in)
	require.NoError(b.t, err)
	return p
}

func (b *testBundle) person(kind account.Kind, name string) account.Actor {
	b.t.Helper()
	email := string(kind) + "@example.test"
	o, err := b.Accounts.CreateOrganization(b.ctx, b.market.ID, account.OrganizationInput{Kind: kind, Name: name, Email: email})
	require.NoError(b.t, err)
	u, err := b.Accounts.CreateUser(b.ctx, b.market.ID, account.UserInput{OrganizationID: o.ID, Email: email, Name: name, Password: "correct horse", Role: account.Admin})
	require.NoError(b.t, err)
	actor, err := b.Accounts.ActorOf(b.ctx, b.market.ID, u.ID)
	require.NoError(b.t, err)
	return actor
}

func dec(s string) money.Decimal { return money.MustParse(s) }

func charge(tiers ...price.Tier) *price.Charge { return &price.Charge{Tiers: tiers} }

func upTo(n int64) *money.Decimal { d := money.Int(n); return &d }

// starter is the plan of the specification's example.
func starter() catalog.PlanInput {
	return catalog.PlanInput{Name: "Starter", Terms: price.Terms{Currency: "EUR", SetupPrice: dec("10.00"), RecurringPrice: dec("29.00"), PeriodMonths: 1},
		Endpoints: []catalog.PlanEndpoint{
			{Identifier: "get-item", Mode: catalog.Prepaid, Limits: map[string]int64{"month": 5}},
			{Identifier: "search", Mode: catalog.PayPerUse, Charge: charge(price.Tier{UpTo: upTo(10), UnitPrice: dec("0.10")}, price.Tier{UnitPrice: dec("0.05")})},
		}}
}

func productInput(sku string) catalog.ProductInput {
	return catalog.ProductInput{Name: "Lagoon", SKU: sku, Type: catalog.API, Category: "maps", ShortDescription: "Maps of the lagoon",
		UpstreamURL: "http://127.0.0.1:9/base"}
}

func endpointInputs() []catalog.EndpointInput {
	return []catalog.EndpointInput{{Identifier: "get-item", Method: "GET", Path: "/items/{id}"}, {Identifier: "search", Method: "GET", Path: "/search"}}
}

var pageAll = page.Request{Limit: page.MaxLimit}

func (b *testBundle) publish() {
	b.t.Helper()
	var err error
	b.product, err = b.Catalog.CreateProduct(b.ctx, b.vendor, productInput("lagoon"))
	require.NoError(b.t, err)
	_, err = b.Catalog.AddEndpoints(b.ctx, b.vendor, b.product.ID, endpointInputs())
	require.NoError(b.t, err)
	b.plan, err = b.Catalog.CreatePlan(b.ctx, b.vendor, b.product.ID, starter())
	require.NoError(b.t, err)
	_, err = b.Catalog.Submit(b.ctx, b.vendor, b.product.ID)
	require.NoError(b.t, err)
	_, err = b.Catalog.Approve(b.ctx, b.operator, b.product.ID)
	require.NoError(b.t, err)
}

// buy orders and pays a plan and waits until it is active.
func (b *testBundle) buy(plan int64) subscription.Subscription {
	b.t.Helper()
	return b.order(order.Input{PlanID: plan})
}

func (b *testBundle) order(in order.Input) subscription.Subscription {
	b.t.Helper()
	o, err := b.Orders.Place(b.ctx, b.customer, in)
	require.NoError(b.t, err)
	if o.InvoiceID != nil {
		b.pay(*o.InvoiceID)
	}
	b.idle()
	sub := b.sub(*o.SubscriptionID)
	require.Equal(b.t, subscription.Active, sub.Status)
	return sub
}

func (b *testBundle) pay(invoiceID int64) {
	b.t.Helper()
	_, err := b.Payments.Pay(b.ctx, b.customer, invoiceID, payment.Card{Number: "4242424242424242"})
	require.NoError(b.t, err)
}

func (b *testBundle) idle() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	require.NoError(b.t, b.Jobs.WaitIdle(ctx, b.market.ID))
}

func (b *testBundle) sub(id int64) subscription.Subscription {
	b.t.Helper()
	sub, err := b.Subscriptions.Get(b.ctx, b.customer, id)
	require.NoError(b.t, err)
	return sub
}

func (b *testBundle) advance(to time.Time) {
	b.t.Helper()
	_, err := b.TimeMachine.Advance(b.ctx, b.customer, to)
	require.NoError(b.t, err)
}

func (b *testBundle) now() time.Time {
	b.t.Helper()
	now, err := b.TimeMachine.Now(b.ctx, b.market.ID)
	require.NoError(b.t, err)
	return now
}

// use ingests n calls that happen now.
func (b *testBundle) use(sub int64, meter string, n int, first string) {
	b.t.Helper()
	b.useAt(sub, meter, n, first, time.Now())
}

func (b *testBundle) useAt(sub int64, meter string, n int, first string, at time.Time) {
	b.t.Helper()
	var records []usage.Record
	for i := range n {
		records = append(records, usage.Record{EventID: first + string(rune('A'+i)), SubscriptionID: sub, Meter: meter,
			Quantity: usage.Units(1), Billable: true, StatusCode: 200, RealAt: at})
	}
	_, err := b.Usage.Ingest(b.ctx, b.market.ID, "test", records)
	require.NoError(b.t, err)
}

// bills returns the invoices of a subscription, oldest first, with lines.
func (b *testBundle) bills(sub int64) []invoice.Invoice {
	b.t.Helper()
	all, err := b.Invoices.List(b.ctx, b.customer, invoice.Filter{SubscriptionID: sub}, page.Request{})
	require.NoError(b.t, err)
	var out []invoice.Invoice
	for i := len(all.Items) - 1; i >= 0; i-- {
		inv, err := b.Invoices.Get(b.ctx, b.customer, all.Items[i].ID)
		require.NoError(b.t, err)
		out = append(out, inv)
	}
	return out
}

func amounts(inv invoice.Invoice) []string {
	var out []string
	for _, l := range inv.Lines {
		out = append(out, string(l.Kind)+" "+l.Amount.Trim(2).String())
	}
	return out
}
