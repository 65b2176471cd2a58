// Package usage owns what was measured: every event once, the hourly sums of
// them, and the answers that bills and charts ask for.
package usage

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
)

// Quantity is an amount of a meter in millionths of its unit, so that sums
// are exact: 1.5 requests are Quantity(1_500_000).
type Quantity int64

// Unit is one whole unit of a meter.
const Unit Quantity = 1_000_000

// MaxQuantity bounds one record: a thousand million units.
const MaxQuantity = 1_000_000_000 * Unit

// Units returns n whole units.
func Units(n int64) Quantity { return Quantity(n) * Unit }

// FromDecimal returns d units. More than six decimals, a negative number and
// one above MaxQuantity are errors that say so.
func FromDecimal(d money.Decimal) (Quantity, error) {
	if d.Decimals() > 6 {
		return 0, fmt.Errorf("%s has more than 6 decimals", d)
	}
	n, ok := d.Mul(money.Int(int64(Unit))).Int64()
	if !ok || n < 0 || n > int64(MaxQuantity) {
		return 0, fmt.Errorf("%s is out of range; quantities are from 0 to %s", d, MaxQuantity)
	}
	return Quantity(n), nil
}

// Decimal returns the quantity in units, exactly and without needless zeros.
func (q Quantity) Decimal() money.Decimal {
	return money.Int(int64(q)).Quo(money.Int(int64(Unit))).Trim(0)
}

// String prints the quantity in units: "1.5".
func (q Quantity) String() string { return q.Decimal().String() }

// Record is one thing that was measured.
type Record struct {
	EventID        string   `json:"eventId"` // unique within its source; re-sending it changes nothing
	SubscriptionID int64    `json:"subscriptionId"`
	Meter          string   `json:"meter"`
	Quantity       Quantity `json:"quantityMicro"`
	// Billable is false for what was refused (a 429, a 403): it is counted
	// beside the quantity and never billed.
	Billable   bool `json:"billable"`
	StatusCode int  `json:"statusCode"` // 0 when there is none
	// RealAt is when it happened by the machine's clock. It is converted into
	// the marketplace's time with the offset that was in force then.
	RealAt time.Time `json:"realAt"`
	// Subject is whom the source named, kept when the record is a stray.
	Subject string `json:"subject,omitempty"`
}

// Outcome says what became of the records of one batch. The three add up to
// the number of records.
type Outcome struct {
	Accepted   int // counted now, for the first time
	Duplicates int // known before, or twice in this batch
	Stray      int // of nobody we know: kept for the operator
}

// MaxRecords bounds a batch; the greatest log batch of a gateway has fewer.
const MaxRecords = 200_000

// maxSum keeps the sum of a batch far from overflow.
const maxSum = 1000 * MaxQuantity

const maxText = 200

func validate(source string, records []Record) error {
	var c fault.Check
	c.That(isText(source), "source", "The source must be named, in at most 200 characters.")
	if len(records) > MaxRecords {
		c.Addf("records", "These are %d records; at most %d are taken at once.", len(records), MaxRecords)
		return c.Err()
	}
	var sum Quantity
	for i, r := range records {
		r.check(c.At("records[%d]", i))
		sum += min(max(r.Quantity, 0), MaxQuantity)
		if sum > maxSum {
			c.Addf("records", "The quantities of one batch must not sum to more than %s.", maxSum)
			break
		}
	}
	return c.Err()
}

func (r Record) check(c *fault.Check) {
	c.That(isText(r.EventID), "eventId", "Every event needs an id of at most 200 characters.")
	if r.Quantity < 0 || r.Quantity > MaxQuantity {
		c.Addf("quantity", "This is %s; quantities are from 0 to %s.", r.Quantity, MaxQuantity)
	}
	c.That(!r.RealAt.IsZero(), "realAt", "Say when it happened.")
	c.That(r.StatusCode >= 0 && r.StatusCode <= 999, "statusCode", "A status code has at most three digits.")
}

// isText reports whether both databases can keep s as a name.
func isText(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.Contains(s, "\x00") && utf8.RuneCountInString(s) <= maxText
}

// isID reports whether id can be one of ours.
func isID(id int64) bool { return id > 0 && id <= math.MaxInt32 }

// Step is the width of a point of a series.
type Step string

// The steps; days and months are those of UTC.
const (
	Hour  Step = "hour"
	Day   Step = "day"
	Month Step = "month"
)

// start returns the beginning of the step that t lies in.
func (s Step) start(t time.Time) time.Time {
	t = t.UTC()
	switch s {
	case Month:
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case Day:
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	default:
		return t.Truncate(time.Hour)
	}
}

// length is the step's greatest length.
func (s Step) length() time.Duration {
	switch s {
	case Month:
		return 31 * 24 * time.Hour
	case Day:
		return 24 * time.Hour
	default:
		return time.Hour
	}
}

// MaxPoints bounds how many steps a series may span.
const MaxPoints = 2000

// SeriesInput asks for a subscription's usage from From (included) to To
// (excluded), in marketplace time.
type SeriesInput struct {
	SubscriptionID int64
	From, To       time.Time
	Step           Step
}

// Validate names every wrong field.
func (in SeriesInput) Validate() error {
	var c fault.Check
	c.That(!in.From.IsZero(), "from", "Say from when, like 2026-11-01T00:00:00Z.")
	c.That(!in.To.IsZero(), "to", "Say until when, like 2026-12-01T00:00:00Z.")
	c.That(in.Step == Hour || in.Step == Day || in.Step == Month, "step", "The step is hour, day or month.")
	if !c.OK() {
		return c.Err()
	}
	c.That(in.From.Before(in.To), "to", "The end must be after the beginning.")
	if n := in.To.Sub(in.From) / in.Step.length(); n > MaxPoints {
		c.Addf("step", "These are %d points; at most %d are given. Ask for less time or a longer step.", n, MaxPoints)
	}
	return c.Err()
}

// Point is what one meter counted in one step. Steps without usage have none.
type Point struct {
	Start    time.Time `json:"start"`
	Meter    string    `json:"meter"`
	Quantity Quantity  `json:"quantityMicro"`
	Refused  int64     `json:"refused"` // how many events were refused, not billed
}

// Stray is an event that belongs to nobody: its source named a subscription or
// meter that the marketplace does not have, or a time in the future.
type Stray struct {
	ID         int64     `db:"id"`
	Source     string    `db:"source"`
	EventID    string    `db:"event_id"`
	Reason     string    `db:"reason"`
	Body       string    `db:"body"` // the Record as JSON
	ReceivedAt time.Time `db:"received_at"`
}
