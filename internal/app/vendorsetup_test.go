package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/notify/mail"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

// vendorBundle is a marketplace in which a vendor sets up what it sells.
type vendorBundle struct {
	*testBundle
	other     account.Actor // another vendor
	connector *httptest.Server
	outbox    *outbox
}

// eachVendor runs a test on every database, with a grace period that no test
// waits for.
func eachVendor(t *testing.T, run func(b *vendorBundle)) {
	t.Helper()
	eachVendorWithin(t, time.Hour, run)
}

func eachVendorWithin(t *testing.T, grace time.Duration, run func(b *vendorBundle)) {
	t.Helper()
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, dbURL string) { run(vendorSetup(t, dbURL, grace)) })
}

func vendorSetup(t *testing.T, dbURL string, grace time.Duration) *vendorBundle {
	t.Helper()
	sent := &outbox{}
	b := &vendorBundle{outbox: sent, testBundle: setupConfig(t, app.Config{DatabaseURL: dbURL, TerminationGrace: grace, Mail: sent, BaseURL: "http://market.test"},
		map[string]sdk.Provider{})}
	b.connector = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(b.connector.Close)
	b.other = b.vendorNamed("Brenta Boats")
	b.product, b.plan = b.offer(catalog.Syndicated, "gondola", paidPlan())
	return b
}

// vendorNamed adds a vendor with a person.
func (b *vendorBundle) vendorNamed(name string) account.Actor {
	b.t.Helper()
	o, err := b.Accounts.CreateOrganization(b.ctx, b.market.ID, account.OrganizationInput{Kind: account.Vendor, Name: name, Email: "boats@example.test"})
	require.NoError(b.t, err)
	u, err := b.Accounts.CreateUser(b.ctx, b.market.ID, account.UserInput{OrganizationID: o.ID, Email: "boats@example.test", Name: name, Password: "correct horse", Role: account.Admin})
	require.NoError(b.t, err)
	actor, err := b.Accounts.ActorOf(b.ctx, b.market.ID, u.ID)
	require.NoError(b.t, err)
	return actor
}

func paidPlan() catalog.PlanInput {
	return catalog.PlanInput{Name: "Paid", Terms: price.Terms{Currency: "EUR", RecurringPrice: dec("29.00"), PeriodMonths: 1}}
}

func freePlan() catalog.PlanInput {
	return catalog.PlanInput{Name: "Free", Terms: price.Terms{Currency: "EUR", PeriodMonths: 1}}
}

func trialPlan() catalog.PlanInput {
	return catalog.PlanInput{Name: "Trial", Terms: price.Terms{Currency: "EUR", RecurringPrice: dec("29.00"), PeriodMonths: 1, TrialDays: 14}}
}

// offer publishes a product that its vendor sets up, with one plan.
func (b *vendorBundle) offer(kind catalog.Type, sku string, plan catalog.PlanInput) (catalog.Product, catalog.Plan) {
	b.t.Helper()
	return b.publishOffer(catalog.ProductInput{Name: "Gondola", SKU: sku, Type: kind, Category: "boats", ShortDescription: "Boats"}, plan)
}

func (b *vendorBundle) publishOffer(in catalog.ProductInput, plan catalog.PlanInput) (catalog.Product, catalog.Plan) {
	b.t.Helper()
	if in.Type == catalog.Syndicated {
		in.SyndicationURL = b.connector.URL
	}
	p, err := b.Catalog.CreateProduct(b.ctx, b.vendor, in)
	require.NoError(b.t, err)
	made, err := b.Catalog.CreatePlan(b.ctx, b.vendor, p.ID, plan)
	require.NoError(b.t, err)
	_, err = b.Catalog.Submit(b.ctx, b.vendor, p.ID)
	require.NoError(b.t, err)
	p, err = b.Catalog.Approve(b.ctx, b.operator, p.ID)
	require.NoError(b.t, err)
	return p, made
}

// place orders a plan and returns the order and its subscription.
func (b *vendorBundle) place(in order.Input) (order.Order, subscription.Subscription) {
	b.t.Helper()
	if in.PlanID == 0 {
		in.PlanID = b.plan.ID
	}
	o, err := b.Orders.Place(b.ctx, b.customer, in)
	require.NoError(b.t, err)
	return o, b.sub(*o.SubscriptionID)
}

// pending is a subscription that is paid and not set up.
func (b *vendorBundle) pending() subscription.Subscription {
	b.t.Helper()
	o, sub := b.place(order.Input{})
	require.Equal(b.t, subscription.WaitingPayment, sub.Status)
	b.pay(*o.InvoiceID)
	return b.is(sub.ID, subscription.Pending)
}

// active is one that its vendor has set up.
func (b *vendorBundle) active() subscription.Subscription {
	b.t.Helper()
	sub := b.pending()
	require.NoError(b.t, b.report(sub.ID, fulfilment.Deployed))
	return b.is(sub.ID, subscription.Active)
}

func (b *vendorBundle) report(id int64, status fulfilment.Status) error {
	return b.Fulfilment.Report(b.ctx, b.vendor, id, fulfilment.Report{Status: status})
}

func (b *vendorBundle) is(id int64, want subscription.Status) subscription.Subscription {
	b.t.Helper()
	sub := b.sub(id)
	require.Equal(b.t, want, sub.Status)
	return sub
}

// heard is what connectors were told of a subscription, oldest first.
func (b *vendorBundle) heard(id int64) []string {
	b.t.Helper()
	var out []string
	require.NoError(b.t, b.DB.View(b.ctx, b.market.ID, func(tx *store.Tx) error {
		all, err := event.List(b.ctx, tx, event.Filter{SubscriptionID: id}, pageAll)
		for i := len(all.Items) - 1; i >= 0; i-- {
			if e := all.Items[i]; e.Entity == event.Subscription {
				out = append(out, string(e.Type)+" "+e.Topic)
			}
		}
		return err
	}))
	return out
}

// outbox keeps mails instead of sending them.
type outbox struct {
	mu  sync.Mutex
	all []mail.Message
}

// Send keeps a mail.
func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, m)
	return nil
}

// about returns who got a mail with the words in it.
func (o *outbox) about(subject string) (to []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.all {
		if m.Subject == subject {
			to = append(to, m.To.Email)
		}
	}
	return to
}

// with returns who got a mail that has the words in its text and its subject.
func (o *outbox) with(text, subject string) (to []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.all {
		if strings.Contains(m.Text, text) && strings.Contains(m.Subject, subject) {
			to = append(to, m.To.Email)
		}
	}
	return to
}
