package fulfilment

import (
	"cmp"
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// Report takes a vendor's word on one of its subscriptions. What was reported
// already, or has happened without it, is accepted and changes nothing, and
// nobody is told: connectors repeat themselves. What cannot be is a Conflict
// that says why.
func (s *Service) Report(ctx context.Context, actor account.Actor, id int64, r Report) error {
	if err := r.Validate(); err != nil {
		return err
	}
	return s.change(ctx, actor, id, func(tx *store.Tx, sub subscription.Subscription) error {
		switch r.Status {
		case Deployed:
			return s.deployed(ctx, tx, actor, sub)
		case Failed:
			return s.failed(ctx, tx, actor, sub, r.Message)
		}
		return s.undeployed(ctx, tx, actor, sub)
	})
}

// deployed activates what waited for it. A suspension is not the vendor's to
// end in this way: its connector may say that all is still there, but the
// customer has yet to pay or to resume.
func (s *Service) deployed(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription) error {
	switch sub.Status {
	case subscription.Active, subscription.Suspended:
		return nil
	case subscription.Pending, subscription.Failed:
		return s.subs.Move(ctx, tx, actor, &sub, subscription.Active, "subscription.activated", "Ready to use")
	}
	return refused(sub, Deployed)
}

func (s *Service) failed(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, why string) error {
	switch sub.Status {
	case subscription.Failed:
		return nil
	case subscription.Pending:
		why = cmp.Or(provision.Tidy(why), "The vendor gave no reason.")
		return s.subs.Move(ctx, tx, actor, &sub, subscription.Failed, "subscription.failed", "Setting up failed: "+why)
	}
	return refused(sub, Failed)
}

func (s *Service) undeployed(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription) error {
	switch {
	case sub.Gone():
		return nil
	case sub.Status == subscription.Terminating:
		return s.gone(ctx, tx, actor, sub, "Everything was removed")
	}
	return refused(sub, Undeployed)
}

// refused says why a report cannot be.
func refused(sub subscription.Subscription, r Status) error {
	why := map[subscription.Status]string{
		subscription.WaitingPayment:   "Its first invoice is not paid. Set it up when you are told that it is pending.",
		subscription.RequiresApproval: "Its order waits for approval.",
		subscription.Postponed:        "Its start has not come.",
		subscription.Rejected:         "Its order was rejected.",
		subscription.PaymentExpired:   "Its first invoice was never paid.",
		subscription.Terminating:      "It is being terminated: remove it, and report undeployed.",
		subscription.Terminated:       "It has ended.",
	}[sub.Status]
	if why == "" && r == Failed {
		why = "It was set up already. Only a set-up that is under way can fail."
	}
	if why == "" || r == Undeployed && sub.Alive() {
		why = "Nobody has terminated it. Terminate it first."
	}
	return fault.Newf(fault.Conflict, "The subscription cannot be %s now. %s", r, why).With("subscription", sub.ID)
}

// gone ends a subscription of which nothing is left, with all that was given
// for it.
func (s *Service) gone(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, why string) error {
	if err := clearAll(ctx, tx, sub.ID); err != nil {
		return err
	}
	// Billing looks at it once more, for the use of its last days.
	sub.BillsAt = new(tx.Now())
	return s.subs.Move(ctx, tx, actor, &sub, subscription.Terminated, "subscription.terminated", why)
}
