package payment

import (
	"context"
	"fmt"

	"github.com/fondaco/fondaco/core/store"
)

const selectPayment = `SELECT id, invoice_id, gateway, status, currency, amount, card_last4, card_expiry, reference, message,
	created_at, finished_at FROM payment`

// hasOpenPayment reports whether a payment of the invoice is pending or done.
func hasOpenPayment(ctx context.Context, tx *store.Tx, invoiceID int64) (bool, error) {
	var n int
	err := tx.Get(ctx, "payment", &n, `SELECT COUNT(*) FROM payment WHERE marketplace_id = ? AND invoice_id = ? AND status IN (?, ?)`,
		tx.Marketplace(), invoiceID, Pending, Succeeded)
	return n > 0, err
}

// UnderWay reports whether a payment of the invoice is pending: it may yet
// succeed.
func UnderWay(ctx context.Context, tx *store.Tx, invoiceID int64) (bool, error) {
	var n int
	err := tx.Get(ctx, "payment", &n, `SELECT COUNT(*) FROM payment WHERE marketplace_id = ? AND invoice_id = ? AND status = ?`,
		tx.Marketplace(), invoiceID, Pending)
	return n > 0, err
}

func insertPayment(ctx context.Context, tx *store.Tx, p Payment) (int64, error) {
	id, err := tx.Insert(ctx, `INSERT INTO payment (marketplace_id, invoice_id, gateway, status, currency, amount, card_last4, card_expiry, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), p.InvoiceID, p.Gateway, p.Status, p.Currency, p.Amount, p.CardLast4, p.CardExpiry, tx.Now())
	if err != nil {
		return 0, fmt.Errorf("payment of invoice %d: %w", p.InvoiceID, err)
	}
	return id, nil
}

// paymentByID reads a payment; lock is "" or the transaction's ForUpdate.
func paymentByID(ctx context.Context, tx *store.Tx, id int64, lock string) (p Payment, err error) {
	err = tx.Get(ctx, "payment", &p, selectPayment+` WHERE marketplace_id = ? AND id = ?`+lock, tx.Marketplace(), id)
	return p, err
}

func paymentsOf(ctx context.Context, tx *store.Tx, invoiceID int64) (all []Payment, err error) {
	err = tx.Select(ctx, &all, selectPayment+` WHERE marketplace_id = ? AND invoice_id = ? ORDER BY id DESC`, tx.Marketplace(), invoiceID)
	return all, err
}

// updatePayment ends a pending payment.
func updatePayment(ctx context.Context, tx *store.Tx, p Payment) error {
	_, err := tx.Exec(ctx, `UPDATE payment SET status = ?, reference = ?, message = ?, finished_at = ?
		WHERE marketplace_id = ? AND id = ? AND status = ?`,
		p.Status, p.Reference, p.Message, p.FinishedAt, tx.Marketplace(), p.ID, Pending)
	return err
}
