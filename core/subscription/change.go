package subscription

import (
	"context"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// Suspend blocks use until Resume; the customer, its vendor and operators may.
func (s *Service) Suspend(ctx context.Context, actor account.Actor, id int64) (Subscription, error) {
	return s.change(ctx, actor, id, account.SuspendSubscription, func(tx *store.Tx, sub *Subscription) error {
		if err := s.Move(ctx, tx, actor, sub, Suspended, "subscription.suspended", "Suspended by "+actor.Audit().Name); err != nil {
			return err
		}
		return s.down.Start(ctx, tx, *sub, Suspend)
	})
}

// Resume ends a suspension.
func (s *Service) Resume(ctx context.Context, actor account.Actor, id int64) (Subscription, error) {
	return s.change(ctx, actor, id, account.SuspendSubscription, func(tx *store.Tx, sub *Subscription) error {
		if sub.Status != Suspended {
			return sub.cannot(Active)
		}
		if err := s.Move(ctx, tx, actor, sub, Active, "subscription.resumed", "Resumed by "+actor.Audit().Name); err != nil {
			return err
		}
		return s.down.Start(ctx, tx, *sub, Resume)
	})
}

// Retry provisions a failed subscription again.
func (s *Service) Retry(ctx context.Context, actor account.Actor, id int64) (Subscription, error) {
	return s.change(ctx, actor, id, account.SuspendSubscription, func(tx *store.Tx, sub *Subscription) error {
		if sub.Status != Failed {
			return sub.cannot(Pending)
		}
		if err := s.Move(ctx, tx, actor, sub, Pending, "subscription.retried", "Set up again"); err != nil {
			return err
		}
		return s.down.Start(ctx, tx, *sub, Provision)
	})
}

// Terminate ends the subscription at once. Use until now is billed; what was
// paid in advance is not refunded. One that was never paid simply goes.
func (s *Service) Terminate(ctx context.Context, actor account.Actor, id int64) (Subscription, error) {
	return s.change(ctx, actor, id, account.UseSubscriptions, func(tx *store.Tx, sub *Subscription) error {
		return s.End(ctx, tx, actor, sub, "Terminated by "+actor.Audit().Name)
	})
}

// End terminates within a transaction: it is what expiry and overdue bills do.
func (s *Service) End(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, why string) error {
	if sub.Status == WaitingPayment {
		if err := s.down.CancelInvoices(ctx, tx, sub.ID); err != nil {
			return err
		}
		if err := order.Settle(ctx, tx, sub.ID, order.Cancelled); err != nil {
			return err
		}
		return s.Move(ctx, tx, actor, sub, Terminated, "subscription.terminated", why)
	}
	sub.BillsAt, sub.NextRevisionID = nil, nil
	if err := s.Move(ctx, tx, actor, sub, Terminating, "subscription.terminating", why); err != nil {
		return err
	}
	return s.down.Start(ctx, tx, *sub, Deprovision)
}

// ChangeQuote is what a plan change means in money, computed by the code that
// carries it out.
type ChangeQuote struct {
	From, To catalog.Offer
	// AtOnce says that it takes effect now; otherwise it waits for StartsAt.
	AtOnce   bool
	StartsAt time.Time
	// Lines are due now for the rest of the period; there may be none.
	Lines  []rating.Line
	Totals rating.Totals
}

// Interchangeable reports whether a subscription on the one terms can change
// to the other: same currency and same billing rhythm.
func Interchangeable(a, b price.Terms) bool {
	a, b = a.WithDefaults(), b.WithDefaults()
	return a.Currency == b.Currency && a.Timing == b.Timing && a.Anchor == b.Anchor && a.PeriodMonths == b.PeriodMonths
}

// QuoteChange says what changing to the plan would cost and when it would take
// effect. It refuses what ChangePlan would refuse.
func (s *Service) QuoteChange(ctx context.Context, actor account.Actor, id, plan int64) (ChangeQuote, error) {
	if err := actor.Need(account.UseSubscriptions); err != nil {
		return ChangeQuote{}, err
	}
	var q ChangeQuote
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sub, err := Visible(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		q, err = quoteChange(ctx, tx, sub, plan)
		return err
	})
	return q, err
}

func quoteChange(ctx context.Context, tx *store.Tx, sub Subscription, plan int64) (ChangeQuote, error) {
	if sub.Status != Active {
		return ChangeQuote{}, fault.Newf(fault.Conflict, "The plan can be changed while the subscription is active; this one is %s.", words[sub.Status]).With("subscription", sub.ID)
	}
	to, err := catalog.ForSale(ctx, tx, plan)
	if err != nil {
		return ChangeQuote{}, err
	}
	rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
	if err != nil {
		return ChangeQuote{}, err
	}
	q := ChangeQuote{From: catalog.Offer{Product: to.Product, Plan: catalog.Plan{ID: sub.PlanID, Name: sub.Plan}, Revision: rev}, To: to}
	if err := q.check(sub); err != nil {
		return ChangeQuote{}, err
	}
	return q, q.price(ctx, tx, sub)
}

