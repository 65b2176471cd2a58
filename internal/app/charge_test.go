package app_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/stretchr/testify/require"
)

// priced is a line of one at a price.
func priced(description, price string) invoice.LineInput {
	return invoice.LineInput{Description: description, Price: dec(price)}
}

func (b *testBundle) charge(sub int64, t order.Type, lines ...invoice.LineInput) invoice.Invoice {
	b.t.Helper()
	inv, err := b.Invoices.Charge(b.ctx, b.vendor, sub, invoice.ChargeInput{Type: t, Lines: lines})
	require.NoError(b.t, err)
	return inv
}

// orders are the types and statuses of a subscription's orders, oldest first.
func (b *testBundle) orders(sub int64) []string {
	b.t.Helper()
	all, err := b.Orders.List(b.ctx, b.vendor, pageAll)
	require.NoError(b.t, err)
	var out []string
	for _, o := range all.Items {
		if *o.SubscriptionID == sub {
			out = append([]string{string(o.Type) + " " + string(o.Status)}, out...)
		}
	}
	return out
}

func (b *testBundle) settled(sub int64) bool {
	b.t.Helper()
	var all map[int64]invoice.Standing
	require.NoError(b.t, b.DB.View(b.ctx, b.market.ID, func(tx *store.Tx) (err error) {
		all, err = invoice.StandingOf(b.ctx, tx, []int64{sub})
		return err
	}))
	return all[sub].Open == 0
}

func TestCharge_anUpsellIsAnInvoiceNowWithWhatTheVendorWrote(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		three, cost := dec("3"), dec("1.5")
		inv := b.charge(sub.ID, "", invoice.LineInput{Description: "Storage", Price: dec("0.1234567"), Quantity: &three, Unit: "GB",
			Identifier: "storage", Tags: map[string]string{"region": "venice"}, PlatformCost: &cost}, priced("Support", "100.0000"))
		require.Equal(t, []string{"custom 0.37", "custom 100.00"}, amounts(inv))
		require.Equal(t, "100.37", inv.Total.String())
		require.Equal(t, invoice.Unpaid, inv.Status)
		require.Equal(t, order.Upsell, inv.Type)
		l := inv.Lines[0]
		require.Equal(t, "3 × 0.123457 = 0.370371, rounded to 0.37", l.Explanation.Formula)
		require.Equal(t, []any{"storage", "GB", map[string]string{"region": "venice"}, "1.5"}, []any{l.Identifier, l.Unit, l.Tags.Map, l.PlatformCost.String()})
		require.Equal(t, []string{"normal confirmed", "upsell awaitingPayment"}, b.orders(sub.ID))
		require.False(t, b.settled(sub.ID))
		b.pay(inv.ID)
		require.Equal(t, []string{"normal confirmed", "upsell confirmed"}, b.orders(sub.ID))
		require.True(t, b.settled(sub.ID))
	})
}

func TestCharge_aDiscountComesOffTheNextInvoicesAndNeverMoreThanTheyAre(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		require.Zero(t, b.charge(sub.ID, order.Upsell, priced("Sorry", "-40")).ID)
		b.advance(*sub.PeriodEnd)
		b.advance(*b.sub(sub.ID).PeriodEnd)
		b.advance(*b.sub(sub.ID).PeriodEnd)
		bills := b.bills(sub.ID)
		require.Equal(t, []string{"recurring 29.00", "discount -29.00"}, amounts(bills[1]))
		require.Equal(t, invoice.Paid, bills[1].Status, "there is nothing to pay")
		require.Equal(t, []string{"recurring 29.00", "discount -11.00"}, amounts(bills[2]))
		require.Equal(t, []string{"recurring 29.00"}, amounts(bills[3]))
	})
}

