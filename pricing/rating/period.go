package rating

import (
	"time"

	"github.com/fondaco/fondaco/pricing/price"
)

// Period is a stretch of time that includes Start and excludes End; both UTC.
type Period struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Contains reports whether t is in the period.
func (p Period) Contains(t time.Time) bool { return !t.Before(p.Start) && t.Before(p.End) }

// PeriodAt returns billing period n (0 is the first) of a subscription whose
// billing began at anchor.
//
// Anniversary periods begin on the anchor's day of the month, or on the last
// day of a month that is shorter: from 31 January come 28 February, 31 March.
// Calendar periods begin on the first of a month at 00:00 UTC; the first one
// begins at the anchor and ends where a period begun on the first of the
// anchor's month would.
func PeriodAt(t price.Terms, anchor time.Time, n int) Period {
	t, anchor = t.WithDefaults(), anchor.UTC()
	base := anchor
	if t.Anchor == price.Calendar {
		base = monthStart(anchor)
	}
	p := Period{Start: addMonths(base, n*t.PeriodMonths), End: addMonths(base, (n+1)*t.PeriodMonths)}
	if n == 0 {
		p.Start = anchor
	}
	return p
}

// PeriodContaining returns the billing period that at falls in and its number;
// for a time before the anchor, the first.
func PeriodContaining(t price.Terms, anchor, at time.Time) (int, Period) {
	t, anchor, at = t.WithDefaults(), anchor.UTC(), at.UTC()
	months := (at.Year()-anchor.Year())*12 + int(at.Month()-anchor.Month())
	n := max(0, months/t.PeriodMonths-1)
	for p := PeriodAt(t, anchor, n); ; p = PeriodAt(t, anchor, n) {
		if at.Before(p.End) {
			return n, p
		}
		n++
	}
}

// Next returns the billing period that follows p.
func Next(t price.Terms, anchor time.Time, p Period) Period {
	_, next := PeriodContaining(t, anchor, p.End)
	return next
}

// BillingAnchor returns where the first period begins for a subscription that
// started at start: when its trial ends, or at once.
func BillingAnchor(t price.Terms, start time.Time) time.Time {
	return start.UTC().AddDate(0, 0, t.TrialDays)
}

// fullPeriod returns the whole period that a first calendar period is the rest
// of, and p itself otherwise.
func fullPeriod(t price.Terms, p Period) Period {
	if t.WithDefaults().Anchor == price.Calendar {
		return Period{Start: monthStart(p.Start), End: p.End}
	}
	return p
}

// share is the part of a whole period's price that p costs, in days. One that
// is whole costs all of it, however short it is: a renewal by hours may begin
// and end on one day.
func share(t price.Terms, p Period) Fraction {
	full := fullPeriod(t, p)
	if full == p {
		return Fraction{Part: 1, Whole: 1}
	}
	return FractionOf(Days, p, full)
}

func monthStart(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func dayStart(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// addMonths adds months and keeps the day of the month, or takes the month's
// last day when it is shorter; time.AddDate would run over into the next.
func addMonths(t time.Time, months int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}
