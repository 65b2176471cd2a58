package invoice

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// bill acts on one subscription: one period's end, one trial's end, or what
// was used before it was terminated.
func (s *Service) bill(ctx context.Context, marketplace, id int64) error {
	return s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		sub, err := subscription.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
		if err != nil {
			return err
		}
		b := &bill{s: s, tx: tx, sub: &sub, rev: rev, actor: account.SystemActor(marketplace)}
		if err := b.corrections(ctx); err != nil {
			return err
		}
		if err := b.act(ctx); err != nil {
			return err
		}
		return b.close(ctx)
	})
}

// bill is the work on one subscription: it moves the subscription on and
// gathers the lines of one invoice.
type bill struct {
	s     *Service
	tx    *store.Tx
	sub   *subscription.Subscription
	rev   catalog.Revision
	actor account.Actor
	lines []billLine
	// kind is the type of the order that this is; "" when it is none.
	kind order.Type
}

// close issues the invoice of what was gathered.
func (b *bill) close(ctx context.Context) (err error) {
	if b.kind == "" {
		_, err = b.s.issue(ctx, b.tx, b.actor, *b.sub, b.lines, false)
	} else {
		_, err = b.s.ordered(ctx, b.tx, b.actor, *b.sub, b.kind, b.lines)
	}
	return err
}

func (b *bill) act(ctx context.Context) error {
	sub, now := b.sub, b.tx.Now()
	switch {
	case sub.BillsAt == nil || sub.BillsAt.After(now):
		return nil // billed meanwhile
	case sub.Status == subscription.Terminated:
		return b.last(ctx)
	case sub.Status == subscription.Postponed:
		return b.s.begin(ctx, b.tx, *sub)
	case sub.Status == subscription.Terminating && sub.VendorProvisioned():
		return b.s.end(ctx, b.tx, *sub)
	case sub.Status != subscription.Active && sub.Status != subscription.Suspended:
		sub.ParkedReason = fmt.Sprintf("The period ended while the subscription was %s.", sub.Status)
		return subscription.Save(ctx, b.tx, *sub)
	}
	if sub.PeriodIndex == subscription.TrialPeriod {
		return b.endTrial(ctx)
	}
	if err := b.usageIsIn(ctx, *sub.PeriodEnd); err != nil {
		return err
	}
	return b.endPeriod(ctx)
}

// usageIsIn is errNotYet while the usage until the instant is awaited.
// Where use costs nothing it is not.
func (b *bill) usageIsIn(ctx context.Context, until time.Time) error {
	if b.s.ready == nil || len(b.rev.Content.Metered())+len(b.rev.Content.Meters) == 0 {
		return nil
	}
	ready, err := b.s.ready(ctx, b.tx, b.sub.ID, until)
	if err == nil && !ready {
		err = errNotYet
	}
	return err
}

func (b *bill) period() rating.Period {
	return rating.Period{Start: *b.sub.PeriodStart, End: *b.sub.PeriodEnd}
}

// endTrial turns the free days into the first period.
func (b *bill) endTrial(ctx context.Context) error {
	if err := insertPeriod(ctx, b.tx, b.sub.ID, b.rev.ID, b.period(), money.Int(0), true); err != nil {
		return err
	}
	if !b.sub.AutoRenew {
		return b.expire(ctx)
	}
	return b.firstPeriod(ctx)
}

// firstPeriod begins what is paid for after a trial.
func (b *bill) firstPeriod(ctx context.Context) error {
	if err := b.takeNext(ctx); err != nil {
		return err
	}
	first := rating.PeriodAt(b.rev.Content.Terms, *b.sub.AnchorAt, 0)
	b.add(rating.Opening(b.rev.Content.Terms, first, b.bought()...))
	b.sub.SetPeriod(first, 0)
	if b.kind == order.Renewal {
		b.kind = order.Normal
	}
	return b.moveOn(ctx, "subscription.trialEnded", "The trial is over; the first period began")
}

// endPeriod bills what was used, and begins the next period or ends the
// subscription.
func (b *bill) endPeriod(ctx context.Context) error {
	if err := b.arrears(ctx, b.period(), b.rev.Content.Terms, b.bought()); err != nil {
		return err
	}
	if b.postpaid() {
		if err := b.charges(ctx, b.rev, b.period()); err != nil {
			return err
		}
	}
	if !b.sub.AutoRenew && b.sub.RenewedAhead == 0 {
		if err := b.once(ctx); err != nil {
			return err
		}
		return b.expire(ctx)
	}
	if err := b.takeNext(ctx); err != nil {
		return err
	}
	n, next := b.following()
	if err := b.renew(ctx, next); err != nil {
		return err
	}
	if err := b.once(ctx); err != nil {
		return err
	}
	b.sub.SetPeriod(next, n)
	return b.moveOn(ctx, "subscription.renewed", "Renewed until "+next.End.Format("2 January 2006"))
}

// renew bills what is due in advance of a period, unless that was done ahead:
// then only what it has become dearer since.
func (b *bill) renew(ctx context.Context, next rating.Period) error {
	if b.sub.RenewedAhead > 0 {
		b.sub.RenewedAhead--
		return b.topUp(ctx, next)
	}
	b.add(rating.Renewal(b.rev.Content.Terms, next, b.bought()...))
	if b.postpaid() {
		return nil
	}
	return b.charges(ctx, b.rev, next)
}

// following is the next period and its number. It begins where the running one
// ends, also where that was moved by hours.
func (b *bill) following() (int, rating.Period) {
	end := *b.sub.PeriodEnd
	for n := b.sub.PeriodIndex + 1; ; n++ {
		if p := rating.PeriodAt(b.rev.Content.Terms, *b.sub.AnchorAt, n); p.End.After(end) {
			return n, rating.Period{Start: end, End: p.End}
		}
	}
}

