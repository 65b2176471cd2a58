package app_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/reconcile"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

func TestReport_ofAPaidSubscriptionMakesItActive(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		o, sub := b.place(order.Input{})
		require.Equal(b.t, subscription.WaitingPayment, sub.Status)
		require.Zero(b.t, sub.ProviderID)
		err := b.report(sub.ID, fulfilment.Deployed)
		require.True(b.t, fault.Is(err, fault.Conflict), "%v", err)
		require.Contains(b.t, err.Error(), "not paid")
		b.pay(*o.InvoiceID)
		b.is(sub.ID, subscription.Pending)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Deployed))
		require.NotNil(b.t, b.is(sub.ID, subscription.Active).ActivatedAt)
		require.Equal(b.t, []string{"CREATED subscription.created", "MODIFIED subscription.paid", "MODIFIED subscription.activated"}, b.heard(sub.ID))
	})
}

func TestReport_repeatedTellsNobodyTwice(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.active()
		before := b.heard(sub.ID)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Deployed))
		require.Equal(b.t, before, b.heard(sub.ID))
		require.Equal(b.t, sub.Version, b.sub(sub.ID).Version)
	})
}

func TestReport_undeployedAfterATerminationEndsItWithOneDeletedEvent(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.active()
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		b.is(sub.ID, subscription.Terminating)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Undeployed))
		b.is(sub.ID, subscription.Terminated)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Undeployed), "again")
		require.Equal(b.t, []string{"MODIFIED subscription.terminating", "DELETED subscription.terminated"}, b.heard(sub.ID)[3:])
	})
}

func TestReport_isRefusedWhereItCannotBe(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		refused := func(id int64, why string, all ...fulfilment.Status) {
			b.t.Helper()
			before := b.heard(id)
			for _, s := range all {
				err := b.report(id, s)
				require.True(b.t, fault.Is(err, fault.Conflict), "%s: %v", s, err)
				require.Contains(b.t, err.Error(), why, s)
			}
			require.Equal(b.t, before, b.heard(id))
		}
		waiting := mustPlace(b)
		refused(waiting.ID, "not paid", fulfilment.Deployed, fulfilment.Failed)
		refused(waiting.ID, "Terminate it first", fulfilment.Undeployed)

		sub := b.active()
		refused(sub.ID, "was set up already", fulfilment.Failed)
		refused(sub.ID, "Terminate it first", fulfilment.Undeployed)
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		refused(sub.ID, "being terminated", fulfilment.Deployed, fulfilment.Failed)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Undeployed))
		refused(sub.ID, "has ended", fulfilment.Deployed, fulfilment.Failed)
	})
}

func mustPlace(b *vendorBundle) subscription.Subscription {
	b.t.Helper()
	_, sub := b.place(order.Input{})
	return sub
}

func TestReport_isForTheVendorOfTheSubscriptionAlone(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.pending()
		report := func(who account.Actor) error {
			return b.Fulfilment.Report(b.ctx, who, sub.ID, fulfilment.Report{Status: fulfilment.Deployed})
		}
		require.True(b.t, fault.Is(report(b.other), fault.NotFound), "another vendor")
		require.True(b.t, fault.Is(report(b.customer), fault.Forbidden), "the customer")
		b.is(sub.ID, subscription.Pending)
		err := b.Fulfilment.Report(b.ctx, b.vendor, sub.ID, fulfilment.Report{Status: "gone"})
		require.True(b.t, fault.Is(err, fault.Invalid))
		require.NoError(b.t, report(b.operator))
		b.is(sub.ID, subscription.Active)
	})
}

