package app_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSale_ofQuantitiesIsQuotedBilledAndMadeAsChosen(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		q, err := b.Orders.Quote(b.ctx, b.customer, order.Input{PlanID: b.plan.ID, Parameters: json.RawMessage(`{"cores":4,"label":"web"}`)})
		require.NoError(t, err)
		require.Equal(t, "36.00 EUR", q.Totals.Total.String())
		require.Equal(t, "33.00 EUR", q.Recurring.String())

		sub := b.buyWith(b.plan.ID, `{"cores":4,"label":"web"}`)
		require.JSONEq(t, `{"cores":4,"memoryGb":4,"label":"web"}`, sub.Parameters, "with the plan's default")
		first := b.bills(sub.ID)[0]
		require.Equal(t, []string{"setup 3.00", "recurring 10.00", "resource 20.00", "resource 3.00"}, amounts(first))
		cores := first.Lines[2]
		require.Equal(t, []string{"cores", "CPU cores", "4", "4 × 5.00 = 20.00"},
			[]string{cores.Meter, cores.Description, cores.Quantity.Trim(0).String(), cores.Explanation.Formula})
		require.Equal(t, "Memory (GB)", first.Lines[3].Description)
		require.Equal(t, []string{"4, of which 2 are included."}, first.Lines[3].Explanation.Notes)

		asked := b.cloud.questions()[0]
		require.Nil(t, asked.Current)
		require.JSONEq(t, `{"greeting":"Ciao","token":"t0p"}`, string(asked.Subscription.Product), "the product's own document, secrets in clear")
		require.JSONEq(t, `{"cloud":"main","billing":"prepaid"}`, string(asked.Subscription.Plan))
		require.Equal(t, asked.Subscription.Product, b.cloud.made[0].Product, "it is asked about what it then makes")
		require.Equal(t, asked.Subscription.Plan, b.cloud.made[0].Plan)
		require.Equal(t, []string{sub.Parameters}, b.cloud.parameters())

		b.advance(*sub.PeriodEnd)
		require.Equal(t, []string{"recurring 10.00", "resource 20.00", "resource 3.00"}, amounts(b.bills(sub.ID)[1]))
	})
}

func TestSale_namesEveryWrongParameterAndWritesNothing(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		place := func(plan int64, parameters string) error {
			_, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: plan, Parameters: json.RawMessage(parameters)})
			return err
		}
		require.Equal(t, map[string]string{"parameters.cores": "At most 16.", "parameters.memoryGb": "Write a whole number.",
			"parameters.shoes": "This field is not known here."}, wrong(place(b.plan.ID, `{"cores":65,"memoryGb":"much","shoes":1}`)))
		require.Equal(t, map[string]string{"parameters.memoryGb": "Only in steps of 2 from 2."}, wrong(place(b.plan.ID, `{"memoryGb":5}`)))
		pay := b.sell(metered())
		require.Equal(t, map[string]string{"parameters.cores": "This plan does not sell this quantity."}, wrong(place(pay.ID, `{"cores":8}`)))

		b.cloud.set(func(c *smallCloud) { c.down = errors.New("reset") })
		err := place(b.plan.ID, `{}`)
		require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
		all, err := b.Subscriptions.List(b.ctx, b.operator, subscription.Filter{}, pageAll)
		require.NoError(t, err)
		require.Empty(t, all.Items)
	})
}

func TestSale_byUseIsBilledAfterwardsWithItsUnit(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		sub := b.buyWith(b.sell(metered()).ID, ``)
		require.Empty(t, b.bills(sub.ID), "nothing in advance")
		at := b.now()
		measure := func(event, quantity string) {
			q, err := usage.FromDecimal(dec(quantity))
			require.NoError(t, err)
			_, err = b.Usage.Ingest(b.ctx, b.market.ID, "small", []usage.Record{{EventID: event, SubscriptionID: sub.ID, Meter: "coreHours", Quantity: q, Billable: true, RealAt: at}})
			require.NoError(t, err)
		}
		measure("a", "100.25")
		measure("b", "0.5")
		b.advance(*sub.PeriodEnd)
		bills := b.bills(sub.ID)
		require.Equal(t, []string{"usage 2.02"}, amounts(bills[0]), "100.75 × 0.02 = 2.015")
		require.Equal(t, "Computing (core-hour)", bills[0].Lines[0].Description)
		measure("late", "10")
		b.advance(*b.sub(sub.ID).PeriodEnd)
		require.Equal(t, []string{"adjustment 0.20"}, amounts(b.bills(sub.ID)[1]), "110.75 × 0.02 = 2.215, billed 2.02")
	})
}

