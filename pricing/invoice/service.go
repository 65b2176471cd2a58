package invoice

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

// Service is what can be done with invoices.
type Service struct {
	db     *store.DB
	events *event.Log
	subs   *subscription.Service
	start  StartFunc
	begin  BeginFunc
	grace  time.Duration
	ready  func(ctx context.Context, tx *store.Tx, subscription int64, until time.Time) (bool, error)
	wait   time.Duration
	log    *slog.Logger
}

// StartFunc queues a change to the outside world (provision.Service.Start).
type StartFunc func(ctx context.Context, tx *store.Tx, s subscription.Subscription, op subscription.Operation) error

// BeginFunc starts the order of a postponed subscription, whose day has come.
type BeginFunc func(ctx context.Context, tx *store.Tx, s subscription.Subscription) error

// Config is what the service needs.
type Config struct {
	DB            *store.DB
	Events        *event.Log
	Subscriptions *subscription.Service
	Start         StartFunc
	Begin         BeginFunc
	// Grace is how long after its end a period is billed, so that the last
	// log batches are in. Sandbox marketplaces do not wait.
	Grace time.Duration
	// Ready, when set, says whether the usage of a subscription until the
	// instant is in. A period of which it is not waits, at most Wait.
	Ready func(ctx context.Context, tx *store.Tx, subscription int64, until time.Time) (bool, error)
	Wait  time.Duration
	Log   *slog.Logger
}

// New returns the service.
func New(cfg Config) *Service {
	return &Service{db: cfg.DB, events: cfg.Events, subs: cfg.Subscriptions, start: cfg.Start, begin: cfg.Begin, grace: cfg.Grace, ready: cfg.Ready, wait: cfg.Wait,
		log: cfg.Log.With("component", "billing")}
}

// revisionLine is a line with the price revision that made it.
type revisionLine struct {
	rating.Line
	revision int64
}

func under(revision int64, lines []rating.Line) []revisionLine {
	out := make([]revisionLine, len(lines))
	for i, l := range lines {
		out[i] = revisionLine{Line: l, revision: revision}
	}
	return out
}

// First issues the invoice of an order (order.BillFunc).
func (s *Service) First(ctx context.Context, tx *store.Tx, actor account.Actor, id int64, lines []rating.Line) (int64, error) {
	sub, err := subscription.ByID(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	inv, err := s.issue(ctx, tx, actor, sub, under(sub.RevisionID, lines))
	return inv.ID, err
}

// Change issues what a plan change costs at once, if anything.
func (s *Service) Change(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, lines []rating.Line) error {
	_, err := s.issue(ctx, tx, actor, sub, under(sub.RevisionID, lines))
	return err
}

// issue writes the invoice, its lines and its event. Lines that cost nothing
// stand on it for the record, but an invoice of nothing but them is not made:
// the zero Invoice is returned.
func (s *Service) issue(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, lines []revisionLine) (Invoice, error) {
	if !worthAnInvoice(lines) {
		return Invoice{}, nil
	}
	inv, err := s.draft(ctx, tx, sub, lines)
	if err != nil {
		return Invoice{}, err
	}
	if inv.Number, err = number(ctx, tx, inv); err != nil {
		return Invoice{}, err
	}
	if inv.ID, err = insertInvoice(ctx, tx, inv); err != nil {
		return Invoice{}, err
	}
	for i, l := range lines {
		if err := insertLine(ctx, tx, inv, i+1, l); err != nil {
			return Invoice{}, err
		}
	}
	return inv, s.tell(ctx, tx, actor, inv, sub, event.Created, "invoice.issued", "Invoice "+inv.Number+" over "+inv.amount().String())
}

func worthAnInvoice(lines []revisionLine) bool {
	for _, l := range lines {
		if !l.Amount.IsZero() {
			return true
		}
	}
	return false
}

// draft computes the sums and takes the picture of both parties.
func (s *Service) draft(ctx context.Context, tx *store.Tx, sub subscription.Subscription, lines []revisionLine) (Invoice, error) {
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil {
		return Invoice{}, err
	}
	customer, err := account.OrganizationByID(ctx, tx, sub.CustomerID)
	if err != nil {
		return Invoice{}, err
	}
	currency, err := currencyOf(ctx, tx, lines[0].revision)
	if err != nil {
		return Invoice{}, err
	}
	plain := make([]rating.Line, len(lines))
	for i, l := range lines {
		plain[i] = l.Line
	}
	sums, now := rating.Total(currency, plain, m.TaxPercent), tx.Now()
	inv := Invoice{CustomerID: sub.CustomerID, SubscriptionID: sub.ID, Status: Unpaid, Currency: currency,
		Net: sums.Net.Amount, TaxPercent: m.TaxPercent, TaxText: m.TaxText, Tax: sums.Tax.Amount, Total: sums.Total.Amount,
		IssuedAt: now, DueAt: now.Add(PaymentTerm),
		Snapshot: Snapshot{Vendor: sub.Vendor, Product: sub.Product, Plan: sub.Plan,
			Marketplace: Party{Name: m.Name, Address: m.Address, VATID: m.VATID, Email: m.SupportEmail},
			Customer:    Party{Name: customer.Name, Address: customer.Address, VATID: customer.VATID, Email: customer.Email}}}
	if inv.Total.Sign() <= 0 { // nothing to be paid: a credit note, or lines that cancel out
		inv.Status, inv.PaidAt = Paid, &now
	}
	return inv, nil
}

// number takes the next of a gap-free series: one for invoices, one for credit
// notes, new each year (T21).
func number(ctx context.Context, tx *store.Tx, inv Invoice) (string, error) {
	series := inv.IssuedAt.Format("2006")
	if inv.Total.Sign() < 0 {
		series = "CN-" + series
	}
	n, err := takeNumber(ctx, tx, series)
	return fmt.Sprintf("%s-%08d", series, n), err
}

func (i Invoice) amount() money.Money { return money.New(i.Total, i.Currency) }

func (s *Service) tell(ctx context.Context, tx *store.Tx, actor account.Actor, inv Invoice, sub subscription.Subscription, kind event.Type, topic, summary string) error {
	if err := audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: topic, Entity: "invoice", EntityID: inv.ID,
		After: map[string]any{"number": inv.Number, "total": inv.amount(), "status": inv.Status}}); err != nil {
		return err
	}
	return s.events.Append(ctx, tx, event.Input{Entity: event.Invoice, EntityID: inv.ID, Type: kind, Topic: topic,
		SubscriptionID: inv.SubscriptionID, CustomerID: inv.CustomerID, VendorID: sub.VendorID, ResellerID: sub.Reseller(), Actor: actor.Audit(), Summary: summary,
		Data: map[string]any{"number": inv.Number, "total": inv.amount()}})
}

