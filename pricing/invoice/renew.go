package invoice

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

// Renew bills an active subscription before its time: a trial becomes a paid
// subscription now, any other has its next period billed now. With hours the
// running period ends that many hours from now instead, and is billed once
// more (subscription.Downstream).
func (s *Service) Renew(ctx context.Context, tx *store.Tx, actor account.Actor, sub *subscription.Subscription, in subscription.RenewInput) error {
	rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
	if err != nil {
		return err
	}
	b := &bill{s: s, tx: tx, sub: sub, rev: rev, actor: actor, kind: order.Renewal}
	if err := b.renewNow(ctx, in); err != nil {
		return err
	}
	return b.close(ctx)
}

func (b *bill) renewNow(ctx context.Context, in subscription.RenewInput) error {
	switch end := b.tx.Now().Add(time.Duration(in.Hours) * time.Hour); {
	case b.sub.PeriodIndex == subscription.TrialPeriod:
		if err := b.payTrial(ctx); err != nil || in.Hours == 0 {
			return err
		}
		b.sub.PeriodEnd, b.sub.BillsAt = &end, &end
		return subscription.Save(ctx, b.tx, *b.sub)
	case in.Hours > 0:
		return b.renewUntil(ctx, end)
	}
	return b.renewAhead(ctx)
}

// payTrial ends a trial now, with a first period.
func (b *bill) payTrial(ctx context.Context) error {
	now := b.tx.Now()
	b.sub.PeriodEnd, b.sub.TrialEndsAt, b.sub.AnchorAt = &now, &now, &now
	if err := insertPeriod(ctx, b.tx, b.sub.ID, b.rev.ID, b.period(), money.Int(0), true); err != nil {
		return err
	}
	return b.firstPeriod(ctx)
}

// renewUntil moves the end of the running period, for the price of one.
func (b *bill) renewUntil(ctx context.Context, end time.Time) error {
	p := rating.Period{Start: b.tx.Now(), End: end}
	b.add(rating.Renewal(b.rev.Content.Terms, p, b.bought()...))
	b.sub.PeriodEnd, b.sub.BillsAt = &end, &end
	return b.moveOn(ctx, "subscription.renewed", "Renewed until "+end.Format("2 January 2006, 15:04 UTC"))
}

// renewAhead bills the first period that is not billed yet, with the prices
// and quantities that the next period will have.
func (b *bill) renewAhead(ctx context.Context) error {
	rev, err := b.nextRevision(ctx)
	if err != nil {
		return err
	}
	terms := rev.Content.Terms
	n, p := b.following()
	if b.sub.RenewedAhead > 0 {
		p = rating.PeriodAt(terms, *b.sub.AnchorAt, n+b.sub.RenewedAhead)
	}
	bought := rev.Content.Bought(rev.Content.Renewed(b.sub.Upcoming()))
	b.lines = append(b.lines, under(rev.ID, rating.Renewal(terms, p, bought...))...)
	if !b.postpaid() {
		if err := b.charges(ctx, rev, p); err != nil {
			return err
		}
	}
	if err := b.once(ctx); err != nil {
		return err
	}
	b.sub.RenewedAhead++
	if rev.ID != b.sub.RevisionID {
		b.sub.NextRevisionID = &rev.ID
	}
	return b.moveOn(ctx, "subscription.renewed", "Renewed until "+p.End.Format("2 January 2006"))
}

// topUp bills the difference when a period that was billed ahead has become
// dearer since, by another plan or more of something; a cheaper one gives
// nothing back.
func (b *bill) topUp(ctx context.Context, p rating.Period) error {
	now := under(b.rev.ID, rating.Renewal(b.rev.Content.Terms, p, b.bought()...))
	billed, err := billedAhead(ctx, b.tx, b.sub.ID, p.Start)
	if err != nil {
		return err
	}
	if more := net(now).Sub(billed); more.Sign() > 0 {
		b.add([]rating.Line{rating.CustomLine(rating.Custom{Kind: rating.KindUpgrade, Description: "Upgrade of a period that was paid ahead",
			Price: more, Quantity: money.Int(1), Period: p}, b.rev.Content.Currency)})
	}
	return nil
}

// billedAhead sums the fixed prices that were billed for a period by its start.
func billedAhead(ctx context.Context, tx *store.Tx, sub int64, start time.Time) (money.Decimal, error) {
	var amounts []money.Decimal
	err := tx.Select(ctx, &amounts, `SELECT amount FROM invoice_line WHERE marketplace_id = ? AND subscription_id = ? AND period_start = ?
		AND kind IN (?, ?)`, tx.Marketplace(), sub, start, rating.KindRecurring, rating.KindResource)
	sum := money.Int(0)
	for _, a := range amounts {
		sum = sum.Add(a)
	}
	return sum, err
}
