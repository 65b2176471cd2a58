package subscription

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// Timeline returns what happened to a subscription the actor may see, newest
// first.
func (s *Service) Timeline(ctx context.Context, actor account.Actor, id int64, req page.Request) (page.Page[event.Event], error) {
	var out page.Page[event.Event]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if _, err = Visible(ctx, tx, actor, id); err != nil {
			return err
		}
		out, err = event.List(ctx, tx, event.Filter{SubscriptionID: id}, req)
		return err
	})
	return out, err
}
