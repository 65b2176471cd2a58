package invoice

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// MarkPaid records that the invoice was paid, starts a subscription that
// waited for it, and resumes one that was stopped for it (payment.PaidFunc).
// Paying a paid one again is a Conflict.
func (s *Service) MarkPaid(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) error {
	inv, err := lockInvoice(ctx, tx, id)
	if err != nil {
		return err
	}
	if inv.Status != Unpaid {
		return fault.Newf(fault.Conflict, "Invoice %s is %s already.", inv.Number, inv.Status).With("invoice", id)
	}
	now := tx.Now()
	if err := setStatus(ctx, tx, id, Paid, &now); err != nil {
		return err
	}
	inv.Status = Paid
	if err := order.SettleInvoice(ctx, tx, id); err != nil {
		return err
	}
	sub, err := subscription.ByID(ctx, tx, inv.SubscriptionID)
	if err != nil {
		return err
	}
	if err := s.tell(ctx, tx, actor, inv, sub, event.Modified, "invoice.paid", "Invoice "+inv.Number+" paid"); err != nil {
		return err
	}
	if err := s.subs.Paid(ctx, tx, actor, sub.ID); err != nil {
		return err
	}
	return s.caughtUp(ctx, tx, actor, sub.ID)
}

// MarkPaidBy records that the money came to whoever collects the invoice: to
// its seller when it is a pro-forma one, to the marketplace otherwise, which
// then is a payment like any other. The reference says where it stands in the
// books.
func (s *Service) MarkPaidBy(ctx context.Context, actor account.Actor, id int64, reference string) error {
	reference = strings.TrimSpace(reference)
	var c fault.Check
	c.MaxLen("reference", reference, 200)
	if err := c.Err(); err != nil {
		return err
	}
	return s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		inv, err := lockInvoice(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.readable(ctx, tx, actor, inv); err != nil {
			return err
		}
		if err := setReference(ctx, tx, id, reference); err != nil {
			return err
		}
		if !inv.SelfBilled() {
			return s.transferred(ctx, tx, actor, id, reference)
		}
		if err := actor.Need(account.CollectInvoices); err != nil {
			return err
		}
		if !actor.Owns(*inv.SelfBilledBy) {
			return fault.New(fault.Forbidden, "Another seller collects this invoice.").With("invoice", id)
		}
		return s.MarkPaid(ctx, tx, actor, id)
	})
}

// CancelUnpaid gives up the unpaid invoices of a subscription that was never
// used (subscription.Downstream). While one of them is being paid it is a
// Conflict: the money may be taken already.
func (s *Service) CancelUnpaid(ctx context.Context, tx *store.Tx, sub int64) error {
	open, err := lockOpen(ctx, tx, sub)
	if err != nil {
		return err
	}
	for _, inv := range open {
		paying, err := s.paying(ctx, tx, inv.ID)
		if err != nil {
			return err
		}
		if paying {
			return fault.New(fault.Conflict, "A payment of this subscription is under way. Try again in a minute.").With("invoice", inv.ID)
		}
		if err := setStatus(ctx, tx, inv.ID, Cancelled, nil); err != nil {
			return err
		}
	}
	return nil
}
