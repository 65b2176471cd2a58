package payment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/money"
)

// Payable is what a payment needs to know of an invoice.
type Payable struct {
	ID             int64
	CustomerID     int64
	SubscriptionID int64
	Status         string // "unpaid", "paid" or "cancelled"
	Currency       string
	Total          money.Decimal
	SelfBilled     bool // its seller collects it, the marketplace does not
}

// InvoiceFunc reads an invoice of the transaction's marketplace; NotFound
// when it has none with the id.
type InvoiceFunc func(ctx context.Context, tx *store.Tx, id int64) (Payable, error)

// PaidFunc marks the invoice paid in the transaction that records the
// payment. It takes effect once per payment that succeeded; an error undoes
// both, and the settle job tries again. The actor is the system when a payment
// is settled after a crash.
type PaidFunc func(ctx context.Context, tx *store.Tx, invoiceID int64, paidAt time.Time, actor account.Actor) error

// Config is what the service needs.
type Config struct {
	DB      *store.DB
	Jobs    *jobs.Client
	Gateway Gateway
	Invoice InvoiceFunc
	Paid    PaidFunc
	// ChargeTimeout bounds the wait for the gateway. Default 20 seconds.
	ChargeTimeout time.Duration
	// SettleAfter is when a payment that is still pending is looked up. It
	// must be longer than ChargeTimeout. Default 30 seconds.
	SettleAfter time.Duration
}

// Service is what can be done with payments.
type Service struct{ cfg Config }

// New returns the service and registers its job.
func New(cfg Config) (*Service, error) {
	if cfg.DB == nil || cfg.Jobs == nil || cfg.Gateway == nil || cfg.Invoice == nil || cfg.Paid == nil {
		return nil, errors.New("payment: DB, Jobs, Gateway, Invoice and Paid are required")
	}
	if cfg.ChargeTimeout == 0 {
		cfg.ChargeTimeout = 20 * time.Second
	}
	if cfg.SettleAfter == 0 {
		cfg.SettleAfter = 30 * time.Second
	}
	if cfg.SettleAfter <= cfg.ChargeTimeout {
		return nil, fmt.Errorf("payment: SettleAfter (%v) must be longer than ChargeTimeout (%v)", cfg.SettleAfter, cfg.ChargeTimeout)
	}
	s := &Service{cfg: cfg}
	jobs.Register(cfg.Jobs, s.settleJob)
	return s, nil
}

// Pay charges the card for the invoice's total. What it can answer:
//
//   - nil: charged, and the invoice is paid
//   - Invalid on "card" or below it: declined, with the gateway's reason; the
//     invoice stays unpaid and can be paid with another card
//   - Conflict: already paid, cancelled, or a payment is under way
//   - Precondition: the gateway is the sandbox one and the marketplace is not
//   - NotFound: no such invoice, or not the actor's
//   - Unavailable: the outcome is not known; the payment stays pending and is
//     settled within a minute or so, and nothing is charged twice
func (s *Service) Pay(ctx context.Context, actor account.Actor, invoiceID int64, card Card) (Payment, error) {
	if err := actor.Need(account.PayInvoices); err != nil {
		return Payment{}, err
	}
	card = card.Normal()
	var p Payment
	err := s.cfg.DB.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		p, err = s.begin(ctx, tx, actor, invoiceID, card)
		return err
	})
	if err != nil {
		return Payment{}, err
	}
	// From here on a person who closes the browser changes nothing.
	ctx = context.WithoutCancel(ctx)
	charge, err := s.charge(ctx, actor.MarketplaceID, p, card)
	if err != nil {
		return p, unknownOutcome(p, err)
	}
	p, err = s.finish(ctx, actor, p.ID, charge)
	if err != nil {
		return p, unknownOutcome(p, err)
	}
	if p.Status != Succeeded {
		return p, fault.InvalidField("card", p.Message).With("payment", p.ID)
	}
	return p, nil
}

func unknownOutcome(p Payment, cause error) error {
	return fault.New(fault.Unavailable, "The payment could not be confirmed yet. Nothing will be charged twice; look at the invoice again in a minute.").
		With("payment", p.ID).Because(cause)
}

// begin writes the pending payment, and the job that settles it should
// nobody else live to do so.
func (s *Service) begin(ctx context.Context, tx *store.Tx, actor account.Actor, invoiceID int64, card Card) (Payment, error) {
	inv, err := s.owned(ctx, tx, actor, invoiceID)
	if err != nil {
		return Payment{}, err
	}
	if err := payable(inv); err != nil {
		return Payment{}, err
	}
	if err := s.realMoney(ctx, tx); err != nil {
		return Payment{}, err
	}
	if err := card.Validate(tx.Now()); err != nil {
		return Payment{}, err
	}
	id, err := s.open(ctx, tx, Payment{InvoiceID: inv.ID, Gateway: s.cfg.Gateway.Name(), Status: Pending,
		Currency: inv.Currency, Amount: inv.Total, CardLast4: card.Last4(), CardExpiry: card.Expiry()})
	if err != nil {
		return Payment{}, err
	}
	err = s.cfg.Jobs.Insert(ctx, tx, settleArgs{MarketplaceID: tx.Marketplace(), PaymentID: id},
		jobs.Options{RunAt: s.cfg.DB.Clock().Now().Add(s.cfg.SettleAfter)})
	if err != nil {
		return Payment{}, err
	}
	return paymentByID(ctx, tx, id, "")
}

