// Package subscription owns what a customer has: the state machine, the
// billing period it stands in, and the plan revision it keeps.
package subscription

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
)

// Status is where a subscription stands in its life.
type Status string

// The statuses.
const (
	WaitingPayment Status = "waitingPayment" // the first invoice is unpaid
	Pending        Status = "pending"        // being provisioned
	Active         Status = "active"         // usable
	Suspended      Status = "suspended"      // exists, use is blocked
	Failed         Status = "failed"         // provisioning gave up
	Terminating    Status = "terminating"    // being removed
	Terminated     Status = "terminated"     // gone
	// Before it is anything: the order waits for the vendor or reseller, or
	// was refused; it waits for its start.
	RequiresApproval Status = "requiresApproval"
	Rejected         Status = "rejected"
	Postponed        Status = "postponed"
	PaymentExpired   Status = "paymentExpired" // the first invoice was never paid
)

// Statuses lists them; the schema checks the same.
var Statuses = []Status{WaitingPayment, Pending, Active, Suspended, Failed, Terminating, Terminated,
	RequiresApproval, Rejected, PaymentExpired, Postponed}

// next is the only table of a subscription's moves.
var next = map[Status][]Status{
	RequiresApproval: {Postponed, WaitingPayment, Pending, Rejected, Terminated},
	Postponed:        {WaitingPayment, Pending, Terminated},
	WaitingPayment:   {Pending, Terminated, PaymentExpired},
	Pending:          {Active, Failed, Terminating},
	Failed:           {Pending, Active, Terminating},
	Active:           {Suspended, Terminating},
	Suspended:        {Active, Terminating},
	Terminating:      {Terminated},
}

// opened is where a subscription stands by what its order waits for.
var opened = map[order.Status]Status{
	order.RequiresApproval: RequiresApproval, order.Rejected: Rejected, order.Postponed: Postponed,
	order.AwaitingPayment: WaitingPayment, order.Confirmed: Pending,
}

// Untold reports whether a vendor's connector does not know of the
// subscription: nothing is to be done for it yet, or ever.
func (s Status) Untold() bool { return s == RequiresApproval || s == Postponed || s == Rejected }

// told is the event of a move; false when there is none. What nobody was told
// of is CREATED when it begins, and is not told to end.
func told(from, to Status) (event.Type, bool) {
	switch {
	case to.Untold(), from.Untold() && to == Terminated:
		return "", false
	case from.Untold():
		return event.Created, true
	case to == Terminated, to == PaymentExpired:
		return event.Deleted, true
	}
	return event.Modified, true
}

// CanBecome reports whether a subscription in s may move to the status.
func (s Status) CanBecome(to Status) bool { return slices.Contains(next[s], to) }

// Operation is a change to the outside world that a subscription asks for.
type Operation string

// The operations, as plugins know them.
const (
	Provision   Operation = "provision"
	Update      Operation = "update"
	Suspend     Operation = "suspend"
	Resume      Operation = "resume"
	Deprovision Operation = "deprovision"
	Repair      Operation = "repair" // make it as sold again
)

// Operations lists them; the schema checks the same.
var Operations = []Operation{Provision, Update, Suspend, Resume, Deprovision, Repair}

// Subscription is one customer's use of one plan.
type Subscription struct {
	ID              int64  `db:"id"`
	CustomerID      int64  `db:"customer_id"`
	Customer        string `db:"customer"`
	VendorID        int64  `db:"vendor_id"`
	Vendor          string `db:"vendor"`
	ProductID       int64  `db:"product_id"`
	Product         string `db:"product"`
	SKU             string `db:"sku"`
	PlanID          int64  `db:"plan_id"`
	Plan            string `db:"plan"`
	RevisionID      int64  `db:"plan_revision_id"`
	NextRevisionID  *int64 `db:"next_revision_id"` // a downgrade that waits for the next period
	OrderID         int64  `db:"order_id"`
	ProviderID      int64  `db:"provider_id"` // 0 when the vendor sets it up
	ResellerID      *int64 `db:"reseller_id"` // who sold it; nil when the marketplace did
	Name            string `db:"name"`        // what people call it; "" when nobody named it
	NamedByCustomer bool   `db:"named_by_customer"`
	SuspendedFor    string `db:"suspended_for"` // ForOverdue, or "" when somebody suspended it
	// Version counts every change that a reader can see.
	Version        int64      `db:"version"`
	Status         Status     `db:"status"`
	AutoRenew      bool       `db:"auto_renew"`
	Parameters     string     `db:"parameters"`
	NextParameters *string    `db:"next_parameters"` // what was chosen for the next period
	AnchorAt       *time.Time `db:"anchor_at"`       // where the first period began
	PeriodIndex    int        `db:"period_index"`
	PeriodStart    *time.Time `db:"period_start"`
	PeriodEnd      *time.Time `db:"period_end"`
	RenewedAhead   int        `db:"renewed_ahead"` // following periods that are billed already
	TrialEndsAt    *time.Time `db:"trial_ends_at"`
	BillsAt        *time.Time `db:"bills_at"` // when billing must act next; nil = never
	ParkedReason   string     `db:"parked_reason"`
	CreatedAt      time.Time  `db:"created_at"`
	ActivatedAt    *time.Time `db:"activated_at"`
	TerminatedAt   *time.Time `db:"terminated_at"`
}

// InTrial reports whether the subscription is in its free days at the instant.
func (s Subscription) InTrial(at time.Time) bool {
	return s.TrialEndsAt != nil && at.Before(*s.TrialEndsAt)
}

// Upcoming are the parameters of the next period, as far as they are chosen.
func (s Subscription) Upcoming() json.RawMessage {
	if s.NextParameters != nil {
		return json.RawMessage(*s.NextParameters)
	}
	return json.RawMessage(s.Parameters)
}

// Alive reports whether it exists for its customer: neither gone nor going.
func (s Subscription) Alive() bool {
	return s.Status != Terminating && !s.Gone()
}

// VendorProvisioned reports whether its vendor sets it up, and no plugin.
func (s Subscription) VendorProvisioned() bool { return s.ProviderID == 0 }

// Gone reports whether nothing will ever come of it any more.
func (s Subscription) Gone() bool {
	return s.Status == Terminated || s.Status == Rejected || s.Status == PaymentExpired
}

// ForOverdue is why a subscription is suspended whose invoice is overdue.
const ForOverdue = "overdue"

// Parties are the organizations whose subscription it is: they may see it and,
// by their rights, change it.
func (s Subscription) Parties() []int64 {
	all := []int64{s.CustomerID, s.VendorID}
	if s.ResellerID != nil {
		all = append(all, *s.ResellerID)
	}
	return all
}

// Reseller is the id of who sold it, 0 when the marketplace did.
func (s Subscription) Reseller() int64 {
	if s.ResellerID == nil {
		return 0
	}
	return *s.ResellerID
}

func (s Subscription) cannot(to Status) error {
	return fault.Newf(fault.Conflict, "A subscription that is %s cannot become %s.", words[s.Status], words[to]).With("subscription", s.ID)
}

// words say a status to a person.
var words = map[Status]string{
	WaitingPayment: "waiting for payment", Pending: "being set up", Active: "active", Suspended: "suspended",
	Failed: "failed", Terminating: "being terminated", Terminated: "terminated",
	RequiresApproval: "waiting for approval", Rejected: "rejected", PaymentExpired: "never paid", Postponed: "waiting for its start",
}
