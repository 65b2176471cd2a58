package invoice

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

const selectInvoice = `SELECT id, customer_id, subscription_id, number, status, currency, net, tax_percent, tax_text, tax, total,
	snapshot, issued_at, due_at, paid_at, self_billed_by, reference,
	COALESCE((SELECT MAX(o.id) FROM customer_order o WHERE o.marketplace_id = invoice.marketplace_id AND o.invoice_id = invoice.id), 0) AS order_id,
	COALESCE((SELECT MAX(o.type) FROM customer_order o WHERE o.marketplace_id = invoice.marketplace_id AND o.invoice_id = invoice.id), 'renewal') AS type
	FROM invoice WHERE marketplace_id = ?`

// takeNumber returns the series' next number. The row stays locked until the
// end of the transaction, so numbers have no gaps: take it last.
func takeNumber(ctx context.Context, tx *store.Tx, series string) (int, error) {
	if _, err := tx.Exec(ctx, `INSERT INTO number_series (marketplace_id, series, last_number) VALUES (?, ?, 1)
		ON CONFLICT (marketplace_id, series) DO UPDATE SET last_number = number_series.last_number + 1`, tx.Marketplace(), series); err != nil {
		return 0, err
	}
	var n int
	err := tx.Get(ctx, "number series", &n, `SELECT last_number FROM number_series WHERE marketplace_id = ? AND series = ?`, tx.Marketplace(), series)
	return n, err
}

func insertInvoice(ctx context.Context, tx *store.Tx, i Invoice) (int64, error) {
	snapshot, err := json.Marshal(i.Snapshot)
	if err != nil {
		return 0, fmt.Errorf("invoice snapshot: %w", err)
	}
	return tx.Insert(ctx, `INSERT INTO invoice (marketplace_id, customer_id, subscription_id, number, status, currency, net, tax_percent,
		tax_text, tax, total, snapshot, issued_at, due_at, paid_at, self_billed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), i.CustomerID, i.SubscriptionID, i.Number, i.Status, i.Currency, i.Net, i.TaxPercent, i.TaxText, i.Tax, i.Total,
		string(snapshot), i.IssuedAt, i.DueAt, i.PaidAt, i.SelfBilledBy)
}

// updateDraft writes a draft anew, or issues it.
func updateDraft(ctx context.Context, tx *store.Tx, i Invoice) error {
	snapshot, err := json.Marshal(i.Snapshot)
	if err != nil {
		return fmt.Errorf("invoice snapshot: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE invoice SET number = ?, status = ?, net = ?, tax_percent = ?, tax_text = ?, tax = ?, total = ?, snapshot = ?,
		issued_at = ?, due_at = ?, paid_at = ?, self_billed_by = ? WHERE marketplace_id = ? AND id = ?`, i.Number, i.Status, i.Net, i.TaxPercent,
		i.TaxText, i.Tax, i.Total, string(snapshot), i.IssuedAt, i.DueAt, i.PaidAt, i.SelfBilledBy, tx.Marketplace(), i.ID)
	return err
}

// insertLines writes the lines of an invoice; what a vendor put there once now
// stands on it and on no other.
func insertLines(ctx context.Context, tx *store.Tx, inv Invoice, lines []billLine) error {
	for i, l := range lines {
		if err := insertLine(ctx, tx, inv, i+1, l); err != nil {
			return err
		}
		if l.extra == nil || l.extra.ID == 0 || l.extra.Kind == Recurring {
			continue
		}
		if err := billedOn(ctx, tx, l.extra.ID, inv.ID); err != nil {
			return err
		}
	}
	return nil
}

func deleteLines(ctx context.Context, tx *store.Tx, draft int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM invoice_line WHERE marketplace_id = ? AND invoice_id = ?`, tx.Marketplace(), draft)
	return err
}

func insertLine(ctx context.Context, tx *store.Tx, i Invoice, position int, l billLine) error {
	explanation, err := json.Marshal(l.Explanation)
	if err != nil {
		return fmt.Errorf("invoice line: %w", err)
	}
	var cost *money.Decimal
	if l.extra != nil {
		cost = l.extra.PlatformCost
	}
	_, err = tx.Exec(ctx, `INSERT INTO invoice_line (marketplace_id, invoice_id, subscription_id, plan_revision_id, position, kind, meter,
		description, quantity, unit_price, amount, period_start, period_end, explanation, identifier, unit, tags, platform_cost)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), i.ID, i.SubscriptionID, l.revision, position, l.Kind, l.Meter, l.Description, l.Quantity, l.UnitPrice, l.Amount,
		orNull(l.PeriodStart), orNull(l.PeriodEnd), string(explanation), l.Identifier, l.Unit, Tags{l.Tags}.text(), cost)
	return err
}