func TestCharge_cashedIsPaidAndARefundIsACreditNote(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		cashed := b.charge(sub.ID, order.Cashed, priced("At the desk", "12.5"))
		require.Equal(t, invoice.Paid, cashed.Status)
		require.NotNil(t, cashed.PaidAt)
		for _, price := range []string{"-5", "5"} {
			refund := b.charge(sub.ID, order.Refund, priced("Back", price))
			require.Equal(t, []string{"refund -5.00"}, amounts(refund))
			require.Regexp(t, `^CN-`, refund.Number)
			require.Equal(t, invoice.Paid, refund.Status)
		}
		require.Equal(t, []string{"normal confirmed", "cashed confirmed", "refund confirmed", "refund confirmed"}, b.orders(sub.ID))
		require.True(t, b.settled(sub.ID))
		_, err := b.Payments.Pay(b.ctx, b.customer, cashed.ID, payment.Card{Number: "4242424242424242"})
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	})
}

func TestCharge_aChunkedInvoiceChangesUntilItIsFinal(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		draft := b.charge(sub.ID, order.Chunked)
		require.Equal(t, invoice.Draft, draft.Status)
		_, err := b.Invoices.Finalize(b.ctx, b.vendor, draft.ID)
		require.True(t, fault.Is(err, fault.Precondition), "it has no lines: %v", err)
		for _, price := range []string{"3", "7.25"} {
			draft, err = b.Invoices.ReplaceLines(b.ctx, b.vendor, draft.ID, []invoice.LineInput{priced("January", price), priced("February", "1")})
			require.NoError(t, err)
		}
		require.Equal(t, []string{"custom 7.25", "custom 1.00"}, amounts(draft))

		_, err = b.Invoices.Get(b.ctx, b.customer, draft.ID)
		require.True(t, fault.Is(err, fault.NotFound), "a customer sees no draft: %v", err)
		require.Len(t, b.bills(sub.ID), 1)
		_, err = b.Payments.Pay(b.ctx, b.customer, draft.ID, payment.Card{Number: "4242424242424242"})
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		require.True(t, b.settled(sub.ID), "a draft is not open")

		issued, err := b.Invoices.Finalize(b.ctx, b.vendor, draft.ID)
		require.NoError(t, err)
		require.Equal(t, draft.ID, issued.ID)
		require.Equal(t, "8.25", issued.Total.String())
		require.Regexp(t, `^\d{4}-00000002$`, issued.Number, "drafts leave no gap")
		require.Equal(t, invoice.Unpaid, issued.Status)
		_, err = b.Invoices.ReplaceLines(b.ctx, b.vendor, draft.ID, nil)
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		require.Error(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
			_, err := tx.Exec(b.ctx, `DELETE FROM invoice_line WHERE marketplace_id = ? AND invoice_id = ?`, b.market.ID, draft.ID)
			return err
		}), "the database keeps what is issued")
		b.pay(issued.ID)
		require.Equal(t, []string{"normal confirmed", "chunked confirmed"}, b.orders(sub.ID))
	})
}

func TestCharge_linesOfADayToComeWaitForIt(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		day := b.now().Add(72 * time.Hour)
		later := priced("Audit", "50")
		later.Purchased = &day
		require.Zero(t, b.charge(sub.ID, order.Upsell, later).ID)
		b.advance(day.Add(-time.Hour))
		require.Len(t, b.bills(sub.ID), 1)
		b.advance(day.Add(time.Hour))
		bills := b.bills(sub.ID)
		require.Equal(t, []string{"custom 50.00"}, amounts(bills[1]))
		require.Equal(t, day.UTC().Truncate(time.Microsecond), *bills[1].Lines[0].PeriodStart)
		require.WithinDuration(t, day, bills[1].IssuedAt, 10*time.Minute, "the clock stopped there")
		require.NoError(t, b.BillAll(b.ctx))
		require.Len(t, b.bills(sub.ID), 2, "it is billed once")
	})
}

