package app_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/stretchr/testify/require"
)

// resale is a marketplace with two resellers, each with a customer.
type resale struct {
	*testBundle
	ponte, calle                 account.Actor // the resellers
	ponteCustomer, calleCustomer account.Actor
}

func setupResale(t *testing.T, dbURL string) *resale {
	t.Helper()
	b := setup(t, dbURL)
	r := &resale{testBundle: b}
	r.ponte, r.calle = b.named(account.Reseller, "ponte", 0), b.named(account.Reseller, "calle", 0)
	r.ponteCustomer = b.named(account.Customer, "bottega", r.ponte.OrganizationID)
	r.calleCustomer = b.named(account.Customer, "osteria", r.calle.OrganizationID)
	return r
}

// named is a person of a new organization; reseller is whose customer it is.
func (b *testBundle) named(kind account.Kind, name string, reseller int64) account.Actor {
	b.t.Helper()
	o, err := b.Accounts.CreateOrganization(b.ctx, b.market.ID, account.OrganizationInput{Kind: kind, Name: name, Email: name + "@example.test", ResellerID: reseller})
	require.NoError(b.t, err)
	u, err := b.Accounts.CreateUser(b.ctx, b.market.ID, account.UserInput{OrganizationID: o.ID, Email: name + "@example.test", Name: name, Password: "correct horse", Role: account.Admin})
	require.NoError(b.t, err)
	actor, err := b.Accounts.ActorOf(b.ctx, b.market.ID, u.ID)
	require.NoError(b.t, err)
	return actor
}

func percent(s string) pricelist.Rule {
	return pricelist.Rule{Kind: pricelist.Percent, Percent: new(dec(s))}
}

func recurring(s string) pricelist.Rule {
	return pricelist.Rule{Kind: pricelist.Absolute, RecurringPrice: new(dec(s))}
}

func (r *resale) set(reseller account.Actor, rule pricelist.Rule) pricelist.Entry {
	r.t.Helper()
	e, err := r.Prices.Set(r.ctx, reseller, pricelist.Input{PlanID: r.plan.ID, Rule: rule})
	require.NoError(r.t, err)
	return e
}

// price is what the plan costs the actor a month.
func (r *resale) price(actor account.Actor) string {
	r.t.Helper()
	q, err := r.Orders.Quote(r.ctx, actor, order.Input{PlanID: r.plan.ID})
	require.NoError(r.t, err)
	return q.Recurring.Amount.Trim(2).String()
}

// buyAs orders for the customer, pays as it and waits until it is active.
func (r *resale) buyAs(by account.Actor, in order.Input, customer account.Actor) subscription.Subscription {
	r.t.Helper()
	in.PlanID = r.plan.ID
	o, err := r.Orders.Place(r.ctx, by, in)
	require.NoError(r.t, err)
	was := r.customer
	r.customer = customer
	defer func() { r.customer = was }()
	r.pay(*o.InvoiceID)
	r.idle()
	sub, err := r.Subscriptions.Get(r.ctx, customer, *o.SubscriptionID)
	require.NoError(r.t, err)
	require.Equal(r.t, subscription.Active, sub.Status)
	return sub
}

func TestResale_everybodyBuysAtThePriceOfTheirSeller(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		r := setupResale(t, dbURL)
		require.Equal(t, "29.00", r.price(r.ponteCustomer), "no price of its own: the marketplace's")
		e := r.set(r.ponte, percent("15"))
		require.Equal(t, "29 33.35", e.Buys.Revision.Content.RecurringPrice.Trim(0).String()+" "+e.Sells.Revision.Content.RecurringPrice.String())
		r.set(r.calle, recurring("19.90"))

		require.Equal(t, "33.35", r.price(r.ponteCustomer))
		require.Equal(t, "19.90", r.price(r.calleCustomer))
		require.Equal(t, "29.00", r.price(r.customer), "the marketplace's own customer")
		require.Equal(t, "29.00", r.price(r.ponte), "a reseller buys at the marketplace's price")
		require.Equal(t, "33.35", r.price(account.Visitor(r.market.ID, r.ponte.OrganizationID)), "a visitor of its storefront")
		require.Equal(t, "29.00", r.price(account.Visitor(r.market.ID, 0)))

		sub := r.buyAs(r.ponteCustomer, order.Input{}, r.ponteCustomer)
		require.Equal(t, r.ponte.OrganizationID, sub.Reseller())
		r.customer = r.ponteCustomer
		require.Equal(t, []string{"setup 11.50", "recurring 33.35"}, amounts(r.bills(sub.ID)[0]))
	})
}

