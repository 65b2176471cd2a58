package order

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// OpenFunc makes the subscription of an order and returns its id. free says
// that nothing is to be paid before it is provisioned.
type OpenFunc func(ctx context.Context, tx *store.Tx, actor account.Actor, o Order, offer catalog.Offer, free bool) (int64, error)

// BillFunc issues the first invoice of a subscription and returns its id.
type BillFunc func(ctx context.Context, tx *store.Tx, actor account.Actor, subscription int64, lines []rating.Line) (int64, error)

// Service is what can be done with orders.
type Service struct {
	db     *store.DB
	events *event.Log
	open   OpenFunc
	bill   BillFunc
}

// New returns the service; open and bill are the nouns downstream.
func New(db *store.DB, events *event.Log, open OpenFunc, bill BillFunc) *Service {
	return &Service{db: db, events: events, open: open, bill: bill}
}

// Quote prices a plan for anybody who looks at it.
func (s *Service) Quote(ctx context.Context, marketplace int64, in Input) (Quote, error) {
	if err := in.Validate(); err != nil {
		return Quote{}, err
	}
	var q Quote
	err := s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		offer, err := catalog.ForSale(ctx, tx, in.PlanID)
		if err != nil {
			return err
		}
		q, err = quote(ctx, tx, offer)
		return err
	})
	return q, err
}

// quote is the price of an offer at the transaction's time.
func quote(ctx context.Context, tx *store.Tx, offer catalog.Offer) (Quote, error) {
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil {
		return Quote{}, err
	}
	terms := offer.Revision.Content.Terms
	start := tx.Now().AddDate(0, 0, terms.TrialDays)
	period := rating.PeriodAt(terms, start, 0)
	q := Quote{Offer: offer, TaxPercent: m.TaxPercent, Recurring: money.New(terms.RecurringPrice, terms.Currency),
		TrialDays: terms.TrialDays, FirstBill: start, NextBillAt: period.End}
	if terms.TrialDays > 0 {
		q.NextBillAt = start
	} else {
		q.Lines = rating.Opening(terms, period)
	}
	if terms.Timing == price.Postpaid {
		q.FirstBill = period.End
	}
	q.Totals = rating.Total(terms.Currency, q.Lines, m.TaxPercent)
	return q, nil
}

// Place orders a plan: it prices it, and writes the order, its subscription
// and, when something is due in advance, the first invoice, or nothing at all.
func (s *Service) Place(ctx context.Context, actor account.Actor, in Input) (Order, error) {
	if err := actor.Need(account.PlaceOrders); err != nil {
		return Order{}, err
	}
	if err := in.Validate(); err != nil {
		return Order{}, err
	}
	var o Order
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		offer, err := catalog.ForSale(ctx, tx, in.PlanID)
		if err != nil {
			return err
		}
		q, err := quote(ctx, tx, offer)
		if err != nil {
			return err
		}
		o, err = s.place(ctx, tx, actor, in, q)
		return err
	})
	return o, err
}

func (s *Service) place(ctx context.Context, tx *store.Tx, actor account.Actor, in Input, q Quote) (Order, error) {
	free := q.Totals.Total.Sign() == 0
	o := Order{CustomerID: actor.OrganizationID, PlacedBy: actor.UserID, RevisionID: q.Offer.Revision.ID,
		Status: AwaitingPayment, Parameters: in.parameters()}
	if free {
		o.Status = Confirmed
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
		return actor.NeedOwn("order", o.CustomerID)
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
