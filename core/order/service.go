package order

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// OpenFunc makes the subscription of an order, as far as the order's status
// lets it, and returns its id.
type OpenFunc func(ctx context.Context, tx *store.Tx, actor account.Actor, o Order, offer catalog.Offer) (int64, error)

// LaunchFunc moves the subscription of an order that waited on to where the
// order stands now.
type LaunchFunc func(ctx context.Context, tx *store.Tx, actor account.Actor, o Order) error

// BillFunc issues the first invoice of a subscription and returns its id.
type BillFunc func(ctx context.Context, tx *store.Tx, actor account.Actor, subscription int64, lines []rating.Line) (int64, error)

// CheckFunc asks the plugin, or the vendor, whether it can make a wish real. What it cannot is
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
	values  ValuesFunc
	open    OpenFunc
	launch  LaunchFunc
	bill    BillFunc
}

// Config is what the service needs; all of it. Check, Values, Open, Launch and Bill are
// what the nouns downstream do.
type Config struct {
	DB      *store.DB
	Events  *event.Log
	Catalog *catalog.Service
	Check   CheckFunc
	Values  ValuesFunc
	Open    OpenFunc
	Launch  LaunchFunc
	Bill    BillFunc
}

// New returns the service.
func New(cfg Config) *Service {
	return &Service{db: cfg.DB, events: cfg.Events, catalog: cfg.Catalog, check: cfg.Check, values: cfg.Values, open: cfg.Open, launch: cfg.Launch, bill: cfg.Bill}
}

// Quote prices a plan with the parameters for anybody who looks at it, at the
// price of who would sell it to them. The plugin itself is not asked: that is
// done when the order is placed.
func (s *Service) Quote(ctx context.Context, actor account.Actor, in Input) (Quote, error) {
	w, err := s.wish(ctx, actor, in, Sale.quotable)
	if err != nil {
		return Quote{}, err
	}
	var q Quote
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		q, err = quote(ctx, tx, w, in.from(tx.Now()))
		return err
	})
	return q, err
}

// Estimate is Quote for who is about to order, signed in or not: it asks the
// plugin or the vendor, as Place will, and refuses what Place would refuse.
func (s *Service) Estimate(ctx context.Context, actor account.Actor, in Input) (Quote, error) {
	w, err := s.wish(ctx, actor, in, Sale.quotable)
	if err != nil {
		return Quote{}, err
	}
	if err := s.ask(ctx, actor, &w); err != nil {
		return Quote{}, err
	}
	return s.Quote(ctx, actor, in)
}

// ask asks who will set it up, on behalf of the actor.
func (s *Service) ask(ctx context.Context, actor account.Actor, w *Wish) error {
	w.BuyerID, w.Language = actor.UserID, actor.Language
	return s.check(ctx, actor.MarketplaceID, *w)
}

// wish reads what is on offer in a sale that is allowed, and fits the
// parameters to it.
func (s *Service) wish(ctx context.Context, actor account.Actor, in Input, allowed func(Sale) error) (Wish, error) {
	w, err := s.onOffer(ctx, actor, in, allowed)
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

// onOffer reads what is on offer in a sale that is allowed.
func (s *Service) onOffer(ctx context.Context, actor account.Actor, in Input, allowed func(Sale) error) (w Wish, err error) {
	if err := in.Validate(); err != nil {
		return Wish{}, err
	}
	return w, s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if w.Sale, err = SaleTo(ctx, tx, actor, in.CustomerID); err != nil {
			return err
		}
		if err := allowed(w.Sale); err != nil {
			return err
		}
		w.Offer, err = catalog.ForSale(ctx, tx, in.PlanID, w.Sale.ResellerID)
		return err
	})
}

// quote is the price of a wish that begins at the instant.
func quote(ctx context.Context, tx *store.Tx, w Wish, from time.Time) (Quote, error) {
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil {
		return Quote{}, err
	}
	terms, bought := w.Offer.Revision.Content.Terms, w.Offer.Revision.Content.Bought(w.Parameters)
	start := from.AddDate(0, 0, terms.TrialDays)
	period := rating.PeriodAt(terms, start, 0)
	q := Quote{Sale: w.Sale, Offer: w.Offer, Parameters: w.Parameters, TaxPercent: m.TaxPercent,
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
// nothing at all. A customer orders for itself; a reseller or an operator may
// order for a customer (Input.CustomerID), who then owns what was bought.
func (s *Service) Place(ctx context.Context, actor account.Actor, in Input) (Order, error) {
	return s.PlaceWith(ctx, actor, in, func(context.Context, *store.Tx, Order) error { return nil })
}

// PlaceWith is Place for somebody who writes something of their own with the
// order, or neither.
func (s *Service) PlaceWith(ctx context.Context, actor account.Actor, in Input, keep KeepFunc) (Order, error) {
	if err := actor.Need(rightFor(actor, in.CustomerID)); err != nil {
		return Order{}, err
	}
	w, err := s.wish(ctx, actor, in, Sale.orderable)
	if err != nil {
		return Order{}, err
	}
	if err := s.ask(ctx, actor, &w); err != nil {
		return Order{}, err
	}
	var o Order
	err = s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		now, err := catalog.ForSale(ctx, tx, in.PlanID, w.Sale.ResellerID)
		if err != nil {
			return err
		}
		if now.Revision.ID != w.Offer.Revision.ID {
			return fault.New(fault.Conflict, "The plan was changed a moment ago. Look at its price and order again.").With("plan", in.PlanID)
		}
		q, err := quote(ctx, tx, w, in.from(tx.Now()))
		if err != nil {
			return err
		}
		if o, err = s.place(ctx, tx, actor, in, q); err != nil {
			return err
		}
		return keep(ctx, tx, o)
	})
	return o, err
}

