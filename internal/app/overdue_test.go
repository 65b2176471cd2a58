package app_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/stretchr/testify/require"
)

// overdueRules are those of the contract: 2 days, then 3 more; 5 for a first
// payment.
func (b *testBundle) overdueRules() {
	b.t.Helper()
	_, err := b.Accounts.SetOverdueRules(b.ctx, b.operator, account.Overdue{StopDays: new(2), EndDays: new(3), FirstPaymentDays: new(5)})
	require.NoError(b.t, err)
}

const aDay = 24 * time.Hour

// renewedUnpaid is a subscription whose second invoice is open and due.
func (b *testBundle) renewedUnpaid() (subscription.Subscription, invoice.Invoice) {
	b.t.Helper()
	sub := b.buy(b.plan.ID)
	b.advance(*sub.PeriodEnd)
	bills := b.bills(sub.ID)
	require.Len(b.t, bills, 2)
	require.Equal(b.t, invoice.Unpaid, bills[1].Status)
	return sub, bills[1]
}

// told are the types and topics of the last n events of a subscription itself.
func (b *testBundle) told(sub int64, n int) []string {
	b.t.Helper()
	var out []string
	require.NoError(b.t, b.DB.View(b.ctx, b.market.ID, func(tx *store.Tx) error {
		all, err := event.List(b.ctx, tx, event.Filter{SubscriptionID: sub}, pageAll)
		for _, e := range all.Items {
			if e.Entity == event.Subscription && len(out) < n {
				out = append([]string{string(e.Type) + " " + e.Topic}, out...)
			}
		}
		return err
	}))
	return out
}

func TestOverdue_stopsAndPayingResumes(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		b.overdueRules()
		sub, open := b.renewedUnpaid()
		b.advance(open.DueAt.Add(2*aDay - time.Hour))
		require.Equal(t, subscription.Active, b.sub(sub.ID).Status)
		b.advance(open.DueAt.Add(2*aDay + time.Hour))
		stopped := b.sub(sub.ID)
		require.Equal(t, subscription.Suspended, stopped.Status)
		require.Equal(t, subscription.ForOverdue, stopped.SuspendedFor)
		require.Equal(t, []string{"MODIFIED subscription.suspended"}, b.told(sub.ID, 1))

		_, err := b.Subscriptions.Resume(b.ctx, b.customer, sub.ID)
		require.True(t, fault.Is(err, fault.Conflict), "only paying helps: %v", err)
		b.pay(open.ID)
		b.idle()
		paid := b.sub(sub.ID)
		require.Equal(t, subscription.Active, paid.Status)
		require.Empty(t, paid.SuspendedFor)
		require.Equal(t, []string{"MODIFIED subscription.resumed"}, b.told(sub.ID, 1))
		b.advance(open.DueAt.Add(10 * aDay))
		require.Equal(t, subscription.Active, b.sub(sub.ID).Status)
	})
}

func TestOverdue_endsWhatStaysUnpaid(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		b.overdueRules()
		sub, open := b.renewedUnpaid()
		b.advance(open.DueAt.Add(5*aDay - time.Hour))
		require.Equal(t, subscription.Suspended, b.sub(sub.ID).Status)
		b.advance(open.DueAt.Add(5*aDay + time.Hour))
		require.Equal(t, subscription.Terminated, b.sub(sub.ID).Status)
		require.Equal(t, []string{"MODIFIED subscription.suspended", "MODIFIED subscription.terminating", "DELETED subscription.terminated"}, b.told(sub.ID, 3))
		require.Equal(t, invoice.Unpaid, b.bills(sub.ID)[1].Status, "it is still owed")
		for range 2 {
			n, err := b.Invoices.Run(b.ctx, b.market.ID)
			require.NoError(t, err)
			require.Zero(t, n)
		}
	})
}

func TestOverdue_whatWasSuspendedByHandIsNotResumedByPaying(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		b.overdueRules()
		sub, open := b.renewedUnpaid()
		_, err := b.Subscriptions.Suspend(b.ctx, b.vendor, sub.ID)
		require.NoError(t, err)
		b.advance(open.DueAt.Add(3 * aDay))
		require.Empty(t, b.sub(sub.ID).SuspendedFor)
		b.pay(open.ID)
		require.Equal(t, subscription.Suspended, b.sub(sub.ID).Status)
		_, err = b.Subscriptions.Resume(b.ctx, b.vendor, sub.ID)
		require.NoError(t, err)
	})
}