// MarkPaid records that the invoice was paid, and starts a subscription that
// waited for it (payment.PaidFunc). Paying a paid one again is a Conflict.
func (s *Service) MarkPaid(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) error {
	inv, err := lockInvoice(ctx, tx, id)
	if err != nil {
		return err
	}
	if inv.Status != Unpaid {
		return fault.Newf(fault.Conflict, "Invoice %s is %s already.", inv.Number, inv.Status).With("invoice", id)
	}
	now := tx.Now()
	if err := setStatus(ctx, tx, id, Paid, &now); err != nil {
		return err
	}
	inv.Status = Paid
	sub, err := subscription.ByID(ctx, tx, inv.SubscriptionID)
	if err != nil {
		return err
	}
	if err := s.tell(ctx, tx, actor, inv, sub, event.Modified, "invoice.paid", "Invoice "+inv.Number+" paid"); err != nil {
		return err
	}
	return s.subs.Paid(ctx, tx, actor, inv.SubscriptionID)
}

// CancelUnpaid gives up the unpaid invoices of a subscription that was never
// used (subscription.Downstream).
func (s *Service) CancelUnpaid(ctx context.Context, tx *store.Tx, sub int64) error {
	ids, err := unpaidOf(ctx, tx, sub)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := setStatus(ctx, tx, id, Cancelled, nil); err != nil {
			return err
		}
	}
	return nil
}

// Get returns an invoice of the actor's organization, or of what it resold,
// with its lines.
func (s *Service) Get(ctx context.Context, actor account.Actor, id int64) (Invoice, error) {
	var inv Invoice
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if inv, err = byID(ctx, tx, id); err != nil {
			return err
		}
		sub, err := subscription.ByID(ctx, tx, inv.SubscriptionID)
		if err != nil {
			return err
		}
		if err := actor.NeedOwn("invoice", inv.CustomerID, sub.Reseller()); err != nil {
			return err
		}
		inv.Lines, err = linesOf(ctx, tx, id)
		return err
	})
	return inv, err
}

// List returns the invoices of the actor's organization and of what it resold,
// newest first and
// without lines; all of them for operators.
func (s *Service) List(ctx context.Context, actor account.Actor, f Filter, req page.Request) (page.Page[Invoice], error) {
	if err := actor.Need(account.PayInvoices); err != nil {
		return page.Page[Invoice]{}, err
	}
	var out page.Page[Invoice]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = list(ctx, tx, actor, f, req)
		return err
	})
	return out, err
}

// Payable reads what a payment needs to know, locked for the transaction.
func Payable(ctx context.Context, tx *store.Tx, id int64) (Invoice, error) {
	return lockInvoice(ctx, tx, id)
}
