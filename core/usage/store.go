package usage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// rowsPerStatement keeps a statement far below both databases' limits of
// parameters (32,766 and 65,535).
const rowsPerStatement = 500

// insertMany runs `INSERT … VALUES (…), (…)` in statements of rowsPerStatement
// rows. before ends in "VALUES "; run executes one statement.
func insertMany[T any](items []T, columns int, before, after string, args func(T) []any, run func(query string, args []any) error) error {
	group := "(" + strings.Repeat("?, ", columns-1) + "?)"
	for chunk := range slices.Chunk(items, rowsPerStatement) {
		values := strings.Repeat(group+", ", len(chunk)-1) + group
		flat := make([]any, 0, len(chunk)*columns)
		for _, item := range chunk {
			flat = append(flat, args(item)...)
		}
		if err := run(before+values+after, flat); err != nil {
			return err
		}
	}
	return nil
}

// lockSubscriptions returns which of the rising ids the marketplace has, and
// locks them in that order: batches of one subscription go one after another,
// and bills of it are made before or after a batch, never beside it.
func lockSubscriptions(ctx context.Context, tx *store.Tx, ids []int64) (map[int64]bool, error) {
	known := make(map[int64]bool, len(ids))
	for chunk := range slices.Chunk(ids, rowsPerStatement) {
		var found []int64
		err := tx.SelectIn(ctx, &found, `SELECT id FROM subscription WHERE marketplace_id = ? AND id IN (?) ORDER BY id`+tx.ForUpdate(),
			tx.Marketplace(), chunk)
		if err != nil {
			return nil, fmt.Errorf("subscriptions: %w", err)
		}
		for _, id := range found {
			known[id] = true
		}
	}
	return known, nil
}

