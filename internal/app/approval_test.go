package app_test

import (
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

// asked is an order of a plan whose product needs approval.
func (b *vendorBundle) asked(plan catalog.PlanInput, in order.Input) (order.Order, subscription.Subscription) {
	b.t.Helper()
	_, made := b.publishOffer(catalog.ProductInput{Name: "Palazzo", SKU: "palazzo", Type: catalog.Syndicated, Category: "boats",
		ShortDescription: "Rooms", SubscriptionApproval: true}, plan)
	in.PlanID = made.ID
	o, sub := b.place(in)
	require.Equal(b.t, order.RequiresApproval, o.Status)
	require.Equal(b.t, subscription.RequiresApproval, sub.Status)
	require.Nil(b.t, o.InvoiceID)
	return o, sub
}

func TestApproval_billsAndTellsTheConnectorOnlyAfterwards(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		o, sub := b.asked(paidPlan(), order.Input{})
		b.idle()
		require.Empty(b.t, b.heard(sub.ID))
		require.Empty(b.t, b.bills(sub.ID))
		require.Equal(b.t, []string{"vendor@example.test"}, b.outbox.about("Please decide about an order: Palazzo"))
		require.Len(b.t, b.outbox.with("Whoever sells it has to approve it first", "Palazzo"), 1)

		o, err := b.Orders.Approve(b.ctx, b.vendor, o.ID)
		require.NoError(b.t, err)
		require.Equal(b.t, order.AwaitingPayment, o.Status)
		require.Contains(b.t, o.ApprovedBy, "Lagoon Maps")
		require.NotNil(b.t, o.ApprovedAt)
		require.NotNil(b.t, o.InvoiceID)
		b.is(sub.ID, subscription.WaitingPayment)
		b.idle()
		require.Equal(b.t, []string{"CREATED subscription.created"}, b.heard(sub.ID))
		require.Len(b.t, b.outbox.with("To pay now: 29.00", "is approved: Palazzo"), 1)
		b.pay(*o.InvoiceID)
		b.is(sub.ID, subscription.Pending)
		require.Equal(b.t, order.Confirmed, b.orderOf(o.ID).Status)
	})
}

func TestApproval_ofWhatCostsNothingYetBeginsAtOnce(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		o, sub := b.asked(trialPlan(), order.Input{})
		b.advance(b.now().AddDate(0, 0, 3)) // the decision takes its time, and the trial does not run meanwhile
		o, err := b.Orders.Approve(b.ctx, b.vendor, o.ID)
		require.NoError(b.t, err)
		require.Equal(b.t, order.Confirmed, o.Status)
		sub = b.is(sub.ID, subscription.Pending)
		require.WithinDuration(b.t, b.now().AddDate(0, 0, 14), *sub.TrialEndsAt, time.Minute)
		require.Equal(b.t, []string{"CREATED subscription.created"}, b.heard(sub.ID))
	})
}

func TestApproval_keepsThePriceThatWasOrdered(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		o, sub := b.asked(paidPlan(), order.Input{})
		dearer := paidPlan()
		dearer.Terms.RecurringPrice = dec("49.00")
		_, err := b.Catalog.RevisePlan(b.ctx, b.vendor, sub.PlanID, dearer)
		require.NoError(b.t, err)
		_, err = b.Orders.Approve(b.ctx, b.vendor, o.ID)
		require.NoError(b.t, err)
		require.Equal(b.t, []string{"recurring 29.00"}, amounts(b.bills(sub.ID)[0]))
	})
}

func TestApproval_refusedEndsTheOrderAndTellsTheCustomerAlone(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		o, sub := b.asked(paidPlan(), order.Input{})
		o, err := b.Orders.Reject(b.ctx, b.vendor, o.ID)
		require.NoError(b.t, err)
		require.Equal(b.t, order.Rejected, o.Status)
		b.is(sub.ID, subscription.Rejected)
		b.idle()
		require.Empty(b.t, b.heard(sub.ID))
		require.Equal(b.t, []string{"customer@example.test"}, b.outbox.with("rejected by whoever sells it", "was not accepted: Palazzo"))
		_, err = b.Orders.Approve(b.ctx, b.vendor, o.ID)
		require.True(b.t, fault.Is(err, fault.Conflict), "%v", err)
		_, err = b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.True(b.t, fault.Is(err, fault.Conflict), "%v", err)
	})
}

func TestApproval_isForWhoSoldIt(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		o, _ := b.asked(paidPlan(), order.Input{})
		try := func(who account.Actor) error {
			_, err := b.Orders.Approve(b.ctx, who, o.ID)
			return err
		}
		require.True(b.t, fault.Is(try(b.customer), fault.Forbidden))
		require.True(b.t, fault.Is(try(b.other), fault.NotFound))
		reseller := b.person(account.Reseller, "Mestre Sales")
		require.True(b.t, fault.Is(try(reseller), fault.NotFound), "it sold nothing here")
		require.NoError(b.t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
			_, err := tx.Exec(b.ctx, `UPDATE customer_order SET reseller_id = ? WHERE marketplace_id = ? AND id = ?`, reseller.OrganizationID, b.market.ID, o.ID)
			return err
		}))
		require.True(b.t, fault.Is(try(b.vendor), fault.Forbidden), "the reseller decides")
		require.NoError(b.t, try(reseller))
		require.True(b.t, fault.Is(try(b.operator), fault.Conflict), "it is decided")
	})
}

