package order

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
)

// ValuesFunc asks the vendor what can be chosen of a parameter beside the wish's
// others. It is called outside of any transaction.
type ValuesFunc func(ctx context.Context, marketplace int64, w Wish, code string) (catalog.Values, error)

// Values returns what can be chosen of one of a plan's parameters now, for
// somebody who is signed in: the vendor may be asked. What is chosen already,
// in the input, need not be whole.
func (s *Service) Values(ctx context.Context, actor account.Actor, in Input, code string) (catalog.Values, error) {
	if actor.Kind == "" {
		return catalog.Values{}, actor.Need(account.PlaceOrders)
	}
	w, err := s.onOffer(ctx, actor, in, Sale.quotable)
	if err != nil {
		return catalog.Values{}, err
	}
	w.Parameters, w.BuyerID, w.Language = in.Parameters, actor.UserID, actor.Language
	return s.values(ctx, actor.MarketplaceID, w, code)
}
