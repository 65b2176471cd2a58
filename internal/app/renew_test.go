package app_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

// also publishes another plan beside the Starter, with what is different.
func (b *testBundle) also(name string, differ func(*catalog.PlanInput)) catalog.Plan {
	b.t.Helper()
	in := starter()
	in.Name = name
	differ(&in)
	plan, err := b.Catalog.CreatePlan(b.ctx, b.vendor, b.product.ID, in)
	require.NoError(b.t, err)
	return plan
}

func (b *testBundle) renew(actor account.Actor, sub int64, hours int) subscription.Subscription {
	b.t.Helper()
	out, err := b.Subscriptions.Renew(b.ctx, actor, sub, subscription.RenewInput{Hours: hours})
	require.NoError(b.t, err)
	return out
}

func TestRenew_aTrialBecomesAPaidSubscriptionNow(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		trial := b.also("Trial", func(in *catalog.PlanInput) { in.Terms.TrialDays, in.AutoRenew = 14, new(false) })
		sub := b.buy(trial.ID)
		b.use(sub.ID, "search", 20, "a")
		paid := b.renew(b.vendor, sub.ID, 0)
		require.False(t, paid.InTrial(b.now()))
		require.Equal(t, 0, paid.PeriodIndex)
		bills := b.bills(sub.ID)
		require.Equal(t, []string{"setup 10.00", "recurring 29.00"}, amounts(bills[0]))
		require.Equal(t, []string{"trial confirmed", "normal awaitingPayment"}, b.orders(sub.ID))
		b.advance(paid.PeriodEnd.Add(time.Minute))
		require.Len(t, b.bills(sub.ID), 1, "use in the trial stays free, and it does not renew by itself")
		require.Equal(t, subscription.Terminated, b.sub(sub.ID).Status)
	})
}

func TestRenew_anActiveOneIsBilledAheadAndOnlyOnce(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		_, err := b.Subscriptions.SetAutoRenew(b.ctx, b.customer, sub.ID, false)
		require.NoError(t, err)
		b.use(sub.ID, "search", 1, "a")
		ahead := b.renew(b.customer, sub.ID, 0)
		require.Equal(t, 1, ahead.RenewedAhead)
		require.Equal(t, *sub.PeriodEnd, *ahead.PeriodEnd, "the running period stays as it is")
		bills := b.bills(sub.ID)
		require.Equal(t, []string{"recurring 29.00"}, amounts(bills[1]))
		require.Equal(t, *sub.PeriodEnd, *bills[1].Lines[0].PeriodStart)

		b.advance(sub.PeriodEnd.Add(time.Minute))
		next := b.sub(sub.ID)
		require.Equal(t, subscription.Active, next.Status, "what was paid ahead is used, though it does not renew by itself")
		require.Equal(t, *sub.PeriodEnd, *next.PeriodStart)
		require.Equal(t, []string{"usage 0.10"}, amounts(b.bills(sub.ID)[2]))
		b.advance(next.PeriodEnd.Add(time.Minute))
		require.Equal(t, subscription.Terminated, b.sub(sub.ID).Status)
		require.Len(t, b.bills(sub.ID), 3)
		require.Equal(t, []string{"normal confirmed", "renewal awaitingPayment", "renewal awaitingPayment"}, b.orders(sub.ID))
	})
}

func TestRenew_anUpgradeAfterwardsBillsTheDifferenceOfWhatWasPaidAhead(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		pro := b.also("Pro", func(in *catalog.PlanInput) { in.Terms.RecurringPrice = dec("59.00") })
		sub := b.buy(b.plan.ID)
		b.renew(b.customer, sub.ID, 0)
		_, err := b.Subscriptions.ChangePlan(b.ctx, b.customer, sub.ID, pro.ID)
		require.NoError(t, err)
		b.advance(sub.PeriodEnd.Add(time.Minute))
		bills := b.bills(sub.ID)
		require.Equal(t, []string{"upgrade 30.00"}, amounts(bills[2]))
		require.Equal(t, []string{"upgrade 30.00"}, amounts(bills[3]))
		b.advance(*b.sub(sub.ID).PeriodEnd)
		require.Equal(t, []string{"recurring 59.00"}, amounts(b.bills(sub.ID)[4]))
	})
}

