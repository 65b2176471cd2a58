package cart

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
)

// Service is what can be done with carts.
type Service struct {
	db     *store.DB
	events *event.Log
	orders *order.Service
}

// Config is what the service needs; all of it.
type Config struct {
	DB     *store.DB
	Events *event.Log
	Orders *order.Service
}

// New returns the service.
func New(cfg Config) *Service {
	return &Service{db: cfg.DB, events: cfg.Events, orders: cfg.Orders}
}

// Create puts a cart together. Nothing is ordered or kept in stock by it.
func (s *Service) Create(ctx context.Context, actor account.Actor, in Input) (Cart, error) {
	in, err := s.fit(ctx, actor, in)
	if err != nil {
		return Cart{}, err
	}
	var c Cart
	err = s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sale, err := order.SaleTo(ctx, tx, actor, in.CustomerID)
		if err != nil {
			return err
		}
		id, err := insert(ctx, tx, sale, actor.UserID, in)
		if err != nil {
			return err
		}
		if c, err = byID(ctx, tx, id); err != nil {
			return err
		}
		return s.tell(ctx, tx, actor, event.Created, "cart.create", nil, c)
	})
	return c, err
}

// Update puts other things into a cart. One of which something was ordered
// stays as it is.
func (s *Service) Update(ctx context.Context, actor account.Actor, id int64, in Input) (Cart, error) {
	c, err := s.Get(ctx, actor, id)
	if err != nil {
		return Cart{}, err
	}
	in.CustomerID = c.CustomerID
	if in, err = s.fit(ctx, actor, in); err != nil {
		return Cart{}, err
	}
	return s.change(ctx, actor, id, "cart.update", func(tx *store.Tx, c *Cart) error {
		if c.Ordered() {
			return ordered(*c)
		}
		c.Name, c.Notes, c.Metadata = in.Name, in.Notes, in.Metadata
		return replaceItems(ctx, tx, id, in.Items)
	})
}

// ChangeMetadata changes what is kept beside a cart, ordered or not.
func (s *Service) ChangeMetadata(ctx context.Context, actor account.Actor, id int64, change catalog.MetadataFunc) (catalog.Metadata, error) {
	c, err := s.change(ctx, actor, id, "cart.update", func(_ *store.Tx, c *Cart) (err error) {
		c.Metadata, err = change(c.Metadata)
		return err
	})
	return c.Metadata, err
}

// errSame is what a change says that changes nothing: nobody is told.
var errSame = errors.New("the cart is like that already")

// change locks one of the actor's carts, changes it and tells of it.
func (s *Service) change(ctx context.Context, actor account.Actor, id int64, action string, by func(tx *store.Tx, c *Cart) error) (Cart, error) {
	var c Cart
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		before, err := lockOwn(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		c = before
		if err := by(tx, &c); err != nil {
			return err
		}
		if err := save(ctx, tx, c); err != nil {
			return err
		}
		if c, err = byID(ctx, tx, id); err != nil {
			return err
		}
		return s.tell(ctx, tx, actor, event.Modified, action, &before, c)
	})
	if errors.Is(err, errSame) {
		return c, nil
	}
	return c, err
}

// Delete throws a cart away. One of which something was ordered is kept.
func (s *Service) Delete(ctx context.Context, actor account.Actor, id int64) error {
	return s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		c, err := lockOwn(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if c.Ordered() {
			return ordered(c)
		}
		if err := remove(ctx, tx, id); err != nil {
			return err
		}
		return s.tell(ctx, tx, actor, event.Deleted, "cart.delete", &c, c)
	})
}

// Copy makes a new cart with the same things in it, of which nothing was
// ordered yet.
func (s *Service) Copy(ctx context.Context, actor account.Actor, id int64) (Cart, error) {
	c, err := s.Get(ctx, actor, id)
	if err != nil {
		return Cart{}, err
	}
	in := Input{Name: c.Name, Notes: c.Notes, Metadata: c.Metadata, CustomerID: c.CustomerID}
	for _, i := range c.Items {
		in.Items = append(in.Items, ItemInput{PlanID: i.PlanID, Quantity: i.Quantity, Parameters: []byte(i.Parameters), Metadata: i.Metadata})
	}
	return s.Create(ctx, actor, in)
}

