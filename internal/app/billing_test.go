package app_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

func TestBilling_theExampleOfTheSpecification(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		q, err := b.Orders.Quote(b.ctx, b.customer, order.Input{PlanID: b.plan.ID})
		require.NoError(t, err)
		require.Equal(t, "39.00 EUR", q.Totals.Total.String())

		sub := b.buy(b.plan.ID)
		b.use(sub.ID, "search", 23, "a")
		b.advance(*sub.PeriodEnd)

		bills := b.bills(sub.ID)
		require.Len(t, bills, 2)
		require.Equal(t, []string{"setup 10.00", "recurring 29.00"}, amounts(bills[0]))
		require.Equal(t, "39.00", bills[0].Total.String())
		require.Equal(t, invoice.Paid, bills[0].Status)
		require.ElementsMatch(t, []string{"recurring 29.00", "usage 1.65"}, amounts(bills[1]))
		require.Equal(t, "30.65", bills[1].Total.String())
		require.Regexp(t, `^\d{4}-00000002$`, bills[1].Number)
	})
}

func TestBilling_runningItAgainChangesNothing(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		b.advance(*sub.PeriodEnd)
		before := b.bills(sub.ID)
		for range 3 {
			n, err := b.Invoices.Run(b.ctx, b.market.ID)
			require.NoError(t, err)
			require.Zero(t, n)
		}
		require.Equal(t, before, b.bills(sub.ID))
	})
}

func TestBilling_lateUsageBecomesACorrectionOfExactlyTheDifference(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		happened := time.Now()
		b.useAt(sub.ID, "search", 8, "a", happened)
		b.advance(*sub.PeriodEnd)
		b.useAt(sub.ID, "search", 4, "late", happened) // 8 + 4: 10 × 0.10 + 2 × 0.05 = 1.10, billed 0.80
		b.advance(*b.sub(sub.ID).PeriodEnd)
		bills := b.bills(sub.ID)
		require.Len(t, bills, 3)
		require.Contains(t, amounts(bills[1]), "usage 0.80")
		require.Contains(t, amounts(bills[2]), "adjustment 0.30")
	})
}

func TestBilling_aTrialCostsNothingAndThenBegins(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		in := starter()
		in.Name, in.Terms.TrialDays = "Trial", 14
		plan, err := b.Catalog.CreatePlan(b.ctx, b.vendor, b.product.ID, in)
		require.NoError(t, err)
		sub := b.buy(plan.ID)
		b.use(sub.ID, "search", 20, "a")
		require.Empty(t, b.bills(sub.ID))
		b.advance(*sub.TrialEndsAt)
		bills := b.bills(sub.ID)
		require.Len(t, bills, 1)
		require.Equal(t, []string{"setup 10.00", "recurring 29.00"}, amounts(bills[0]))
		b.advance(*b.sub(sub.ID).PeriodEnd)
		require.Equal(t, []string{"recurring 29.00"}, amounts(b.bills(sub.ID)[1]), "use in the trial is free")
	})
}

func TestBilling_aYearOfRenewalsHasNoGapAndNoOverlap(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		b.advance(sub.PeriodStart.AddDate(1, 0, 0))
		bills := b.bills(sub.ID)
		require.Len(t, bills, 13)
		end := *sub.PeriodEnd
		for _, inv := range bills[1:] {
			require.Equal(t, end, *inv.Lines[0].PeriodStart)
			end = *inv.Lines[0].PeriodEnd
		}
		require.Equal(t, sub.PeriodStart.AddDate(1, 1, 0), end)
	})
}

func TestTerminate_billsTheLastUseAndEverythingIsGone(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		b.use(sub.ID, "search", 3, "a")
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(t, err)
		b.idle()
		require.NoError(t, b.BillAll(b.ctx))
		require.Equal(t, subscription.Terminated, b.sub(sub.ID).Status)
		bills := b.bills(sub.ID)
		require.Equal(t, []string{"usage 0.30"}, amounts(bills[len(bills)-1]))
		creds, err := b.Provision.Credentials(b.ctx, b.customer, sub.ID)
		require.NoError(t, err)
		require.Empty(t, creds)
	})
}

func TestTerminate_beforePayingCancelsTheInvoice(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID})
		require.NoError(t, err)
		_, err = b.Subscriptions.Terminate(b.ctx, b.customer, *o.SubscriptionID)
		require.NoError(t, err)
		require.Equal(t, invoice.Cancelled, b.bills(*o.SubscriptionID)[0].Status)
		_, err = b.Payments.Pay(b.ctx, b.customer, *o.InvoiceID, payment.Card{Number: "4242424242424242"})
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	})
}

