package app_test

import (
	"testing"

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
