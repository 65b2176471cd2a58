package order

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// OpenFunc makes the subscription of an order and returns its id. free says
// that nothing is to be paid before it is provisioned.
type OpenFunc func(ctx context.Context, tx *store.Tx, actor account.Actor, o Order, offer catalog.Offer, free bool) (int64, error)

// BillFunc issues the first invoice of a subscription and returns its id.
type BillFunc func(ctx context.Context, tx *store.Tx, actor account.Actor, subscription int64, lines []rating.Line) (int64, error)

// CheckFunc asks the plugin whether it can make a wish real. What it cannot is
// an Invalid fault with fields such as "parameters.cores" or "planId"; a
// plugin that does not answer is Unavailable. It is called outside of any
// transaction.
type CheckFunc func(ctx context.Context, marketplace int64, w Wish) error

// KeepFunc writes, in the transaction of an order, what must not be there
// without it.
type KeepFunc func(ctx context.Context, tx *store.Tx, o Order) error

// Service is what can be done with orders.
type Service struct {
	db      *store.DB
	events  *event.Log
	catalog *catalog.Service
	check   CheckFunc
	open    OpenFunc
	bill    BillFunc
}

// Config is what the service needs; all of it. Check, Open and Bill are what
// the nouns downstream do.
type Config struct {
	DB      *store.DB
	Events  *event.Log
	Catalog *catalog.Service
	Check   CheckFunc
	Open    OpenFunc
	Bill    BillFunc
}

// New returns the service.
func New(cfg Config) *Service {
	return &Service{db: cfg.DB, events: cfg.Events, catalog: cfg.Catalog, check: cfg.Check, open: cfg.Open, bill: cfg.Bill}
}

// Quote prices a plan with the parameters for anybody who looks at it. The
// plugin itself is not asked: that is done when the order is placed.
func (s *Service) Quote(ctx context.Context, marketplace int64, in Input) (Quote, error) {
	w, err := s.wish(ctx, marketplace, in)
	if err != nil {
		return Quote{}, err
	}
	var q Quote
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) (err error) {
		q, err = quote(ctx, tx, w)
		return err
	})
	return q, err
}

// wish reads what is on offer and fits the parameters to it.
func (s *Service) wish(ctx context.Context, marketplace int64, in Input) (Wish, error) {
	if err := in.Validate(); err != nil {
		return Wish{}, err
	}
	var w Wish
	err := s.db.View(ctx, marketplace, func(tx *store.Tx) (err error) {
		w.Offer, err = catalog.ForSale(ctx, tx, in.PlanID)
		return err
	})
	if err != nil {
		return Wish{}, err
	}
	kind, err := s.catalog.KindOf(ctx, w.Offer.Product)
	if err != nil {
		return Wish{}, err
	}
	w.Parameters, err = kind.Fit(w.Offer.Revision.Content, in.Parameters)
	return w, err
}

// quote is the price of a wish at the transaction's time.
func quote(ctx context.Context, tx *store.Tx, w Wish) (Quote, error) {
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil {
		return Quote{}, err
	}
	terms, bought := w.Offer.Revision.Content.Terms, w.Offer.Revision.Content.Bought(w.Parameters)
	start := tx.Now().AddDate(0, 0, terms.TrialDays)
	period := rating.PeriodAt(terms, start, 0)
	q := Quote{Offer: w.Offer, Parameters: w.Parameters, TaxPercent: m.TaxPercent,
		Recurring: rating.Recurring(terms, bought...),
		TrialDays: terms.TrialDays, FirstBill: start, NextBillAt: period.End}
	if terms.TrialDays > 0 {
		q.NextBillAt = start
	} else {
		q.Lines = rating.Opening(terms, period, bought...)
	}
	if terms.Timing == price.Postpaid {
		q.FirstBill = period.End
	}
	q.Totals = rating.Total(terms.Currency, q.Lines, m.TaxPercent)
	return q, nil
}

// Place orders a plan: it asks the plugin, prices it, and writes the order, its
// subscription and, when something is due in advance, the first invoice, or
// nothing at all.
func (s *Service) Place(ctx context.Context, actor account.Actor, in Input) (Order, error) {
	return s.PlaceWith(ctx, actor, in, func(context.Context, *store.Tx, Order) error { return nil })
}