func TestResale_whatWasSoldKeepsItsPriceUntilItRenews(t *testing.T) {
	r := setupResale(t, storetest.SQLiteURL(t))
	r.set(r.ponte, percent("10"))
	sub := r.buyAs(r.ponteCustomer, order.Input{}, r.ponteCustomer)
	r.set(r.ponte, percent("100"))
	require.Equal(t, "58.00", r.price(r.ponteCustomer))
	r.customer = r.ponteCustomer
	require.Equal(t, sub.RevisionID, r.sub(sub.ID).RevisionID)
	r.use(sub.ID, "search", 12, "call")
	r.advance(sub.PeriodEnd.AddDate(0, 0, 1))
	// 10 × 0.11 + 2 × 0.055 for what was used before, 58.00 for what begins.
	require.Equal(t, []string{"usage 1.21", "recurring 58.00"}, amounts(r.bills(sub.ID)[1]))
}

func TestResale_aNewRevisionOfTheVendorReachesEveryReseller(t *testing.T) {
	r := setupResale(t, storetest.SQLiteURL(t))
	r.set(r.ponte, percent("50"))
	r.set(r.calle, recurring("19.90"))
	dearer := starter()
	dearer.Terms.RecurringPrice, dearer.Terms.SetupPrice = dec("40"), dec("20")
	_, err := r.Catalog.RevisePlan(r.ctx, r.vendor, r.plan.ID, dearer)
	require.NoError(t, err)
	require.Equal(t, "60.00", r.price(r.ponteCustomer))
	require.Equal(t, "19.90", r.price(r.calleCustomer), "its own price stays")
	e, err := r.Prices.Get(r.ctx, r.calle, 0, r.plan.ID)
	require.NoError(t, err)
	require.Equal(t, "20", e.Sells.Revision.Content.SetupPrice.String(), "all others are the vendor's new ones")
	require.Equal(t, e.Buys.Revision.ID, *e.Sells.Revision.SourceID)
	require.Equal(t, "40.00", r.price(r.customer))
}

func TestResale_whatAResellerDoesNotSellIsNotThere(t *testing.T) {
	r := setupResale(t, storetest.SQLiteURL(t))
	sub := r.buyAs(r.ponteCustomer, order.Input{}, r.ponteCustomer)
	r.set(r.ponte, pricelist.Rule{Kind: pricelist.Excluded})

	_, err := r.Orders.Place(r.ctx, r.ponteCustomer, order.Input{PlanID: r.plan.ID})
	require.True(t, fault.Is(err, fault.Conflict), err)
	_, err = r.Catalog.BySKU(r.ctx, r.ponteCustomer, "lagoon")
	require.True(t, fault.Is(err, fault.NotFound), err)
	for actor, want := range map[account.Actor]int{r.ponteCustomer: 0, r.calleCustomer: 1, r.customer: 1} {
		found, err := r.Catalog.Search(r.ctx, actor, catalog.Filter{}, page.Request{})
		require.NoError(t, err)
		require.Len(t, found.Page.Items, want, actor.Name)
		require.Len(t, found.Facets, want, actor.Name)
	}
	r.customer = r.ponteCustomer
	r.advance(sub.PeriodEnd.AddDate(0, 0, 1))
	require.Equal(t, []string{"recurring 29.00"}, amounts(r.bills(sub.ID)[1]), "who has it keeps it at its price")

	r.set(r.ponte, percent("0"))
	require.Equal(t, "29.00", r.price(r.ponteCustomer), "sold again")
}