func (b *bill) postpaid() bool { return b.rev.Content.Terms.Timing == price.Postpaid }

// last bills what was used until the subscription was gone.
func (b *bill) last(ctx context.Context) error {
	sub := b.sub
	sub.BillsAt = nil
	used := sub.ActivatedAt != nil // one that was never ready owes nothing more
	if used && sub.PeriodStart != nil && sub.TerminatedAt.After(*sub.PeriodStart) {
		p := rating.Period{Start: *sub.PeriodStart, End: *sub.TerminatedAt}
		terms, bought := b.rev.Content.Terms, b.bought()
		if sub.PeriodEnd.Equal(*sub.PeriodStart) { // the tail after an expired period
			terms.SetupPrice, terms.RecurringPrice, bought = money.Int(0), money.Int(0), nil
		}
		if sub.PeriodIndex == subscription.TrialPeriod {
			if err := insertPeriod(ctx, b.tx, sub.ID, b.rev.ID, p, money.Int(0), true); err != nil {
				return err
			}
		} else if err := b.arrears(ctx, p, terms, bought); err != nil {
			return err
		}
		if err := b.once(ctx); err != nil {
			return err
		}
	}
	return subscription.Save(ctx, b.tx, *sub)
}

// expire ends a subscription that does not renew. What is used until it is
// really gone is billed then.
func (b *bill) expire(ctx context.Context) error {
	end := *b.sub.PeriodEnd
	b.sub.PeriodStart = &end
	return b.s.subs.End(ctx, b.tx, b.actor, b.sub, "The period ended and was not to be renewed")
}

func (b *bill) moveOn(ctx context.Context, topic, summary string) error {
	if err := subscription.Save(ctx, b.tx, *b.sub); err != nil {
		return err
	}
	return b.s.subs.Tell(ctx, b.tx, b.actor, *b.sub, topic, summary)
}

// takeNext moves to the plan and the quantities that were chosen for the next
// period, or to the newest revision of the plan: prices hold until renewal, not
// longer.
func (b *bill) takeNext(ctx context.Context) error {
	sub, before := b.sub, *b.sub
	if err := b.takeRevision(ctx); err != nil {
		return err
	}
	switch b.kind = order.Renewal; {
	case sub.PlanID != before.PlanID:
		b.kind = order.Upgrade
	case sub.NextParameters != nil:
		b.kind = order.ItemUpgrade
	}
	if err := order.SettleDeferred(ctx, b.tx, sub.ID, order.Confirmed, order.Upgrade, order.ItemUpgrade); err != nil {
		return err
	}
	sub.Parameters, sub.NextParameters = string(b.rev.Content.Renewed(sub.Upcoming())), nil
	if sub.RevisionID == before.RevisionID && sub.Parameters == before.Parameters {
		return nil
	}
	return b.s.start(ctx, b.tx, *sub, subscription.Update)
}

func (b *bill) takeRevision(ctx context.Context) error {
	rev, err := b.nextRevision(ctx)
	if err != nil || rev.ID == b.sub.RevisionID {
		return err
	}
	plan, err := catalog.PlanByID(ctx, b.tx, rev.PlanID)
	if err != nil {
		return err
	}
	b.rev = rev
	b.sub.RevisionID, b.sub.PlanID, b.sub.Plan, b.sub.NextRevisionID = rev.ID, rev.PlanID, plan.Name, nil
	return nil
}

// nextRevision has the prices of the next period: those that were chosen for
// it, or the newest of the plan as it is sold. What was renewed ahead, or is
// not sold any more, keeps what it has.
func (b *bill) nextRevision(ctx context.Context) (catalog.Revision, error) {
	switch {
	case b.sub.NextRevisionID != nil:
		return catalog.RevisionByID(ctx, b.tx, *b.sub.NextRevisionID)
	case b.sub.RenewedAhead > 0:
		return b.rev, nil
	}
	plan, err := catalog.PlanSoldBy(ctx, b.tx, b.sub.PlanID, b.sub.Reseller())
	if err != nil || plan.Revision.Excluded {
		return b.rev, err
	}
	return catalog.RevisionByID(ctx, b.tx, plan.Revision.ID)
}

// bought are the quantities that the subscription pays for in its period.
func (b *bill) bought() []rating.Bought {
	return b.rev.Content.Bought(json.RawMessage(b.sub.Parameters))
}

// arrears adds what a period that is over costs, and records it as billed.
func (b *bill) arrears(ctx context.Context, p rating.Period, terms price.Terms, bought []rating.Bought) error {
	metered, err := b.metered(ctx, b.rev, p)
	if err != nil {
		return err
	}
	lines, err := rating.Arrears(terms, metered, p, b.sub.PeriodIndex == 0, bought...)
	if err != nil {
		return err
	}
	used := money.Int(0)
	for _, l := range lines {
		if l.Kind == rating.KindUsage {
			used = used.Add(l.Amount)
		}
	}
	b.add(lines)
	return insertPeriod(ctx, b.tx, b.sub.ID, b.rev.ID, p, used, false)
}

// metered gathers the quantities and prices of a period of the subscription.
func (b *bill) metered(ctx context.Context, rev catalog.Revision, p rating.Period) ([]rating.Metered, error) {
	return metered(ctx, b.tx, *b.sub, rev, p, func(endpoint string, _ usage.Quantity) string { return endpoint })
}

func (b *bill) add(lines []rating.Line) { b.lines = append(b.lines, under(b.rev.ID, lines)...) }

func currencyOf(ctx context.Context, tx *store.Tx, revision int64) (string, error) {
	rev, err := catalog.RevisionByID(ctx, tx, revision)
	return rev.Content.Currency, err
}
