package cart_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/cart"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
)

// testBundle is a marketplace with three plans: two in euros and one in
// dollars. Orders open no subscription: those are another noun's.
type testBundle struct {
	*cart.Service
	t                                 *testing.T
	db                                *store.DB
	catalog                           *catalog.Service
	operator, vendor, customer, other account.Actor
	reseller, client                  account.Actor // the client is the reseller's
	starter, team, dollars            catalog.Plan

	mu      sync.Mutex
	refused map[string]bool // names of plans that cannot be set up now
	opened  int64
}

func setup(t *testing.T, db *store.DB) *testBundle {
	t.Helper()
	client := jobs.New(db, slog.New(slog.DiscardHandler))
	events := event.New(db, client)
	require.NoError(t, client.Open())
	box, err := secret.NewBox(bytes.Repeat([]byte{1}, secret.KeySize))
	require.NoError(t, err)
	b := &testBundle{t: t, db: db, refused: map[string]bool{}, catalog: catalog.New(catalog.Config{DB: db, Events: events, Box: box})}
	orders := order.New(order.Config{DB: db, Events: events, Catalog: b.catalog, Open: b.open,
		Check: func(context.Context, int64, order.Wish) error { return nil },
		Bill:  func(context.Context, *store.Tx, account.Actor, int64, []rating.Line) (int64, error) { return 1, nil }})
	b.Service = cart.New(cart.Config{DB: db, Events: events, Orders: orders})
	b.people(account.New(db))
	b.sell()
	return b
}

func (b *testBundle) open(_ context.Context, _ *store.Tx, _ account.Actor, _ order.Order, offer catalog.Offer) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refused[offer.Plan.Name] {
		return 0, fault.New(fault.Precondition, "Sold out.")
	}
	b.opened++
	return b.opened, nil
}

func (b *testBundle) people(accounts *account.Service) {
	b.t.Helper()
	m, err := accounts.CreateMarketplace(b.t.Context(), account.MarketplaceInput{Name: "M", Host: "*", Currency: "EUR", TaxPercent: money.Int(22), Sandbox: true})
	require.NoError(b.t, err)
	person := func(kind account.Kind, name string, reseller int64) account.Actor {
		email := name + "@x.test"
		o, err := accounts.CreateOrganization(b.t.Context(), m.ID, account.OrganizationInput{Kind: kind, Name: name, Email: email, ResellerID: reseller})
		require.NoError(b.t, err)
		u, err := accounts.CreateUser(b.t.Context(), m.ID, account.UserInput{OrganizationID: o.ID, Email: email, Name: name, Password: "correct horse", Role: account.Admin})
		require.NoError(b.t, err)
		actor, err := accounts.ActorOf(b.t.Context(), m.ID, u.ID)
		require.NoError(b.t, err)
		return actor
	}
	b.operator, b.vendor = person(account.Operator, "op", 0), person(account.Vendor, "vendor", 0)
	b.customer, b.other = person(account.Customer, "acme", 0), person(account.Customer, "other", 0)
	b.reseller = person(account.Reseller, "reseller", 0)
	b.client = person(account.Customer, "client", b.reseller.OrganizationID)
}

func (b *testBundle) sell() {
	b.t.Helper()
	ctx := b.t.Context()
	p, err := b.catalog.CreateProduct(ctx, b.vendor, catalog.ProductInput{Name: "Lagoon", SKU: "lagoon", Type: catalog.API, Category: "maps",
		ShortDescription: "Maps", UpstreamURL: "http://127.0.0.1:9"})
	require.NoError(b.t, err)
	_, err = b.catalog.AddEndpoints(ctx, b.vendor, p.ID, []catalog.EndpointInput{{Identifier: "search", Method: "GET", Path: "/search"}})
	require.NoError(b.t, err)
	plan := func(name, currency string, each int64) catalog.Plan {
		made, err := b.catalog.CreatePlan(ctx, b.vendor, p.ID, catalog.PlanInput{Name: name, Terms: price.Terms{Currency: currency, RecurringPrice: money.Int(each)},
			Endpoints: []catalog.PlanEndpoint{{Identifier: "search", Mode: catalog.Included}}})
		require.NoError(b.t, err)
		return made
	}
	b.starter, b.team, b.dollars = plan("Starter", "EUR", 10), plan("Team", "EUR", 100), plan("Dollars", "USD", 10)
	_, err = b.catalog.Submit(ctx, b.vendor, p.ID)
	require.NoError(b.t, err)
	_, err = b.catalog.Approve(ctx, b.operator, p.ID)
	require.NoError(b.t, err)
}

