package app_test

import (
	"encoding/json"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

func TestVendorLife_overdueStopsResumesAndEnds(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		b.overdueRules()
		sub := b.active()
		b.advance(*sub.PeriodEnd)
		open := b.bills(sub.ID)[1]
		b.advance(open.DueAt.Add(3 * aDay))
		b.is(sub.ID, subscription.Suspended)
		require.Equal(b.t, []string{"customer@example.test"}, b.outbox.with("Invoice "+open.Number+" was not paid in time", "is suspended"))
		b.pay(open.ID)
		b.is(sub.ID, subscription.Active)
		b.advance(*b.sub(sub.ID).PeriodEnd)
		b.advance(b.bills(sub.ID)[2].DueAt.Add(5*aDay + 1))
		b.is(sub.ID, subscription.Terminating)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Undeployed))
		require.Equal(b.t, []string{"MODIFIED subscription.suspended", "MODIFIED subscription.resumed", "MODIFIED subscription.renewed",
			"MODIFIED subscription.suspended", "MODIFIED subscription.terminating", "DELETED subscription.terminated"}, b.heard(sub.ID)[4:])
	})
}

func TestVendorLife_aReportAfterThePaymentTermIsRefused(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		b.overdueRules()
		_, sub := b.place(order.Input{})
		b.advance(b.bills(sub.ID)[0].DueAt.Add(6 * aDay))
		b.is(sub.ID, subscription.PaymentExpired)
		require.Error(b.t, b.report(sub.ID, fulfilment.Deployed))
		require.NoError(b.t, b.report(sub.ID, fulfilment.Undeployed), "connectors answer every DELETED so")
		require.Equal(b.t, []string{"CREATED subscription.created", "DELETED subscription.paymentExpired"}, b.heard(sub.ID))
		require.Equal(b.t, []string{"customer@example.test"}, b.outbox.with("", "is cancelled"))
	})
}

func TestVendorLife_renewalAndChargesOfATrial(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		_, plan := b.offer("syndicated", "sandolo", trialPlan())
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: plan.ID})
		require.NoError(b.t, err)
		id := *o.SubscriptionID
		require.True(b.t, b.settled(id), "a trial without an invoice counts as paid")
		_, err = b.Subscriptions.Renew(b.ctx, b.vendor, id, subscription.RenewInput{})
		require.Error(b.t, err, "it is not set up")
		require.NoError(b.t, b.report(id, fulfilment.Deployed))
		b.renew(b.vendor, id, 0)
		require.False(b.t, b.settled(id))
		require.Equal(b.t, []string{"trial confirmed", "normal awaitingPayment"}, b.orders(id))
		b.charge(id, order.Cashed, priced("On site", "10"))
		require.Equal(b.t, "MODIFIED subscription.trialEnded", b.heard(id)[len(b.heard(id))-1])
	})
}

func TestVendorLife_plansAndItemsAreUpgradedOnBehalfOfTheCustomer(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		seats := func(name, recurring string) catalog.PlanInput {
			in := paidPlan()
			in.Name, in.Terms.RecurringPrice = name, dec(recurring)
			in.Resources = []catalog.PlanResource{{Parameter: "seats", Name: "Seats", Unit: "seat", Min: 1, Max: 100, Default: 5, UnitPrice: dec("2.00")}}
			return in
		}
		product, plan := b.offer("syndicated", "sandolo", seats("Small", "10.00"))
		large, err := b.Catalog.CreatePlan(b.ctx, b.vendor, product.ID, seats("Large", "20.00"))
		require.NoError(b.t, err)
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: plan.ID})
		require.NoError(b.t, err)
		b.pay(*o.InvoiceID)
		id := *o.SubscriptionID
		require.NoError(b.t, b.report(id, fulfilment.Deployed))

		r := b.change(b.vendor, id, subscription.ChangeInput{Parameters: json.RawMessage(`{"seats":8}`)})
		require.Equal(b.t, subscription.PaidFor, r.Outcome)
		r = b.change(b.vendor, id, subscription.ChangeInput{PlanID: large.ID, Parameters: json.RawMessage(`{"seats":9}`)})
		require.Equal(b.t, subscription.PaidFor, r.Outcome)
		sub := b.is(id, subscription.Active)
		require.Equal(b.t, "Large", sub.Plan)
		require.JSONEq(b.t, `{"seats":9}`, sub.Parameters)
		r = b.change(b.vendor, id, subscription.ChangeInput{Parameters: json.RawMessage(`{"seats":2}`)})
		require.Equal(b.t, subscription.Deferred, r.Outcome)
		b.advance(*sub.PeriodEnd)
		require.JSONEq(b.t, `{"seats":2}`, b.sub(id).Parameters)
		require.Equal(b.t, []string{"normal confirmed", "itemUpgrade awaitingPayment", "upgrade awaitingPayment", "itemUpgrade confirmed",
			"itemUpgrade awaitingPayment"}, b.orders(id))
	})
}
