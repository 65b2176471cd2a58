package rating

import "github.com/fondaco/fondaco/pricing/money"

// Tax returns the tax on a net amount at a rate in percent (22 is 22 %), rounded
// HALF_UP to the currency's digits.
func Tax(net money.Money, percent money.Decimal) money.Money {
	return net.Mul(percent).Mul(money.MustParse("0.01")).Round()
}

// Totals are the sums of a quote or an invoice.
type Totals struct {
	Net   money.Money `json:"net"`
	Tax   money.Money `json:"tax"`
	Total money.Money `json:"total"`
}

// Total sums lines in a currency. Tax is the sum of the tax lines and, when a
// percent above 0 is given, that tax on the net of the others, computed once on
// the sum and not line by line.
func Total(currency string, lines []Line, percent money.Decimal) Totals {
	digits := money.Digits(currency)
	net, tax := money.Int(0).Round(digits), money.Int(0).Round(digits)
	for _, l := range lines {
		if l.Kind == KindTax {
			tax = tax.Add(l.Amount)
		} else {
			net = net.Add(l.Amount)
		}
	}
	tax = tax.Add(Tax(money.New(net, currency), percent).Amount)
	return Totals{Net: money.New(net, currency), Tax: money.New(tax, currency), Total: money.New(net.Add(tax), currency)}
}