func TestOverdue_resumesOnlyWhenEverythingOverdueIsPaid(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		b.overdueRules()
		sub, renewal := b.renewedUnpaid()
		upsell := b.charge(sub.ID, order.Upsell, priced("More", "5"))
		b.advance(renewal.DueAt.Add(3 * aDay))
		b.pay(renewal.ID)
		require.Equal(t, subscription.Suspended, b.sub(sub.ID).Status)
		b.pay(upsell.ID)
		require.Equal(t, subscription.Active, b.sub(sub.ID).Status)
	})
}

func TestOverdue_rulesThatAreNewTakeTheirTime(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub, open := b.renewedUnpaid()
		b.advance(open.DueAt.Add(20 * aDay))
		require.Equal(t, subscription.Active, b.sub(sub.ID).Status)
		b.overdueRules()
		for range 2 {
			_, err := b.Invoices.Run(b.ctx, b.market.ID)
			require.NoError(t, err)
			require.Equal(t, subscription.Suspended, b.sub(sub.ID).Status, "there are days left to pay in")
		}
		b.advance(open.DueAt.Add(24 * aDay))
		require.Equal(t, subscription.Terminated, b.sub(sub.ID).Status)
	})
}

func TestOverdue_givesUpAFirstInvoiceThatIsNeverPaid(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		b.overdueRules()
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID})
		require.NoError(t, err)
		id := *o.SubscriptionID
		due := b.bills(id)[0].DueAt
		b.advance(due.Add(5*aDay - time.Hour))
		require.Equal(t, subscription.WaitingPayment, b.sub(id).Status)
		b.advance(due.Add(5*aDay + time.Hour))
		require.Equal(t, subscription.PaymentExpired, b.sub(id).Status)
		require.Equal(t, invoice.Cancelled, b.bills(id)[0].Status)
		require.Equal(t, []string{"normal cancelled"}, b.orders(id))
		require.Equal(t, []string{"CREATED subscription.created", "DELETED subscription.paymentExpired"}, b.told(id, 9))
		_, err = b.Payments.Record(b.ctx, b.operator, *o.InvoiceID, "too late")
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	})
}

func TestOverdue_waitsWhileAPaymentIsUnderWay(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		b.overdueRules()
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID})
		require.NoError(t, err)
		require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
			_, err := tx.Exec(b.ctx, `INSERT INTO payment (marketplace_id, invoice_id, gateway, status, currency, amount, created_at)
				VALUES (?, ?, 'sandbox', 'pending', 'EUR', '39.00', ?)`, b.market.ID, *o.InvoiceID, tx.Now())
			return err
		}))
		b.advance(b.bills(*o.SubscriptionID)[0].DueAt.Add(9 * aDay))
		require.Equal(t, subscription.WaitingPayment, b.sub(*o.SubscriptionID).Status, "the money may be on its way")
	})
}

func TestOverdue_withoutRulesNothingComesOfIt(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub, open := b.renewedUnpaid()
		b.advance(open.DueAt.Add(20 * aDay))
		require.Equal(t, subscription.Active, b.sub(sub.ID).Status)
	})
}

func TestOverdueRules_areTheOperatorsAndMakeSense(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		_, err := b.Accounts.SetOverdueRules(b.ctx, b.vendor, account.Overdue{})
		require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
		_, err = b.Accounts.SetOverdueRules(b.ctx, b.operator, account.Overdue{EndDays: new(3), FirstPaymentDays: new(-1)})
		require.Len(t, wrong(err), 2)
		b.overdueRules()
		rules, err := b.Accounts.OverdueRules(b.ctx, b.operator)
		require.NoError(t, err)
		require.Equal(t, []int{2, 3, 5}, []int{*rules.StopDays, *rules.EndDays, *rules.FirstPaymentDays})
	})
}
