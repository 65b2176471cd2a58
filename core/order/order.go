// Package order owns the purchase: what was asked for, what it costs (the
// quote), and the one transaction that makes an order, its subscription and
// its first invoice.
package order

import (
	"encoding/json"
	"regexp"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

// Status is where an order stands.
type Status string

// The statuses.
const (
	AwaitingPayment  Status = "awaitingPayment" // the first invoice is unpaid
	Confirmed        Status = "confirmed"       // nothing (more) to pay before use
	Cancelled        Status = "cancelled"
	RequiresApproval Status = "requiresApproval" // of the vendor or the reseller
	Rejected         Status = "rejected"
	Postponed        Status = "postponed" // until its start
)

// Statuses lists them; the schema checks the same.
var Statuses = []Status{AwaitingPayment, Confirmed, Cancelled, RequiresApproval, Rejected, Postponed}

// Type is what an order did: the first purchase, or a later change that cost or
// could have cost something.
type Type string

// The types.
const (
	Normal      Type = "normal"
	Trial       Type = "trial"
	Sandbox     Type = "sandbox"
	Renewal     Type = "renewal"
	Upgrade     Type = "upgrade"     // another plan
	ItemUpgrade Type = "itemUpgrade" // other quantities
	Upsell      Type = "upsell"      // a vendor's own lines, from here on
	Chunked     Type = "chunked"
	Refund      Type = "refund"
	Cashed      Type = "cashed"
	Termination Type = "termination"
)

// Types lists them; the schema checks the same.
var Types = []Type{Normal, Trial, Sandbox, Renewal, Upgrade, ItemUpgrade, Upsell, Chunked, Refund, Cashed, Termination}

// Order is a placed order. InvoiceID is nil when nothing is due in advance.
type Order struct {
	ID                int64      `db:"id"`
	CustomerID        int64      `db:"customer_id"`
	VendorID          int64      `db:"vendor_id"`   // of the product
	ResellerID        *int64     `db:"reseller_id"` // who sold it; nil when the marketplace did
	Type              Type       `db:"type"`
	ExternalReference string     `db:"external_reference"` // the buyer's or reseller's own
	ApprovedBy        string     `db:"approved_by"`
	ApprovedAt        *time.Time `db:"approved_at"`
	StartAt           *time.Time `db:"start_at"` // when it is to begin; nil: at once
	PlacedBy          int64      `db:"placed_by"`
	RevisionID        int64      `db:"plan_revision_id"`
	SubscriptionID    *int64     `db:"subscription_id"`
	InvoiceID         *int64     `db:"invoice_id"`
	Status            Status     `db:"status"`
	Parameters        string     `db:"parameters"`
	CreatedAt         time.Time  `db:"created_at"`
}

// Parties are the organizations whose order it is.
func (o Order) Parties() []int64 {
	if o.ResellerID == nil {
		return []int64{o.CustomerID, o.VendorID}
	}
	return []int64{o.CustomerID, o.VendorID, *o.ResellerID}
}

// Approver is the organization that decides about it: the reseller who sold it,
// or else the vendor.
func (o Order) Approver() int64 {
	if o.ResellerID == nil {
		return o.VendorID
	}
	return *o.ResellerID
}

// after is what an order that is approved waits for at the instant, when that
// much is due: its start, money, or nothing.
func (o Order) after(due money.Money, now time.Time) Status {
	switch {
	case o.StartAt != nil && o.StartAt.After(now):
		return Postponed
	case due.Sign() != 0:
		return AwaitingPayment
	}
	return Confirmed
}

// Input is what is ordered.
type Input struct {
	PlanID     int64
	Parameters json.RawMessage // an object, or nothing
	// ExternalReference is the buyer's own name for the order, once only.
	ExternalReference string
	// Start postpones it; nil, and any instant that is past, means now.
	Start *time.Time
	// CustomerID is for whom a reseller or an operator orders; 0: the actor's
	// own organization.
	CustomerID int64
}

var referenceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{0,100}$`)

// Validate reports every wrong field.
func (in Input) Validate() error {
	var c fault.Check
	c.That(in.PlanID > 0, "planId", "Say which plan; its number is on the product's page.")
	if len(in.Parameters) > 0 {
		var object map[string]any
		c.That(json.Unmarshal(in.Parameters, &object) == nil, "parameters", "Parameters are a JSON object.")
		c.That(len(in.Parameters) <= 64<<10, "parameters", "Parameters are at most 64 KiB.")
	}
	c.That(referenceForm.MatchString(in.ExternalReference), "externalReference", "Use letters, digits, dashes and underscores, at most 100.")
	return c.Err()
}

// Wish is what would be sold: a plugin, or the vendor, is asked about it before
// anything is written.
type Wish struct {
	Sale       Sale
	Offer      catalog.Offer
	Parameters json.RawMessage // as catalog.Kind.Fit returns them
	BuyerID    int64           // the person who orders; 0 when nobody signed in, and for a change
	Language   string          // in which a refusal is read
}

// Quote is what a plan costs: the lines that would be on the first invoice,
// and what follows. It is made by the code that will bill it.
type Quote struct {
	Sale       Sale
	Offer      catalog.Offer
	Parameters json.RawMessage // what was chosen, with the plan's defaults
	Lines      []rating.Line   // due now; none during a trial or when postpaid
	Totals     rating.Totals   // of the lines
	TaxPercent money.Decimal
	Recurring  money.Money // per period with what was bought, before usage and tax
	TrialDays  int
	FirstBill  time.Time // when something is due first
	NextBillAt time.Time // when the following bill comes
}
