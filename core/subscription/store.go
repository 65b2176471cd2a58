package subscription

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
)

const selectSubscription = `SELECT s.id, s.customer_id, c.name AS customer, s.vendor_id, v.name AS vendor, s.product_id,
	p.name AS product, p.sku, s.plan_id, pl.name AS plan, s.plan_revision_id, s.next_revision_id, s.order_id,
	COALESCE(s.provider_id, 0) AS provider_id, s.reseller_id, s.name, s.named_by_customer, s.suspended_for, s.version, s.status, s.auto_renew, s.parameters, s.next_parameters, s.anchor_at, s.period_index, s.period_start, s.period_end, s.renewed_ahead,
	s.trial_ends_at, s.bills_at, s.parked_reason, s.created_at, s.activated_at, s.terminated_at
	FROM subscription s JOIN organization c ON c.id = s.customer_id JOIN organization v ON v.id = s.vendor_id
	JOIN product p ON p.id = s.product_id JOIN plan pl ON pl.id = s.plan_id WHERE s.marketplace_id = ?`

func insert(ctx context.Context, tx *store.Tx, s Subscription) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO subscription (marketplace_id, customer_id, vendor_id, product_id, plan_id, plan_revision_id,
		order_id, provider_id, reseller_id, status, auto_renew, parameters, anchor_at, bills_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, NULLIF(?, 0), ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), s.CustomerID, s.VendorID, s.ProductID, s.PlanID, s.RevisionID, s.OrderID, s.ProviderID, s.ResellerID, s.Status,
		s.AutoRenew, s.Parameters, s.AnchorAt, s.BillsAt, tx.Now())
}

// Save writes what moves in a subscription's life.
func Save(ctx context.Context, tx *store.Tx, s Subscription) error {
	_, err := tx.Exec(ctx, `UPDATE subscription SET plan_id = ?, plan_revision_id = ?, next_revision_id = ?, status = ?, auto_renew = ?,
		parameters = ?, next_parameters = ?, anchor_at = ?, period_index = ?, period_start = ?, period_end = ?, renewed_ahead = ?, trial_ends_at = ?, bills_at = ?, parked_reason = ?,
		activated_at = ?, terminated_at = ?, name = ?, named_by_customer = ?, suspended_for = ?, version = version + 1 WHERE marketplace_id = ? AND id = ?`,
		s.PlanID, s.RevisionID, s.NextRevisionID, s.Status, s.AutoRenew, s.Parameters, s.NextParameters, s.AnchorAt, s.PeriodIndex, s.PeriodStart, s.PeriodEnd, s.RenewedAhead,
		s.TrialEndsAt, s.BillsAt, s.ParkedReason, s.ActivatedAt, s.TerminatedAt, s.Name, s.NamedByCustomer, s.SuspendedFor, tx.Marketplace(), s.ID)
	return err
}

// Touch says that something a reader of the subscription can see has changed,
// though its own row did not.
func Touch(ctx context.Context, tx *store.Tx, id int64) error {
	_, err := tx.Exec(ctx, `UPDATE subscription SET version = version + 1 WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), id)
	return err
}

// ByID reads a subscription for other nouns, without asking who wants to know.
func ByID(ctx context.Context, tx *store.Tx, id int64) (s Subscription, err error) {
	return s, tx.Get(ctx, "subscription", &s, selectSubscription+` AND s.id = ?`, tx.Marketplace(), id)
}

// ByIDs reads several subscriptions for other nouns, by rising id.
func ByIDs(ctx context.Context, tx *store.Tx, ids []int64) (all []Subscription, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return all, tx.SelectIn(ctx, &all, selectSubscription+` AND s.id IN (?) ORDER BY s.id`, tx.Marketplace(), ids)
}

// Lock reads a subscription that will be changed in this transaction.
func Lock(ctx context.Context, tx *store.Tx, id int64) (Subscription, error) {
	var locked int64
	err := tx.Get(ctx, "subscription", &locked, `SELECT id FROM subscription WHERE marketplace_id = ? AND id = ?`+tx.ForUpdate(), tx.Marketplace(), id)
	if err != nil {
		return Subscription{}, err
	}
	return ByID(ctx, tx, id)
}

// LockSold is Lock for the vendor who sold the subscription; for everybody else
// there is none.
func LockSold(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) (Subscription, error) {
	sub, err := Lock(ctx, tx, id)
	if err != nil {
		return Subscription{}, err
	}
	return sub, actor.NeedOwn("subscription", sub.VendorID)
}

// Due returns the ids of subscriptions that billing must act on by the
// instant, in order of time; parked ones wait for an operator.
func Due(ctx context.Context, tx *store.Tx, by time.Time, limit int) (ids []int64, err error) {
	return ids, tx.Select(ctx, &ids, `SELECT id FROM subscription WHERE marketplace_id = ? AND bills_at <= ? AND parked_reason = ''
		ORDER BY bills_at, id LIMIT ?`, tx.Marketplace(), by, limit)
}

// NextDue returns the earliest instant after the given one at which billing
// must act; false when there is none.
func NextDue(ctx context.Context, tx *store.Tx, after time.Time) (time.Time, bool, error) {
	var at []time.Time
	err := tx.Select(ctx, &at, `SELECT bills_at FROM subscription WHERE marketplace_id = ? AND bills_at > ? AND parked_reason = ''
		ORDER BY bills_at LIMIT 1`, tx.Marketplace(), after)
	if err != nil || len(at) == 0 {
		return time.Time{}, false, err
	}
	return at[0], true, nil
}
