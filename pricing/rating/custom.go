package rating

import (
	"time"

	"github.com/fondaco/fondaco/pricing/money"
)

// Custom is a line whose price a vendor sets itself, beside its plan.
type Custom struct {
	Kind        Kind
	Description string
	Identifier  string
	Unit        string
	Tags        map[string]string
	Price       money.Decimal // of one; below 0 is money back
	Quantity    money.Decimal
	// Period is what it is for; both ends are the same for what happened at an
	// instant.
	Period Period
}

// CustomDecimals is how many decimals a custom price is computed with; what is
// beyond them is rounded HALF_UP.
const CustomDecimals = 6

// CustomLine prices a custom line: price × quantity, rounded HALF_UP to the
// currency's digits.
func CustomLine(c Custom, currency string) Line {
	unit := c.Price.Round(CustomDecimals).Trim(money.Digits(currency))
	var r Result
	r.add(Step{Quantity: c.Quantity, UnitPrice: unit})
	return Line{
		Kind: c.Kind, Description: c.Description, Identifier: c.Identifier, Unit: c.Unit, Tags: c.Tags,
		Quantity: c.Quantity, UnitPrice: unit, PeriodStart: c.Period.Start, PeriodEnd: c.Period.End,
	}.withSteps(r, currency)
}

// At is the period of what happened at an instant.
func At(t time.Time) Period { return Period{Start: t, End: t} }

// Deduct says how much of a discount, an amount below 0, an invoice of left
// can take without becoming a credit note, and what is left of it for the next.
func Deduct(left, discount money.Decimal) (now, rest money.Decimal) {
	now = money.Max(discount, money.Min(left.Neg(), money.Int(0)))
	return now, discount.Sub(now)
}
