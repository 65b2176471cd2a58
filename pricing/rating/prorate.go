package rating

import (
	"fmt"
	"time"

	"github.com/fondaco/fondaco/pricing/money"
)

// Basis is the unit in which a part of a period is measured.
type Basis string

// The bases of proration.
const (
	Days    Basis = "days"    // calendar days, the day of the start included
	Hours   Basis = "hours"   // started hours
	Fixed30 Basis = "fixed30" // days of months that all have 30 (30/360)
	Seconds Basis = "seconds"
)

// Fraction is a part of a period in whole units of a basis.
type Fraction struct {
	Part  int64 `json:"part"`
	Whole int64 `json:"whole"`
}

// FractionOf measures part against full. With Fixed30 the whole is 30 days for
// each month of full. A full period without length counts as one unit.
func FractionOf(b Basis, part, full Period) Fraction {
	return Fraction{Part: max(0, b.count(part)), Whole: max(1, b.count(full))}
}

func (b Basis) count(p Period) int64 {
	switch b {
	case Hours:
		return int64((p.End.Sub(p.Start) + time.Hour - 1) / time.Hour)
	case Fixed30:
		return day360(p.End) - day360(p.Start)
	case Seconds:
		return p.End.Unix() - p.Start.Unix()
	default:
		return int64(dayStart(p.End).Sub(dayStart(p.Start)) / (24 * time.Hour))
	}
}

// day360 numbers days in a calendar whose months all have 30, where a 31st is
// one with the 30th.
func day360(t time.Time) int64 {
	t = t.UTC()
	return int64(t.Year())*360 + int64(t.Month())*30 + int64(min(t.Day(), 30))
}

// Of returns the fraction of amount, exact to 40 decimals.
func (f Fraction) Of(amount money.Decimal) money.Decimal {
	return amount.MulDiv(money.Int(f.Part), money.Int(f.Whole))
}

// String is "24/28".
func (f Fraction) String() string { return fmt.Sprintf("%d/%d", f.Part, f.Whole) }
