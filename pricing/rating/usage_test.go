package rating_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// stairs has flat prices of 30 to 9 and 100 to 20, and no more.
func stairs(model price.Model) price.Charge {
	return price.Charge{Model: model, Overflow: price.OverflowLastTier, Tiers: []price.Tier{
		{UpTo: ptr("9"), UnitPrice: dec("2"), FlatPrice: dec("30"), BlockSize: ptr("4")},
		{UpTo: ptr("20"), UnitPrice: dec("1"), FlatPrice: dec("100"), BlockSize: ptr("4")},
	}}
}

func TestUsage_followsEachModelAtItsBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		model    price.Model
		quantity string
		want     string
		formula  string
	}{
		{price.Graduated, "9", "48", "9 × 2.00 + 30.00 = 48.00"},
		{price.Graduated, "9.5", "148.5", "9 × 2.00 + 30.00 + 0.5 × 1.00 + 100.00 = 148.50"},
		{price.Graduated, "25", "164", "9 × 2.00 + 30.00 + 16 × 1.00 + 100.00 = 164.00"},
		{price.Volume, "9", "48", "9 × 2.00 + 30.00 = 48.00"},
		{price.Volume, "10", "110", "10 × 1.00 + 100.00 = 110.00"},
		{price.Stairstep, "9", "30", "30.00 = 30.00"},
		{price.Stairstep, "9.01", "100", "100.00 = 100.00"},
		{price.Stairstep, "25", "100", "100.00 = 100.00"},
		{price.Blocks, "9", "36", "3 × 2.00 + 30.00 = 36.00"},
		{price.Blocks, "13", "104", "4 × 1.00 + 100.00 = 104.00"},
		{price.GraduatedPercentage, "10", "149", "9 × 2.00 + 30.00 + 1 × 1.00 + 100.00 = 149.00"},
	} {
		r := usage(t, stairs(c.model), dec(c.quantity))
		require.True(t, r.Amount.Equal(dec(c.want)), "%s of %s is %s", c.model, c.quantity, r.Amount)
		require.Equal(t, c.formula, r.Formula("EUR"))
	}
}

func TestUsage_zeroUsagePolicy(t *testing.T) {
	t.Parallel()
	for _, model := range []price.Model{price.Graduated, price.Volume, price.Stairstep, price.Blocks, price.GraduatedPercentage} {
		c := stairs(model)
		require.Equal(t, "30", usage(t, c, dec("0")).Amount.String(), "%s: the default charges the first flat price", model)
		c.ZeroUsage = price.ChargeFirstFlat
		require.Equal(t, "30", usage(t, c, dec("0")).Amount.String(), model)
		c.ZeroUsage = price.ChargeNone
		require.Equal(t, "0", usage(t, c, dec("0")).Amount.String(), model)
	}
	card := price.Charge{Model: price.Percentage, UnitPrice: ptr("0.029"), FlatPrice: ptr("0.30")}
	require.Equal(t, "0.30", usage(t, card, dec("0")).Amount.Trim(2).String())
	require.Equal(t, "250 × 0.029 + 0.30 = 7.55", usage(t, card, dec("250")).Formula("EUR"))
	card.ZeroUsage = price.ChargeNone
	require.True(t, usage(t, card, dec("0")).Amount.IsZero())
}

func TestUsage_fractionalBoundPolicy(t *testing.T) {
	t.Parallel()
	c := calls()
	require.Equal(t, "10 × 0.10 + 0.5 × 0.05 = 1.025, rounded to 1.03", usage(t, c, dec("10.5")).Formula("EUR"))
	c.FractionalBound = price.CeilBound
	require.Equal(t, "10 × 0.10 + 1 × 0.05 = 1.05", usage(t, c, dec("10.5")).Formula("EUR"))
}

func TestUsage_overflowPolicy(t *testing.T) {
	t.Parallel()
	for model, want := range map[price.Model]string{
		price.Graduated: "159", price.Volume: "120", price.Stairstep: "100", price.Blocks: "105",
	} {
		c := stairs(model)
		c.Overflow = price.OverflowFree
		r := usage(t, c, dec("25"))
		require.Equal(t, want, r.Amount.Trim(0).String(), model)
		last := r.Steps[len(r.Steps)-1]
		require.Equal(t, "above the last tier", last.Text)
		require.Equal(t, "5", last.Quantity.String())
	}
}

func TestUsage_includedUnitsMinimumAndMaximum(t *testing.T) {
	t.Parallel()
	c := price.Charge{UnitPrice: ptr("0.50"), FreeUnits: ptr("100"), Minimum: ptr("5"), Maximum: ptr("20")}
	for quantity, want := range map[string]string{
		"0":   "0 × 0.50 + 5.00 = 5.00",
		"100": "0 × 0.50 + 5.00 = 5.00",
		"120": "20 × 0.50 = 10.00",
		"500": "400 × 0.50 − 180.00 = 20.00",
	} {
		require.Equal(t, want, usage(t, c, dec(quantity)).Formula("EUR"), quantity)
	}
	r := usage(t, c, dec("500"))
	require.Equal(t, []string{"included", "", "maximum spend"}, []string{r.Steps[0].Text, r.Steps[1].Text, r.Steps[2].Text})
}

func TestUsage_flatCostsTheSameWhateverIsUsed(t *testing.T) {
	t.Parallel()
	c := price.Charge{Model: price.Flat, FlatPrice: ptr("12.5")}
	require.Equal(t, "12.50 = 12.50", usage(t, c, dec("0")).Formula("EUR"))
	require.Equal(t, "12.50 = 12.50", usage(t, c, dec("1000")).Formula("EUR"))
}

