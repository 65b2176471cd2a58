package invoice

import (
	"context"

	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/money"
)

// Standing is what was billed of a subscription and whether all of it is paid.
type Standing struct {
	IDs  []int64 // oldest first
	Open int     // how many are unpaid
}

// StandingOf reads the standing of subscriptions for other nouns. What was
// given up, and what is not issued yet, is not in it.
func StandingOf(ctx context.Context, tx *store.Tx, subscriptions []int64) (map[int64]Standing, error) {
	if len(subscriptions) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID             int64  `db:"id"`
		SubscriptionID int64  `db:"subscription_id"`
		Status         Status `db:"status"`
	}
	err := tx.SelectIn(ctx, &rows, `SELECT id, subscription_id, status FROM invoice
		WHERE marketplace_id = ? AND subscription_id IN (?) AND status IN (?) ORDER BY id`, tx.Marketplace(), subscriptions, []Status{Unpaid, Paid})
	out := map[int64]Standing{}
	for _, r := range rows {
		s := out[r.SubscriptionID]
		s.IDs = append(s.IDs, r.ID)
		if r.Status == Unpaid {
			s.Open++
		}
		out[r.SubscriptionID] = s
	}
	return out, err
}

// TotalsOf reads the totals of invoices for other nouns, by id.
func TotalsOf(ctx context.Context, tx *store.Tx, ids []int64) (map[int64]money.Decimal, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID    int64         `db:"id"`
		Total money.Decimal `db:"total"`
	}
	err := tx.SelectIn(ctx, &rows, `SELECT id, total FROM invoice WHERE marketplace_id = ? AND id IN (?)`, tx.Marketplace(), ids)
	out := map[int64]money.Decimal{}
	for _, r := range rows {
		out[r.ID] = r.Total
	}
	return out, err
}
