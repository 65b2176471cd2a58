package invoice

import (
	"context"
	"fmt"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/rating"
)

// beginDraft writes an invoice that is not issued yet: only its vendor sees
// it, and its lines can be replaced. It has a number of gap-free series only
// once it is issued.
func (s *Service) beginDraft(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, lines []billLine) (Invoice, error) {
	inv, err := s.compose(ctx, tx, sub, lines)
	if err != nil {
		return Invoice{}, err
	}
	inv.Status, inv.PaidAt, inv.Type = Draft, nil, order.Chunked
	n, err := takeNumber(ctx, tx, "DRAFT")
	if err != nil {
		return Invoice{}, err
	}
	inv.Number = fmt.Sprintf("DRAFT-%08d", n)
	if inv.ID, err = insertInvoice(ctx, tx, inv); err != nil {
		return Invoice{}, err
	}
	if err := insertLines(ctx, tx, inv, lines); err != nil {
		return Invoice{}, err
	}
	if inv.OrderID, err = s.record(ctx, tx, actor, sub, inv); err != nil {
		return Invoice{}, err
	}
	return inv, noteDraft(ctx, tx, actor, "invoice.drafted", inv)
}

func noteDraft(ctx context.Context, tx *store.Tx, actor account.Actor, action string, inv Invoice) error {
	return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: action, Entity: "invoice", EntityID: inv.ID,
		After: map[string]any{"number": inv.Number, "total": inv.amount()}})
}

// ReplaceLines gives a draft other lines. An invoice that is issued never
// changes: that is a Conflict.
func (s *Service) ReplaceLines(ctx context.Context, actor account.Actor, id int64, lines []LineInput) (Invoice, error) {
	return s.drafting(ctx, actor, id, func(tx *store.Tx, sub subscription.Subscription, old Invoice) error {
		if err := checkLines(lines, old.Currency); err != nil {
			return err
		}
		bill := priced(extras(lines, sub.ID, Upsell, tx.Now()), old.Currency, sub.RevisionID)
		inv, err := s.compose(ctx, tx, sub, bill)
		if err != nil {
			return err
		}
		inv.ID, inv.Number, inv.Status, inv.PaidAt = id, old.Number, Draft, nil
		if err := deleteLines(ctx, tx, id); err != nil {
			return err
		}
		if err := insertLines(ctx, tx, inv, bill); err != nil {
			return err
		}
		if err := updateDraft(ctx, tx, inv); err != nil {
			return err
		}
		return noteDraft(ctx, tx, actor, "invoice.redrafted", inv)
	})
}

// Finalize issues a draft with the lines it has.
func (s *Service) Finalize(ctx context.Context, actor account.Actor, id int64) (Invoice, error) {
	return s.drafting(ctx, actor, id, func(tx *store.Tx, sub subscription.Subscription, old Invoice) error {
		lines, err := linesOf(ctx, tx, id)
		if err != nil {
			return err
		}
		bill := make([]billLine, len(lines))
		for i, l := range lines {
			bill[i] = billLine{Line: rating.Line{Kind: l.Kind, Amount: l.Amount}}
		}
		if !worthAnInvoice(bill) {
			return fault.New(fault.Precondition, "This draft bills nothing yet; give it lines first.").With("invoice", id)
		}
		inv, err := s.compose(ctx, tx, sub, bill)
		if err != nil {
			return err
		}
		inv.ID = id
		if inv.Number, err = number(ctx, tx, inv); err != nil {
			return err
		}
		if err := updateDraft(ctx, tx, inv); err != nil {
			return err
		}
		if inv.Status == Paid {
			if err := order.SettleInvoice(ctx, tx, id); err != nil {
				return err
			}
		}
		return s.issued(ctx, tx, actor, inv, sub)
	})
}

// drafting runs fn on a locked draft of the vendor's and returns what became
// of it.
func (s *Service) drafting(ctx context.Context, actor account.Actor, id int64, fn func(*store.Tx, subscription.Subscription, Invoice) error) (Invoice, error) {
	if err := actor.Need(account.ChargeSubscriptions); err != nil {
		return Invoice{}, err
	}
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		inv, err := lockInvoice(ctx, tx, id)
		if err != nil {
			return err
		}
		sub, err := subscription.ByID(ctx, tx, inv.SubscriptionID)
		if err != nil {
			return err
		}
		if err := actor.NeedOwn("invoice", sub.VendorID); err != nil {
			return err
		}
		if inv.Status != Draft {
			return fault.Newf(fault.Conflict, "Invoice %s is issued and never changes any more.", inv.Number).With("invoice", id)
		}
		return fn(tx, sub, inv)
	})
	if err != nil {
		return Invoice{}, err
	}
	return s.Get(ctx, actor, id)
}
