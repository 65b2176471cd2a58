package rating

import (
	"fmt"

	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// Metered is what was measured of one meter in a period, and its price.
type Metered struct {
	// Meter is the meter's identifier and Name its name for people.
	Meter    string
	Name     string
	Charge   price.Charge
	Quantity money.Decimal
}

// Opening returns what is due in advance when a subscription's first period
// starts: with prepaid terms the setup price, the recurring price and what was
// bought, which a calendar anchor prorates by days; with postpaid terms nothing.
func Opening(t price.Terms, p Period, bought ...Bought) []Line {
	if t.WithDefaults().Timing == price.Postpaid {
		return nil
	}
	return fixed(t, p, true, bought)
}

// Renewal returns what is due in advance when a following period starts: with
// prepaid terms the recurring price and what was bought; with postpaid terms
// nothing.
func Renewal(t price.Terms, p Period, bought ...Bought) []Line {
	if t.WithDefaults().Timing == price.Postpaid {
		return nil
	}
	return fixed(t, p, false, bought)
}

// Arrears returns what is due when a period has ended: a usage line for each
// meter that was used or that costs something unused and, with postpaid terms,
// the recurring price and what was bought before them. First is true for the
// subscription's first period: a postpaid setup price is due then.
func Arrears(t price.Terms, metered []Metered, p Period, first bool, bought ...Bought) ([]Line, error) {
	var lines []Line
	if t.WithDefaults().Timing == price.Postpaid {
		lines = fixed(t, p, first, bought)
	}
	for _, m := range metered {
		l, err := usageLine(t, m, p)
		if err != nil {
			return nil, fmt.Errorf("meter %s: %w", m.Meter, err)
		}
		if !m.Quantity.IsZero() || !l.Amount.IsZero() {
			lines = append(lines, l)
		}
	}
	return lines, nil
}

// Adjustment returns the line that corrects a closed period when its usage
// changed: the difference between what the meter costs now and the amount that
// was billed. There is no line when nothing changed.
func Adjustment(t price.Terms, m Metered, p Period, billed money.Decimal) ([]Line, error) {
	l, err := usageLine(t, m, p)
	if err != nil {
		return nil, fmt.Errorf("meter %s: %w", m.Meter, err)
	}
	difference := l.Amount.Sub(billed)
	if difference.IsZero() {
		return nil, nil
	}
	digits := money.Digits(t.Currency)
	l.Explanation.Notes = append(l.Explanation.Notes, "The period was billed with "+billed.Trim(digits).String()+" before.")
	l.Explanation.Formula += "; " + l.Amount.String() + " − " + billed.Trim(digits).String() + " = " + signed(difference, digits)
	l.Kind, l.Description, l.UnitPrice, l.Amount = KindAdjustment, "Correction: "+m.title(), money.Decimal{}, difference.Round(digits)
	return []Line{l}, nil
}

// fixed returns the setup line, when it is due, the recurring line and the
// lines of what was bought; what costs nothing has no line.
func fixed(t price.Terms, p Period, setup bool, bought []Bought) []Line {
	var lines []Line
	if setup && !t.SetupPrice.IsZero() {
		lines = append(lines, setupLine(t, p))
	}
	if !t.RecurringPrice.IsZero() {
		lines = append(lines, recurringLine(t, p))
	}
	for _, b := range bought {
		if !b.price().IsZero() {
			lines = append(lines, b.line(t, p))
		}
	}
	return lines
}

func setupLine(t price.Terms, p Period) Line {
	var r Result
	r.add(Step{Quantity: money.Int(1), UnitPrice: t.SetupPrice})
	return Line{
		Kind: KindSetup, Description: "Setup",
		Quantity: money.Int(1), UnitPrice: t.SetupPrice,
		PeriodStart: p.Start, PeriodEnd: p.Start,
	}.withSteps(r, t.Currency)
}

// recurringLine bills the whole period, or the days that are left of it when a
// calendar period was joined later.
func recurringLine(t price.Terms, p Period) Line {
	l := Line{
		Kind: KindRecurring, Description: "Recurring price",
		Quantity: money.Int(1), UnitPrice: t.RecurringPrice,
		PeriodStart: p.Start, PeriodEnd: p.End,
	}
	part := share(t, p)
	if part.Part == part.Whole {
		var r Result
		r.add(Step{Quantity: money.Int(1), UnitPrice: t.RecurringPrice})
		return l.withSteps(r, t.Currency)
	}
	l.UnitPrice = money.Decimal{}
	l.Explanation.Notes = []string{daysLeft(part)}
	return l.prorated(t, part, t.RecurringPrice)
}

func daysLeft(part Fraction) string {
	return fmt.Sprintf("%d of %d days, the first day included.", part.Part, part.Whole)
}

// prorated sets the line's amount to a fraction of a price.
func (l Line) prorated(t price.Terms, part Fraction, of money.Decimal) Line {
	amount := part.Of(of)
	var r Result
	r.adjust(part.String()+" of the price", amount)
	l = l.withSteps(r, t.Currency)
	digits := money.Digits(t.Currency)
	l.Explanation.Formula = signed(of, digits) + " × " + part.String() + equals(amount, digits)
	return l
}

func usageLine(t price.Terms, m Metered, p Period) (Line, error) {
	r, err := Usage(m.Charge, m.Quantity)
	if err != nil {
		return Line{}, err
	}
	return Line{
		Kind: KindUsage, Description: m.title(), Meter: m.Meter,
		Quantity: m.Quantity, UnitPrice: r.singlePrice(m.Quantity),
		PeriodStart: p.Start, PeriodEnd: p.End,
	}.withSteps(r, t.Currency), nil
}

// title is the meter's name, or its identifier when it has none.
func (m Metered) title() string {
	if m.Name == "" {
		return m.Meter
	}
	return m.Name
}

// singlePrice returns the unit price when all of the quantity has the same and
// there is nothing else, and 0 otherwise.
func (r Result) singlePrice(quantity money.Decimal) money.Decimal {
	if len(r.Steps) == 1 && r.Steps[0].FlatPrice.IsZero() && r.Steps[0].Quantity.Equal(quantity) {
		return r.Steps[0].UnitPrice
	}
	return money.Decimal{}
}