// open writes a pending payment; a second one of the invoice at the same time
// is a Conflict.
func (s *Service) open(ctx context.Context, tx *store.Tx, p Payment) (int64, error) {
	underWay := fault.New(fault.Conflict, "A payment of this invoice is under way.").With("invoice", p.InvoiceID)
	busy, err := hasOpenPayment(ctx, tx, p.InvoiceID)
	if err != nil {
		return 0, err
	}
	if busy {
		return 0, underWay
	}
	id, err := insertPayment(ctx, tx, p)
	if store.IsTaken(err) {
		return 0, underWay
	}
	return id, err
}

func payable(inv Payable) error {
	switch {
	case inv.Status == "paid":
		return fault.New(fault.Conflict, "This invoice is already paid.").With("invoice", inv.ID)
	case inv.Status != "unpaid":
		return fault.Newf(fault.Conflict, "This invoice is %s; there is nothing to pay.", inv.Status).With("invoice", inv.ID)
	case inv.SelfBilled:
		return fault.New(fault.Precondition, "This is a pro-forma invoice: pay its seller, who marks it as paid.").With("invoice", inv.ID)
	case inv.Total.Sign() <= 0:
		return fault.New(fault.Conflict, "There is nothing to pay on this invoice.").With("invoice", inv.ID)
	}
	return nil
}

// realMoney refuses play money where things are really sold: the sandbox
// gateway charges nobody, so outside a sandbox nothing may be paid with it.
func (s *Service) realMoney(ctx context.Context, tx *store.Tx) error {
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil || m.Sandbox || s.cfg.Gateway.Name() != sandboxName {
		return err
	}
	return fault.New(fault.Precondition, "This marketplace takes no cards yet. Pay by bank transfer; the operator marks the invoice as paid.")
}

// owned reads the invoice if it is the actor's.
func (s *Service) owned(ctx context.Context, tx *store.Tx, actor account.Actor, invoiceID int64) (Payable, error) {
	if invoiceID <= 0 || invoiceID > math.MaxInt32 {
		return Payable{}, fault.New(fault.NotFound, "There is no such invoice.")
	}
	inv, err := s.cfg.Invoice(ctx, tx, invoiceID)
	if err != nil {
		return Payable{}, err
	}
	return inv, actor.NeedOwn("invoice", inv.CustomerID)
}

// charge asks the gateway, outside any transaction.
func (s *Service) charge(ctx context.Context, marketplace int64, p Payment, card Card) (Charge, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.ChargeTimeout)
	defer cancel()
	return s.cfg.Gateway.Charge(ctx, ChargeInput{Key: key(marketplace, p.ID), Amount: money.New(p.Amount, p.Currency), Card: card})
}

// key is the payment's idempotency key at the gateway.
func key(marketplace, payment int64) string {
	return fmt.Sprintf("fondaco-payment-%d-%d", marketplace, payment)
}

// finish records the gateway's answer. Who comes second (the request or the
// settle job) changes nothing and gets what was recorded.
func (s *Service) finish(ctx context.Context, actor account.Actor, paymentID int64, charge Charge) (Payment, error) {
	status, message := Declined, charge.Message
	if charge.Status == ChargeSucceeded {
		status, message = Succeeded, ""
	}
	return s.end(ctx, actor, paymentID, status, charge.Reference, message)
}

// end moves a pending payment to its last status and pays the invoice when it
// succeeded.
func (s *Service) end(ctx context.Context, actor account.Actor, paymentID int64, status Status, reference, message string) (Payment, error) {
	var p Payment
	err := s.cfg.DB.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		p, err = s.endIn(ctx, tx, actor, paymentID, status, reference, message)
		return err
	})
	if err != nil {
		return Payment{ID: paymentID}, fmt.Errorf("payment %d: %w", paymentID, err)
	}
	return p, nil
}

// endIn is end within a transaction. A payment that is over stays as it is.
func (s *Service) endIn(ctx context.Context, tx *store.Tx, actor account.Actor, id int64, status Status, reference, message string) (Payment, error) {
	p, err := paymentByID(ctx, tx, id, tx.ForUpdate())
	if err != nil || p.Status != Pending {
		return p, err
	}
	p.Status, p.Reference, p.Message, p.FinishedAt = status, reference, message, new(tx.Now())
	if err := updatePayment(ctx, tx, p); err != nil {
		return p, err
	}
	err = audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "payment." + string(status), Entity: "payment", EntityID: p.ID, After: p})
	if err != nil || status != Succeeded {
		return p, err
	}
	return p, s.cfg.Paid(ctx, tx, p.InvoiceID, tx.Now(), actor)
}

// List returns the payments of an invoice, newest first; NotFound when the
// invoice is not the actor's.
func (s *Service) List(ctx context.Context, actor account.Actor, invoiceID int64) ([]Payment, error) {
	var all []Payment
	err := s.cfg.DB.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		if _, err := s.owned(ctx, tx, actor, invoiceID); err != nil {
			return err
		}
		var err error
		all, err = paymentsOf(ctx, tx, invoiceID)
		return err
	})
	return all, err
}
