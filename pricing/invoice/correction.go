package invoice

import (
	"context"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/pricing/rating"
)

// corrections bills the difference for closed periods that got usage
// afterwards: a line on this invoice, never a change of the old one (X4).
func (b *bill) corrections(ctx context.Context) error {
	periods, err := stalePeriods(ctx, b.tx, b.sub.ID)
	if err != nil {
		return err
	}
	for _, old := range periods {
		if err := b.correct(ctx, old); err != nil {
			return err
		}
	}
	return nil
}

func (b *bill) correct(ctx context.Context, old BilledPeriod) error {
	if err := freshen(ctx, b.tx, old.ID); err != nil || old.Free {
		return err
	}
	rev, err := catalog.RevisionByID(ctx, b.tx, old.RevisionID)
	if err != nil {
		return err
	}
	p := rating.Period{Start: old.Start, End: old.End}
	metered, err := b.metered(ctx, rev, p)
	if err != nil {
		return err
	}
	for _, m := range metered {
		billed, err := billedFor(ctx, b.tx, b.sub.ID, m.Meter, p.Start)
		if err != nil {
			return err
		}
		lines, err := rating.Adjustment(rev.Content.Terms, m, p, billed)
		if err != nil {
			return err
		}
		b.lines = append(b.lines, under(rev.ID, lines)...)
	}
	return nil
}
