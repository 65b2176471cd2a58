package order

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
)

// Later is what happens to a subscription after its purchase and costs, or
// could have cost, something.
type Later struct {
	Type           Type
	By             account.Actor
	CustomerID     int64
	ResellerID     *int64
	SubscriptionID int64
	RevisionID     int64
	Parameters     string
	InvoiceID      int64  // 0 when nothing is to be paid
	Status         Status // Confirmed when it is left out
}

// Record writes the order of a later type, so that whoever reads the newest
// order of a subscription knows what its last change was about. It returns the
// order's id.
func Record(ctx context.Context, tx *store.Tx, l Later) (int64, error) {
	o := Order{CustomerID: l.CustomerID, ResellerID: l.ResellerID, PlacedBy: l.By.UserID, RevisionID: l.RevisionID,
		Type: l.Type, Status: l.Status, Parameters: l.Parameters, SubscriptionID: &l.SubscriptionID}
	if o.Status == "" {
		o.Status = Confirmed
	}
	if l.InvoiceID != 0 {
		o.InvoiceID = &l.InvoiceID
	}
	var err error
	if o.ID, err = insert(ctx, tx, o); err != nil {
		return 0, err
	}
	return o.ID, save(ctx, tx, o)
}

// SettleInvoice confirms the order of an invoice that was paid.
func SettleInvoice(ctx context.Context, tx *store.Tx, invoice int64) error {
	_, err := tx.Exec(ctx, `UPDATE customer_order SET status = ? WHERE marketplace_id = ? AND invoice_id = ? AND status = ?`,
		Confirmed, tx.Marketplace(), invoice, AwaitingPayment)
	return err
}

// SettleDeferred moves the changes of a subscription that waited for its next
// period: to Confirmed when it began, to Cancelled when another choice took
// their place.
func SettleDeferred(ctx context.Context, tx *store.Tx, subscription int64, to Status, types ...Type) error {
	for _, t := range types {
		if _, err := tx.Exec(ctx, `UPDATE customer_order SET status = ? WHERE marketplace_id = ? AND subscription_id = ? AND status = ? AND type = ?`,
			to, tx.Marketplace(), subscription, Postponed, t); err != nil {
			return err
		}
	}
	return nil
}