func TestTerminate_waitsForAPaymentThatIsUnderWay(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID})
		require.NoError(t, err)
		paying := func(status payment.Status) {
			require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
				_, err := tx.Exec(b.ctx, `DELETE FROM payment WHERE marketplace_id = ?`, b.market.ID)
				if err != nil {
					return err
				}
				_, err = tx.Insert(b.ctx, `INSERT INTO payment (marketplace_id, invoice_id, gateway, status, currency, amount, card_last4, card_expiry, created_at)
					VALUES (?, ?, 'sandbox', ?, 'EUR', 1, '4242', '12/30', ?)`, b.market.ID, *o.InvoiceID, status, tx.Now())
				return err
			}))
		}
		paying(payment.Pending)
		_, err = b.Subscriptions.Terminate(b.ctx, b.customer, *o.SubscriptionID)
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		require.Equal(t, invoice.Unpaid, b.bills(*o.SubscriptionID)[0].Status, "the money may be on its way")
		paying(payment.Abandoned)
		_, err = b.Subscriptions.Terminate(b.ctx, b.customer, *o.SubscriptionID)
		require.NoError(t, err)
	})
}

func TestAutoRenewOff_endsWithThePeriod(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		_, err := b.Subscriptions.SetAutoRenew(b.ctx, b.customer, sub.ID, false)
		require.NoError(t, err)
		b.use(sub.ID, "search", 2, "a")
		b.advance(sub.PeriodEnd.Add(time.Hour))
		require.Equal(t, subscription.Terminated, b.sub(sub.ID).Status)
		bills := b.bills(sub.ID)
		require.Len(t, bills, 2)
		require.Equal(t, []string{"usage 0.20"}, amounts(bills[1]))
	})
}

func TestChangePlan_upgradesNowAndDowngradesNextPeriod(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		in := starter()
		in.Name, in.Terms.RecurringPrice = "Pro", dec("59.00")
		pro, err := b.Catalog.CreatePlan(b.ctx, b.vendor, b.product.ID, in)
		require.NoError(t, err)
		sub := b.buy(b.plan.ID)

		up, err := b.Subscriptions.ChangePlan(b.ctx, b.customer, sub.ID, pro.ID)
		require.NoError(t, err)
		require.Equal(t, "Pro", up.Plan)
		bills := b.bills(sub.ID)
		require.Equal(t, []string{"upgrade 30.00"}, amounts(bills[1]), "the whole period is left, but for started hours")

		b.idle()
		down, err := b.Subscriptions.ChangePlan(b.ctx, b.customer, sub.ID, b.plan.ID)
		require.NoError(t, err)
		require.Equal(t, "Pro", down.Plan)
		b.advance(*sub.PeriodEnd)
		require.Equal(t, "Starter", b.sub(sub.ID).Plan)
		bills = b.bills(sub.ID)
		require.Equal(t, []string{"recurring 29.00"}, amounts(bills[2]))
	})
}

func TestPrices_aSubscriptionKeepsTheRevisionItBoughtUntilRenewal(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		in := starter()
		in.Terms.RecurringPrice = dec("35.00")
		in.Endpoints[1].Charge = charge(price.Tier{UnitPrice: dec("1.00")})
		_, err := b.Catalog.RevisePlan(b.ctx, b.vendor, b.plan.ID, in)
		require.NoError(t, err)
		b.use(sub.ID, "search", 1, "a")
		b.advance(*sub.PeriodEnd)
		require.ElementsMatch(t, []string{"usage 0.10", "recurring 35.00"}, amounts(b.bills(sub.ID)[1]))
	})
}

func TestBilling_aFlatPlanCostsItsRecurringPriceWhateverIsUsed(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		in := starter()
		in.Name, in.Terms.SetupPrice = "Flat", dec("0")
		in.Endpoints = []catalog.PlanEndpoint{{Identifier: "search", Mode: catalog.Included}}
		plan, err := b.Catalog.CreatePlan(b.ctx, b.vendor, b.product.ID, in)
		require.NoError(t, err)
		sub := b.buy(plan.ID)
		b.use(sub.ID, "search", 20, "a")
		b.advance(*sub.PeriodEnd)
		bills := b.bills(sub.ID)
		require.Equal(t, []string{"recurring 29.00"}, amounts(bills[0]))
		require.Equal(t, []string{"recurring 29.00"}, amounts(bills[1]))
	})
}