// orders counts what was placed.
func (b *testBundle) orders() (n int) {
	b.t.Helper()
	require.NoError(b.t, b.db.View(b.t.Context(), b.customer.MarketplaceID, func(tx *store.Tx) error {
		return tx.Get(b.t.Context(), "count", &n, `SELECT COUNT(*) FROM customer_order WHERE marketplace_id = ?`, tx.Marketplace())
	}))
	return n
}

func (b *testBundle) cart(items ...cart.ItemInput) cart.Cart {
	b.t.Helper()
	c, err := b.Create(b.t.Context(), b.customer, cart.Input{Name: "New office", Items: items})
	require.NoError(b.t, err)
	return c
}

func TestEstimate_isWhatItsItemsCost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		c := b.cart(cart.ItemInput{PlanID: b.starter.ID, Quantity: 3}, cart.ItemInput{PlanID: b.team.ID})
		e, err := b.Estimate(t.Context(), b.customer, c.ID)
		require.NoError(t, err)
		require.Equal(t, "130.00 EUR", e.Net.String())
		require.Equal(t, "158.60 EUR", e.Total.String())
		one, err := b.EstimateItem(t.Context(), b.customer, c.Items[0].ID)
		require.NoError(t, err)
		require.Equal(t, "30.00 EUR", one.Net.String())
		_, err = b.EstimateItem(t.Context(), b.other, c.Items[0].ID)
		require.True(t, fault.Is(err, fault.NotFound))
	})
}

func TestCreate_namesEveryItemThatCannotBeBought(t *testing.T) {
	t.Parallel()
	b := setup(t, sqlite(t))
	wrong := func(items ...cart.ItemInput) map[string]string {
		_, err := b.Create(t.Context(), b.customer, cart.Input{Items: items})
		require.Error(t, err)
		out := map[string]string{}
		for _, f := range fault.As(err).Fields {
			out[f.Name] = f.Message
		}
		return out
	}
	require.Contains(t, wrong(cart.ItemInput{PlanID: b.starter.ID, Quantity: 101}), "items[0].quantity")
	require.Contains(t, wrong(cart.ItemInput{PlanID: b.starter.ID}, cart.ItemInput{}), "items[1].planId")
	require.Contains(t, wrong(cart.ItemInput{PlanID: b.starter.ID}, cart.ItemInput{PlanID: 999}), "items[1].planId")
	require.Contains(t, wrong(cart.ItemInput{PlanID: b.starter.ID}, cart.ItemInput{PlanID: b.dollars.ID})["items[1].planId"], "EUR")
	_, err := b.Create(t.Context(), b.vendor, cart.Input{})
	require.True(t, fault.Is(err, fault.Forbidden))
}

func TestCheckout_ordersEachCopyOnceAndGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		c := b.cart(cart.ItemInput{PlanID: b.team.ID}, cart.ItemInput{PlanID: b.starter.ID, Quantity: 2})
		b.refused["Team"] = true
		after, failed, err := b.Checkout(ctx, b.customer, c.ID)
		require.NoError(t, err)
		require.Len(t, failed, 1)
		require.Equal(t, b.team.ID, failed[0].Item.PlanID)
		require.Equal(t, "Sold out.", fault.As(failed[0].Err).Message)
		require.Nil(t, after.CheckedOutAt)
		require.Len(t, after.Items[1].Orders, 2)
		require.Equal(t, 2, b.orders(), "what failed has left nothing behind")

		_, err = b.Update(ctx, b.customer, c.ID, cart.Input{Name: "Other"})
		require.True(t, fault.Is(err, fault.Conflict))
		require.True(t, fault.Is(b.Delete(ctx, b.customer, c.ID), fault.Conflict))

		delete(b.refused, "Team")
		after, failed, err = b.Checkout(ctx, b.customer, c.ID)
		require.NoError(t, err)
		require.Empty(t, failed)
		require.NotNil(t, after.CheckedOutAt)
		require.Equal(t, 3, b.orders())
		_, _, err = b.Checkout(ctx, b.customer, c.ID)
		require.True(t, fault.Is(err, fault.Conflict))
		require.Equal(t, 3, b.orders())
	})
}

