package cart

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/money"
)

// Estimate prices one of the actor's carts with the code that will bill it.
func (s *Service) Estimate(ctx context.Context, actor account.Actor, id int64) (Estimate, error) {
	c, err := s.Get(ctx, actor, id)
	if err != nil {
		return Estimate{}, err
	}
	var e Estimate
	for _, item := range c.Items {
		p, err := s.price(ctx, actor, c, item)
		if err != nil {
			return Estimate{}, err
		}
		if e, err = e.with(p); err != nil {
			return Estimate{}, err
		}
	}
	return e, nil
}

// EstimateItem prices one item of the actor's carts.
func (s *Service) EstimateItem(ctx context.Context, actor account.Actor, item int64) (Estimate, error) {
	c, err := s.Of(ctx, actor, item)
	if err != nil {
		return Estimate{}, err
	}
	for _, i := range c.Items {
		if i.ID != item {
			continue
		}
		p, err := s.price(ctx, actor, c, i)
		if err != nil {
			return Estimate{}, err
		}
		return Estimate{}.with(p)
	}
	return Estimate{}, fault.New(fault.NotFound, "There is no such item.")
}

func (s *Service) price(ctx context.Context, actor account.Actor, c Cart, i Item) (Priced, error) {
	q, err := s.orders.Quote(ctx, actor, c.order(i))
	if err != nil {
		return Priced{}, err
	}
	n := money.Int(int64(i.Quantity))
	return Priced{Item: i, Quote: q, Net: q.Totals.Net.Mul(n), Total: q.Totals.Total.Mul(n)}, nil
}

// with adds an item to the sums.
func (e Estimate) with(p Priced) (Estimate, error) {
	if len(e.Items) == 0 {
		return Estimate{Items: []Priced{p}, Net: p.Net, Total: p.Total}, nil
	}
	net, err := e.Net.Add(p.Net)
	if err != nil {
		return Estimate{}, err
	}
	total, err := e.Total.Add(p.Total)
	return Estimate{Items: append(e.Items, p), Net: net, Total: total}, err
}

// Checkout orders everything in a cart that was not ordered yet, one
// transaction an order, so that what cannot be sold holds up nothing else. It
// returns the cart with its orders and the items that failed; while there are
// any the cart stays open, and a later checkout goes on where this one ended.
// Two at once order nothing twice.
func (s *Service) Checkout(ctx context.Context, actor account.Actor, id int64) (Cart, []Failure, error) {
	c, err := s.open(ctx, actor, id)
	if err != nil {
		return Cart{}, nil, err
	}
	var failed []Failure
	for _, item := range c.Items {
		if err := s.orderItem(ctx, actor, c, item); err != nil {
			failed = append(failed, Failure{Item: item, Err: err})
		}
	}
	if len(failed) > 0 {
		c, err = s.Get(ctx, actor, id)
		return c, failed, err
	}
	c, err = s.close(ctx, actor, id)
	return c, nil, err
}

// open reads a cart that can be checked out.
func (s *Service) open(ctx context.Context, actor account.Actor, id int64) (Cart, error) {
	if err := actor.Need(rightTo(actor)); err != nil {
		return Cart{}, err
	}
	c, err := s.Get(ctx, actor, id)
	switch {
	case err != nil:
		return Cart{}, err
	case c.CheckedOutAt != nil:
		return Cart{}, fault.New(fault.Conflict, "This cart is checked out already. Copy it to order again.").With("cart", id)
	case len(c.Items) == 0:
		return Cart{}, fault.InvalidField("items", "This cart is empty; put a plan into it first.")
	}
	return c, nil
}

// orderItem orders the copies of an item that were not ordered yet.
func (s *Service) orderItem(ctx context.Context, actor account.Actor, c Cart, item Item) error {
	for number := len(item.Orders) + 1; number <= item.Quantity; number++ {
		_, err := s.orders.PlaceWith(ctx, actor, c.order(item), func(ctx context.Context, tx *store.Tx, o order.Order) error {
			return keepOrder(ctx, tx, item, number, o.ID)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// close marks a cart of which everything is ordered.
func (s *Service) close(ctx context.Context, actor account.Actor, id int64) (Cart, error) {
	return s.change(ctx, actor, id, "cart.checkout", func(tx *store.Tx, c *Cart) error {
		if c.CheckedOutAt != nil {
			return errSame // by somebody at the same moment
		}
		c.CheckedOutAt = new(tx.Now())
		return nil
	})
}
