package subscription

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
)

// ChangeInput is another plan, other quantities, or both.
type ChangeInput struct {
	PlanID     int64           // 0: the plan stays
	Parameters json.RawMessage // what becomes other; what is left out stays
	// From is when it takes effect: nothing or the past is as soon as it can,
	// a day to come is the start of the next period.
	From *time.Time
}

// Outcome is what a change came to.
type Outcome string

// The outcomes.
const (
	Deferred Outcome = "deferred" // takes effect with the next period
	Free     Outcome = "free"     // done, nothing to pay
	PaidFor  Outcome = "paid"     // done, with an invoice
)

// ChangeResult is an outcome with the order that was written and, when
// something is to pay, its invoice.
type ChangeResult struct {
	Outcome   Outcome
	OrderID   int64
	InvoiceID int64
}

// Billed is what became of a change in money.
type Billed struct{ OrderID, InvoiceID int64 }

func (b Billed) result(atOnce bool) ChangeResult {
	r := ChangeResult{Outcome: Free, OrderID: b.OrderID, InvoiceID: b.InvoiceID}
	switch {
	case !atOnce:
		r.Outcome = Deferred
	case b.InvoiceID != 0:
		r.Outcome = PaidFor
	}
	return r
}

// Change changes plan, quantities or both at once, for the customer or, on its
// behalf, by the vendor. What is dearer takes effect, and is billed for the
// rest of the period, at once, unless From says later; what is cheaper waits for
// the next period.
func (s *Service) Change(ctx context.Context, actor account.Actor, id int64, in ChangeInput) (ChangeResult, error) {
	if err := actor.Need(account.RenewSubscriptions); err != nil {
		return ChangeResult{}, err
	}
	if in.PlanID == 0 && len(in.Parameters) == 0 {
		return ChangeResult{}, fault.InvalidField("planId", "Say which plan, or which parameters.")
	}
	sub, err := s.Get(ctx, actor, id)
	if err != nil {
		return ChangeResult{}, err
	}
	change := s.changePlan
	if in.PlanID == 0 || in.PlanID == sub.PlanID && len(in.Parameters) > 0 {
		change = s.changeSize
	}
	_, result, err := change(ctx, actor, id, account.RenewSubscriptions, in)
	return result, err
}

// waits reports whether a change that is to take effect at an instant waits
// for the next period. There is no other day to wait for.
func (s Subscription) waits(from *time.Time, now time.Time) (bool, error) {
	if from == nil || !from.After(now) {
		return false, nil
	}
	const date = "2006-01-02"
	if s.PeriodEnd != nil && from.UTC().Format(date) == s.PeriodEnd.UTC().Format(date) {
		return true, nil
	}
	message := "A change takes effect now, or with the next period."
	if s.PeriodEnd != nil {
		message = "A change takes effect now, or with the next period on " + s.PeriodEnd.UTC().Format(time.RFC3339) + "."
	}
	return false, fault.InvalidField("from", message)
}

// postpone records a change that waits for the next period, in place of an
// earlier one of its type.
func postpone(ctx context.Context, tx *store.Tx, actor account.Actor, sub Subscription, t order.Type, revision int64, parameters string) (Billed, error) {
	if err := order.SettleDeferred(ctx, tx, sub.ID, order.Cancelled, t); err != nil {
		return Billed{}, err
	}
	id, err := order.Record(ctx, tx, order.Later{Type: t, By: actor, CustomerID: sub.CustomerID, ResellerID: sub.ResellerID,
		SubscriptionID: sub.ID, RevisionID: revision, Parameters: parameters, Status: order.Postponed})
	return Billed{OrderID: id}, err
}
