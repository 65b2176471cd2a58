package payment

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// bankTransfer marks payments that an operator recorded.
const bankTransfer = "bankTransfer"

// Record notes that an invoice was paid by bank transfer, with the reference
// of the statement. Operators only. It answers as Pay does: an invoice is paid
// once, whichever way.
func (s *Service) Record(ctx context.Context, actor account.Actor, invoiceID int64, reference string) (Payment, error) {
	if err := actor.Need(account.SettleInvoices); err != nil {
		return Payment{}, err
	}
	reference = strings.TrimSpace(reference)
	var c fault.Check
	c.MaxLen("reference", reference, 200)
	if err := c.Err(); err != nil {
		return Payment{}, err
	}
	var p Payment
	err := s.cfg.DB.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		p, err = s.record(ctx, tx, actor, invoiceID, reference)
		return err
	})
	return p, err
}

// RecordIn is Record within a transaction, of a reference that was checked
// (invoice.Config.Transferred).
func (s *Service) RecordIn(ctx context.Context, tx *store.Tx, actor account.Actor, invoiceID int64, reference string) error {
	if err := actor.Need(account.SettleInvoices); err != nil {
		return err
	}
	_, err := s.record(ctx, tx, actor, invoiceID, reference)
	return err
}

func (s *Service) record(ctx context.Context, tx *store.Tx, actor account.Actor, invoiceID int64, reference string) (Payment, error) {
	inv, err := s.owned(ctx, tx, actor, invoiceID)
	if err != nil {
		return Payment{}, err
	}
	if err := payable(inv); err != nil {
		return Payment{}, err
	}
	id, err := s.open(ctx, tx, Payment{InvoiceID: inv.ID, Gateway: bankTransfer, Status: Pending, Currency: inv.Currency, Amount: inv.Total})
	if err != nil {
		return Payment{}, err
	}
	return s.endIn(ctx, tx, actor, id, Succeeded, reference, "")
}