func TestRenew_keepsThePriceItWasBilledWith(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		b.renew(b.customer, sub.ID, 0)
		dearer := starter()
		dearer.Terms.RecurringPrice = dec("35.00")
		_, err := b.Catalog.RevisePlan(b.ctx, b.vendor, b.plan.ID, dearer)
		require.NoError(t, err)
		b.advance(*sub.PeriodEnd)
		require.Len(t, b.bills(sub.ID), 2)
		b.advance(*b.sub(sub.ID).PeriodEnd)
		require.Equal(t, []string{"recurring 35.00"}, amounts(b.bills(sub.ID)[2]))
	})
}

func TestRenew_byHoursInASandbox(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		short := b.renew(b.vendor, sub.ID, 2)
		require.WithinDuration(t, b.now().Add(2*time.Hour), *short.PeriodEnd, time.Minute)
		require.Equal(t, []string{"recurring 29.00"}, amounts(b.bills(sub.ID)[1]))
		b.advance(*short.PeriodEnd)
		next := b.sub(sub.ID)
		require.Equal(t, *short.PeriodEnd, *next.PeriodStart, "no gap and no overlap")
		require.True(t, next.PeriodEnd.After(*sub.PeriodEnd))
		require.Equal(t, []string{"recurring 29.00"}, amounts(b.bills(sub.ID)[2]))
		b.advance(*next.PeriodEnd)
		require.Equal(t, *next.PeriodEnd, *b.sub(sub.ID).PeriodStart)
	})
}

func TestRenew_isRefused(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		_, err := b.Subscriptions.Renew(b.ctx, b.customer, sub.ID, subscription.RenewInput{Hours: -1})
		require.Contains(t, wrong(err), "hours")
		b.renew(b.customer, sub.ID, 0)
		_, err = b.Subscriptions.Renew(b.ctx, b.customer, sub.ID, subscription.RenewInput{Hours: 1})
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		_, err = b.Subscriptions.Suspend(b.ctx, b.vendor, sub.ID)
		require.NoError(t, err)
		_, err = b.Subscriptions.Renew(b.ctx, b.vendor, sub.ID, subscription.RenewInput{})
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	})
}

func (b *testBundle) change(actor account.Actor, sub int64, in subscription.ChangeInput) subscription.ChangeResult {
	b.t.Helper()
	r, err := b.Subscriptions.Change(b.ctx, actor, sub, in)
	require.NoError(b.t, err)
	return r
}

func TestChange_byTheVendorIsPaidFreeOrDeferred(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		pro := b.also("Pro", func(in *catalog.PlanInput) { in.Terms.RecurringPrice = dec("59.00") })
		same := b.also("Same", func(*catalog.PlanInput) {})
		sub := b.buy(b.plan.ID)

		r := b.change(b.vendor, sub.ID, subscription.ChangeInput{PlanID: same.ID})
		require.Equal(t, subscription.Free, r.Outcome)
		require.Zero(t, r.InvoiceID)
		b.idle()
		r = b.change(b.vendor, sub.ID, subscription.ChangeInput{PlanID: pro.ID})
		require.Equal(t, subscription.PaidFor, r.Outcome)
		require.Equal(t, b.bills(sub.ID)[1].ID, r.InvoiceID)
		require.Equal(t, b.bills(sub.ID)[1].OrderID, r.OrderID)
		b.idle()
		r = b.change(b.vendor, sub.ID, subscription.ChangeInput{PlanID: b.plan.ID})
		require.Equal(t, subscription.Deferred, r.Outcome)
		require.Equal(t, []string{"normal confirmed", "upgrade confirmed", "upgrade awaitingPayment", "upgrade postponed"}, b.orders(sub.ID))

		b.advance(*sub.PeriodEnd)
		require.Equal(t, "Starter", b.sub(sub.ID).Plan)
		require.Equal(t, []string{"upgrade confirmed", "upgrade awaitingPayment"}, b.orders(sub.ID)[3:],
			"the last order says what the last change was about")
	})
}