func TestKinds_ofAPluginThatDoesNotAnswerAreToldWithItsName(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := cloudy(t, dbURL)
		kinds, err := b.Catalog.Kinds(b.ctx, b.vendor)
		require.NoError(t, err)
		var types []string
		for _, k := range kinds {
			types = append(types, string(k.Type))
			require.Empty(t, k.Unavailable)
		}
		require.Equal(t, "api box cloud syndicated service", strings.Join(types, " "))
		_, err = b.Catalog.Kinds(b.ctx, b.customer)
		require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
	})
	t.Run("never answered", func(t *testing.T) {
		t.Parallel()
		b := setupTrying(t, storetest.SQLiteURL(t), 0, map[string]sdk.Provider{"example": &example.Provider{}, "small": &smallCloud{down: errors.New("reset")}})
		kinds, err := b.Catalog.Kinds(b.ctx, b.vendor)
		require.NoError(t, err)
		require.Len(t, kinds, 5)
		require.Contains(t, kinds[1].Unavailable, "small")
		in := productInput("x")
		in.Type, in.UpstreamURL = "cloud", ""
		_, err = b.Catalog.CreateProduct(b.ctx, b.vendor, in)
		require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
		require.Contains(t, err.Error(), "small")
	})
}

// cent is n hundredths.
func cent(n int64) money.Decimal { return money.Int(n).Mul(dec("0.01")) }

// TestQuote_isTheFirstInvoice compares them for plans of all shapes.
func TestQuote_isTheFirstInvoice(t *testing.T) {
	t.Parallel()
	b := cloudy(t, storetest.SQLiteURL(t))
	cents := rapid.Int64Range(0, 99_999)
	shape := rapid.Custom(func(t *rapid.T) catalog.PlanInput {
		in := prepaid()
		in.Terms.Anchor = rapid.SampledFrom([]price.Anchor{price.Anniversary, price.Calendar}).Draw(t, "anchor")
		in.Terms.PeriodMonths = rapid.IntRange(1, 12).Draw(t, "months")
		in.Terms.SetupPrice, in.Terms.RecurringPrice = cent(cents.Draw(t, "setup")), cent(cents.Draw(t, "recurring"))
		for i := range in.Resources {
			in.Resources[i].UnitPrice = cent(cents.Draw(t, "unit")).Mul(dec("0.037"))
			in.Resources[i].Included = rapid.Int64Range(0, 20).Draw(t, "included")
		}
		in.Resources[0].Default = rapid.Int64Range(1, 16).Draw(t, "cores")
		return in
	})
	for i := range 12 {
		in := shape.Example(i)
		in.Name = "Shape " + string(rune('A'+i))
		plan := b.sell(in)
		q, err := b.Orders.Quote(b.ctx, b.customer, order.Input{PlanID: plan.ID})
		require.NoError(t, err)
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: plan.ID})
		require.NoError(t, err)
		if o.InvoiceID == nil {
			require.Zero(t, q.Totals.Total.Sign())
			continue
		}
		inv, err := b.Invoices.Get(b.ctx, b.customer, *o.InvoiceID)
		require.NoError(t, err)
		require.Equal(t, q.Totals.Total.Amount.String(), inv.Total.String(), "%+v", in)
		require.Len(t, inv.Lines, len(q.Lines))
		sum := dec("0")
		for n, l := range inv.Lines {
			require.Equal(t, q.Lines[n].Amount.String(), l.Amount.String())
			require.Equal(t, q.Lines[n].Explanation.Formula, l.Explanation.Formula)
			sum = sum.Add(l.Amount)
		}
		require.Equal(t, inv.Net.String(), sum.Round(2).String())
		if in.Terms.Anchor == price.Anniversary {
			whole := q.Recurring.Amount
			for _, l := range q.Lines {
				if l.Kind == rating.KindSetup {
					whole = whole.Add(l.Amount)
				}
			}
			require.Equal(t, inv.Net.String(), whole.Round(2).String(), "what is said to recur is what is billed")
		}
	}
}
