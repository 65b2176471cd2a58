package invoice

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

// ChargeInput is what a vendor bills beside its plan.
type ChargeInput struct {
	// Type is Upsell when it is left out. An upsell over more than nothing is
	// an invoice now, one below is a discount on the next invoice; lines of a
	// day to come wait for it. Chunked begins a draft (see ReplaceLines and
	// Finalize), Cashed is an invoice that was paid already, and Refund a
	// credit note.
	Type  order.Type
	Lines []LineInput
}

func (in *ChargeInput) check(currency string) error {
	if in.Type == "" {
		in.Type = order.Upsell
	}
	var c fault.Check
	switch in.Type {
	case order.Upsell, order.Cashed, order.Refund:
		c.That(len(in.Lines) > 0, "lines", "Give at least one line.")
	case order.Chunked: // lines may follow
	default:
		c.Add("type", "Use upsell, chunked, cashed or refund.")
	}
	c.Merge("", checkLines(in.Lines, currency))
	return c.Err()
}

// Charge bills a vendor's own lines on a subscription that it sold, which must
// be paid for and alive. It returns the invoice, the draft or the credit note;
// the zero Invoice when nothing is billed now.
func (s *Service) Charge(ctx context.Context, actor account.Actor, id int64, in ChargeInput) (Invoice, error) {
	var inv Invoice
	err := s.charging(ctx, actor, id, func(tx *store.Tx, sub subscription.Subscription, currency string) (err error) {
		if err := in.check(currency); err != nil {
			return err
		}
		lines := extras(in.Lines, id, Upsell, tx.Now())
		switch in.Type {
		case order.Upsell:
			inv, err = s.upsell(ctx, tx, actor, sub, currency, lines)
		case order.Chunked:
			inv, err = s.beginDraft(ctx, tx, actor, sub, priced(lines, currency, sub.RevisionID))
		case order.Cashed:
			inv, err = s.cashed(ctx, tx, actor, sub, priced(lines, currency, sub.RevisionID))
		case order.Refund:
			inv, err = s.refund(ctx, tx, actor, sub, currency, lines)
		}
		return err
	})
	if err != nil || inv.ID == 0 {
		return Invoice{}, err
	}
	return s.Get(ctx, actor, inv.ID)
}

// priced are lines of their own kind, each at the instant of its purchase.
func priced(lines []ExtraLine, currency string, revision int64) []billLine {
	out := make([]billLine, len(lines))
	for i := range lines {
		out[i] = lines[i].line(currency, revision, rating.Period{})
	}
	return out
}

func net(lines []billLine) money.Decimal {
	sum := money.Int(0)
	for _, l := range lines {
		sum = sum.Add(l.Amount)
	}
	return sum
}

// upsell bills the lines whose day has come and keeps the others for theirs.
func (s *Service) upsell(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, currency string, lines []ExtraLine) (Invoice, error) {
	var due, later []ExtraLine
	for _, l := range lines {
		if l.PurchasedAt.After(tx.Now()) {
			later = append(later, l)
		} else {
			due = append(due, l)
		}
	}
	if err := insertExtras(ctx, tx, later); err != nil || len(due) == 0 {
		return Invoice{}, err
	}
	bill := priced(due, currency, sub.RevisionID)
	if net(bill).Sign() > 0 {
		return s.ordered(ctx, tx, actor, sub, order.Upsell, bill)
	}
	for i := range due {
		due[i].Kind = Discount
	}
	return Invoice{}, insertExtras(ctx, tx, due)
}

// billPostponed bills the upsell lines of a subscription whose day has come.
func (s *Service) billPostponed(ctx context.Context, marketplace, id int64) error {
	return s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		sub, err := subscription.Lock(ctx, tx, id)
		if err != nil || !sub.Alive() {
			return err
		}
		lines, err := ripe(ctx, tx, id, Upsell)
		if err != nil || len(lines) == 0 {
			return err
		}
		currency, err := currencyOf(ctx, tx, sub.RevisionID)
		if err != nil {
			return err
		}
		bill := priced(lines, currency, sub.RevisionID)
		if net(bill).Sign() <= 0 {
			return discountInstead(ctx, tx, lines)
		}
		_, err = s.ordered(ctx, tx, account.SystemActor(marketplace), sub, order.Upsell, bill)
		return err
	})
}

func (s *Service) cashed(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, lines []billLine) (Invoice, error) {
	if net(lines).Sign() <= 0 {
		return Invoice{}, fault.InvalidField("lines", "What was cashed is more than nothing; use the type refund to give money back.")
	}
	return s.ordered(ctx, tx, actor, sub, order.Cashed, lines)
}

// refund issues a credit note. Amounts may be written below 0 or, because they
// are called a refund, above.
func (s *Service) refund(ctx context.Context, tx *store.Tx, actor account.Actor, sub subscription.Subscription, currency string, lines []ExtraLine) (Invoice, error) {
	bill := priced(lines, currency, sub.RevisionID)
	switch net(bill).Sign() {
	case 0:
		return Invoice{}, fault.InvalidField("lines", "These lines give nothing back.")
	case 1:
		for i := range lines {
			lines[i].Price = lines[i].Price.Neg()
		}
		bill = priced(lines, currency, sub.RevisionID)
	}
	for i := range bill {
		bill[i].Kind = rating.KindRefund
	}
	return s.ordered(ctx, tx, actor, sub, order.Refund, bill)
}
