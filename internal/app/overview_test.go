package app_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

func TestSales_addUpByMonthAndOnlyTheVendorsOwn(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		start := time.Now().UTC().AddDate(0, 0, -1)
		sub := b.buy(b.plan.ID)
		b.use(sub.ID, "search", 23, "a")
		b.advance(*sub.PeriodEnd)
		end := sub.PeriodEnd.AddDate(0, 1, 0)

		sales, err := b.Invoices.Sales(b.ctx, b.vendor, start, end)
		require.NoError(t, err)
		require.Len(t, sales, 2)
		require.Equal(t, "39.00 EUR", sales[0].Net.String())
		require.Equal(t, "30.65 EUR", sales[1].Net.String())
		require.Equal(t, "Lagoon", sales[0].Product)
		require.Equal(t, 1, sales[0].Month.Day())
		all, err := b.Invoices.Sales(b.ctx, b.operator, start, end)
		require.NoError(t, err)
		require.Equal(t, sales, all)
		rival := b.vendor
		rival.OrganizationID = 9999
		none, err := b.Invoices.Sales(b.ctx, rival, start, end)
		require.NoError(t, err)
		require.Empty(t, none)
		_, err = b.Invoices.Sales(b.ctx, b.customer, start, end)
		require.True(t, fault.Is(err, fault.Forbidden))
	})
}

func TestTimeline_isForThoseWhoMaySeeTheSubscription(t *testing.T) {
	b := setup(t, storetest.SQLiteURL(t))
	sub := b.buy(b.plan.ID)
	for _, actor := range []account.Actor{b.customer, b.vendor, b.operator} {
		events, err := b.Subscriptions.Timeline(b.ctx, actor, sub.ID, page.Request{})
		require.NoError(t, err)
		require.Equal(t, "subscription.activated", events.Items[0].Topic)
	}
	stranger := b.customer
	stranger.OrganizationID = 9999
	_, err := b.Subscriptions.Timeline(b.ctx, stranger, sub.ID, page.Request{})
	require.True(t, fault.Is(err, fault.NotFound))

	mine, err := b.Subscriptions.List(b.ctx, b.operator, subscription.Filter{CustomerID: b.customer.OrganizationID}, page.Request{})
	require.NoError(t, err)
	require.Len(t, mine.Items, 1)
	parked, err := b.Subscriptions.List(b.ctx, b.operator, subscription.Filter{Parked: true}, page.Request{})
	require.NoError(t, err)
	require.Empty(t, parked.Items)

	tallies, err := b.Subscriptions.Tallies(b.ctx, b.vendor)
	require.NoError(t, err)
	require.Equal(t, []subscription.Tally{{ProductID: b.product.ID, Status: subscription.Active, Count: 1}}, tallies)
	rival := b.vendor
	rival.OrganizationID = 9999
	tallies, err = b.Subscriptions.Tallies(b.ctx, rival)
	require.NoError(t, err)
	require.Empty(t, tallies)
	_, err = b.Subscriptions.Tallies(b.ctx, b.customer)
	require.True(t, fault.Is(err, fault.Forbidden))
}

func TestBroken_showsWhatWasGivenUpUntilItWorks(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		providers, err := b.Provision.Providers(b.ctx, b.operator)
		require.NoError(t, err)
		health, err := b.Provision.Health(b.ctx, b.operator, providers[0].ID)
		require.NoError(t, err)
		require.True(t, health.OK, health.Message)

		good := provision.ProviderInput{Name: "main", Plugin: "example", ProductType: catalog.API, IngestSecret: "0123456789abcdef",
			Settings: []byte(`{"file":"` + t.TempDir() + `/boxes.json"}`)}
		bad := good
		bad.Settings = []byte(`{}`)
		_, err = b.Provision.SaveProvider(b.ctx, b.operator, bad)
		require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		require.Contains(t, fault.As(err).Fields[0].Message, "Name the file that is the cloud.")
		bad.Force = true
		_, err = b.Provision.SaveProvider(b.ctx, b.operator, bad)
		require.NoError(t, err)
		health, err = b.Provision.Health(b.ctx, b.operator, providers[0].ID)
		require.NoError(t, err)
		require.False(t, health.OK)
		require.Contains(t, health.Message, "The settings name no file.")

		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID})
		require.NoError(t, err)
		b.pay(*o.InvoiceID)
		b.idle()
		broken, err := b.Provision.Broken(b.ctx, b.operator)
		require.NoError(t, err)
		require.Len(t, broken, 1)
		require.Equal(t, *o.SubscriptionID, broken[0].SubscriptionID)
		require.Contains(t, broken[0].Error, "file")

		_, err = b.Provision.SaveProvider(b.ctx, b.operator, good)
		require.NoError(t, err)
		_, err = b.Subscriptions.Retry(b.ctx, b.operator, *o.SubscriptionID)
		require.NoError(t, err)
		b.idle()
		broken, err = b.Provision.Broken(b.ctx, b.operator)
		require.NoError(t, err)
		require.Empty(t, broken)
		attempts, err := b.Provision.Attempts(b.ctx, b.customer, *o.SubscriptionID)
		require.NoError(t, err)
		require.Equal(t, []provision.Status{provision.Done, provision.Failed}, []provision.Status{attempts[0].Status, attempts[1].Status})

		_, err = b.Provision.Broken(b.ctx, b.vendor)
		require.True(t, fault.Is(err, fault.Forbidden))
		_, err = b.Provision.Health(b.ctx, b.vendor, providers[0].ID)
		require.True(t, fault.Is(err, fault.Forbidden))
	})
}
