package rating

import (
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// Change is a change of plan inside a billing period.
type Change struct {
	OldName, NewName string
	Old, New         price.Terms
	// OldBought and NewBought are what is paid with the fixed price.
	OldBought, NewBought []Bought
	// Period is the billing period of the old terms that At falls in.
	Period Period
	At     time.Time
	// RefundDowngrade gives money back when the new plan is cheaper; by default
	// a downgrade returns nothing.
	RefundDowngrade bool
}

// PlanChange returns what a change of plan costs for the rest of the period.
// The setup price is never due again.
//
// With a calendar anchor (T22) there are two lines, by the second: a refund of
// the old price and an upgrade at the new one. With an anniversary anchor there
// is one line for the difference, by started hours. When nothing is due, as on
// a downgrade, there are none. Plans with periods of different length compare by
// what they cost in the old period. It returns an Invalid fault when the
// currencies differ or At is outside of the period.
func PlanChange(c Change) ([]Line, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	before, after := FixedPrice(c.Old, c.OldBought...), c.comparable()
	switch direction := after.Cmp(before); {
	case direction == 0, direction < 0 && !c.RefundDowngrade:
		return nil, nil
	}
	rest := Period{Start: c.At.UTC(), End: c.Period.End}
	full := fullPeriod(c.Old, c.Period)
	if c.Old.WithDefaults().Anchor == price.Calendar {
		return c.swap(FractionOf(Seconds, rest, full), before, after, rest), nil
	}
	return c.difference(FractionOf(Hours, rest, full), before, after, rest), nil
}

func (c Change) check() error {
	if c.Old.Currency != c.New.Currency {
		return fault.Newf(fault.Invalid, "A subscription in %s cannot change to a plan in %s.", c.Old.Currency, c.New.Currency)
	}
	if !c.Period.Contains(c.At) {
		return fault.Newf(fault.Invalid, "The change at %s is outside of the period from %s to %s.",
			c.At.UTC().Format(time.RFC3339), c.Period.Start.Format(time.RFC3339), c.Period.End.Format(time.RFC3339))
	}
	return nil
}

// comparable is what the new plan costs in a period of the old plan's length.
func (c Change) comparable() money.Decimal {
	full := FixedPrice(c.New, c.NewBought...)
	before, after := c.Old.WithDefaults().PeriodMonths, c.New.WithDefaults().PeriodMonths
	if before == after {
		return full
	}
	return full.MulDiv(money.Int(int64(before)), money.Int(int64(after)))
}

// swap returns the refund and the upgrade line of a calendar month. A price of
// 0, as of a free plan, has no line.
func (c Change) swap(part Fraction, before, after money.Decimal, rest Period) []Line {
	note := fmt.Sprintf("%d of %d seconds of the period are left.", part.Part, part.Whole)
	var lines []Line
	add := func(kind Kind, text string, amount money.Decimal) {
		if amount.IsZero() {
			return
		}
		l := Line{Kind: kind, Description: text, Quantity: money.Int(1), PeriodStart: rest.Start, PeriodEnd: rest.End}
		l.Explanation.Notes = append(c.boughtNotes(), note)
		lines = append(lines, l.prorated(c.Old, part, amount))
	}
	add(KindRefund, fmt.Sprintf("Refund (%s)", c.OldName), before.Neg())
	add(KindUpgrade, fmt.Sprintf("Application upgrade (%s to %s)", c.OldName, c.NewName), after)
	return lines
}

// difference returns the one line of an anniversary period.
func (c Change) difference(part Fraction, before, after money.Decimal, rest Period) []Line {
	l := Line{
		Kind: KindUpgrade, Description: fmt.Sprintf("Upgrade (%s to %s)", c.OldName, c.NewName),
		Quantity: money.Int(1), PeriodStart: rest.Start, PeriodEnd: rest.End,
	}
	if after.Less(before) {
		l.Kind, l.Description = KindRefund, fmt.Sprintf("Refund (%s to %s)", c.OldName, c.NewName)
	}
	l.Explanation.Notes = append(c.boughtNotes(), hoursLeft(part))
	return []Line{l.prorated(c.Old, part, after.Sub(before))}
}

// boughtNotes say what the fixed prices are made of, when anything is bought.
func (c Change) boughtNotes() []string {
	if len(c.OldBought)+len(c.NewBought) == 0 {
		return nil
	}
	digits := money.Digits(c.Old.Currency)
	return []string{c.OldName + ": " + composition(c.Old, c.OldBought, digits), c.NewName + ": " + composition(c.New, c.NewBought, digits)}
}

// composition writes a fixed price as arithmetic: "29.00 + 4 × 5.00 = 49.00".
func composition(t price.Terms, bought []Bought, digits int32) string {
	text := t.RecurringPrice.Trim(digits).String()
	for _, b := range bought {
		text += " + " + times(b.charged(), b.UnitPrice, digits)
	}
	return text + equals(FixedPrice(t, bought...), digits)
}

func hoursLeft(part Fraction) string {
	return fmt.Sprintf("%d of %d hours of the period are left, a started hour counted whole.", part.Part, part.Whole)
}

// Resize is a change of a prepaid quantity inside a billing period.
type Resize struct {
	// Meter is the resource's identifier and Name its name for people.
	Meter, Name string
	Terms       price.Terms
	// UnitPrice is the price of one for a whole period.
	UnitPrice money.Decimal
	Old, New  money.Decimal
	// Included are not charged, neither before nor after.
	Included money.Decimal
	Period   Period
	At       time.Time
}

// added is how much more is charged than before.
func (r Resize) added() money.Decimal {
	after, before := Bought{Quantity: r.New, Included: r.Included}, Bought{Quantity: r.Old, Included: r.Included}
	return after.charged().Sub(before.charged())
}

// QuantityChange returns what more of a prepaid quantity costs for the rest of
// the period: unit price × started hours left / hours of the period × quantity
// added above what is included. Less of it costs and returns nothing: it takes effect at the next
// period. It returns an Invalid fault when At is outside of the period.
func QuantityChange(r Resize) ([]Line, error) {
	if err := (Change{Period: r.Period, At: r.At}).check(); err != nil {
		return nil, err
	}
	added := r.added()
	if added.Sign() <= 0 || r.UnitPrice.IsZero() {
		return nil, nil
	}
	rest := Period{Start: r.At.UTC(), End: r.Period.End}
	part := FractionOf(Hours, rest, fullPeriod(r.Terms, r.Period))
	l := Line{
		Kind: KindUpgrade, Description: fmt.Sprintf("%s (%s to %s)", r.Name, r.Old.Trim(0), r.New.Trim(0)), Meter: r.Meter,
		Quantity: added, PeriodStart: rest.Start, PeriodEnd: rest.End,
	}
	l.Explanation.Notes = []string{
		added.Trim(0).String() + " more at " + r.UnitPrice.Trim(money.Digits(r.Terms.Currency)).String() + " each.", hoursLeft(part),
	}
	return []Line{l.prorated(r.Terms, part, r.UnitPrice.Mul(added))}, nil
}
