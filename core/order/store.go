package order

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

const selectOrder = `SELECT id, customer_id, placed_by, plan_revision_id, subscription_id, invoice_id, status, parameters, created_at,
	reseller_id, type, external_reference, approved_by, approved_at FROM customer_order WHERE marketplace_id = ?`

func insert(ctx context.Context, tx *store.Tx, o Order) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO customer_order (marketplace_id, customer_id, reseller_id, placed_by, plan_revision_id, type, external_reference, status, parameters, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, tx.Marketplace(), o.CustomerID, o.ResellerID, o.PlacedBy, o.RevisionID, o.Type, o.ExternalReference, o.Status, o.Parameters, tx.Now())
}

func link(ctx context.Context, tx *store.Tx, o Order) error {
	_, err := tx.Exec(ctx, `UPDATE customer_order SET subscription_id = ?, invoice_id = ? WHERE marketplace_id = ? AND id = ?`,
		o.SubscriptionID, o.InvoiceID, tx.Marketplace(), o.ID)
	return err
}

func byID(ctx context.Context, tx *store.Tx, id int64) (o Order, err error) {
	return o, tx.Get(ctx, "order", &o, selectOrder+` AND id = ?`, tx.Marketplace(), id)
}

func list(ctx context.Context, tx *store.Tx, actor account.Actor, req page.Request) (page.Page[Order], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Order]{}, err
	}
	where, args := ` AND id < ?`, []any{tx.Marketplace(), before}
	if !actor.SeesAll() {
		where, args = where+` AND (customer_id = ? OR reseller_id = ?)`, append(args, actor.OrganizationID, actor.OrganizationID)
	}
	var rows []Order
	err = tx.Select(ctx, &rows, selectOrder+where+` ORDER BY id DESC LIMIT ?`, append(args, req.Size()+1)...)
	return page.Cut(req, rows, func(o Order) int64 { return o.ID }), err
}
