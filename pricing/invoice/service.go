package invoice

import (
	"context"
	"log/slog"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/rating"
)

// Service is what can be done with invoices.
type Service struct {
	db     *store.DB
	events *event.Log
	subs   *subscription.Service
	start  StartFunc
	begin  TurnFunc
	end    TurnFunc
	grace  time.Duration
	ready  func(ctx context.Context, tx *store.Tx, subscription int64, until time.Time) (bool, error)
	wait   time.Duration
	log    *slog.Logger

	paying      func(ctx context.Context, tx *store.Tx, invoice int64) (bool, error)
	transferred func(ctx context.Context, tx *store.Tx, actor account.Actor, invoice int64, reference string) error
}

// StartFunc queues a change to the outside world (provision.Service.Start).
type StartFunc func(ctx context.Context, tx *store.Tx, s subscription.Subscription, op subscription.Operation) error

// TurnFunc does what the time has come for on a subscription, beside billing.
type TurnFunc func(ctx context.Context, tx *store.Tx, s subscription.Subscription) error

// Config is what the service needs.
type Config struct {
	DB            *store.DB
	Events        *event.Log
	Subscriptions *subscription.Service
	Start         StartFunc
	// Begin starts the order of a postponed subscription, whose day has come.
	// End ends one whose vendor was given the time to remove it.
	Begin, End TurnFunc
	// Grace is how long after its end a period is billed, so that the last
	// log batches are in. Sandbox marketplaces do not wait.
	Grace time.Duration
	// Ready, when set, says whether the usage of a subscription until the
	// instant is in. A period of which it is not waits, at most Wait.
	Ready func(ctx context.Context, tx *store.Tx, subscription int64, until time.Time) (bool, error)
	Wait  time.Duration
	Log   *slog.Logger
	// Paying says whether a payment of the invoice is under way, and
	// Transferred records one that came by bank (payment).
	Paying      func(ctx context.Context, tx *store.Tx, invoice int64) (bool, error)
	Transferred func(ctx context.Context, tx *store.Tx, actor account.Actor, invoice int64, reference string) error
}

// New returns the service.
func New(cfg Config) *Service {
	return &Service{db: cfg.DB, events: cfg.Events, subs: cfg.Subscriptions, start: cfg.Start, begin: cfg.Begin, end: cfg.End, grace: cfg.Grace, ready: cfg.Ready, wait: cfg.Wait,
		log: cfg.Log.With("component", "billing"), paying: cfg.Paying, transferred: cfg.Transferred}
}

// First issues the invoice of an order (order.BillFunc).
func (s *Service) First(ctx context.Context, tx *store.Tx, actor account.Actor, id int64, lines []rating.Line) (int64, error) {
	sub, err := subscription.ByID(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	inv, err := s.issue(ctx, tx, actor, sub, under(sub.RevisionID, lines), false)
	return inv.ID, err
}

// Change issues what another plan or size costs at once, if anything, and
// records its order (subscription.Downstream).
func (s *Service) Change(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, t order.Type, lines []rating.Line) (subscription.Billed, error) {
	inv, err := s.ordered(ctx, tx, actor, sub, t, under(sub.RevisionID, lines))
	return subscription.Billed{OrderID: inv.OrderID, InvoiceID: inv.ID}, err
}

// Get returns an invoice that the actor's organization got or sold, with its
// lines.
func (s *Service) Get(ctx context.Context, actor account.Actor, id int64) (Invoice, error) {
	var inv Invoice
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if inv, err = byID(ctx, tx, id); err != nil {
			return err
		}
		if err := s.readable(ctx, tx, actor, inv); err != nil {
			return err
		}
		inv.Lines, err = linesOf(ctx, tx, id)
		return err
	})
	return inv, err
}

// readable is NotFound for those who neither got nor sold what it bills. A
// draft is its vendor's alone.
func (s *Service) readable(ctx context.Context, tx *store.Tx, actor account.Actor, inv Invoice) error {
	sub, err := subscription.ByID(ctx, tx, inv.SubscriptionID)
	if err != nil {
		return err
	}
	if inv.Status == Draft {
		return actor.NeedOwn("invoice", sub.VendorID)
	}
	return actor.NeedOwn("invoice", sub.Parties()...)
}

// List returns the invoices that the actor's organization got or sold, newest
// first and, unless it is asked for them, without lines; all of them for
// operators.
func (s *Service) List(ctx context.Context, actor account.Actor, f Filter, req page.Request) (page.Page[Invoice], error) {
	if err := actor.Need(account.SeeInvoices); err != nil {
		return page.Page[Invoice]{}, err
	}
	var out page.Page[Invoice]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if out, err = list(ctx, tx, actor, f, req); err != nil || !f.WithLines {
			return err
		}
		return addLines(ctx, tx, out.Items)
	})
	return out, err
}

// Payable reads what a payment needs to know, locked for the transaction.
func Payable(ctx context.Context, tx *store.Tx, id int64) (Invoice, error) {
	return lockInvoice(ctx, tx, id)
}