// furthest is how far ahead an order may begin.
const furthest = 366 * 24 * time.Hour

// from is when what is ordered begins.
func (in Input) from(now time.Time) time.Time {
	if in.Start == nil || in.Start.Before(now) {
		return now
	}
	return *in.Start
}

// order is what the actor orders with the input, as it is written first.
func (in Input) order(actor account.Actor, q Quote, now time.Time) (Order, error) {
	o := Order{CustomerID: q.Sale.CustomerID, ResellerID: q.Sale.reseller(), PlacedBy: actor.UserID, RevisionID: q.Offer.Revision.ID, Type: Normal,
		Parameters: string(q.Parameters), ExternalReference: in.ExternalReference}
	if start := in.from(now); start.After(now) {
		o.StartAt = &start
		if start.Sub(now) > furthest {
			return Order{}, fault.InvalidField("start", "An order can begin at most a year from now.")
		}
	}
	if q.TrialDays > 0 {
		o.Type = Trial
	}
	o.Status = o.after(q.Totals.Total, now)
	if q.Offer.Product.SubscriptionApproval {
		o.Status = RequiresApproval
	}
	return o, nil
}

func (s *Service) place(ctx context.Context, tx *store.Tx, actor account.Actor, in Input, q Quote) (Order, error) {
	o, err := in.order(actor, q, tx.Now())
	if err != nil {
		return Order{}, err
	}
	if o.ID, err = insert(ctx, tx, o); err != nil {
		return Order{}, err
	}
	subscription, err := s.open(ctx, tx, actor, o, q.Offer)
	if err != nil {
		return Order{}, err
	}
	o.SubscriptionID = &subscription
	if err := s.charge(ctx, tx, actor, &o, q); err != nil {
		return Order{}, err
	}
	if err := save(ctx, tx, o); err != nil {
		return Order{}, err
	}
	if o, err = byID(ctx, tx, o.ID); err != nil {
		return Order{}, err
	}
	topic := "order.placed"
	if o.Status == RequiresApproval {
		topic = "order.approvalRequested"
	}
	return o, s.record(ctx, tx, actor, o, "order.place", event.Created, topic, "Ordered "+q.Offer.Product.Name+", plan "+q.Offer.Plan.Name)
}

// charge issues the first invoice of an order that waits for money.
func (s *Service) charge(ctx context.Context, tx *store.Tx, actor account.Actor, o *Order, q Quote) error {
	if o.Status != AwaitingPayment {
		return nil
	}
	invoice, err := s.bill(ctx, tx, actor, *o.SubscriptionID, q.Lines)
	o.InvoiceID = &invoice
	return err
}

// record writes audit and event of what was done with an order.
func (s *Service) record(ctx context.Context, tx *store.Tx, actor account.Actor, o Order, action string, kind event.Type, topic, summary string) error {
	if err := audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: action, Entity: "order", EntityID: o.ID, After: o}); err != nil {
		return err
	}
	in := event.Input{Entity: event.Order, EntityID: o.ID, Type: kind, Topic: topic, SubscriptionID: *o.SubscriptionID,
		CustomerID: o.CustomerID, VendorID: o.VendorID, Actor: actor.Audit(), Summary: summary}
	if o.ResellerID != nil {
		in.ResellerID = *o.ResellerID
	}
	return s.events.Append(ctx, tx, in)
}

// Get returns an order that the actor's organization placed or sold.
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

// Settle moves the order of a subscription when its first invoice was paid, or
// when it was given up, whatever it waited for.
func Settle(ctx context.Context, tx *store.Tx, subscription int64, to Status) error {
	_, err := tx.Exec(ctx, `UPDATE customer_order SET status = ? WHERE marketplace_id = ? AND subscription_id = ? AND status IN (?, ?, ?)`,
		to, tx.Marketplace(), subscription, AwaitingPayment, RequiresApproval, Postponed)
	return err
}