func TestUsage_refusesANegativeQuantityAndAnInvalidCharge(t *testing.T) {
	t.Parallel()
	_, err := rating.Usage(calls(), dec("-1"))
	require.Equal(t, "quantity", fault.As(err).Fields[0].Name)
	_, err = rating.Usage(price.Charge{Model: price.Package, UnitPrice: ptr("1"), PackageSize: ptr("0")}, dec("1"))
	require.Equal(t, "packageSize", fault.As(err).Fields[0].Name)
}

// anyTiers draws a valid graduated charge, with or without flat prices.
func anyTiers(t *rapid.T, model price.Model, flat bool) price.Charge {
	c := price.Charge{Model: model}
	bound := money.Int(0)
	for range rapid.IntRange(0, 4).Draw(t, "bounded tiers") {
		bound = bound.Add(cents(t, "width", 1, 100_000))
		c.Tiers = append(c.Tiers, anyTier(t, new(bound), flat))
	}
	c.Tiers = append(c.Tiers, anyTier(t, nil, flat))
	return c
}

func anyTier(t *rapid.T, upTo *money.Decimal, flat bool) price.Tier {
	tier := price.Tier{UpTo: upTo, UnitPrice: cents(t, "unit price", 0, 10_000)}
	if flat {
		tier.FlatPrice = cents(t, "flat price", 0, 10_000)
	}
	return tier
}

// cents draws a number with two decimals.
func cents(t *rapid.T, label string, low, high int64) money.Decimal {
	return money.Int(rapid.Int64Range(low, high).Draw(t, label)).Mul(dec("0.01"))
}

func TestGraduated_neverFallsAndHasNoJumpsWithoutFlatPrices(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := anyTiers(t, price.Graduated, false)
		q := cents(t, "quantity", 0, 1_000_000)
		if len(c.Tiers) > 1 && rapid.Bool().Draw(t, "at a bound") {
			q = *c.Tiers[rapid.IntRange(0, len(c.Tiers)-2).Draw(t, "bound")].UpTo
		}
		more := cents(t, "more", 1, 1000)
		low, err := rating.Usage(c, q)
		require.NoError(t, err)
		high, err := rating.Usage(c, q.Add(more))
		require.NoError(t, err)
		step := high.Amount.Sub(low.Amount)
		require.GreaterOrEqual(t, step.Sign(), 0, "more never costs less")
		highest := money.Int(0)
		for _, tier := range c.Tiers {
			highest = money.Max(highest, tier.UnitPrice)
		}
		require.LessOrEqual(t, step.Cmp(more.Mul(highest)), 0, "no jump at a bound")
	})
}

func TestGraduated_withFlatPricesStillNeverFalls(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := anyTiers(t, price.Graduated, true)
		q := cents(t, "quantity", 0, 1_000_000)
		low, err := rating.Usage(c, q)
		require.NoError(t, err)
		high, err := rating.Usage(c, q.Add(cents(t, "more", 1, 1000)))
		require.NoError(t, err)
		require.False(t, high.Amount.Less(low.Amount))
	})
}

func TestUsage_ofTwoHalvesIsTheWholeForLinearPrices(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		unit := cents(t, "unit price", 0, 10_000)
		c := price.Charge{Model: rapid.SampledFrom([]price.Model{price.PerUnit, price.Percentage}).Draw(t, "model"), UnitPrice: &unit}
		a, b := cents(t, "first half", 0, 100_000), cents(t, "second half", 0, 100_000)
		first, err := rating.Usage(c, a)
		require.NoError(t, err)
		second, err := rating.Usage(c, b)
		require.NoError(t, err)
		whole, err := rating.Usage(c, a.Add(b))
		require.NoError(t, err)
		require.True(t, first.Amount.Add(second.Amount).Equal(whole.Amount))
	})
}

func TestUsageSince_partsSumToTheWholeForEveryTieredModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		model := rapid.SampledFrom([]price.Model{price.Graduated, price.Volume, price.Stairstep, price.GraduatedPercentage}).Draw(t, "model")
		c := anyTiers(t, model, true)
		if rapid.Bool().Draw(t, "bounded") {
			minimum := cents(t, "minimum", 0, 50_000)
			c.Minimum, c.Maximum = &minimum, new(minimum.Add(cents(t, "room", 0, 50_000)))
		}
		var done rating.Progress
		parts := rapid.IntRange(1, 4).Draw(t, "parts")
		for i := range parts {
			q := cents(t, "quantity", 0, 100_000)
			done.Final = i == parts-1
			r, err := rating.UsageSince(c, done, q)
			require.NoError(t, err)
			done.Before, done.Billed = done.Before.Add(q), done.Billed.Add(r.Amount)
		}
		whole, err := rating.Usage(c, done.Before)
		require.NoError(t, err)
		require.True(t, done.Billed.Equal(whole.Amount), "%s billed in parts, %s whole", done.Billed, whole.Amount)
	})
}

func TestLines_areRoundedOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency")
		c := anyTiers(t, price.Graduated, true)
		q := cents(t, "quantity", 1, 1_000_000)
		lines, err := rating.Arrears(price.Terms{Currency: currency}, []rating.Metered{{Meter: "m", Charge: c, Quantity: q}}, month("2026-01-01"), false)
		require.NoError(t, err)
		exact, err := rating.Usage(c, q)
		require.NoError(t, err)
		require.Equal(t, money.New(exact.Amount, currency).Round().Amount.String(), lines[0].Amount.String())
	})
}
