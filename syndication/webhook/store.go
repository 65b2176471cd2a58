package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

const deliveryColumns = `d.id, d.endpoint_id, w.recipient, COALESCE(d.owner_id, 0) AS owner_id, COALESCE(d.event_id, 0) AS event_id, d.entity, d.entity_id,
	d.event_type, d.topic, COALESCE(d.product_id, 0) AS product_id, COALESCE(p.name, '') AS product, COALESCE(d.subscription_id, 0) AS subscription_id,
	d.format, d.url, d.body, d.status, d.attempts, d.replayed, d.next_attempt_at, d.last_error, d.created_at, d.delivered_at`

const selectDelivery = `SELECT ` + deliveryColumns + ` FROM webhook_delivery d JOIN webhook_endpoint w ON w.id = d.endpoint_id
	LEFT JOIN product p ON p.id = d.product_id WHERE d.marketplace_id = ?`

// rowsAtOnce is how many rows one INSERT writes, far below what either
// database allows in parameters.
const rowsAtOnce = 500

// insertRows writes rows of n columns each.
func insertRows(ctx context.Context, tx *store.Tx, into string, n int, rows [][]any, after string) error {
	one := "(?" + strings.Repeat(", ?", n-1) + ")"
	for chunk := range slices.Chunk(rows, rowsAtOnce) {
		values := one + strings.Repeat(", "+one, len(chunk)-1)
		if _, err := tx.Exec(ctx, `INSERT INTO `+into+` VALUES `+values+after, slices.Concat(chunk...)...); err != nil {
			return err
		}
	}
	return nil
}

// insertDeliveries writes new deliveries that are due now, in real time. One
// that an endpoint has already of an event stays as it is.
func insertDeliveries(ctx context.Context, tx *store.Tx, all []Delivery, due time.Time) error {
	rows := make([][]any, len(all))
	for i, d := range all {
		rows[i] = []any{tx.Marketplace(), d.EndpointID, orNil(d.OwnerID), orNil(d.EventID), d.Entity, d.EntityID, d.EventType, d.Topic,
			orNil(d.SubscriptionID), orNil(d.ProductID), d.Format, d.URL, d.Body, Pending, due, d.CreatedAt}
	}
	return insertRows(ctx, tx, `webhook_delivery (marketplace_id, endpoint_id, owner_id, event_id, entity, entity_id, event_type, topic,
		subscription_id, product_id, format, url, body, status, next_attempt_at, created_at)`, 16, rows, ` ON CONFLICT (endpoint_id, event_id) DO NOTHING`)
}

