package rating_test

import (
	"encoding/json"
	"testing"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
)

func dec(s string) money.Decimal  { return money.MustParse(s) }
func ptr(s string) *money.Decimal { return new(dec(s)) }

// calls is graduated: 1 to 10 at 0.10, above at 0.05.
func calls() price.Charge {
	return price.Charge{Model: price.Graduated, Tiers: []price.Tier{
		{UpTo: ptr("10"), UnitPrice: dec("0.10")},
		{UnitPrice: dec("0.05")},
	}}
}

func plan() price.Terms {
	return price.Terms{Currency: "EUR", SetupPrice: dec("10.00"), RecurringPrice: dec("29.00")}
}

// bill is what a test compares of lines.
func bill(lines []rating.Line) [][3]string {
	var out [][3]string
	for _, l := range lines {
		out = append(out, [3]string{string(l.Kind), l.Amount.String(), l.Explanation.Formula})
	}
	return out
}

func TestBill_ofAnAPIPlanWithPrepaidAndPayPerUseCalls(t *testing.T) {
	t.Parallel()
	anchor := day("2026-03-31T10:00Z")
	first := rating.PeriodAt(plan(), anchor, 0)
	opening := rating.Opening(plan(), first)
	require.Equal(t, [][3]string{
		{"setup", "10.00", "1 × 10.00 = 10.00"},
		{"recurring", "29.00", "1 × 29.00 = 29.00"},
	}, bill(opening))
	require.Equal(t, "39.00 EUR", rating.Total("EUR", opening, dec("0")).Total.String())

	usage, err := rating.Arrears(plan(), []rating.Metered{{Meter: "search", Name: "Search", Charge: calls(), Quantity: dec("23")}}, first, true)
	require.NoError(t, err)
	second := append(rating.Renewal(plan(), rating.Next(plan(), anchor, first)), usage...)
	require.Equal(t, [][3]string{
		{"recurring", "29.00", "1 × 29.00 = 29.00"},
		{"usage", "1.65", "10 × 0.10 + 13 × 0.05 = 1.65"},
	}, bill(second))
	require.Equal(t, "search", second[1].Meter)
	require.Equal(t, "23", second[1].Quantity.String())
	require.Equal(t, first.Start, second[1].PeriodStart, "usage is of the period that ended")
	require.Equal(t, first.End, second[0].PeriodStart)
	totals := rating.Total("EUR", second, dec("22"))
	require.Equal(t, []string{"30.65 EUR", "6.74 EUR", "37.39 EUR"}, []string{totals.Net.String(), totals.Tax.String(), totals.Total.String()})
}

func TestLine_isReadableInJSON(t *testing.T) {
	t.Parallel()
	lines, err := rating.Arrears(plan(), []rating.Metered{{Meter: "search", Name: "Search", Charge: calls(), Quantity: dec("12")}}, month("2026-02-01"), false)
	require.NoError(t, err)
	out, err := json.Marshal(lines[0])
	require.NoError(t, err)
	require.JSONEq(t, `{"kind":"usage","description":"Search","meter":"search","quantity":"12","unitPrice":"0","amount":"1.10",
		"periodStart":"2026-02-01T00:00:00Z","periodEnd":"2026-03-01T00:00:00Z",
		"explanation":{"formula":"10 × 0.10 + 2 × 0.05 = 1.10","steps":[
			{"from":"0","to":"10","quantity":"10","unitPrice":"0.10","flatPrice":"0","amount":"1.00"},
			{"from":"10","to":"12","quantity":"2","unitPrice":"0.05","flatPrice":"0","amount":"0.10"}]}}`, string(out))
}

func TestOpening_proratesAFirstCalendarMonthByDaysWithToday(t *testing.T) {
	t.Parallel()
	terms := price.Terms{Currency: "USD", RecurringPrice: dec("200"), SetupPrice: dec("5"), Anchor: price.Calendar}
	lines := rating.Opening(terms, rating.PeriodAt(terms, day("2009-02-05T17:30Z"), 0))
	require.Equal(t, [][3]string{
		{"setup", "5.00", "1 × 5.00 = 5.00"},
		{"recurring", "171.43", "200.00 × 24/28 ≈ 171.43"},
	}, bill(lines))
	require.Equal(t, []string{"24 of 28 days, the first day included."}, lines[1].Explanation.Notes)

	whole := rating.Opening(terms, rating.PeriodAt(terms, day("2009-02-01T23:59Z"), 0))
	require.Equal(t, "200.00", whole[1].Amount.String(), "the first of the month counts whole")
	quarter := terms
	quarter.PeriodMonths = 3
	joined := rating.Opening(quarter, rating.PeriodAt(quarter, day("2009-02-05"), 0))
	require.Equal(t, "200.00 × 85/89 ≈ 191.01", joined[1].Explanation.Formula)
}