func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func byID(ctx context.Context, tx *store.Tx, id int64) (i Invoice, err error) {
	return i, tx.Get(ctx, "invoice", &i, selectInvoice+` AND id = ?`, tx.Marketplace(), id)
}

func lockInvoice(ctx context.Context, tx *store.Tx, id int64) (i Invoice, err error) {
	return i, tx.Get(ctx, "invoice", &i, selectInvoice+` AND id = ?`+tx.ForUpdate(), tx.Marketplace(), id)
}

func linesOf(ctx context.Context, tx *store.Tx, invoice int64) (all []Line, err error) {
	return all, tx.Select(ctx, &all, `SELECT id, position, plan_revision_id, kind, meter, description, quantity, unit_price, amount,
		period_start, period_end, explanation, identifier, unit, tags, platform_cost FROM invoice_line WHERE marketplace_id = ? AND invoice_id = ? ORDER BY position`, tx.Marketplace(), invoice)
}

func setStatus(ctx context.Context, tx *store.Tx, id int64, status Status, paidAt *time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE invoice SET status = ?, paid_at = ? WHERE marketplace_id = ? AND id = ?`, status, paidAt, tx.Marketplace(), id)
	return err
}

func setReference(ctx context.Context, tx *store.Tx, id int64, reference string) error {
	_, err := tx.Exec(ctx, `UPDATE invoice SET reference = ? WHERE marketplace_id = ? AND id = ?`, reference, tx.Marketplace(), id)
	return err
}

// What a reseller or a vendor sold; an organization's own, once it is issued.
const (
	resoldBy = `EXISTS (SELECT 1 FROM subscription s WHERE s.id = invoice.subscription_id AND s.reseller_id = ?)`
	soldBy   = `EXISTS (SELECT 1 FROM subscription s WHERE s.id = invoice.subscription_id AND s.vendor_id = ?)`
)

// visible narrows a list to what the actor got or sold. Only its vendor sees a
// draft.
func visible(actor account.Actor) (clause string, args []any) {
	me := actor.OrganizationID
	switch {
	case actor.SeesAll():
		return "", nil
	case actor.Kind == account.Vendor:
		return ` AND ` + soldBy, []any{me}
	case actor.Kind == account.Reseller:
		return ` AND status <> ? AND (customer_id = ? OR ` + resoldBy + `)`, []any{Draft, me, me}
	}
	return ` AND status <> ? AND customer_id = ?`, []any{Draft, me}
}

func insertPeriod(ctx context.Context, tx *store.Tx, sub, revision int64, p rating.Period, usage money.Decimal, free bool) error {
	_, err := tx.Exec(ctx, `INSERT INTO billed_period (marketplace_id, subscription_id, plan_revision_id, period_start, period_end, usage_amount, free)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, tx.Marketplace(), sub, revision, p.Start, p.End, usage, free)
	return err
}

func stalePeriods(ctx context.Context, tx *store.Tx, sub int64) (all []BilledPeriod, err error) {
	return all, tx.Select(ctx, &all, `SELECT id, subscription_id, plan_revision_id, period_start, period_end, free FROM billed_period
		WHERE marketplace_id = ? AND subscription_id = ? AND stale = ? ORDER BY period_start`, tx.Marketplace(), sub, true)
}

func freshen(ctx context.Context, tx *store.Tx, period int64) error {
	_, err := tx.Exec(ctx, `UPDATE billed_period SET stale = ? WHERE marketplace_id = ? AND id = ?`, false, tx.Marketplace(), period)
	return err
}

// billedFor sums what was billed for a meter in a period: usage and the
// corrections after it.
func billedFor(ctx context.Context, tx *store.Tx, sub int64, meter string, start time.Time) (money.Decimal, error) {
	var amounts []money.Decimal
	err := tx.Select(ctx, &amounts, `SELECT amount FROM invoice_line WHERE marketplace_id = ? AND subscription_id = ? AND meter = ?
		AND period_start = ? AND kind IN (?, ?)`, tx.Marketplace(), sub, meter, start, rating.KindUsage, rating.KindAdjustment)
	sum := money.Int(0)
	for _, a := range amounts {
		sum = sum.Add(a)
	}
	return sum, err
}

// endedStale returns subscriptions that are over and got usage afterwards.
func endedStale(ctx context.Context, tx *store.Tx) (ids []int64, err error) {
	return ids, tx.Select(ctx, &ids, `SELECT DISTINCT s.id FROM subscription s JOIN billed_period b ON b.subscription_id = s.id
		AND b.marketplace_id = s.marketplace_id WHERE s.marketplace_id = ? AND b.stale = ? AND s.bills_at IS NULL AND s.status = 'terminated' ORDER BY s.id`,
		tx.Marketplace(), true)
}
