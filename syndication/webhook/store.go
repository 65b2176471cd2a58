package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

const selectDelivery = `SELECT d.id, d.event_id, e.type AS event_type, e.topic, d.product_id, p.name AS product, d.vendor_id,
	d.subscription_id, d.url, d.body, d.status, d.attempts, d.next_attempt_at, d.last_error, d.created_at, d.delivered_at
	FROM webhook_delivery d JOIN event e ON e.id = d.event_id JOIN product p ON p.id = d.product_id WHERE d.marketplace_id = ?`

func insert(ctx context.Context, tx *store.Tx, d Delivery) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO webhook_delivery (marketplace_id, event_id, product_id, vendor_id, subscription_id, url, body, status, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), d.EventID, d.ProductID, d.VendorID, d.SubscriptionID, d.URL, d.Body, Pending, tx.Now())
}

// announced reports whether the event has its delivery already.
func announced(ctx context.Context, tx *store.Tx, eventID int64) (bool, error) {
	var n int
	err := tx.Get(ctx, "count", &n, `SELECT COUNT(*) FROM webhook_delivery WHERE marketplace_id = ? AND event_id = ?`, tx.Marketplace(), eventID)
	return n > 0, err
}

func byID(ctx context.Context, tx *store.Tx, id int64) (d Delivery, err error) {
	return d, tx.Get(ctx, "delivery", &d, selectDelivery+` AND d.id = ?`, tx.Marketplace(), id)
}

func lock(ctx context.Context, tx *store.Tx, id int64) (Delivery, error) {
	var locked int64
	err := tx.Get(ctx, "delivery", &locked, `SELECT id FROM webhook_delivery WHERE marketplace_id = ? AND id = ?`+tx.ForUpdate(), tx.Marketplace(), id)
	if err != nil {
		return Delivery{}, err
	}
	return byID(ctx, tx, id)
}

func save(ctx context.Context, tx *store.Tx, d Delivery) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_delivery SET url = ?, status = ?, attempts = ?, next_attempt_at = ?, last_error = ?, delivered_at = ?
		WHERE marketplace_id = ? AND id = ?`,
		d.URL, d.Status, d.Attempts, d.NextAttemptAt, d.LastError, d.DeliveredAt, tx.Marketplace(), d.ID)
	return err
}

// ahead counts what must go before the first attempt of d: older events of its
// subscription that are untold, and older deliveries never tried. An event
// that is untold for longer than patience has its own trouble.
func ahead(ctx context.Context, tx *store.Tx, d Delivery, patience time.Duration) (n int, err error) {
	return n, tx.Get(ctx, "count", &n, `SELECT
		(SELECT COUNT(*) FROM webhook_delivery WHERE marketplace_id = ? AND subscription_id = ? AND url = ? AND event_id < ? AND status = ? AND attempts = 0) +
		(SELECT COUNT(*) FROM event WHERE marketplace_id = ? AND entity = ? AND entity_id = ? AND id < ? AND dispatched_at IS NULL AND happened_at > ?)`,
		tx.Marketplace(), d.SubscriptionID, d.URL, d.EventID, Pending,
		tx.Marketplace(), event.Subscription, d.SubscriptionID, d.EventID, tx.Now().Add(-patience))
}

func list(ctx context.Context, tx *store.Tx, actor account.Actor, f Filter, req page.Request) (page.Page[Delivery], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Delivery]{}, err
	}
	where, args := ` AND d.id < ?`, []any{tx.Marketplace(), before}
	add := func(clause string, val any) { where, args = where+clause, append(args, val) }
	if !actor.SeesAll() {
		add(` AND d.vendor_id = ?`, actor.OrganizationID)
	}
	if f.SubscriptionID != 0 {
		add(` AND d.subscription_id = ?`, f.SubscriptionID)
	}
	if f.ProductID != 0 {
		add(` AND d.product_id = ?`, f.ProductID)
	}
	if f.Status != "" {
		add(` AND d.status = ?`, f.Status)
	}
	var rows []Delivery
	err = tx.Select(ctx, &rows, selectDelivery+where+` ORDER BY d.id DESC LIMIT ?`, append(args, req.Size()+1)...)
	return page.Cut(req, rows, func(d Delivery) int64 { return d.ID }), err
}

func insertAttempt(ctx context.Context, tx *store.Tx, delivery int64, a Attempt) error {
	request, err := json.Marshal(a.RequestHeaders)
	if err != nil {
		return fmt.Errorf("delivery %d: %w", delivery, err)
	}
	response, err := json.Marshal(a.ResponseHeaders)
	if err != nil {
		return fmt.Errorf("delivery %d: %w", delivery, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO webhook_attempt (marketplace_id, delivery_id, number, sent_at, duration_ms, status_code,
		request_headers, response_headers, response_body, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), delivery, a.Number, a.SentAt, a.DurationMS, a.StatusCode, string(request), string(response), a.ResponseBody, a.Error)
	return err
}

// attemptsOf returns the attempts of a delivery, oldest first.
func attemptsOf(ctx context.Context, tx *store.Tx, delivery int64) (all []Attempt, err error) {
	return all, tx.Select(ctx, &all, `SELECT id, number, sent_at, duration_ms, status_code, request_headers, response_headers, response_body, error
		FROM webhook_attempt WHERE marketplace_id = ? AND delivery_id = ? ORDER BY id`, tx.Marketplace(), delivery)
}
