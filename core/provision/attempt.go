package provision

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
)

// Attempt returns one attempt for operators.
func (s *Service) Attempt(ctx context.Context, actor account.Actor, id int64) (Attempt, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return Attempt{}, err
	}
	var a Attempt
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		a, err = attemptByID(ctx, tx, id)
		return err
	})
	return a, err
}
