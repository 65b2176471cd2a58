package rating_test

import (
	"testing"

	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func custom(price, quantity string) rating.Custom {
	return rating.Custom{Kind: rating.KindCustom, Price: dec(price), Quantity: dec(quantity), Period: rating.At(day("2026-06-01"))}
}

func TestCustomLine_roundsOnceAndExplainsItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ price, quantity, currency, amount, formula string }{
		{"0.12", "30", "EUR", "3.60", "30 × 0.12 = 3.60"},
		{"100.0000", "1", "EUR", "100.00", "1 × 100.00 = 100.00"},
		{"0.1234565", "1000", "EUR", "123.46", "1000 × 0.123457 = 123.457, rounded to 123.46"},
		{"-2.5", "3", "EUR", "-7.50", "−3 × 2.50 = −7.50"},
		{"-0.125", "1", "EUR", "-0.13", "−1 × 0.125 = −0.125, rounded to −0.13"},
		{"12.5", "1", "JPY", "13", "1 × 12.5 = 12.5, rounded to 13"},
	} {
		l := rating.CustomLine(custom(c.price, c.quantity), c.currency)
		require.Equal(t, []string{c.amount, c.formula}, []string{l.Amount.String(), l.Explanation.Formula}, "%+v", c)
	}
}

// TestTotal_ofCustomLinesIsTheSumOfWhatStandsOnThem: whatever is billed, net
// and tax add up to the total to the cent, and net is what a reader adds up.
func TestTotal_ofCustomLinesIsTheSumOfWhatStandsOnThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency")
		var lines []rating.Line
		sum := money.Int(0)
		for range rapid.IntRange(1, 20).Draw(t, "lines") {
			c := custom("0", "1")
			c.Price = money.Int(rapid.Int64Range(-1e9, 1e9).Draw(t, "price")).Mul(dec("0.0000001"))
			c.Quantity = money.Int(rapid.Int64Range(1, 1e6).Draw(t, "quantity")).Mul(dec("0.001"))
			l := rating.CustomLine(c, currency)
			require.True(t, l.Amount.Equal(l.UnitPrice.Mul(l.Quantity).Round(money.Digits(currency))), "the line says how it came to be")
			require.LessOrEqual(t, l.UnitPrice.Decimals(), int32(rating.CustomDecimals))
			lines, sum = append(lines, l), sum.Add(l.Amount)
		}
		totals := rating.Total(currency, lines, money.Int(rapid.Int64Range(0, 30).Draw(t, "tax")))
		require.True(t, totals.Net.Amount.Equal(sum))
		require.True(t, totals.Net.Amount.Add(totals.Tax.Amount).Equal(totals.Total.Amount))
	})
}

// TestDeduct_givesADiscountWholeAndNeverMoreThanAnInvoiceIs spreads a discount
// over invoices.
func TestDeduct_givesADiscountWholeAndNeverMoreThanAnInvoiceIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cents := func(from, to int64, name string) money.Decimal {
			return money.Int(rapid.Int64Range(from, to).Draw(t, name)).Mul(dec("0.01"))
		}
		discount := cents(-100_000, -1, "discount")
		given, waits := money.Int(0), discount
		for range rapid.IntRange(1, 12).Draw(t, "invoices") {
			invoice := cents(-5_000, 20_000, "invoice")
			now, rest := rating.Deduct(invoice, waits)
			require.LessOrEqual(t, now.Sign(), 0)
			require.LessOrEqual(t, rest.Sign(), 0)
			require.True(t, now.Add(rest).Equal(waits), "nothing is lost")
			if !now.IsZero() {
				require.GreaterOrEqual(t, invoice.Add(now).Sign(), 0, "it makes no credit note")
			}
			if !rest.IsZero() {
				require.LessOrEqual(t, invoice.Add(now).Sign(), 0, "the invoice takes what it can")
			}
			given, waits = given.Add(now), rest
		}
		require.True(t, given.Add(waits).Equal(discount))
	})
}