func (q *ChangeQuote) check(sub Subscription) error {
	a, b := q.From.Revision.Content.Terms, q.To.Revision.Content.Terms
	var c fault.Check
	c.That(q.To.Product.ID == sub.ProductID, "planId", fmt.Sprintf("This is a plan of another product; choose one of %s.", sub.Product))
	c.That(q.To.Revision.ID != sub.RevisionID, "planId", "The subscription is on this plan already.")
	if c.That(a.Currency == b.Currency, "planId", fmt.Sprintf("This plan is priced in %s, the subscription in %s; order it anew instead.", b.Currency, a.Currency)) {
		c.That(Interchangeable(a, b), "planId", "This plan is billed in another rhythm; order it anew and terminate this one.")
	}
	return c.Err()
}

// price decides when the change takes effect and what is due now.
func (q *ChangeQuote) price(ctx context.Context, tx *store.Tx, sub Subscription) error {
	from, to := q.From.Revision.Content.Terms, q.To.Revision.Content.Terms
	q.AtOnce, q.StartsAt = true, tx.Now()
	if to.RecurringPrice.Less(from.RecurringPrice) || from.Timing == price.Postpaid {
		q.AtOnce, q.StartsAt = false, *sub.PeriodEnd
	}
	if q.AtOnce && !sub.InTrial(tx.Now()) {
		var err error
		q.Lines, err = rating.PlanChange(rating.Change{OldName: sub.Plan, NewName: q.To.Plan.Name, Old: from, New: to,
			Period: rating.Period{Start: *sub.PeriodStart, End: *sub.PeriodEnd}, At: tx.Now()})
		if err != nil {
			return err
		}
	}
	m, err := account.MarketplaceOf(ctx, tx)
	q.Totals = rating.Total(to.Currency, q.Lines, m.TaxPercent)
	return err
}

// ChangePlan moves the subscription to another plan of the same product. A
// dearer one takes effect, and is billed for the rest of the period, at once;
// a cheaper one, and any plan that is paid in arrears, waits for the next
// period. The access keys stay (K10).
func (s *Service) ChangePlan(ctx context.Context, actor account.Actor, id, plan int64) (Subscription, error) {
	return s.change(ctx, actor, id, account.UseSubscriptions, func(tx *store.Tx, sub *Subscription) error {
		q, err := quoteChange(ctx, tx, *sub, plan)
		if err != nil {
			return err
		}
		err = audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "subscription.changePlan", Entity: "subscription", EntityID: sub.ID,
			Before: map[string]int64{"planRevision": sub.RevisionID}, After: map[string]int64{"planRevision": q.To.Revision.ID}})
		if err != nil {
			return err
		}
		if !q.AtOnce {
			sub.NextRevisionID = &q.To.Revision.ID
			if err := Save(ctx, tx, *sub); err != nil {
				return err
			}
			return s.Tell(ctx, tx, actor, *sub, "subscription.planChangePlanned", "Changes to plan "+q.To.Plan.Name+" with the next period")
		}
		return s.changeNow(ctx, tx, actor, sub, q)
	})
}

func (s *Service) changeNow(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, q ChangeQuote) error {
	was := sub.Plan
	sub.PlanID, sub.Plan, sub.RevisionID, sub.NextRevisionID = q.To.Plan.ID, q.To.Plan.Name, q.To.Revision.ID, nil
	if err := Save(ctx, tx, *sub); err != nil {
		return err
	}
	if err := s.down.BillChange(ctx, tx, actor, *sub, q.Lines); err != nil {
		return err
	}
	if err := s.Tell(ctx, tx, actor, *sub, "subscription.planChanged", "Changed from plan "+was+" to "+sub.Plan); err != nil {
		return err
	}
	return s.down.Start(ctx, tx, *sub, Update)
}

// SetAutoRenew turns renewal at the end of the period on or off.
func (s *Service) SetAutoRenew(ctx context.Context, actor account.Actor, id int64, on bool) (Subscription, error) {
	return s.change(ctx, actor, id, account.UseSubscriptions, func(tx *store.Tx, sub *Subscription) error {
		if !sub.Alive() || sub.AutoRenew == on {
			return nil
		}
		sub.AutoRenew = on
		if err := Save(ctx, tx, *sub); err != nil {
			return err
		}
		return s.Tell(ctx, tx, actor, *sub, "subscription.autoRenewChanged", map[bool]string{true: "Renews by itself", false: "Ends with its period"}[on])
	})
}

// change runs fn on a locked subscription that the actor may change.
func (s *Service) change(ctx context.Context, actor account.Actor, id int64, right account.Right, fn func(tx *store.Tx, sub *Subscription) error) (Subscription, error) {
	if err := actor.Need(right); err != nil {
		return Subscription{}, err
	}
	var sub Subscription
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if sub, err = Lock(ctx, tx, id); err != nil {
			return err
		}
		if err := actor.NeedOwn("subscription", sub.CustomerID, sub.VendorID); err != nil {
			return err
		}
		if err := fn(tx, &sub); err != nil {
			return err
		}
		sub, err = ByID(ctx, tx, id)
		return err
	})
	return sub, err
}
