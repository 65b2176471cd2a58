package price

import (
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
)

// Timing says when the fixed part of a period is billed.
type Timing string

// Anchor says where periods begin.
type Anchor string

// The timings and anchors; the first of each is the default.
const (
	Prepaid  Timing = "prepaid"  // fixed part in advance, usage in arrears
	Postpaid Timing = "postpaid" // everything in arrears

	Anniversary Anchor = "anniversary" // on the day of the month it started
	Calendar    Anchor = "calendar"    // on the first of the month, UTC
)

// Bounds of Terms.
const (
	MaxPeriodMonths = 120
	MaxTrialDays    = 365
)

// Terms are the fixed part of a plan's price. Only the currency is required.
type Terms struct {
	// Currency is an ISO 4217 code; all of the plan's prices are in it.
	Currency string `json:"currency"`
	// SetupPrice is due once per subscription, never on a plan change.
	SetupPrice money.Decimal `json:"setupPrice" required:"false"`
	// RecurringPrice is due for each period of PeriodMonths.
	RecurringPrice money.Decimal `json:"recurringPrice" required:"false"`
	PeriodMonths   int           `json:"periodMonths" required:"false"`
	Timing         Timing        `json:"timing" required:"false"`
	Anchor         Anchor        `json:"anchor" required:"false"`
	// AutoRenew starts the next period when one ends. Its zero value is false;
	// whoever reads input that may leave it out decides (the API says true).
	AutoRenew bool `json:"autoRenew" required:"false"`
	// TrialDays are free days before the first period.
	TrialDays int `json:"trialDays" required:"false"`
}

// WithDefaults fills in what was left out: one month, prepaid, anniversary.
func (t Terms) WithDefaults() Terms {
	if t.PeriodMonths == 0 {
		t.PeriodMonths = 1
	}
	if t.Timing == "" {
		t.Timing = Prepaid
	}
	if t.Anchor == "" {
		t.Anchor = Anniversary
	}
	return t
}

// Validate reports every wrong field by its JSON name. It accepts terms with
// or without their defaults filled in.
func (t Terms) Validate() error {
	t = t.WithDefaults()
	var f fault.Check
	money.CheckCurrency(&f, "currency", t.Currency)
	money.CheckPrice(&f, "setupPrice", t.SetupPrice)
	money.CheckPrice(&f, "recurringPrice", t.RecurringPrice)
	if t.PeriodMonths < 1 || t.PeriodMonths > MaxPeriodMonths {
		f.Addf("periodMonths", "A period has 1 to %d months; this is %d.", MaxPeriodMonths, t.PeriodMonths)
	}
	f.That(t.Timing == Prepaid || t.Timing == Postpaid, "timing", "Use prepaid or postpaid.")
	f.That(t.Anchor == Calendar || t.Anchor == Anniversary, "anchor", "Use calendar or anniversary.")
	if t.TrialDays < 0 || t.TrialDays > MaxTrialDays {
		f.Addf("trialDays", "A trial has 0 to %d days; this is %d.", MaxTrialDays, t.TrialDays)
	}
	return f.Err()
}
