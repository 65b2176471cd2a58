package rating_test

import (
	"testing"

	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// cores are so many at 5.00, of which one is included.
func cores(n int64) rating.Bought {
	return rating.Bought{Parameter: "cores", Name: "CPU cores", UnitPrice: dec("5"), Quantity: money.Int(n), Included: dec("1")}
}

func TestBought_isBilledWithTheFixedPrice(t *testing.T) {
	t.Parallel()
	p := month("2026-06-01")
	require.Equal(t, [][3]string{
		{"setup", "10.00", "1 × 10.00 = 10.00"},
		{"recurring", "29.00", "1 × 29.00 = 29.00"},
		{"resource", "15.00", "3 × 5.00 = 15.00"},
	}, bill(rating.Opening(plan(), p, cores(4))))
	require.Equal(t, []string{"recurring", "resource"}, kinds(rating.Renewal(plan(), p, cores(4))))
	require.Equal(t, []string{"recurring"}, kinds(rating.Renewal(plan(), p, cores(1), cores(0))), "what is included costs nothing and has no line")
	require.Equal(t, "44.00 EUR", rating.Recurring(plan(), cores(4)).String())

	after := plan()
	after.Timing = price.Postpaid
	require.Empty(t, rating.Opening(after, p, cores(4)))
	lines, err := rating.Arrears(after, nil, p, false, cores(4))
	require.NoError(t, err)
	require.Equal(t, []string{"recurring", "resource"}, kinds(lines))
	lines, err = rating.Arrears(plan(), nil, p, false, cores(4))
	require.NoError(t, err)
	require.Empty(t, lines, "it was paid in advance")
}

func TestBought_ofACalendarMonthIsProratedLikeTheRecurringPrice(t *testing.T) {
	t.Parallel()
	terms := price.Terms{Currency: "EUR", RecurringPrice: dec("15"), Anchor: price.Calendar}
	lines := rating.Opening(terms, rating.PeriodAt(terms, day("2009-02-05T17:30Z"), 0), cores(4))
	require.Equal(t, [][3]string{
		{"recurring", "12.86", "15.00 × 24/28 ≈ 12.86"},
		{"resource", "12.86", "15.00 × 24/28 ≈ 12.86"},
	}, bill(lines))
	require.Equal(t, []string{"4, of which 1 are included.", "3 × 5.00 = 15.00 for a whole period.", "24 of 28 days, the first day included."}, lines[1].Explanation.Notes)
	require.Zero(t, lines[1].UnitPrice.Sign(), "no single price applies")
}

func TestQuantityChange_leavesOutWhatIsIncluded(t *testing.T) {
	t.Parallel()
	r := rating.Resize{Meter: "cores", Name: "CPU cores", Terms: price.Terms{Currency: "EUR"}, UnitPrice: dec("10"), Old: dec("2"), New: dec("5"),
		Included: dec("4"), Period: month("2026-06-01"), At: day("2026-06-01")}
	got, err := rating.QuantityChange(r)
	require.NoError(t, err)
	require.Equal(t, [][3]string{{"upgrade", "10.00", "10.00 × 720/720 = 10.00"}}, bill(got))
	require.Equal(t, "CPU cores (2 to 5)", got[0].Description)
	r.New = dec("4")
	got, err = rating.QuantityChange(r)
	require.NoError(t, err)
	require.Empty(t, got)
}

// TestQuantityChange_inTwoStepsCostsWhatOneCosts allows the rounding of each
// line, and nothing else.
func TestQuantityChange_inTwoStepsCostsWhatOneCosts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		quantity := rapid.Int64Range(0, 1000)
		from := quantity.Draw(t, "from")
		between := from + quantity.Draw(t, "first step")
		to := between + quantity.Draw(t, "second step")
		p, unit := month("2026-06-01"), money.Int(rapid.Int64Range(1, 100_000).Draw(t, "unit")).Mul(dec("0.001"))
		cost := func(before, after int64) money.Decimal {
			lines, err := rating.QuantityChange(rating.Resize{Terms: price.Terms{Currency: "EUR"}, Old: money.Int(before), New: money.Int(after),
				UnitPrice: unit, Included: dec("5"), Period: p,
				At: p.Start.Add(p.End.Sub(p.Start) / 3)})
			require.NoError(t, err)
			return net(lines)
		}
		difference := cost(from, between).Add(cost(between, to)).Sub(cost(from, to))
		require.False(t, dec("0.015").Less(difference.Abs()), "the steps differ by %s", difference)
	})
}

// TestRecurring_isTheSumOfItsLines says to a customer what will be billed.
func TestRecurring_isTheSumOfItsLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Custom(func(t *rapid.T) money.Decimal {
			return money.Int(rapid.Int64Range(0, 1_000_000).Draw(t, "price")).Mul(dec("0.0001"))
		})
		terms := plan()
		terms.RecurringPrice = price.Draw(t, "recurring")
		var bought []rating.Bought
		for range rapid.IntRange(0, 4).Draw(t, "resources") {
			bought = append(bought, rating.Bought{UnitPrice: price.Draw(t, "unit"), Quantity: money.Int(rapid.Int64Range(0, 500).Draw(t, "quantity")),
				Included: money.Int(rapid.Int64Range(0, 20).Draw(t, "included"))})
		}
		lines := rating.Renewal(terms, month("2026-06-01"), bought...)
		require.True(t, net(lines).Equal(rating.Recurring(terms, bought...).Amount), "%v", bill(lines))
	})
}