func TestCheckout_twoAtOnceOrderNothingTwice(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		c := b.cart(cart.ItemInput{PlanID: b.starter.ID, Quantity: 5}, cart.ItemInput{PlanID: b.team.ID, Quantity: 5})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { _, _, _ = b.Checkout(t.Context(), b.customer, c.ID) })
		}
		wg.Wait()
		after, err := b.Get(t.Context(), b.customer, c.ID)
		require.NoError(t, err)
		if after.CheckedOutAt == nil {
			_, _, err = b.Checkout(t.Context(), b.customer, c.ID)
			require.NoError(t, err)
		}
		require.Equal(t, 10, b.orders())
	})
}

func TestCopy_isANewCartOfWhichNothingIsOrdered(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t, sqlite(t)), t.Context()
	c := b.cart(cart.ItemInput{PlanID: b.starter.ID, Quantity: 2, Parameters: json.RawMessage(`{"label":"web"}`), Metadata: catalog.Metadata{"po": "7"}})
	_, _, err := b.Checkout(ctx, b.customer, c.ID)
	require.NoError(t, err)
	copied, err := b.Copy(ctx, b.customer, c.ID)
	require.NoError(t, err)
	require.NotEqual(t, c.ID, copied.ID)
	require.Nil(t, copied.CheckedOutAt)
	require.Equal(t, catalog.Metadata{"po": "7"}, copied.Items[0].Metadata)
	require.JSONEq(t, `{"label":"web"}`, copied.Items[0].Parameters)
	require.Empty(t, copied.Items[0].Orders)
	require.NoError(t, b.Delete(ctx, b.customer, copied.ID))
	_, err = b.Get(ctx, b.customer, copied.ID)
	require.True(t, fault.Is(err, fault.NotFound))
}

func TestCarts_areSeenByTheirOrganizationOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		c := b.cart(cart.ItemInput{PlanID: b.starter.ID})
		_, err := b.ChangeMetadata(ctx, b.customer, c.ID, catalog.Merge(catalog.Metadata{"po": "7"}))
		require.NoError(t, err)
		for _, err := range []error{
			second(b.Get(ctx, b.other, c.ID)), second(b.Update(ctx, b.other, c.ID, cart.Input{})), b.Delete(ctx, b.other, c.ID),
			second(b.Copy(ctx, b.other, c.ID)), second(b.Estimate(ctx, b.other, c.ID)),
			second(b.ChangeMetadata(ctx, b.other, c.ID, catalog.Drop("po"))),
		} {
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		}
		_, _, err = b.Checkout(ctx, b.other, c.ID)
		require.True(t, fault.Is(err, fault.NotFound))
		for actor, want := range map[account.Actor]int{b.customer: 1, b.other: 0, b.operator: 1} {
			all, err := b.List(ctx, actor, cart.Filter{Search: "OFFICE", CheckedOut: new(bool)}, page.Request{Number: 1, Limit: 20})
			require.NoError(t, err)
			require.Equal(t, want, all.Total, actor.Name)
			require.Len(t, all.Items, want)
		}
		_, err = b.List(ctx, b.vendor, cart.Filter{}, page.Request{})
		require.True(t, fault.Is(err, fault.Forbidden))
		require.Zero(t, b.orders())
	})
}

func TestCarts_aResellerOrdersForItsCustomersOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		in := cart.Input{CustomerID: b.client.OrganizationID, Items: []cart.ItemInput{{PlanID: b.starter.ID}}}
		c, err := b.Create(ctx, b.reseller, in)
		require.NoError(t, err)
		require.Equal(t, []int64{b.client.OrganizationID, b.reseller.OrganizationID}, c.Parties())
		_, failed, err := b.Checkout(ctx, b.reseller, c.ID)
		require.NoError(t, err)
		require.Empty(t, failed)
		var owner int64
		require.NoError(t, db.View(ctx, b.reseller.MarketplaceID, func(tx *store.Tx) error {
			return tx.Get(ctx, "order", &owner, `SELECT customer_id FROM customer_order WHERE marketplace_id = ?`, tx.Marketplace())
		}))
		require.Equal(t, b.client.OrganizationID, owner)
		_, err = b.Get(ctx, b.client, c.ID)
		require.NoError(t, err, "its customer may look")

		in.CustomerID = b.customer.OrganizationID
		_, err = b.Create(ctx, b.reseller, in)
		require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		_, err = b.Create(ctx, b.other, in)
		require.Error(t, err)
		_, err = b.Get(ctx, b.reseller, b.cart(cart.ItemInput{PlanID: b.starter.ID}).ID)
		require.True(t, fault.Is(err, fault.NotFound))
	})
}

func second[T any](_ T, err error) error { return err }

func sqlite(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: storetest.SQLiteURL(t), Clock: clock.System{}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}
