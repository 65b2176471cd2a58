package order

import (
	"context"

	"github.com/fondaco/fondaco/core/store"
)

// IDsOf reads the ids of the orders of subscriptions, oldest first, and who
// placed the first of each.
func IDsOf(ctx context.Context, tx *store.Tx, subscriptions []int64) (ids map[int64][]int64, placedBy map[int64]int64, err error) {
	if len(subscriptions) == 0 {
		return nil, nil, nil
	}
	var rows []struct {
		ID             int64 `db:"id"`
		SubscriptionID int64 `db:"subscription_id"`
		PlacedBy       int64 `db:"placed_by"`
	}
	err = tx.SelectIn(ctx, &rows, `SELECT id, subscription_id, placed_by FROM customer_order
		WHERE marketplace_id = ? AND subscription_id IN (?) ORDER BY id`, tx.Marketplace(), subscriptions)
	ids, placedBy = map[int64][]int64{}, map[int64]int64{}
	for _, r := range rows {
		if len(ids[r.SubscriptionID]) == 0 {
			placedBy[r.SubscriptionID] = r.PlacedBy
		}
		ids[r.SubscriptionID] = append(ids[r.SubscriptionID], r.ID)
	}
	return ids, placedBy, err
}
