package app_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/stretchr/testify/require"
)

func TestBilling_oneSubscriptionThatCannotBeBilledDoesNotHoldUpTheOthers(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		broken, fine := b.buy(b.plan.ID), b.buy(b.plan.ID)
		// The period of the first stands as billed already: a duplicate.
		require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
			_, err := tx.Exec(b.ctx, `INSERT INTO billed_period (marketplace_id, subscription_id, plan_revision_id, period_start, period_end, usage_amount)
				VALUES (?, ?, ?, ?, ?, '0')`, b.market.ID, broken.ID, broken.RevisionID, *broken.PeriodStart, *broken.PeriodEnd)
			return err
		}))
		later := fine.PeriodEnd.Add(time.Minute)
		require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error { return tx.MoveClock(b.ctx, later) }))
		require.NoError(t, b.Collector.CollectDue(b.ctx, b.market.ID))
		_, err := b.Invoices.Run(b.ctx, b.market.ID)
		require.ErrorContains(t, err, "bill subscription")
		require.Len(t, b.bills(broken.ID), 1, "and nothing of it is half done")
		require.Len(t, b.bills(fine.ID), 2)
	})
}

func TestPay_playMoneyBuysNothingWhereThingsAreReallySold(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID})
		require.NoError(t, err)
		b.becomeReal()

		_, err = b.Payments.Pay(b.ctx, b.customer, *o.InvoiceID, payment.Card{Number: "4242424242424242"})
		require.True(t, fault.Is(err, fault.Precondition), "%v", err)
		_, err = b.Payments.Record(b.ctx, b.customer, *o.InvoiceID, "mine")
		require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
		require.Equal(t, subscription.WaitingPayment, b.sub(*o.SubscriptionID).Status)

		p, err := b.Payments.Record(b.ctx, b.operator, *o.InvoiceID, "Statement 114, line 3")
		require.NoError(t, err)
		require.Equal(t, payment.Succeeded, p.Status)
		b.eventually(*o.SubscriptionID, subscription.Active)
		_, err = b.Payments.Record(b.ctx, b.operator, *o.InvoiceID, "again")
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	})
}

// becomeReal takes the sandbox off the marketplace. A running system caches
// that; its clock was never moved, so nothing else changes.
func (b *testBundle) becomeReal() {
	b.t.Helper()
	require.NoError(b.t, b.DB.InTx(b.ctx, store.Platform, func(tx *store.Tx) error {
		_, err := tx.Exec(b.ctx, `UPDATE marketplace SET sandbox = ? WHERE id = ?`, false, b.market.ID)
		return err
	}))
	m, err := b.Accounts.Marketplace(b.ctx, b.market.ID)
	require.NoError(b.t, err)
	require.False(b.t, m.Sandbox)
}