// PlaceWith is Place for somebody who writes something of their own with the
// order, or neither.
func (s *Service) PlaceWith(ctx context.Context, actor account.Actor, in Input, keep KeepFunc) (Order, error) {
	if err := actor.Need(account.PlaceOrders); err != nil {
		return Order{}, err
	}
	w, err := s.wish(ctx, actor.MarketplaceID, in)
	if err != nil {
		return Order{}, err
	}
	if err := s.check(ctx, actor.MarketplaceID, w); err != nil {
		return Order{}, err
	}
	var o Order
	err = s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		now, err := catalog.ForSale(ctx, tx, in.PlanID)
		if err != nil {
			return err
		}
		if now.Revision.ID != w.Offer.Revision.ID {
			return fault.New(fault.Conflict, "The plan was changed a moment ago. Look at its price and order again.").With("plan", in.PlanID)
		}
		q, err := quote(ctx, tx, w)
		if err != nil {
			return err
		}
		if o, err = s.place(ctx, tx, actor, q); err != nil {
			return err
		}
		return keep(ctx, tx, o)
	})
	return o, err
}

func (s *Service) place(ctx context.Context, tx *store.Tx, actor account.Actor, q Quote) (Order, error) {
	free := q.Totals.Total.Sign() == 0
	o := Order{CustomerID: actor.OrganizationID, PlacedBy: actor.UserID, RevisionID: q.Offer.Revision.ID,
		Type: Normal, Status: AwaitingPayment, Parameters: string(q.Parameters)}
	if free {
		o.Status = Confirmed
	}
	if q.TrialDays > 0 {
		o.Type = Trial
	}
	id, err := insert(ctx, tx, o)
	if err != nil {
		return Order{}, err
	}
	o.ID = id
	subscription, err := s.open(ctx, tx, actor, o, q.Offer, free)
	if err != nil {
		return Order{}, err
	}
	o.SubscriptionID = &subscription
	if !free {
		invoice, err := s.bill(ctx, tx, actor, subscription, q.Lines)
		if err != nil {
			return Order{}, err
		}
		o.InvoiceID = &invoice
	}
	if err := link(ctx, tx, o); err != nil {
		return Order{}, err
	}
	return o, s.tell(ctx, tx, actor, &o, q)
}

func (s *Service) tell(ctx context.Context, tx *store.Tx, actor account.Actor, o *Order, q Quote) error {
	stored, err := byID(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	*o = stored
	if err := audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "order.place", Entity: "order", EntityID: o.ID, After: o}); err != nil {
		return err
	}
	return s.events.Append(ctx, tx, event.Input{Entity: event.Order, EntityID: o.ID, Type: event.Created, Topic: "order.placed",
		SubscriptionID: *o.SubscriptionID, CustomerID: o.CustomerID, VendorID: q.Offer.Product.VendorID, Actor: actor.Audit(),
		Summary: "Ordered " + q.Offer.Product.Name + ", plan " + q.Offer.Plan.Name})
}

// Get returns an order of the actor's organization.
func (s *Service) Get(ctx context.Context, actor account.Actor, id int64) (Order, error) {
	var o Order
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if o, err = byID(ctx, tx, id); err != nil {
			return err
		}
		return actor.NeedOwn("order", o.Parties()...)
	})
	return o, err
}

// List returns the orders of the actor's organization, newest first; all of
// them for operators.
func (s *Service) List(ctx context.Context, actor account.Actor, req page.Request) (page.Page[Order], error) {
	if err := actor.Need(account.UseSubscriptions); err != nil {
		return page.Page[Order]{}, err
	}
	var out page.Page[Order]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = list(ctx, tx, actor, req)
		return err
	})
	return out, err
}

// Settle moves the order of a subscription when its first invoice was paid, or
// was given up.
func Settle(ctx context.Context, tx *store.Tx, subscription int64, to Status) error {
	_, err := tx.Exec(ctx, `UPDATE customer_order SET status = ? WHERE marketplace_id = ? AND subscription_id = ? AND status = ?`,
		to, tx.Marketplace(), subscription, AwaitingPayment)
	return err
}
