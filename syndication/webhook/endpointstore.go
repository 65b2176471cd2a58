package webhook

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

const selectEndpoint = `SELECT id, marketplace_id, recipient, COALESCE(organization_id, 0) AS organization_id, COALESCE(product_id, 0) AS product_id,
	url, description, format, secret, previous_secret, previous_until, enabled, disabled_reason, disabled_at, failing_since, failures,
	created_at, deleted_at FROM webhook_endpoint WHERE marketplace_id = ?`

func insertEndpoint(ctx context.Context, tx *store.Tx, e Endpoint) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO webhook_endpoint (marketplace_id, recipient, organization_id, product_id, url, description, format, secret, created_at)
		VALUES (?, ?, NULLIF(?, 0), NULLIF(?, 0), ?, ?, ?, ?, ?)`,
		tx.Marketplace(), e.Recipient, e.OrganizationID, e.ProductID, e.URL, e.Description, e.Format, e.Secret, tx.Now())
}

func saveEndpoint(ctx context.Context, tx *store.Tx, e Endpoint) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_endpoint SET url = ?, description = ?, format = ?, secret = ?, previous_secret = ?, previous_until = ?,
		enabled = ?, disabled_reason = ?, disabled_at = ?, failing_since = ?, failures = ?, deleted_at = ? WHERE marketplace_id = ? AND id = ?`,
		e.URL, e.Description, e.Format, e.Secret, e.PreviousSecret, e.PreviousUntil, e.Enabled, e.DisabledReason, e.DisabledAt,
		e.FailingSince, e.Failures, e.DeletedAt, tx.Marketplace(), e.ID)
	return err
}

// endpointByID returns an endpoint, also one that was deleted.
func endpointByID(ctx context.Context, tx *store.Tx, id int64) (e Endpoint, err error) {
	return e, tx.Get(ctx, "endpoint", &e, selectEndpoint+` AND id = ?`, tx.Marketplace(), id)
}

func lockEndpoint(ctx context.Context, tx *store.Tx, id int64) (e Endpoint, err error) {
	return e, tx.Get(ctx, "endpoint", &e, selectEndpoint+` AND id = ?`+tx.ForUpdate(), tx.Marketplace(), id)
}

// endpointOfProduct returns the product's own endpoint.
func endpointOfProduct(ctx context.Context, tx *store.Tx, product int64) (e Endpoint, err error) {
	return e, tx.Get(ctx, "endpoint", &e, selectEndpoint+` AND product_id = ? AND deleted_at IS NULL`+tx.ForUpdate(), tx.Marketplace(), product)
}

// liveEndpoints returns all endpoints of the marketplace that are not deleted,
// oldest first.
func liveEndpoints(ctx context.Context, tx *store.Tx) (all []Endpoint, err error) {
	return all, tx.Select(ctx, &all, selectEndpoint+` AND deleted_at IS NULL ORDER BY id`, tx.Marketplace())
}

func listEndpoints(ctx context.Context, tx *store.Tx, actor account.Actor, f EndpointFilter, req page.Request) (page.Page[Endpoint], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Endpoint]{}, err
	}
	where, args := ` AND deleted_at IS NULL AND id < ?`, []any{tx.Marketplace(), before}
	add := func(clause string, val any) { where, args = where+clause, append(args, val) }
	if !actor.SeesAll() {
		add(` AND organization_id = ?`, actor.OrganizationID)
	}
	if f.ProductID != 0 {
		add(` AND product_id = ?`, f.ProductID)
	}
	if f.Recipient != "" {
		add(` AND recipient = ?`, f.Recipient)
	}
	var rows []Endpoint
	err = tx.Select(ctx, &rows, selectEndpoint+where+` ORDER BY id DESC LIMIT ?`, append(args, req.Size()+1)...)
	return page.Cut(req, rows, func(e Endpoint) int64 { return e.ID }), err
}

// arrived notes that an endpoint answers.
func arrived(ctx context.Context, tx *store.Tx, id int64) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_endpoint SET failing_since = NULL, failures = 0
		WHERE marketplace_id = ? AND id = ? AND failing_since IS NOT NULL`, tx.Marketplace(), id)
	return err
}
