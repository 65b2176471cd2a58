package metric

import (
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/usage"
)

// period is a billing period; its end is not in it.
type period struct {
	Start time.Time `db:"period_start"`
	End   time.Time `db:"period_end"`
}

// hours counts the hours that begin in the period.
func (p period) hours() int64 {
	return max(int64((p.End.Sub(p.Start)+time.Hour-1)/time.Hour), 1)
}

// hour is the beginning of the period's hour that the instant lies in.
func (p period) hour(at time.Time) time.Time {
	if at.Before(p.Start) {
		return p.Start
	}
	return p.Start.Add(at.Sub(p.Start).Truncate(time.Hour))
}

// booking turns readings of one metric into measures.
type booking struct {
	metric  catalog.Metric
	state   *State
	periods []period // from the state's on, the last is the present one
	now     time.Time
	out     []usage.Measure
}

func (b *booking) add(q usage.Quantity, at time.Time) {
	if q <= 0 {
		return
	}
	b.out = append(b.out, usage.Measure{EventID: fmt.Sprintf("%d/%s/%d/%d", b.state.SubscriptionID, b.state.Meter, b.state.Attempts, len(b.out)),
		SubscriptionID: b.state.SubscriptionID, Meter: b.state.Meter, Quantity: q, At: at})
}

// pass books what follows from the time that has passed, with the level of the
// last reading.
func (b *booking) pass() {
	for _, p := range b.periods {
		if !p.Start.After(b.now) {
			b.enter(p)
			b.hours(p)
		}
	}
}

// enter begins a new billing period: nothing of a peak or value is booked in
// it yet, but a gauge goes on from where it stands.
func (b *booking) enter(p period) {
	s := b.state
	if s.PeriodStart != nil && !p.Start.After(*s.PeriodStart) {
		return
	}
	s.PeriodStart, s.Booked, s.Remainder = &p.Start, 0, 0
	if b.metric.Of() == catalog.Peak && s.Last != nil {
		b.raise(*s.Last, p.Start)
	}
}

// hours books an average: each hour adds its level divided by the hours of the
// period, so that the whole period adds up to the average level.
func (b *booking) hours(p period) {
	s := b.state
	end := p.End
	if b.now.Before(end) {
		end = b.now
	}
	if b.metric.Of() != catalog.Average || s.Last == nil {
		if s.BookedUntil.Before(end) {
			s.BookedUntil = end
		}
		return
	}
	at := p.hour(s.BookedUntil)
	if at.Before(s.BookedUntil) {
		at = at.Add(time.Hour)
	}
	for ; at.Before(end); at = at.Add(time.Hour) {
		sum := int64(*s.Last) + s.Remainder
		b.add(usage.Quantity(sum/p.hours()), at)
		s.Remainder = sum % p.hours()
		s.BookedUntil = at.Add(time.Hour)
	}
}

// read books what the reading adds.
func (b *booking) read(q usage.Quantity) {
	s := b.state
	switch b.metric.Of() {
	case catalog.Average:
		if s.Last == nil { // the hour of the first reading counts
			s.BookedUntil = b.present().hour(s.BookedUntil)
			s.Last = &q
			b.pass()
		}
	case catalog.Peak:
		if b.ended() { // it belongs to the period that has not begun yet
			break
		}
		b.raise(q, b.now)
	case catalog.Value:
		b.raise(q, b.when())
	case catalog.Increase:
		b.grow(q)
	}
	s.Last, s.ReadAt = &q, &b.now
}

// raise books what is above what is booked in the period.
func (b *booking) raise(q usage.Quantity, at time.Time) {
	if q > b.state.Booked {
		b.add(q-b.state.Booked, at)
		b.state.Booked = q
	}
}

// grow books the growth of a counter. One that fell was started anew, from 0;
// the first reading is where counting begins.
func (b *booking) grow(q usage.Quantity) {
	switch last := b.state.Last; {
	case last == nil:
	case q < *last:
		b.add(q, b.when())
	default:
		b.add(q-*last, b.when())
	}
}

func (b *booking) present() period { return b.periods[len(b.periods)-1] }

// ended reports whether the present period is over and the next one has not
// begun: it waits to be billed.
func (b *booking) ended() bool { return !b.now.Before(b.present().End) }

// when is where a reading is booked: in the period that waits to be billed with
// it, or now.
func (b *booking) when() time.Time {
	if b.ended() {
		return b.present().End.Add(-time.Microsecond)
	}
	return b.now
}
