package subscription

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// Downstream is what the nouns below do for a subscription, in its
// transaction. The composition root fills it in.
type Downstream struct {
	// Start queues a change to the outside world.
	Start func(ctx context.Context, tx *store.Tx, s Subscription, op Operation) error
	// Provider picks the provider instance for a product type: the one of that
	// name, or the first one when there is no name.
	Provider func(ctx context.Context, tx *store.Tx, t catalog.Type, name string) (int64, error)
	// Check asks the plugin whether what exists can become the wish; see
	// order.CheckFunc.
	Check func(ctx context.Context, marketplace int64, s Subscription, w order.Wish) error
	// Permit asks the vendor whether a subscription may end; what it refuses is
	// an Invalid fault with its words. It is called outside of any transaction.
	Permit func(ctx context.Context, actor account.Actor, s Subscription, e Ending) error
	// BillChange bills what another plan or size costs at once, if anything,
	// and records its order.
	BillChange func(ctx context.Context, tx *store.Tx, actor account.Actor, s Subscription, t order.Type, lines []rating.Line) (Billed, error)
	// Renew bills what Service.Renew promises and moves the periods.
	Renew func(ctx context.Context, tx *store.Tx, actor account.Actor, s *Subscription, in RenewInput) error
	// CancelInvoices gives up the unpaid invoices of a subscription that was
	// never used.
	CancelInvoices func(ctx context.Context, tx *store.Tx, subscription int64) error
}

// Ending is how a subscription comes to its end.
type Ending string

// The endings that somebody asks for.
const (
	NoRenewal Ending = "noRenewal" // with its period
	AtOnce    Ending = "atOnce"
)

// Service is what can be done with subscriptions.
type Service struct {
	db      *store.DB
	events  *event.Log
	catalog *catalog.Service
	down    *Downstream
}

// Config is what the service needs; all of it.
type Config struct {
	DB      *store.DB
	Events  *event.Log
	Catalog *catalog.Service
	// Down may be filled in later, before first use.
	Down *Downstream
}

// New returns the service.
func New(cfg Config) *Service {
	return &Service{db: cfg.DB, events: cfg.Events, catalog: cfg.Catalog, down: cfg.Down}
}

// Open makes the subscription of an order (order.OpenFunc). When nothing is
// awaited before use, provisioning starts at once.
func (s *Service) Open(ctx context.Context, tx *store.Tx, actor account.Actor, o order.Order, offer catalog.Offer) (int64, error) {
	provider, err := s.down.Provider(ctx, tx, offer.Product.Type, offer.Revision.Content.Provider)
	if err != nil {
		return 0, err
	}
	now := tx.Now()
	sub := Subscription{CustomerID: o.CustomerID, VendorID: offer.Product.VendorID, ProductID: offer.Product.ID, PlanID: offer.Plan.ID,
		RevisionID: offer.Revision.ID, OrderID: o.ID, ProviderID: provider, ResellerID: o.ResellerID, Status: opened[o.Status],
		AutoRenew: offer.Revision.Content.AutoRenew, Parameters: o.Parameters, AnchorAt: &now, BillsAt: startOf(o)}
	id, err := insert(ctx, tx, sub)
	if err != nil {
		return 0, err
	}
	if sub, err = ByID(ctx, tx, id); err != nil {
		return 0, err
	}
	if sub.Status.Untold() {
		return id, nil
	}
	if err := s.tell(ctx, tx, actor, sub, event.Created, created, createdSummary); err != nil {
		return 0, err
	}
	if sub.Status == Pending {
		return id, s.begin(ctx, tx, sub)
	}
	return id, nil
}

// How the first event of a subscription is told.
const (
	created        = "subscription.created"
	createdSummary = "Subscription created"
)

// Launch moves the subscription of an order that was approved or refused, or
// whose start has come, to where the order stands now (order.LaunchFunc). It
// was priced at this moment, so its first period is counted from here.
func (s *Service) Launch(ctx context.Context, tx *store.Tx, actor account.Actor, o order.Order) error {
	sub, err := Lock(ctx, tx, *o.SubscriptionID)
	if err != nil {
		return err
	}
	now := tx.Now()
	sub.AnchorAt, sub.BillsAt = &now, startOf(o)
	if err := s.Move(ctx, tx, actor, &sub, opened[o.Status], created, createdSummary); err != nil {
		return err
	}
	if sub.Status == Pending {
		return s.begin(ctx, tx, sub)
	}
	return nil
}

// startOf is when billing must start a postponed order; nil for any other.
func startOf(o order.Order) *time.Time {
	if o.Status == order.Postponed {
		return o.StartAt
	}
	return nil
}