// insertEvents returns the facts that were new.
func insertEvents(ctx context.Context, tx *store.Tx, source string, facts []fact) ([]fact, error) {
	var ids []string
	err := insertMany(facts, 10, `INSERT INTO usage_event (marketplace_id, source, event_id, subscription_id, meter,
		quantity_micro, billable, status_code, happened_at, received_at) VALUES `,
		` ON CONFLICT (marketplace_id, source, event_id) DO NOTHING RETURNING event_id`,
		func(f fact) []any {
			return []any{tx.Marketplace(), source, f.EventID, f.SubscriptionID, f.Meter,
				int64(f.Quantity), f.Billable, f.StatusCode, f.at, tx.Now()}
		}, func(query string, args []any) error {
			var fresh []string
			err := tx.Select(ctx, &fresh, query, args...)
			ids = append(ids, fresh...)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("usage events: %w", err)
	}
	return keep(facts, ids), nil
}

// keep returns the facts whose event id is among ids.
func keep(facts []fact, ids []string) []fact {
	if len(ids) == len(facts) {
		return facts
	}
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	kept := make([]fact, 0, len(ids))
	for _, f := range facts {
		if set[f.EventID] {
			kept = append(kept, f)
		}
	}
	return kept
}

// insertStrays returns how many were new.
func insertStrays(ctx context.Context, tx *store.Tx, source string, strays []stray) (int, error) {
	fresh := 0
	err := insertMany(strays, 6, `INSERT INTO usage_stray (marketplace_id, source, event_id, reason, body, received_at) VALUES `,
		` ON CONFLICT (marketplace_id, source, event_id) DO NOTHING`,
		func(s stray) []any {
			return []any{tx.Marketplace(), source, s.EventID, s.reason, s.body(), tx.Now()}
		}, func(query string, args []any) error {
			n, err := tx.Exec(ctx, query, args...)
			fresh += int(n)
			return err
		})
	if err != nil {
		return 0, fmt.Errorf("stray usage: %w", err)
	}
	return fresh, nil
}

func (s stray) body() string {
	b, _ := json.Marshal(s.Record) // strings, numbers and a time
	return string(b)
}

func straysBefore(ctx context.Context, tx *store.Tx, before int64, limit int) ([]Stray, error) {
	var rows []Stray
	err := tx.Select(ctx, &rows, `SELECT id, source, event_id, reason, body, received_at FROM usage_stray
		WHERE marketplace_id = ? AND id < ? ORDER BY id DESC LIMIT ?`, tx.Marketplace(), before, limit)
	return rows, err
}

func addToBuckets(ctx context.Context, tx *store.Tx, buckets []bucket) error {
	err := insertMany(buckets, 6, `INSERT INTO usage_bucket (marketplace_id, subscription_id, meter, hour, quantity_micro, refused) VALUES `,
		` ON CONFLICT (marketplace_id, subscription_id, meter, hour) DO UPDATE SET
		quantity_micro = usage_bucket.quantity_micro + excluded.quantity_micro, refused = usage_bucket.refused + excluded.refused`,
		func(b bucket) []any {
			return []any{tx.Marketplace(), b.SubscriptionID, b.Meter, b.Hour, int64(b.Quantity), b.Refused}
		}, func(query string, args []any) error {
			_, err := tx.Exec(ctx, query, args...)
			return err
		})
	if err != nil {
		return fmt.Errorf("usage buckets: %w", err)
	}
	return nil
}

// billed is a period that has an invoice.
type billed struct {
	ID             int64     `db:"id"`
	SubscriptionID int64     `db:"subscription_id"`
	Start          time.Time `db:"period_start"`
	End            time.Time `db:"period_end"`
}

func (p billed) holds(f fact) bool {
	return f.SubscriptionID == p.SubscriptionID && !f.at.Before(p.Start) && f.at.Before(p.End)
}

// markStale marks the billed periods that billable facts fall into.
func markStale(ctx context.Context, tx *store.Tx, facts []fact) error {
	facts = slices.DeleteFunc(slices.Clone(facts), func(f fact) bool { return !f.Billable || f.Quantity == 0 })
	if len(facts) == 0 {
		return nil
	}
	earliest := slices.MinFunc(facts, func(a, b fact) int { return a.at.Compare(b.at) }).at
	for chunk := range slices.Chunk(subscriptionsOf(facts), rowsPerStatement) {
		var periods []billed
		err := tx.SelectIn(ctx, &periods, `SELECT id, subscription_id, period_start, period_end FROM billed_period
			WHERE marketplace_id = ? AND subscription_id IN (?) AND period_end > ? AND stale = ? ORDER BY id`,
			tx.Marketplace(), chunk, earliest, false)
		if err != nil {
			return fmt.Errorf("billed periods: %w", err)
		}
		for _, p := range periods {
			if !slices.ContainsFunc(facts, p.holds) {
				continue
			}
			if _, err := tx.Exec(ctx, `UPDATE billed_period SET stale = ? WHERE marketplace_id = ? AND id = ?`, true, tx.Marketplace(), p.ID); err != nil {
				return fmt.Errorf("billed period %d: %w", p.ID, err)
			}
		}
	}
	return nil
}

// ownersOf returns the organizations that may see a subscription's usage.
func ownersOf(ctx context.Context, tx *store.Tx, subscription int64) ([]int64, error) {
	if !isID(subscription) {
		return nil, fault.New(fault.NotFound, "There is no such subscription.")
	}
	var row struct {
		Customer int64 `db:"customer_id"`
		Vendor   int64 `db:"vendor_id"`
		Reseller int64 `db:"reseller_id"`
	}
	err := tx.Get(ctx, "subscription", &row, `SELECT customer_id, vendor_id, COALESCE(reseller_id, 0) AS reseller_id FROM subscription WHERE marketplace_id = ? AND id = ?`,
		tx.Marketplace(), subscription)
	return []int64{row.Customer, row.Vendor, row.Reseller}, err
}

// span is a stretch of time, its end excluded.
type span struct{ from, to time.Time }

// cut parts from..to into the whole hours in it, which buckets answer, and
// the parts of hours at its edges, which events answer.
func cut(from, to time.Time) (whole span, edges []span) {
	first := from.Add(time.Hour - 1).Truncate(time.Hour)
	last := to.Truncate(time.Hour)
	if last.Before(first) { // within one hour
		return span{from, from}, []span{{from, to}}
	}
	for _, e := range []span{{from, first}, {last, to}} {
		if e.from.Before(e.to) {
			edges = append(edges, e)
		}
	}
	return span{first, last}, edges
}

// summed returns sums by meter, a meter possibly more than once.
func summed(ctx context.Context, tx *store.Tx, subscription int64, from, to time.Time) ([]bucket, error) {
	whole, edges := cut(from, to)
	var rows []bucket
	err := tx.Select(ctx, &rows, `SELECT meter, CAST(SUM(quantity_micro) AS BIGINT) AS quantity_micro FROM usage_bucket
		WHERE marketplace_id = ? AND subscription_id = ? AND hour >= ? AND hour < ? GROUP BY meter`,
		tx.Marketplace(), subscription, whole.from, whole.to)
	if err != nil {
		return nil, fmt.Errorf("usage of subscription %d: %w", subscription, err)
	}
	return addEdges(ctx, tx, subscription, edges, rows)
}

// hourly returns sums by meter and hour.
func hourly(ctx context.Context, tx *store.Tx, subscription int64, from, to time.Time) ([]bucket, error) {
	whole, edges := cut(from, to)
	var rows []bucket
	err := tx.Select(ctx, &rows, `SELECT meter, hour, quantity_micro, refused FROM usage_bucket
		WHERE marketplace_id = ? AND subscription_id = ? AND hour >= ? AND hour < ?`,
		tx.Marketplace(), subscription, whole.from, whole.to)
	if err != nil {
		return nil, fmt.Errorf("usage of subscription %d: %w", subscription, err)
	}
	return addEdges(ctx, tx, subscription, edges, rows)
}

func addEdges(ctx context.Context, tx *store.Tx, subscription int64, edges []span, rows []bucket) ([]bucket, error) {
	for _, e := range edges {
		var part []bucket
		err := tx.Select(ctx, &part, `SELECT meter, CAST(SUM(CASE WHEN billable THEN quantity_micro ELSE 0 END) AS BIGINT) AS quantity_micro,
			SUM(CASE WHEN billable THEN 0 ELSE 1 END) AS refused FROM usage_event
			WHERE marketplace_id = ? AND subscription_id = ? AND happened_at >= ? AND happened_at < ? GROUP BY meter`,
			tx.Marketplace(), subscription, e.from, e.to)
		if err != nil {
			return nil, fmt.Errorf("usage of subscription %d: %w", subscription, err)
		}
		for i := range part {
			part[i].Hour = e.from.Truncate(time.Hour)
		}
		rows = append(rows, part...)
	}
	return rows, nil
}