func orNil(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// salesOf reads the subscriptions that the events are about, by id.
func salesOf(ctx context.Context, tx *store.Tx, events []event.Event) (map[int64]sale, error) {
	var ids []int64
	for _, e := range events {
		if e.SubscriptionID != nil {
			ids = append(ids, *e.SubscriptionID)
		}
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) == 0 {
		return nil, nil
	}
	var rows []sale
	err := tx.SelectIn(ctx, &rows, `SELECT id, product_id, vendor_id, customer_id, COALESCE(reseller_id, 0) AS reseller_id, status
		FROM subscription WHERE marketplace_id = ? AND id IN (?)`, tx.Marketplace(), ids)
	out := make(map[int64]sale, len(rows))
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

// supersedeRetries ends the retries of older events of the subscriptions that
// the new deliveries are about, at the same endpoints.
func supersedeRetries(ctx context.Context, tx *store.Tx, fresh []Delivery) error {
	of := map[int64][]int64{}
	for _, d := range fresh {
		if d.supersedable() {
			of[d.EndpointID] = append(of[d.EndpointID], d.SubscriptionID)
		}
	}
	for endpoint, subs := range of {
		_, err := tx.ExecIn(ctx, `UPDATE webhook_delivery SET status = ?, next_attempt_at = NULL WHERE marketplace_id = ? AND endpoint_id = ?
			AND subscription_id IN (?) AND entity = ? AND event_id IS NOT NULL AND status = 'pending' AND attempts > 0 AND NOT replayed`,
			Superseded, tx.Marketplace(), endpoint, subs, event.Subscription)
		if err != nil {
			return err
		}
	}
	return nil
}

// newerExists is a condition on d: a newer event of its subscription goes, or
// went, to the same endpoint.
const newerExists = `d.entity = 'Subscription' AND d.event_id IS NOT NULL AND EXISTS (SELECT 1 FROM webhook_delivery n
	WHERE n.marketplace_id = d.marketplace_id AND n.subscription_id = d.subscription_id AND n.endpoint_id = d.endpoint_id
	AND n.entity = d.entity AND n.event_id > d.event_id)`

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

// giveUp ends what waits for an endpoint.
func giveUp(ctx context.Context, tx *store.Tx, endpoint int64, why string) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_delivery SET status = ?, next_attempt_at = NULL, last_error = ?
		WHERE marketplace_id = ? AND endpoint_id = ? AND status = 'pending'`, Dead, why, tx.Marketplace(), endpoint)
	return err
}

func list(ctx context.Context, tx *store.Tx, actor account.Actor, f Filter, req page.Request) (page.Page[Delivery], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Delivery]{}, err
	}
	where, args := ` AND d.id < ?`, []any{tx.Marketplace(), before}
	add := func(clause string, val any) { where, args = where+clause, append(args, val) }
	if !actor.SeesAll() {
		add(` AND d.owner_id = ?`, actor.OrganizationID)
	}
	if f.SubscriptionID != 0 {
		add(` AND d.subscription_id = ?`, f.SubscriptionID)
	}
	if f.ProductID != 0 {
		add(` AND d.product_id = ?`, f.ProductID)
	}
	if f.EndpointID != 0 {
		add(` AND d.endpoint_id = ?`, f.EndpointID)
	}
	if f.Entity != "" {
		add(` AND d.entity = ?`, f.Entity)
	}
	if f.EntityID != 0 {
		add(` AND d.entity_id = ?`, f.EntityID)
	}
	if f.Status != "" {
		add(` AND d.status = ?`, f.Status)
	}
	if f.Arrived != nil && *f.Arrived {
		add(` AND d.status = ?`, Delivered)
	} else if f.Arrived != nil {
		add(` AND d.status <> ?`, Delivered)
	}
	return store.SelectPage(ctx, tx, req, selectDelivery+where, "d.id DESC", args, func(d Delivery) int64 { return d.ID })
}

// insertAttempts writes what became of attempts, each of its delivery.
func insertAttempts(ctx context.Context, tx *store.Tx, all []result) error {
	rows := make([][]any, len(all))
	for i, r := range all {
		a := r.logged()
		request, err := json.Marshal(a.RequestHeaders)
		if err != nil {
			return fmt.Errorf("delivery %d: %w", r.ID, err)
		}
		response, err := json.Marshal(a.ResponseHeaders)
		if err != nil {
			return fmt.Errorf("delivery %d: %w", r.ID, err)
		}
		rows[i] = []any{tx.Marketplace(), r.ID, a.Number, a.SentAt, a.DurationMS, a.StatusCode, string(request), string(response), a.ResponseBody, a.Error}
	}
	return insertRows(ctx, tx, `webhook_attempt (marketplace_id, delivery_id, number, sent_at, duration_ms, status_code,
		request_headers, response_headers, response_body, error)`, 10, rows, "")
}

// attemptsOf returns the attempts of a delivery, oldest first.
func attemptsOf(ctx context.Context, tx *store.Tx, delivery int64) (all []Attempt, err error) {
	return all, tx.Select(ctx, &all, `SELECT id, number, sent_at, duration_ms, status_code, request_headers, response_headers, response_body, error
		FROM webhook_attempt WHERE marketplace_id = ? AND delivery_id = ? ORDER BY id`, tx.Marketplace(), delivery)
}
