package subscription

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// StopOverdue suspends a subscription until its overdue invoices are paid.
func (s *Service) StopOverdue(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, why string) error {
	sub.SuspendedFor = ForOverdue
	why += ". It resumes by itself once everything overdue is paid."
	if err := s.Move(ctx, tx, actor, sub, Suspended, "subscription.suspended", why); err != nil {
		return err
	}
	return s.down.Start(ctx, tx, *sub, Suspend)
}

// ResumePaid ends a suspension for overdue invoices when they are paid.
func (s *Service) ResumePaid(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription) error {
	if err := s.Move(ctx, tx, actor, sub, Active, "subscription.resumed", "What was overdue is paid"); err != nil {
		return err
	}
	return s.down.Start(ctx, tx, *sub, Resume)
}

// GiveUp closes a subscription whose first invoice was never paid, with its
// invoice and its order. Who was told of its creation is told that it is gone.
func (s *Service) GiveUp(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, why string) error {
	return s.abandon(ctx, tx, actor, sub, PaymentExpired, "subscription.paymentExpired", why)
}

// notOverdue refuses to resume by hand what only a payment resumes.
func (s Subscription) notOverdue() error {
	if s.SuspendedFor != ForOverdue {
		return nil
	}
	return fault.New(fault.Conflict, "An invoice of this subscription is overdue. It resumes by itself once everything overdue is paid.").With("subscription", s.ID)
}
