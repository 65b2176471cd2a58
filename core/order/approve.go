package order

import (
	"context"
	"encoding/json"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// Approve lets an order go on that waits for it: it is priced now, with the
// revision that was ordered, and then waits for its start, for money, or for
// nothing. The reseller who sold it decides, else the vendor; operators may.
func (s *Service) Approve(ctx context.Context, actor account.Actor, id int64) (Order, error) {
	return s.decide(ctx, actor, id, func(tx *store.Tx, o *Order) error {
		o.ApprovedBy, o.ApprovedAt = actor.Audit().Name, new(tx.Now())
		if err := s.proceed(ctx, tx, actor, o); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, *o, "order.approve", event.Modified, "order.approved", "Approved by "+o.ApprovedBy)
	})
}

// Reject refuses an order that waits for approval, for good. Who may approve
// may reject.
func (s *Service) Reject(ctx context.Context, actor account.Actor, id int64) (Order, error) {
	return s.decide(ctx, actor, id, func(tx *store.Tx, o *Order) error {
		o.Status = Rejected
		if err := s.advance(ctx, tx, actor, o, Quote{}); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, *o, "order.reject", event.Modified, "order.rejected", "Rejected by "+actor.Audit().Name)
	})
}

// decide runs fn on a locked order that waits for the actor's approval.
func (s *Service) decide(ctx context.Context, actor account.Actor, id int64, fn func(tx *store.Tx, o *Order) error) (Order, error) {
	if err := actor.Need(account.ApproveOrders); err != nil {
		return Order{}, err
	}
	var o Order
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if o, err = lock(ctx, tx, id); err != nil {
			return err
		}
		if err := actor.NeedOwn("order", o.Parties()...); err != nil {
			return err
		}
		if !actor.Owns(o.Approver()) {
			return fault.New(fault.Forbidden, "The reseller who sold this decides about the order.").With("order", id)
		}
		if o.Status != RequiresApproval {
			return fault.Newf(fault.Conflict, "This order does not wait for approval; it is %s.", words[o.Status]).With("order", id)
		}
		return fn(tx, &o)
	})
	return o, err
}

// Begin starts a postponed order whose time has come. One that was cancelled
// meanwhile, or that began already, stays as it is.
func (s *Service) Begin(ctx context.Context, tx *store.Tx, id int64) error {
	o, err := lock(ctx, tx, id)
	if err != nil || o.Status != Postponed {
		return err
	}
	system := account.SystemActor(tx.Marketplace())
	if err := s.proceed(ctx, tx, system, &o); err != nil {
		return err
	}
	return s.record(ctx, tx, system, o, "order.begin", event.Modified, "order.begun", "The day for which it was ordered has come")
}

// proceed prices an order that nobody needs to approve any more, and moves it
// and its subscription on.
func (s *Service) proceed(ctx context.Context, tx *store.Tx, actor account.Actor, o *Order) error {
	offer, err := offerOf(ctx, tx, o.RevisionID)
	if err != nil {
		return err
	}
	q, err := quote(ctx, tx, Wish{Offer: offer, Parameters: json.RawMessage(o.Parameters)}, tx.Now())
	if err != nil {
		return err
	}
	o.Status = o.after(q.Totals.Total, tx.Now())
	return s.advance(ctx, tx, actor, o, q)
}

// advance brings subscription and invoice to where the order stands now.
func (s *Service) advance(ctx context.Context, tx *store.Tx, actor account.Actor, o *Order, q Quote) error {
	if err := s.launch(ctx, tx, actor, *o); err != nil {
		return err
	}
	if err := s.charge(ctx, tx, actor, o, q); err != nil {
		return err
	}
	return save(ctx, tx, *o)
}

// offerOf is what was ordered, even if it is not on offer any more.
func offerOf(ctx context.Context, tx *store.Tx, revision int64) (o catalog.Offer, err error) {
	if o.Revision, err = catalog.RevisionByID(ctx, tx, revision); err != nil {
		return o, err
	}
	if o.Plan, err = catalog.PlanByID(ctx, tx, o.Revision.PlanID); err != nil {
		return o, err
	}
	o.Product, err = catalog.ProductByID(ctx, tx, o.Plan.ProductID)
	return o, err
}

// words say a status to a person.
var words = map[Status]string{
	AwaitingPayment: "waiting for payment", Confirmed: "confirmed", Cancelled: "cancelled",
	RequiresApproval: "waiting for approval", Rejected: "rejected", Postponed: "waiting for its start",
}