// begin starts the first period (or the trial) and provisioning.
func (s *Service) begin(ctx context.Context, tx *store.Tx, sub Subscription) error {
	rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
	if err != nil {
		return err
	}
	terms, now := rev.Content.Terms, tx.Now()
	if terms.TrialDays > 0 {
		end := now.AddDate(0, 0, terms.TrialDays)
		sub.TrialEndsAt, sub.AnchorAt, sub.PeriodIndex = &end, &end, TrialPeriod
		sub.PeriodStart, sub.PeriodEnd, sub.BillsAt = &now, &end, &end
	} else {
		// A calendar plan was priced for the rest of the month of the order;
		// an anniversary plan begins when it can be used.
		if terms.Anchor == price.Anniversary {
			sub.AnchorAt = &now
		}
		sub.SetPeriod(rating.PeriodAt(terms, *sub.AnchorAt, 0), 0)
	}
	if err := Save(ctx, tx, sub); err != nil {
		return err
	}
	return s.down.Start(ctx, tx, sub, Provision)
}

// TrialPeriod is the period index of the free days before period 0.
const TrialPeriod = -1

// SetPeriod puts the subscription into the n-th period.
func (s *Subscription) SetPeriod(p rating.Period, n int) {
	s.PeriodIndex, s.PeriodStart, s.PeriodEnd, s.BillsAt = n, &p.Start, &p.End, &p.End
}

// Paid starts a subscription whose first invoice was paid. For one that runs
// already there is nothing to do.
func (s *Service) Paid(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) error {
	sub, err := Lock(ctx, tx, id)
	if err != nil || sub.Status != WaitingPayment {
		return err
	}
	if err := order.Settle(ctx, tx, id, order.Confirmed); err != nil {
		return err
	}
	if err := s.Move(ctx, tx, actor, &sub, Pending, "subscription.paid", "First invoice paid"); err != nil {
		return err
	}
	return s.begin(ctx, tx, sub)
}

// Move takes the subscription to a status by the table and writes audit and,
// when the outside is to hear of it, event. It is the only way a status changes.
func (s *Service) Move(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, to Status, topic, summary string) error {
	if !sub.Status.CanBecome(to) {
		return sub.cannot(to)
	}
	from, now := sub.Status, tx.Now()
	sub.Status = to
	switch {
	case to == Active:
		sub.ParkedReason, sub.SuspendedFor = "", "" // billing goes on where it stopped
		if sub.ActivatedAt == nil {
			sub.ActivatedAt = &now
		}
	case sub.Gone():
		sub.TerminatedAt, sub.ParkedReason = &now, ""
	}
	if err := Save(ctx, tx, *sub); err != nil {
		return err
	}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: topic, Entity: "subscription", EntityID: sub.ID,
		Before: map[string]Status{"status": from}, After: map[string]Status{"status": to}}); err != nil {
		return err
	}
	kind, tell := told(from, to)
	if !tell {
		return nil
	}
	return s.tell(ctx, tx, actor, *sub, kind, topic, summary)
}

// Tell writes a MODIFIED event about a change that is no move.
func (s *Service) Tell(ctx context.Context, tx *store.Tx, actor account.Actor, sub Subscription, topic, summary string) error {
	return s.tell(ctx, tx, actor, sub, event.Modified, topic, summary)
}

func (s *Service) tell(ctx context.Context, tx *store.Tx, actor account.Actor, sub Subscription, kind event.Type, topic, summary string) error {
	return s.events.Append(ctx, tx, event.Input{Entity: event.Subscription, EntityID: sub.ID, Type: kind, Topic: topic,
		SubscriptionID: sub.ID, CustomerID: sub.CustomerID, VendorID: sub.VendorID, ResellerID: sub.Reseller(), Actor: actor.Audit(), Summary: summary,
		Data: map[string]any{"product": sub.Product, "plan": sub.Plan, "status": sub.Status}})
}

// Get returns a subscription the actor's organization bought or sold.
func (s *Service) Get(ctx context.Context, actor account.Actor, id int64) (Subscription, error) {
	var sub Subscription
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		sub, err = Visible(ctx, tx, actor, id)
		return err
	})
	return sub, err
}

// Visible reads a subscription that the actor may see: as customer, as vendor,
// as the reseller who sold it or as operator. For all others it does not exist.
func Visible(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) (Subscription, error) {
	sub, err := ByID(ctx, tx, id)
	if err != nil {
		return Subscription{}, err
	}
	return sub, actor.NeedOwn("subscription", sub.Parties()...)
}

// List returns what the actor's organization bought or sold, newest first.
func (s *Service) List(ctx context.Context, actor account.Actor, f Filter, req page.Request) (page.Page[Subscription], error) {
	var out page.Page[Subscription]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = list(ctx, tx, actor, f, req)
		return err
	})
	return out, err
}