func TestChange_fromTheNextPeriodWaitsForIt(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		pro := b.also("Pro", func(in *catalog.PlanInput) { in.Terms.RecurringPrice = dec("59.00") })
		sub := b.buy(b.plan.ID)
		tomorrow := b.now().Add(aDay)
		_, err := b.Subscriptions.Change(b.ctx, b.customer, sub.ID, subscription.ChangeInput{PlanID: pro.ID, From: &tomorrow})
		require.Contains(t, wrong(err)["from"], sub.PeriodEnd.Format("2006-01-02"))
		day := sub.PeriodEnd.Truncate(aDay)
		r := b.change(b.customer, sub.ID, subscription.ChangeInput{PlanID: pro.ID, From: &day})
		require.Equal(t, subscription.Deferred, r.Outcome)
		require.Equal(t, "Starter", b.sub(sub.ID).Plan)
		require.Len(t, b.bills(sub.ID), 1)
		b.advance(*sub.PeriodEnd)
		require.Equal(t, "Pro", b.sub(sub.ID).Plan)
		require.Equal(t, []string{"recurring 59.00"}, amounts(b.bills(sub.ID)[1]))
	})
}

func TestChange_planAndQuantitiesAtOnce(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		in := prepaid()
		in.Name, in.Terms.RecurringPrice = "Bigger", dec("15.00")
		bigger := b.sell(in).ID
		sub := b.buyWith(b.plan.ID, `{"cores":4}`)
		r := b.change(b.vendor, sub.ID, subscription.ChangeInput{PlanID: bigger, Parameters: json.RawMessage(`{"cores":6}`)})
		require.Equal(t, subscription.PaidFor, r.Outcome)
		require.JSONEq(t, `{"cores":6,"memoryGb":4}`, b.sub(sub.ID).Parameters)
		require.Len(t, b.bills(sub.ID)[1].Lines, 1, "one line for the difference")
		b.idle()

		r = b.change(b.vendor, sub.ID, subscription.ChangeInput{Parameters: json.RawMessage(`{"cores":8}`)})
		require.Equal(t, subscription.PaidFor, r.Outcome)
		b.idle()
		r = b.change(b.vendor, sub.ID, subscription.ChangeInput{PlanID: bigger, Parameters: json.RawMessage(`{"cores":4}`)})
		require.Equal(t, subscription.Deferred, r.Outcome)
		r = b.change(b.vendor, sub.ID, subscription.ChangeInput{Parameters: json.RawMessage(`{"cores":5}`), From: sub.PeriodEnd})
		require.Equal(t, subscription.Deferred, r.Outcome)
		require.Equal(t, []string{"upgrade awaitingPayment", "itemUpgrade awaitingPayment", "itemUpgrade cancelled", "itemUpgrade postponed"}, b.orders(sub.ID)[1:])
	})
}

func TestChange_isNoBusinessOfOthers(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		stranger := b.customer
		stranger.OrganizationID += 1000
		_, err := b.Subscriptions.Change(b.ctx, stranger, sub.ID, subscription.ChangeInput{PlanID: b.plan.ID})
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		_, err = b.Subscriptions.Renew(b.ctx, stranger, sub.ID, subscription.RenewInput{})
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		_, err = b.Subscriptions.Change(b.ctx, b.customer, sub.ID, subscription.ChangeInput{})
		require.Contains(t, wrong(err), "planId")
	})
}
