package subscription

import (
	"context"
	"fmt"

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

// ChangePlan moves the subscription to another plan of the same product. A
// dearer one takes effect, and is billed for the rest of the period, at once;
// a cheaper one, and any plan that is paid in arrears, waits for the next
// period. The access keys stay (K10).
func (s *Service) ChangePlan(ctx context.Context, actor account.Actor, id, plan int64) (Subscription, error) {
	return s.change(ctx, actor, id, account.UseSubscriptions, func(tx *store.Tx, sub *Subscription) error {
		if sub.Status != Active {
			return fault.Newf(fault.Conflict, "The plan can be changed while the subscription is active; this one is %s.", words[sub.Status]).With("subscription", sub.ID)
		}
		offer, err := catalog.ForSale(ctx, tx, plan)
		if err != nil {
			return err
		}
		old, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
		if err != nil {
			return err
		}
		if err := checkChange(*sub, old, offer); err != nil {
			return err
		}
		return s.changePlan(ctx, tx, actor, sub, old, offer)
	})
}

func checkChange(sub Subscription, old catalog.Revision, offer catalog.Offer) error {
	a, b := old.Content.Terms, offer.Revision.Content.Terms
	var c fault.Check
	c.That(offer.Product.ID == sub.ProductID, "planId", fmt.Sprintf("This is a plan of another product; choose one of %s.", sub.Product))
	c.That(offer.Revision.ID != sub.RevisionID, "planId", "The subscription is on this plan already.")
	c.That(a.Currency == b.Currency, "planId", fmt.Sprintf("This plan is priced in %s, the subscription in %s; order it anew instead.", b.Currency, a.Currency))
	c.That(a.Timing == b.Timing && a.Anchor == b.Anchor && a.PeriodMonths == b.PeriodMonths, "planId",
		"This plan is billed in another rhythm; order it anew and terminate this one.")
	return c.Err()
}

func (s *Service) changePlan(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, old catalog.Revision, offer catalog.Offer) error {
	from, to := old.Content.Terms, offer.Revision.Content.Terms
	entry := audit.Entry{Actor: actor.Audit(), Action: "subscription.changePlan", Entity: "subscription", EntityID: sub.ID,
		Before: map[string]int64{"planRevision": sub.RevisionID}, After: map[string]int64{"planRevision": offer.Revision.ID}}
	if err := audit.Write(ctx, tx, entry); err != nil {
		return err
	}
	if to.RecurringPrice.Less(from.RecurringPrice) || from.Timing == price.Postpaid {
		sub.NextRevisionID = &offer.Revision.ID
		if err := Save(ctx, tx, *sub); err != nil {
			return err
		}
		return s.Tell(ctx, tx, actor, *sub, "subscription.planChangePlanned", "Changes to plan "+offer.Plan.Name+" with the next period")
	}
	was := sub.Plan
	sub.PlanID, sub.Plan, sub.RevisionID, sub.NextRevisionID = offer.Plan.ID, offer.Plan.Name, offer.Revision.ID, nil
	if err := Save(ctx, tx, *sub); err != nil {
		return err
	}
	if !sub.InTrial(tx.Now()) {
		lines, err := rating.PlanChange(rating.Change{OldName: was, NewName: offer.Plan.Name, Old: from, New: to,
			Period: rating.Period{Start: *sub.PeriodStart, End: *sub.PeriodEnd}, At: tx.Now()})
		if err != nil {
			return err
		}
		if err := s.down.BillChange(ctx, tx, actor, *sub, lines); err != nil {
			return err
		}
	}
	if err := s.Tell(ctx, tx, actor, *sub, "subscription.planChanged", "Changed from plan "+was+" to "+offer.Plan.Name); err != nil {
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