func TestOneShotLines_areOnExactlyOneInvoiceAndRecurringOnEvery(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		set := func(once, every []invoice.LineInput) {
			t.Helper()
			require.NoError(t, b.Invoices.SetOneShot(b.ctx, b.vendor, sub.ID, once))
			require.NoError(t, b.Invoices.SetRecurring(b.ctx, b.vendor, sub.ID, every))
		}
		set([]invoice.LineInput{priced("Wrong", "1")}, []invoice.LineInput{priced("Wrong", "2")})
		set(nil, nil)
		set([]invoice.LineInput{priced("Training", "80")}, []invoice.LineInput{priced("Licence", "4.5"), priced("Loyalty", "-1")})
		e, err := b.Invoices.Extras(b.ctx, b.vendor, sub.ID)
		require.NoError(t, err)
		require.Len(t, e.OneShot, 1)
		require.Len(t, e.Recurring, 2)

		b.advance(*sub.PeriodEnd)
		b.advance(*b.sub(sub.ID).PeriodEnd)
		require.NoError(t, b.BillAll(b.ctx))
		bills := b.bills(sub.ID)
		require.Len(t, bills, 3)
		require.Equal(t, []string{"recurring 29.00", "recurringCharge 4.50", "recurringCharge -1.00", "oneShot 80.00"}, amounts(bills[1]))
		require.Equal(t, []string{"recurring 29.00", "recurringCharge 4.50", "recurringCharge -1.00"}, amounts(bills[2]))
		require.Equal(t, bills[2].Lines[0].PeriodStart, bills[2].Lines[1].PeriodStart, "they are for the period of the recurring price")
		e, err = b.Invoices.Extras(b.ctx, b.vendor, sub.ID)
		require.NoError(t, err)
		require.Empty(t, e.OneShot)
		require.Equal(t, []string{"normal confirmed", "renewal awaitingPayment", "renewal awaitingPayment"}, b.orders(sub.ID))
	})
}

func TestCharge_isRefusedWhereNothingCanBeCharged(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		in := invoice.ChargeInput{Lines: []invoice.LineInput{priced("x", "1")}}
		refused := func(why string, actor account.Actor, sub int64, code fault.Code) {
			t.Helper()
			_, err := b.Invoices.Charge(b.ctx, actor, sub, in)
			require.True(t, fault.Is(err, code), "%s: %v", why, err)
			err = b.Invoices.SetOneShot(b.ctx, actor, sub, in.Lines)
			require.True(t, fault.Is(err, code), "%s: %v", why, err)
		}
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID})
		require.NoError(t, err)
		refused("never paid", b.vendor, *o.SubscriptionID, fault.Precondition)

		trial := starter()
		trial.Name, trial.Terms.TrialDays = "Trial", 14
		plan, err := b.Catalog.CreatePlan(b.ctx, b.vendor, b.product.ID, trial)
		require.NoError(t, err)
		refused("trial", b.vendor, b.buy(plan.ID).ID, fault.Precondition)

		sub := b.buy(b.plan.ID)
		refused("the customer itself", b.customer, sub.ID, fault.Forbidden)
		other := b.vendor
		other.OrganizationID = b.customer.OrganizationID + 1000
		refused("another vendor", other, sub.ID, fault.NotFound)
		_, err = b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(t, err)
		b.idle()
		require.Equal(t, subscription.Terminated, b.sub(sub.ID).Status)
		refused("terminated", b.vendor, sub.ID, fault.Precondition)
	})
}

func TestCharge_namesEveryWrongField(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		none, negative := dec("0"), dec("-1")
		_, err := b.Invoices.Charge(b.ctx, b.vendor, sub.ID, invoice.ChargeInput{Type: order.Renewal, Lines: []invoice.LineInput{
			priced("fine", "1"), {Price: dec("1"), Quantity: &none, Currency: "USD", PlatformCost: &negative, Tags: map[string]string{"": "x"}}}})
		var names []string
		for _, f := range fault.As(err).Fields {
			names = append(names, f.Name)
		}
		require.Equal(t, []string{"type", "lines[1].currency", "lines[1].quantity", "lines[1].platformCost", "lines[1].tags"}, names)
	})
}
