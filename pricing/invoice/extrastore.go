package invoice

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fondaco/fondaco/core/store"
)

// Tags are a vendor's words on a line, stored as JSON.
type Tags struct{ Map map[string]string }

// Scan reads the JSON column.
func (t *Tags) Scan(src any) error { return scan(src, &t.Map) }

func (t Tags) text() string {
	if len(t.Map) == 0 {
		return "{}"
	}
	text, _ := json.Marshal(t.Map) // texts always can be written
	return string(text)
}

const selectExtra = `SELECT id, subscription_id, kind, identifier, description, unit, tags, price, quantity, platform_cost, purchased_at
	FROM extra_line WHERE marketplace_id = ? AND invoice_id IS NULL`

func insertExtras(ctx context.Context, tx *store.Tx, all []ExtraLine) error {
	for _, e := range all {
		_, err := tx.Exec(ctx, `INSERT INTO extra_line (marketplace_id, subscription_id, kind, identifier, description, unit, tags, price, quantity,
			platform_cost, purchased_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, tx.Marketplace(), e.SubscriptionID, e.Kind,
			e.Identifier, e.Description, e.Unit, e.Tags.text(), e.Price, e.Quantity, e.PlatformCost, e.PurchasedAt, tx.Now())
		if err != nil {
			return err
		}
	}
	return nil
}

func deleteWaiting(ctx context.Context, tx *store.Tx, sub int64, kind ExtraKind) error {
	_, err := tx.Exec(ctx, `DELETE FROM extra_line WHERE marketplace_id = ? AND subscription_id = ? AND kind = ? AND invoice_id IS NULL`,
		tx.Marketplace(), sub, kind)
	return err
}

// waiting reads the lines of a kind that are not on an invoice for good.
func waiting(ctx context.Context, tx *store.Tx, sub int64, kind ExtraKind) (all []ExtraLine, err error) {
	return all, tx.Select(ctx, &all, selectExtra+` AND subscription_id = ? AND kind = ? ORDER BY id`, tx.Marketplace(), sub, kind)
}

// ripe reads those of them whose day has come.
func ripe(ctx context.Context, tx *store.Tx, sub int64, kind ExtraKind) (all []ExtraLine, err error) {
	return all, tx.Select(ctx, &all, selectExtra+` AND subscription_id = ? AND kind = ? AND purchased_at <= ? ORDER BY id`,
		tx.Marketplace(), sub, kind, tx.Now())
}

// billedOn says on which invoice a line now stands; it will be on no other.
func billedOn(ctx context.Context, tx *store.Tx, extra, invoice int64) error {
	_, err := tx.Exec(ctx, `UPDATE extra_line SET invoice_id = ? WHERE marketplace_id = ? AND id = ?`, invoice, tx.Marketplace(), extra)
	return err
}

// ripeSubscriptions returns those with lines of their own whose day has come.
func ripeSubscriptions(ctx context.Context, tx *store.Tx, limit int) (ids []int64, err error) {
	return ids, tx.Select(ctx, &ids, `SELECT DISTINCT e.subscription_id FROM extra_line e JOIN subscription s ON s.id = e.subscription_id
		AND s.marketplace_id = e.marketplace_id WHERE e.marketplace_id = ? AND e.kind = 'upsell' AND e.invoice_id IS NULL
		AND e.purchased_at <= ? AND s.status IN ('active', 'suspended') AND s.parked_reason = '' ORDER BY e.subscription_id LIMIT ?`, tx.Marketplace(), tx.Now(), limit)
}

// nextPostponed is when the next line of its own is to be billed.
func nextPostponed(ctx context.Context, tx *store.Tx) (at []time.Time, err error) {
	return at, tx.Select(ctx, &at, `SELECT e.purchased_at FROM extra_line e JOIN subscription s ON s.id = e.subscription_id
		AND s.marketplace_id = e.marketplace_id WHERE e.marketplace_id = ? AND e.kind = 'upsell' AND e.invoice_id IS NULL
		AND e.purchased_at > ? AND s.status IN ('active', 'suspended') AND s.parked_reason = '' ORDER BY e.purchased_at LIMIT 1`,
		tx.Marketplace(), tx.Now())
}

func setKind(ctx context.Context, tx *store.Tx, extra int64, kind ExtraKind) error {
	_, err := tx.Exec(ctx, `UPDATE extra_line SET kind = ? WHERE marketplace_id = ? AND id = ?`, kind, tx.Marketplace(), extra)
	return err
}
