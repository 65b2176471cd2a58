package order

import (
	"context"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

const selectOrder = `SELECT o.id, o.customer_id, p.vendor_id, o.placed_by, o.plan_revision_id, o.subscription_id, o.invoice_id, o.status, o.parameters,
	o.created_at, o.reseller_id, o.type, o.external_reference, o.approved_by, o.approved_at, o.start_at
	FROM customer_order o JOIN plan_revision r ON r.id = o.plan_revision_id JOIN plan ON plan.id = r.plan_id
	JOIN product p ON p.id = plan.product_id WHERE o.marketplace_id = ?`

func insert(ctx context.Context, tx *store.Tx, o Order) (int64, error) {
	id, err := tx.Insert(ctx, `INSERT INTO customer_order (marketplace_id, customer_id, reseller_id, placed_by, plan_revision_id, type, external_reference,
		status, parameters, start_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, tx.Marketplace(), o.CustomerID, o.ResellerID, o.PlacedBy,
		o.RevisionID, o.Type, o.ExternalReference, o.Status, o.Parameters, o.StartAt, tx.Now())
	if store.IsTaken(err) {
		taken := fault.Newf(fault.Conflict, "You have used the reference %q for another order.", o.ExternalReference)
		taken.Fields = []fault.Field{{Name: "externalReference", Message: taken.Message}}
		return 0, taken
	}
	return id, err
}

// save writes what moves in an order's life.
func save(ctx context.Context, tx *store.Tx, o Order) error {
	_, err := tx.Exec(ctx, `UPDATE customer_order SET subscription_id = ?, invoice_id = ?, status = ?, approved_by = ?, approved_at = ?
		WHERE marketplace_id = ? AND id = ?`, o.SubscriptionID, o.InvoiceID, o.Status, o.ApprovedBy, o.ApprovedAt, tx.Marketplace(), o.ID)
	return err
}

func byID(ctx context.Context, tx *store.Tx, id int64) (o Order, err error) {
	return o, tx.Get(ctx, "order", &o, selectOrder+` AND o.id = ?`, tx.Marketplace(), id)
}

// lock reads an order that will be changed in this transaction. Its
// subscription is locked, and it with it: that is the order in which billing
// and a termination take them, so that nobody waits for each other for ever.
func lock(ctx context.Context, tx *store.Tx, id int64) (Order, error) {
	var locked int64
	err := tx.Get(ctx, "order", &locked, `SELECT id FROM subscription WHERE marketplace_id = ? AND id =
		(SELECT subscription_id FROM customer_order WHERE marketplace_id = ? AND id = ?)`+tx.ForUpdate(), tx.Marketplace(), tx.Marketplace(), id)
	if err != nil {
		return Order{}, err
	}
	return byID(ctx, tx, id)
}
