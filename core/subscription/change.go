package subscription

import (
	"context"
	"slices"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
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
		if err := sub.notOverdue(); err != nil {
			return err
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
// paid in advance is not refunded. One that was never paid simply goes. Where
// the vendor sets it up it is asked first; operators need not ask. Customer,
// vendor and reseller may.
func (s *Service) Terminate(ctx context.Context, actor account.Actor, id int64) (Subscription, error) {
	if err := s.permit(ctx, actor, id, AtOnce); err != nil {
		return Subscription{}, err
	}
	return s.change(ctx, actor, id, AtOnce.right(), func(tx *store.Tx, sub *Subscription) error {
		return s.End(ctx, tx, actor, sub, "Terminated by "+actor.Audit().Name)
	})
}

// End terminates within a transaction: it is what expiry and overdue bills do.
func (s *Service) End(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, why string) error {
	if sub.Status.Untold() || sub.Status == WaitingPayment {
		return s.abandon(ctx, tx, actor, sub, Terminated, "subscription.terminated", why)
	}
	sub.BillsAt, sub.NextRevisionID, sub.NextParameters = nil, nil, nil
	if err := order.SettleDeferred(ctx, tx, sub.ID, order.Cancelled, order.Upgrade, order.ItemUpgrade); err != nil {
		return err
	}
	if err := s.Move(ctx, tx, actor, sub, Terminating, "subscription.terminating", why); err != nil {
		return err
	}
	return s.down.Start(ctx, tx, *sub, Deprovision)
}

// abandon ends what was never begun, with its order and its invoices.
func (s *Service) abandon(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, to Status, topic, why string) error {
	if err := s.down.CancelInvoices(ctx, tx, sub.ID); err != nil {
		return err
	}
	if err := order.Settle(ctx, tx, sub.ID, order.Cancelled); err != nil {
		return err
	}
	untold := sub.Status.Untold()
	sub.BillsAt = nil
	err := s.Move(ctx, tx, actor, sub, to, topic, why)
	if err != nil || !untold {
		return err
	}
	return s.events.Append(ctx, tx, event.Input{Entity: event.Order, EntityID: sub.OrderID, Type: event.Modified, Topic: "order.cancelled",
		SubscriptionID: sub.ID, CustomerID: sub.CustomerID, VendorID: sub.VendorID, ResellerID: sub.Reseller(), Actor: actor.Audit(), Summary: why})
}

// right is what somebody needs to end a subscription so: who sold it may
// terminate it, but whether it renews is the customer's.
func (e Ending) right() account.Right {
	if e == AtOnce {
		return account.EndSubscriptions
	}
	return account.UseSubscriptions
}

// permit asks whether the actor may end it so. What was never set up may
// always go.
func (s *Service) permit(ctx context.Context, actor account.Actor, id int64, e Ending) error {
	if err := actor.Need(e.right()); err != nil || actor.SeesAll() {
		return err
	}
	sub, err := s.Get(ctx, actor, id)
	if err != nil || !slices.Contains([]Status{Pending, Active, Suspended, Failed}, sub.Status) {
		return err
	}
	if e == NoRenewal && !sub.AutoRenew {
		return nil
	}
	return s.down.Permit(ctx, actor, sub, e)
}

// SetAutoRenew turns renewal at the end of the period on or off. Before it is
// turned off, the vendor who set it up is asked.
func (s *Service) SetAutoRenew(ctx context.Context, actor account.Actor, id int64, on bool) (Subscription, error) {
	if !on {
		if err := s.permit(ctx, actor, id, NoRenewal); err != nil {
			return Subscription{}, err
		}
	}
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
		if err := actor.NeedOwn("subscription", sub.Parties()...); err != nil {
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
