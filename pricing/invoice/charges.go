package invoice

import (
	"context"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

// charges adds the lines that a vendor put on every invoice, for a period: as
// the recurring price, in advance of it or after it.
func (b *bill) charges(ctx context.Context, rev catalog.Revision, p rating.Period) error {
	lines, err := ripe(ctx, b.tx, b.sub.ID, Recurring)
	for i := range lines {
		b.lines = append(b.lines, lines[i].line(rev.Content.Currency, rev.ID, p))
	}
	return err
}

// once adds what a vendor put on one invoice only, and then takes off the
// discounts that wait.
func (b *bill) once(ctx context.Context) error {
	lines, err := ripe(ctx, b.tx, b.sub.ID, OneShot)
	if err != nil {
		return err
	}
	b.lines = append(b.lines, priced(lines, b.rev.Content.Currency, b.rev.ID)...)
	return b.discounts(ctx)
}

// discounts takes off what waits, as far as the invoice goes: it never becomes
// a credit note by them. What is left waits for the next one.
func (b *bill) discounts(ctx context.Context) error {
	waiting, err := ripe(ctx, b.tx, b.sub.ID, Discount)
	if err != nil {
		return err
	}
	left, currency := net(b.lines), b.rev.Content.Currency
	for _, d := range waiting {
		l := d.line(currency, b.rev.ID, rating.Period{})
		if l.Amount.Sign() < 0 {
			now, rest := rating.Deduct(left, l.Amount)
			switch {
			case now.IsZero():
				continue
			case !rest.IsZero():
				if err := insertExtras(ctx, b.tx, []ExtraLine{d.worth(rest)}); err != nil {
					return err
				}
				part := d.worth(now)
				l = part.line(currency, b.rev.ID, rating.Period{})
			}
		}
		left = left.Add(l.Amount)
		b.lines = append(b.lines, l)
	}
	return nil
}

// worth is the line over an amount.
func (e ExtraLine) worth(amount money.Decimal) ExtraLine {
	e.Price, e.Quantity = amount, money.Int(1)
	return e
}

// discountInstead turns lines that were to be an invoice of their own, and give
// money back, into discounts.
func discountInstead(ctx context.Context, tx *store.Tx, lines []ExtraLine) error {
	for _, l := range lines {
		if err := setKind(ctx, tx, l.ID, Discount); err != nil {
			return err
		}
	}
	return nil
}