func TestApproval_awaitedInVainIsCancelledByTheCustomer(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		o, sub := b.asked(paidPlan(), order.Input{})
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		b.is(sub.ID, subscription.Terminated)
		require.Equal(b.t, order.Cancelled, b.orderOf(o.ID).Status)
		b.idle()
		require.Empty(b.t, b.heard(sub.ID))
		require.Len(b.t, b.outbox.with("Nothing was set up", "is cancelled: Palazzo"), 1)
		_, err = b.Orders.Approve(b.ctx, b.vendor, o.ID)
		require.True(b.t, fault.Is(err, fault.Conflict), "%v", err)
	})
}

// TestApproval_andACancellationAtTheSameMomentAgree lets both come together,
// many times: one of them wins, and order and subscription say the same.
func TestApproval_andACancellationAtTheSameMomentAgree(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		first, _ := b.asked(paidPlan(), order.Input{})
		orders := []int64{first.ID}
		for range 7 {
			o, _ := b.place(order.Input{PlanID: b.sub(*first.SubscriptionID).PlanID})
			orders = append(orders, o.ID)
		}
		var both sync.WaitGroup
		for _, id := range orders {
			sub := *b.orderOf(id).SubscriptionID
			both.Go(func() {
				_, err := b.Orders.Approve(b.ctx, b.vendor, id)
				require.True(b.t, err == nil || fault.Is(err, fault.Conflict), "%v", err)
			})
			both.Go(func() {
				_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub)
				require.NoError(b.t, err)
			})
		}
		both.Wait()
		for _, id := range orders {
			o := b.orderOf(id)
			require.Equal(b.t, order.Cancelled, o.Status)
			b.is(*o.SubscriptionID, subscription.Terminated)
			if heard := b.heard(*o.SubscriptionID); len(heard) > 0 {
				require.Equal(b.t, []string{"CREATED subscription.created", "DELETED subscription.terminated"}, heard)
			}
		}
	})
}

func TestPostponed_beginsOnItsDay(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		start := b.now().AddDate(0, 0, 10).Truncate(time.Second)
		o, sub := b.place(order.Input{Start: &start})
		require.Equal(b.t, order.Postponed, o.Status)
		require.Equal(b.t, subscription.Postponed, sub.Status)
		b.advance(start.Add(-time.Hour))
		require.Empty(b.t, b.heard(sub.ID))
		require.Empty(b.t, b.bills(sub.ID))
		b.advance(start.AddDate(0, 0, 2)) // it steps to the day itself
		sub = b.is(sub.ID, subscription.WaitingPayment)
		require.Nil(b.t, sub.BillsAt)
		bill := b.bills(sub.ID)[0]
		require.WithinDuration(b.t, start, bill.IssuedAt, time.Minute)
		require.Equal(b.t, order.AwaitingPayment, b.orderOf(o.ID).Status)
		b.pay(bill.ID)
		b.is(sub.ID, subscription.Pending)
		require.Equal(b.t, []string{"CREATED subscription.created", "MODIFIED subscription.paid"}, b.heard(sub.ID))
	})
}

func TestPostponed_waitsForApprovalFirst(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		start := b.now().AddDate(0, 0, 10).Truncate(time.Second)
		o, sub := b.asked(freePlan(), order.Input{Start: &start})
		o, err := b.Orders.Approve(b.ctx, b.vendor, o.ID)
		require.NoError(b.t, err)
		require.Equal(b.t, order.Postponed, o.Status)
		b.is(sub.ID, subscription.Postponed)
		b.advance(start)
		b.is(sub.ID, subscription.Pending)
		require.Equal(b.t, order.Confirmed, b.orderOf(o.ID).Status)
		require.Equal(b.t, []string{"CREATED subscription.created"}, b.heard(sub.ID))
	})
}

func TestPostponed_canBeCancelled(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		start := b.now().AddDate(0, 0, 10)
		o, sub := b.place(order.Input{Start: &start})
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		b.advance(start.AddDate(0, 0, 1))
		b.is(sub.ID, subscription.Terminated)
		require.Equal(b.t, order.Cancelled, b.orderOf(o.ID).Status)
		require.Empty(b.t, b.heard(sub.ID))
	})
}

func TestOrder_thatBeginsTooLateOrHasAWrongReferenceIsRefused(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		far := b.now().AddDate(2, 0, 0)
		_, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID, Start: &far})
		require.Contains(b.t, wrong(err), "start")
		_, err = b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID, ExternalReference: "PO 17"})
		require.Contains(b.t, wrong(err), "externalReference")

		first, _ := b.place(order.Input{ExternalReference: "PO-17"})
		require.Equal(b.t, "PO-17", first.ExternalReference)
		_, err = b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID, ExternalReference: "PO-17"})
		require.True(b.t, fault.Is(err, fault.Conflict), "%v", err)
		require.Contains(b.t, wrong(err), "externalReference")
		past := b.now().AddDate(0, 0, -1)
		o, sub := b.place(order.Input{ExternalReference: "PO-18", Start: &past})
		require.Equal(b.t, order.AwaitingPayment, o.Status)
		require.Equal(b.t, subscription.WaitingPayment, sub.Status)
	})
}