func TestReport_ofAFailureTellsCustomerAndVendorAndCanBeMended(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.pending()
		failed := fulfilment.Report{Status: fulfilment.Failed, Message: "No berth is free."}
		require.NoError(b.t, b.Fulfilment.Report(b.ctx, b.vendor, sub.ID, failed))
		require.NoError(b.t, b.Fulfilment.Report(b.ctx, b.vendor, sub.ID, failed), "again")
		b.is(sub.ID, subscription.Failed)
		b.idle()
		require.Equal(b.t, []string{"customer@example.test"}, b.outbox.about("Gondola could not be set up yet"))
		require.Equal(b.t, []string{"vendor@example.test"}, b.outbox.with("No berth is free.", "failed: Gondola"))
		require.NoError(b.t, b.report(sub.ID, fulfilment.Deployed))
		b.is(sub.ID, subscription.Active)
		require.Equal(b.t, []string{"MODIFIED subscription.failed", "MODIFIED subscription.activated"}, b.heard(sub.ID)[2:])
	})
}

func TestSubscription_thatFailedIsSetUpAgainByItsVendor(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.pending()
		require.NoError(b.t, b.report(sub.ID, fulfilment.Failed))
		_, err := b.Subscriptions.Retry(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		b.is(sub.ID, subscription.Pending)
		require.Equal(b.t, []string{"MODIFIED subscription.failed", "MODIFIED subscription.retried"}, b.heard(sub.ID)[2:])
		require.NoError(b.t, b.report(sub.ID, fulfilment.Deployed))
		b.is(sub.ID, subscription.Active)
	})
}

func TestReport_doesNotEndASuspension(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.active()
		_, err := b.Subscriptions.Suspend(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Deployed), "accepted")
		b.is(sub.ID, subscription.Suspended)
		_, err = b.Subscriptions.Resume(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		b.is(sub.ID, subscription.Active)
		require.Equal(b.t, []string{"MODIFIED subscription.suspended", "MODIFIED subscription.resumed"}, b.heard(sub.ID)[3:])
	})
}

func TestSubscription_ofATrialOrAFreePlanIsPendingAtOnce(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		for sku, plan := range map[string]catalog.PlanInput{"trial": trialPlan(), "free": freePlan()} {
			_, made := b.offer(catalog.Syndicated, sku, plan)
			o, sub := b.place(order.Input{PlanID: made.ID})
			require.Nil(b.t, o.InvoiceID, sku)
			require.Equal(b.t, subscription.Pending, sub.Status, sku)
			require.Equal(b.t, []string{"CREATED subscription.created"}, b.heard(sub.ID), sku)
			require.NoError(b.t, b.report(sub.ID, fulfilment.Deployed), sku)
		}
	})
}

func TestSubscription_thatItsVendorSetsUpIsRenewedAndOnlyToldOfIt(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.active()
		b.advance(*sub.PeriodEnd)
		require.Len(b.t, b.bills(sub.ID), 2)
		b.is(sub.ID, subscription.Active)
		require.Equal(b.t, []string{"MODIFIED subscription.renewed"}, b.heard(sub.ID)[3:])
		_, found, err := b.Provision.Progress(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		require.False(b.t, found, "no plugin has anything to do with it")
	})
}

func TestManualService_asksThePeopleOfTheVendor(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		_, made := b.offer(catalog.VendorService, "training", paidPlan())
		o, sub := b.place(order.Input{PlanID: made.ID})
		b.idle()
		require.Empty(b.t, b.outbox.about("To be set up: Gondola for Acme"), "not before it is paid")
		b.pay(*o.InvoiceID)
		b.idle()
		require.Equal(b.t, []string{"vendor@example.test"}, b.outbox.about("To be set up: Gondola for Acme"))
		require.NoError(b.t, b.report(sub.ID, fulfilment.Deployed))
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		b.idle()
		require.Equal(b.t, []string{"vendor@example.test"}, b.outbox.about("To be removed: Gondola for Acme"))
		require.NoError(b.t, b.report(sub.ID, fulfilment.Undeployed))
		b.is(sub.ID, subscription.Terminated)
	})
}

func TestReconcile_passesOverWhatVendorsSetUp(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.active()
		_, err := b.Reconcile.ReconcileNow(b.ctx, b.operator, reconcile.Scope{SubscriptionID: sub.ID})
		require.True(b.t, fault.Is(err, fault.Conflict), "%v", err)
	})
}