func TestResale_aResellerOrdersForItsOwnCustomersOnly(t *testing.T) {
	r := setupResale(t, storetest.SQLiteURL(t))
	r.set(r.ponte, percent("15"))
	sub := r.buyAs(r.ponte, order.Input{CustomerID: r.ponteCustomer.OrganizationID}, r.ponteCustomer)
	require.Equal(t, r.ponteCustomer.OrganizationID, sub.CustomerID)
	require.Equal(t, r.ponte.OrganizationID, sub.Reseller())
	o, err := r.Orders.Get(r.ctx, r.ponte, sub.OrderID)
	require.NoError(t, err)
	require.Equal(t, r.ponte.UserID, o.PlacedBy)
	byOperator := r.buyAs(r.operator, order.Input{CustomerID: r.calleCustomer.OrganizationID}, r.calleCustomer)
	require.Equal(t, r.calle.OrganizationID, byOperator.Reseller())

	for name, c := range map[string]struct {
		by       account.Actor
		customer int64
		code     fault.Code
	}{
		"another reseller's":   {r.ponte, r.calleCustomer.OrganizationID, fault.Invalid},
		"the marketplace's":    {r.ponte, r.customer.OrganizationID, fault.Invalid},
		"nobody":               {r.ponte, 9999, fault.Invalid},
		"no customer":          {r.operator, r.vendor.OrganizationID, fault.Invalid},
		"a customer for peers": {r.ponteCustomer, r.calleCustomer.OrganizationID, fault.Forbidden},
		"a vendor":             {r.vendor, r.customer.OrganizationID, fault.Forbidden},
	} {
		_, err := r.Orders.Place(r.ctx, c.by, order.Input{PlanID: r.plan.ID, CustomerID: c.customer})
		require.True(t, fault.Is(err, c.code), "%s: %v", name, err)
	}
}

func TestResale_aResellerSeesWhatItResoldAndNothingElse(t *testing.T) {
	r := setupResale(t, storetest.SQLiteURL(t))
	own := r.buyAs(r.ponteCustomer, order.Input{}, r.ponteCustomer)
	r.buyAs(r.calleCustomer, order.Input{}, r.calleCustomer)
	r.buyAs(r.customer, order.Input{}, r.customer)

	subs, err := r.Subscriptions.List(r.ctx, r.ponte, subscription.Filter{}, pageAll)
	require.NoError(t, err)
	require.Len(t, subs.Items, 1)
	orders, err := r.Orders.List(r.ctx, r.ponte, pageAll)
	require.NoError(t, err)
	require.Len(t, orders.Items, 1)
	bills, err := r.Invoices.List(r.ctx, r.ponte, invoice.Filter{}, pageAll)
	require.NoError(t, err)
	require.Len(t, bills.Items, 1)
	_, err = r.Invoices.Get(r.ctx, r.ponte, bills.Items[0].ID)
	require.NoError(t, err)
	_, err = r.Invoices.Get(r.ctx, r.calle, bills.Items[0].ID)
	require.True(t, fault.Is(err, fault.NotFound), err)
	events, err := r.Accounts.Events(r.ctx, r.ponte, 0, pageAll)
	require.NoError(t, err)
	require.NotEmpty(t, events.Items)
	topics := map[string]bool{}
	for _, e := range events.Items {
		require.Equal(t, own.ID, *e.SubscriptionID, e.Topic)
		topics[e.Topic] = true
	}
	for _, topic := range []string{"order.placed", "subscription.created", "invoice.issued", "invoice.paid", "subscription.activated"} {
		require.True(t, topics[topic], "%s is not among %v", topic, topics)
	}

	_, err = r.Provision.Credentials(r.ctx, r.ponte, own.ID)
	require.True(t, fault.Is(err, fault.NotFound), "a reseller never sees credentials")
	_, err = r.Subscriptions.Suspend(r.ctx, r.calle, own.ID)
	require.True(t, fault.Is(err, fault.NotFound), err)
	_, err = r.Subscriptions.Suspend(r.ctx, r.ponte, own.ID)
	require.NoError(t, err)
	_, err = r.Subscriptions.Terminate(r.ctx, r.ponte, own.ID)
	require.NoError(t, err)
}