// Get returns one of the carts of the actor's organization.
func (s *Service) Get(ctx context.Context, actor account.Actor, id int64) (Cart, error) {
	var c Cart
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		c, err = own(ctx, tx, actor, id)
		return err
	})
	return c, err
}

// Of returns the cart that one of the actor's items is in.
func (s *Service) Of(ctx context.Context, actor account.Actor, item int64) (Cart, error) {
	var c Cart
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		id, err := cartOf(ctx, tx, item)
		if err != nil {
			return err
		}
		c, err = own(ctx, tx, actor, id)
		return err
	})
	return c, err
}

// fit refuses what could not be ordered: each item is priced as its order would
// be, all in one currency, because a cart has one total. The items come back
// with their parameters as an order keeps them: secrets sealed.
func (s *Service) fit(ctx context.Context, actor account.Actor, in Input) (Input, error) {
	if err := actor.Need(rightTo(actor)); err != nil {
		return in, err
	}
	if err := in.Validate(); err != nil {
		return in, err
	}
	var c fault.Check
	currency := ""
	in.Items = slices.Clone(in.Items)
	for i, item := range in.Items {
		at := c.At("items[%d]", i)
		item = item.normal()
		q, err := s.orders.Quote(ctx, actor, order.Input{PlanID: item.PlanID, Parameters: item.Parameters, CustomerID: in.CustomerID})
		switch {
		case fault.Is(err, fault.NotFound), fault.Is(err, fault.Conflict):
			at.Add("planId", fault.As(err).Message)
		case fault.Is(err, fault.Invalid):
			at.Merge("", err)
		case err != nil:
			return in, err
		default:
			currency = cmp.Or(currency, q.Recurring.Currency)
			at.That(q.Recurring.Currency == currency, "planId", "All plans of a cart are paid in one currency; this cart's is "+currency+".")
			item.Parameters = q.Parameters
		}
		in.Items[i] = item
	}
	return in, c.Err()
}

// rightTo is what the actor needs to put a cart together: for itself, or for
// others.
func rightTo(actor account.Actor) account.Right {
	if actor.May(account.OrderForCustomers) {
		return account.OrderForCustomers
	}
	return account.PlaceOrders
}

func ordered(c Cart) error {
	return fault.New(fault.Conflict, "Something in this cart was ordered already, so it stays as it is. Copy it to order again.").With("cart", c.ID)
}

func own(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) (Cart, error) {
	c, err := byID(ctx, tx, id)
	if err != nil {
		return Cart{}, err
	}
	return c, actor.NeedOwn("cart", c.Parties()...)
}

func lockOwn(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) (Cart, error) {
	if err := actor.Need(rightTo(actor)); err != nil {
		return Cart{}, err
	}
	if err := lock(ctx, tx, id); err != nil {
		return Cart{}, err
	}
	return own(ctx, tx, actor, id)
}

// tell writes the change to the audit trail and the outbox.
func (s *Service) tell(ctx context.Context, tx *store.Tx, actor account.Actor, what event.Type, topic string, before *Cart, c Cart) error {
	entry := audit.Entry{Actor: actor.Audit(), Action: topic, Entity: "cart", EntityID: c.ID, After: c}
	if before != nil {
		entry.Before = before
	}
	if err := audit.Write(ctx, tx, entry); err != nil {
		return err
	}
	in := event.Input{Entity: event.Cart, EntityID: c.ID, Type: what, Topic: topic, CustomerID: c.CustomerID,
		Actor: actor.Audit(), Summary: "Cart " + c.Name}
	if c.ResellerID != nil {
		in.ResellerID = *c.ResellerID
	}
	return s.events.Append(ctx, tx, in)
}
