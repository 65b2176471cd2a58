package rating

import (
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// Bought is a quantity that is paid with the fixed price, by the unit and
// period: 4 cores at 5.00.
type Bought struct {
	// Parameter is the quantity's identifier and Name its name for people.
	Parameter, Name string
	// UnitPrice is the price of one for a whole period.
	UnitPrice money.Decimal
	Quantity  money.Decimal
	// Included are not charged: only what is above them costs.
	Included money.Decimal
}

// charged is the part of the quantity that costs.
func (b Bought) charged() money.Decimal {
	return money.Max(money.Decimal{}, b.Quantity.Sub(b.Included))
}

// price is what the quantity costs for a whole period, exactly.
func (b Bought) price() money.Decimal { return b.charged().Mul(b.UnitPrice) }

// FixedPrice is what terms and bought quantities cost for a whole period,
// before usage and tax, exactly.
func FixedPrice(t price.Terms, bought ...Bought) money.Decimal {
	sum := t.RecurringPrice
	for _, b := range bought {
		sum = sum.Add(b.price())
	}
	return sum
}

// Recurring is what a whole period is billed before usage and tax: each line
// rounded, as it will be.
func Recurring(t price.Terms, bought ...Bought) money.Money {
	digits := money.Digits(t.Currency)
	sum := t.RecurringPrice.Round(digits)
	for _, b := range bought {
		sum = sum.Add(b.price().Round(digits))
	}
	return money.New(sum, t.Currency)
}

// line bills the quantity for the whole period, or for the days that are left
// of it when a calendar period was joined later.
func (b Bought) line(t price.Terms, p Period) Line {
	l := Line{
		Kind: KindResource, Description: b.Name, Meter: b.Parameter,
		Quantity: b.charged(), UnitPrice: b.UnitPrice,
		PeriodStart: p.Start, PeriodEnd: p.End,
	}
	if b.Included.Sign() > 0 {
		l.Explanation.Notes = append(l.Explanation.Notes, b.Quantity.Trim(0).String()+", of which "+b.Included.Trim(0).String()+" are included.")
	}
	part := share(t, p)
	if part.Part == part.Whole {
		var r Result
		r.add(Step{Quantity: b.charged(), UnitPrice: b.UnitPrice})
		return l.withSteps(r, t.Currency)
	}
	l.UnitPrice = money.Decimal{}
	digits := money.Digits(t.Currency)
	l.Explanation.Notes = append(l.Explanation.Notes, times(b.charged(), b.UnitPrice, digits)+equals(b.price(), digits)+" for a whole period.", daysLeft(part))
	return l.prorated(t, part, b.price())
}
