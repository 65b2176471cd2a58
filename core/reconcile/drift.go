package reconcile

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
)

// Drift returns one drift for operators.
func (s *Service) Drift(ctx context.Context, actor account.Actor, id int64) (Drift, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return Drift{}, err
	}
	var d Drift
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		return tx.Get(ctx, "drift", &d, selectDrift+` AND d.id = ?`, tx.Marketplace(), id)
	})
	return d, err
}
