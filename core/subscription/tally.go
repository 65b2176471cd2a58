package subscription

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
)

// Tally is how many subscriptions of a product stand in a status.
type Tally struct {
	ProductID int64  `db:"product_id"`
	Status    Status `db:"status"`
	Count     int    `db:"n"`
}

// Tallies counts what the actor's organization sold, by product and status;
// operators see all.
func (s *Service) Tallies(ctx context.Context, actor account.Actor) ([]Tally, error) {
	if err := actor.Need(account.EditProducts); err != nil {
		return nil, err
	}
	where, args := "", []any{actor.MarketplaceID}
	if !actor.SeesAll() {
		where, args = ` AND vendor_id = ?`, append(args, actor.OrganizationID)
	}
	var all []Tally
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		return tx.Select(ctx, &all, `SELECT product_id, status, COUNT(*) AS n FROM subscription WHERE marketplace_id = ?`+where+
			` GROUP BY product_id, status ORDER BY product_id, status`, args...)
	})
	return all, err
}