func TestPostpaid_billsEverythingInArrears(t *testing.T) {
	t.Parallel()
	terms := plan()
	terms.Timing = price.Postpaid
	p := month("2026-05-01")
	require.Empty(t, rating.Opening(terms, p))
	require.Empty(t, rating.Renewal(terms, p))
	metered := []rating.Metered{{Meter: "search", Charge: calls(), Quantity: dec("23")}}
	lines, err := rating.Arrears(terms, metered, p, true)
	require.NoError(t, err)
	require.Equal(t, []string{"setup", "recurring", "usage"}, kinds(lines))
	require.Equal(t, "40.65", net(lines).String())
	lines, err = rating.Arrears(terms, metered, p, false)
	require.NoError(t, err)
	require.Equal(t, []string{"recurring", "usage"}, kinds(lines), "setup is due once")
}

func kinds(lines []rating.Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, string(l.Kind))
	}
	return out
}

func TestFreePlan_hasNoLinesButShowsUsageThatCostsNothing(t *testing.T) {
	t.Parallel()
	free := price.Terms{Currency: "EUR"}
	require.Empty(t, rating.Opening(free, month("2026-01-01")))
	charge := price.Charge{UnitPrice: ptr("1"), FreeUnits: ptr("100")}
	lines, err := rating.Arrears(free, []rating.Metered{
		{Meter: "used", Charge: charge, Quantity: dec("7")},
		{Meter: "unused", Charge: charge, Quantity: dec("0")},
		{Meter: "committed", Charge: price.Charge{UnitPrice: ptr("1"), Minimum: ptr("5")}, Quantity: dec("0")},
	}, month("2026-01-01"), false)
	require.NoError(t, err)
	require.Equal(t, [][3]string{{"usage", "0.00", "0 × 1.00 = 0.00"}, {"usage", "5.00", "0 × 1.00 + 5.00 = 5.00"}}, bill(lines))
}

func TestArrears_namesTheMeterThatCannotBeRated(t *testing.T) {
	t.Parallel()
	_, err := rating.Arrears(plan(), []rating.Metered{{Meter: "search", Charge: calls(), Quantity: dec("-1")}}, month("2026-01-01"), false)
	require.ErrorContains(t, err, "meter search")
	require.True(t, fault.Is(err, fault.Invalid))
	_, err = rating.Arrears(plan(), []rating.Metered{{Meter: "search", Charge: price.Charge{Model: "magic"}}}, month("2026-01-01"), false)
	require.ErrorContains(t, err, "magic")
}

func TestLine_roundsOnceAndSaysSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ currency, quantity, price, amount, formula string }{
		{"EUR", "3", "0.0005", "0.00", "3 × 0.0005 = 0.0015, rounded to 0.00"},
		{"EUR", "10", "0.0005", "0.01", "10 × 0.0005 = 0.005, rounded to 0.01"},
		{"JPY", "3", "0.5", "2", "3 × 0.5 = 1.5, rounded to 2"},
		{"KWD", "3", "0.0005", "0.002", "3 × 0.0005 = 0.0015, rounded to 0.002"},
	} {
		lines, err := rating.Arrears(price.Terms{Currency: c.currency}, []rating.Metered{{
			Meter: "m", Charge: price.Charge{UnitPrice: ptr(c.price)}, Quantity: dec(c.quantity),
		}}, month("2026-01-01"), false)
		require.NoError(t, err)
		require.Equal(t, [][3]string{{"usage", c.amount, c.formula}}, bill(lines))
		require.Equal(t, c.price, lines[0].UnitPrice.String(), "one price applies, so the line shows it")
	}
}

func TestAdjustment_isExactlyTheDifferenceOfTheReratedPeriod(t *testing.T) {
	t.Parallel()
	m := rating.Metered{Meter: "search", Name: "Search", Charge: calls(), Quantity: dec("25")}
	more, err := rating.Adjustment(plan(), m, month("2026-01-01"), dec("1.65"))
	require.NoError(t, err)
	require.Equal(t, [][3]string{{"adjustment", "0.10", "10 × 0.10 + 15 × 0.05 = 1.75; 1.75 − 1.65 = 0.10"}}, bill(more))
	less, err := rating.Adjustment(plan(), m, month("2026-01-01"), dec("2"))
	require.NoError(t, err)
	require.Equal(t, [][3]string{{"adjustment", "-0.25", "10 × 0.10 + 15 × 0.05 = 1.75; 1.75 − 2.00 = −0.25"}}, bill(less))
	none, err := rating.Adjustment(plan(), m, month("2026-01-01"), dec("1.75"))
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestTax_isComputedOnceOnTheSum(t *testing.T) {
	t.Parallel()
	lines := []rating.Line{{Kind: rating.KindUsage, Amount: dec("0.02")}, {Kind: rating.KindUsage, Amount: dec("0.02")}, {Kind: rating.KindDiscount, Amount: dec("-0.01")}}
	require.Equal(t, "0.01 EUR", rating.Total("EUR", lines, dec("22")).Tax.String(), "0.03 × 22 % = 0.0066")
	require.Equal(t, "0.00 EUR", rating.Total("EUR", nil, dec("22")).Total.String())
	given := append(lines, rating.Line{Kind: rating.KindTax, Amount: dec("0.05")})
	require.Equal(t, "0.08 EUR", rating.Total("EUR", given, dec("0")).Total.String())
	require.Equal(t, "8.58 EUR", rating.Tax(money.New(dec("39.00"), "EUR"), dec("22")).String())
}
