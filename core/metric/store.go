package metric

import (
	"context"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

const selectState = `SELECT m.subscription_id, m.meter, m.due_at, m.attempts, m.last_micro, m.read_at, m.booked_until, m.period_start,
	m.booked_micro, m.remainder, m.failures, m.last_error FROM metric_state m`

func statesOf(ctx context.Context, tx *store.Tx, sub int64) (all []State, err error) {
	return all, tx.Select(ctx, &all, selectState+` WHERE m.marketplace_id = ? AND m.subscription_id = ? ORDER BY m.meter`, tx.Marketplace(), sub)
}

func stateOf(ctx context.Context, tx *store.Tx, sub int64, meter string) (s State, err error) {
	return s, tx.Get(ctx, "metric", &s, selectState+` WHERE m.marketplace_id = ? AND m.subscription_id = ? AND m.meter = ?`+tx.ForUpdate(), tx.Marketplace(), sub, meter)
}

func troubled(ctx context.Context, tx *store.Tx, actor account.Actor) (all []State, err error) {
	query, args := selectState+` JOIN subscription s ON s.id = m.subscription_id
		WHERE m.marketplace_id = ? AND m.failures > 0 AND s.status = ?`, []any{tx.Marketplace(), subscription.Active}
	if !actor.SeesAll() {
		query, args = query+` AND s.vendor_id = ?`, append(args, actor.OrganizationID)
	}
	return all, tx.Select(ctx, &all, query+` ORDER BY m.failures DESC, m.subscription_id, m.meter LIMIT 200`, args...)
}

// due reads states of a product that there is something to do about: to be
// asked for, an hour behind, or of a period that has ended since. Those of
// subscriptions that rest are only brought up to the time.
func due(ctx context.Context, tx *store.Tx, product int64, limit int) (all []State, err error) {
	now := tx.Now()
	return all, tx.Select(ctx, &all, selectState+` JOIN subscription s ON s.id = m.subscription_id
		WHERE m.marketplace_id = ? AND s.marketplace_id = m.marketplace_id AND s.product_id = ? AND (
		(s.status = ? AND (m.due_at <= ? OR (m.booked_until < ? AND m.booked_until < s.period_end) OR (m.failures = 0 AND s.period_end <= ? AND m.read_at < s.period_end)))
		OR (s.status IN (?, ?) AND m.booked_until < ?))
		ORDER BY m.due_at, m.subscription_id, m.meter LIMIT ?`, tx.Marketplace(), product,
		subscription.Active, now, now.Add(-2*time.Hour), now, subscription.Suspended, subscription.Terminating, now.Add(-2*time.Hour), limit)
}

// adopt makes states for subscriptions that have none of the metric yet.
func adopt(ctx context.Context, tx *store.Tx, product int64, m catalog.Metric) error {
	var fresh []int64
	err := tx.Select(ctx, &fresh, `SELECT s.id FROM subscription s WHERE s.marketplace_id = ? AND s.product_id = ? AND s.status = ?
		AND NOT EXISTS (SELECT 1 FROM metric_state m WHERE m.marketplace_id = s.marketplace_id AND m.subscription_id = s.id AND m.meter = ?)
		ORDER BY s.id`, tx.Marketplace(), product, subscription.Active, m.Meter)
	if err != nil {
		return err
	}
	for _, sub := range fresh {
		if _, err := tx.Exec(ctx, `INSERT INTO metric_state (marketplace_id, subscription_id, meter, due_at, booked_until) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (marketplace_id, subscription_id, meter) DO NOTHING`, tx.Marketplace(), sub, m.Meter, tx.Now(), tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// measured reads the products with metrics.
func measured(ctx context.Context, tx *store.Tx) ([]catalog.Product, error) {
	var ids []int64
	err := tx.Select(ctx, &ids, `SELECT id FROM product WHERE marketplace_id = ? AND type IN (?, ?) AND configuration LIKE '%"metrics"%' ORDER BY id`,
		tx.Marketplace(), catalog.Syndicated, catalog.VendorService)
	if err != nil {
		return nil, err
	}
	out := make([]catalog.Product, len(ids))
	for i, id := range ids {
		if out[i], err = catalog.ProductByID(ctx, tx, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// periodsOf are the billing periods that usage since the instant falls into,
// the present one last; none while a subscription has no period.
func periodsOf(ctx context.Context, tx *store.Tx, sub subscription.Subscription, from time.Time) (all []period, err error) {
	if sub.PeriodStart == nil || sub.PeriodEnd == nil {
		return nil, nil
	}
	err = tx.Select(ctx, &all, `SELECT period_start, period_end FROM billed_period WHERE marketplace_id = ? AND subscription_id = ?
		AND period_end > ? AND period_start < ? ORDER BY period_start`, tx.Marketplace(), sub.ID, from, *sub.PeriodStart)
	return append(all, period{*sub.PeriodStart, *sub.PeriodEnd}), err
}

// save writes a state over the one that was read; false when somebody else has
// written it since.
func save(ctx context.Context, tx *store.Tx, s State, version int64) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE metric_state SET due_at = ?, attempts = ?, last_micro = ?, read_at = ?, booked_until = ?, period_start = ?,
		booked_micro = ?, remainder = ?, failures = ?, last_error = ? WHERE marketplace_id = ? AND subscription_id = ? AND meter = ? AND attempts = ?`,
		s.DueAt, s.Attempts, s.Last, s.ReadAt, s.BookedUntil, s.PeriodStart, s.Booked, s.Remainder, s.Failures, s.LastError,
		tx.Marketplace(), s.SubscriptionID, s.Meter, version)
	if err != nil {
		return false, fmt.Errorf("metric %s of subscription %d: %w", s.Meter, s.SubscriptionID, err)
	}
	return n > 0, nil
}

// forget drops the state of a metric that the product no longer has.
func forget(ctx context.Context, tx *store.Tx, s State) error {
	_, err := tx.Exec(ctx, `DELETE FROM metric_state WHERE marketplace_id = ? AND subscription_id = ? AND meter = ?`, tx.Marketplace(), s.SubscriptionID, s.Meter)
	return err
}
