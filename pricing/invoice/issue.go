package invoice

import (
	"context"
	"fmt"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

// billLine is a line with the price revision that made it.
type billLine struct {
	rating.Line
	revision int64
	// extra is the vendor's own line that it bills; nil for all others.
	extra *ExtraLine
}

func under(revision int64, lines []rating.Line) []billLine {
	out := make([]billLine, len(lines))
	for i, l := range lines {
		out[i] = billLine{Line: l, revision: revision}
	}
	return out
}

// issue writes the invoice, its lines and its event. Lines that cost nothing
// stand on it for the record, but an invoice of nothing but them is not made:
// the zero Invoice is returned. cashed says that it was paid already.
func (s *Service) issue(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, lines []billLine, cashed bool) (Invoice, error) {
	if !worthAnInvoice(lines) {
		return Invoice{}, nil
	}
	inv, err := s.compose(ctx, tx, sub, lines)
	if err != nil {
		return Invoice{}, err
	}
	if now := tx.Now(); cashed && inv.Status == Unpaid {
		inv.Status, inv.PaidAt = Paid, &now
	}
	if inv.Number, err = number(ctx, tx, inv); err != nil {
		return Invoice{}, err
	}
	if inv.ID, err = insertInvoice(ctx, tx, inv); err != nil {
		return Invoice{}, err
	}
	if err := insertLines(ctx, tx, inv, lines); err != nil {
		return Invoice{}, err
	}
	if cashed {
		return inv, s.tell(ctx, tx, actor, inv, sub, event.Created, "invoice.cashed", "Invoice "+inv.Number+" over "+inv.amount().String()+", paid already")
	}
	return inv, s.issued(ctx, tx, actor, inv, sub)
}

// ordered is issue for what came after the purchase: the order of its type is
// written with it, also when there is nothing to pay.
func (s *Service) ordered(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, t order.Type, lines []billLine) (Invoice, error) {
	inv, err := s.issue(ctx, tx, actor, sub, lines, t == order.Cashed)
	if err != nil {
		return Invoice{}, err
	}
	inv.Type = t
	inv.OrderID, err = s.record(ctx, tx, actor, sub, inv)
	return inv, err
}

// record writes the order of an invoice that is no purchase's.
func (s *Service) record(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, inv Invoice) (int64, error) {
	l := order.Later{Type: inv.Type, By: actor, CustomerID: sub.CustomerID, ResellerID: sub.ResellerID, SubscriptionID: sub.ID,
		RevisionID: sub.RevisionID, Parameters: sub.Parameters, InvoiceID: inv.ID, Status: order.Confirmed}
	if inv.Status == Unpaid || inv.Status == Draft {
		l.Status = order.AwaitingPayment
	}
	return order.Record(ctx, tx, l)
}

func worthAnInvoice(lines []billLine) bool {
	for _, l := range lines {
		if !l.Amount.IsZero() {
			return true
		}
	}
	return false
}

// compose computes the sums and takes the picture of both parties.
func (s *Service) compose(ctx context.Context, tx *store.Tx, sub subscription.Subscription, lines []billLine) (Invoice, error) {
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil {
		return Invoice{}, err
	}
	customer, err := account.OrganizationByID(ctx, tx, sub.CustomerID)
	if err != nil {
		return Invoice{}, err
	}
	currency, err := currencyOf(ctx, tx, sub.RevisionID)
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
			Customer:    partyOf(customer)}}
	if inv.Total.Sign() <= 0 { // nothing to be paid: a credit note, or lines that cancel out
		inv.Status, inv.PaidAt = Paid, &now
	}
	return inv, s.selfBill(ctx, tx, sub, &inv)
}

func partyOf(o account.Organization) Party {
	return Party{Name: o.Name, Address: o.Address, VATID: o.VATID, Email: o.Email}
}

// number takes the next of a gap-free series: one for invoices, one for credit
// notes, new each year (T21). Pro-forma invoices have series of each seller's
// own.
func number(ctx context.Context, tx *store.Tx, inv Invoice) (string, error) {
	series := inv.IssuedAt.Format("2006")
	if inv.Total.Sign() < 0 {
		series = "CN-" + series
	}
	if inv.SelfBilled() {
		series = fmt.Sprintf("PF%d-%s", *inv.SelfBilledBy, series)
	}
	n, err := takeNumber(ctx, tx, series)
	return fmt.Sprintf("%s-%08d", series, n), err
}

func (i Invoice) amount() money.Money { return money.New(i.Total, i.Currency) }

func (s *Service) issued(ctx context.Context, tx *store.Tx, actor account.Actor, inv Invoice, sub subscription.Subscription) error {
	return s.tell(ctx, tx, actor, inv, sub, event.Created, "invoice.issued", "Invoice "+inv.Number+" over "+inv.amount().String())
}

func (s *Service) tell(ctx context.Context, tx *store.Tx, actor account.Actor, inv Invoice, sub subscription.Subscription, kind event.Type, topic, summary string) error {
	if err := audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: topic, Entity: "invoice", EntityID: inv.ID,
		After: map[string]any{"number": inv.Number, "total": inv.amount(), "status": inv.Status}}); err != nil {
		return err
	}
	if err := subscription.Touch(ctx, tx, sub.ID); err != nil {
		return err
	}
	return s.events.Append(ctx, tx, event.Input{Entity: event.Invoice, EntityID: inv.ID, Type: kind, Topic: topic,
		SubscriptionID: inv.SubscriptionID, CustomerID: inv.CustomerID, VendorID: sub.VendorID, ResellerID: sub.Reseller(),
		Actor: actor.Audit(), Summary: summary, Data: map[string]any{"number": inv.Number, "total": inv.amount()}})
}
