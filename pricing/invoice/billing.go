package invoice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// Run bills everything in the marketplace that is due: each subscription in a
// transaction of its own. It derives what a period should hold and writes only
// what is missing, so running it twice, or crashing in it, changes nothing.
// One that cannot be billed does not hold up the others; the next run tries it
// again. It returns how many subscriptions it acted on, and what went wrong.
func (s *Service) Run(ctx context.Context, marketplace int64) (int, error) {
	done, failed, waiting := 0, map[int64]error{}, map[int64]bool{}
	for ctx.Err() == nil {
		ids, err := s.due(ctx, marketplace, runBatch+len(failed)+len(waiting))
		if err != nil {
			return done, err
		}
		ids = slices.DeleteFunc(ids, func(id int64) bool { return failed[id] != nil || waiting[id] })
		if len(ids) == 0 {
			break
		}
		for _, id := range ids {
			switch err := s.bill(ctx, marketplace, id); {
			case errors.Is(err, errUsageMissing):
				waiting[id] = true
			case err != nil:
				failed[id] = fmt.Errorf("bill subscription %d: %w", id, err)
			default:
				done++
			}
		}
	}
	return done, errors.Join(slices.Collect(maps.Values(failed))...)
}

const runBatch = 100

// errUsageMissing says that a period is not billed yet: its usage is still
// being fetched.
var errUsageMissing = errors.New("usage is still to come")

// due returns up to limit subscriptions to act on now: those whose time has
// come, and then those that are over and got usage afterwards.
func (s *Service) due(ctx context.Context, marketplace int64, limit int) (ids []int64, err error) {
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		m, err := account.MarketplaceOf(ctx, tx)
		if err != nil {
			return err
		}
		by := tx.Now()
		if !m.Sandbox {
			by = by.Add(-s.grace)
		}
		if ids, err = subscription.Due(ctx, tx, by, limit); err != nil {
			return err
		}
		late, err := endedStale(ctx, tx)
		ids = append(ids, late...)
		return err
	})
	return ids, err
}

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
		_, err = s.issue(ctx, tx, b.actor, sub, b.lines)
		return err
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
	lines []revisionLine
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

// usageIsIn is errUsageMissing while the usage until the instant is awaited.
// Where use costs nothing it is not.
func (b *bill) usageIsIn(ctx context.Context, until time.Time) error {
	if b.s.ready == nil || len(b.rev.Content.Metered())+len(b.rev.Content.Meters) == 0 {
		return nil
	}
	ready, err := b.s.ready(ctx, b.tx, b.sub.ID, until)
	if err == nil && !ready {
		err = errUsageMissing
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
	if err := b.takeNext(ctx); err != nil {
		return err
	}
	first := rating.PeriodAt(b.rev.Content.Terms, *b.sub.AnchorAt, 0)
	b.add(rating.Opening(b.rev.Content.Terms, first, b.bought()...))
	b.sub.SetPeriod(first, 0)
	return b.moveOn(ctx, "subscription.trialEnded", "The trial is over; the first period began")
}

// endPeriod bills what was used, and begins the next period or ends the
// subscription.
func (b *bill) endPeriod(ctx context.Context) error {
	if err := b.arrears(ctx, b.period(), b.rev.Content.Terms, b.bought()); err != nil {
		return err
	}
	if !b.sub.AutoRenew {
		return b.expire(ctx)
	}
	if err := b.takeNext(ctx); err != nil {
		return err
	}
	n := b.sub.PeriodIndex + 1
	next := rating.PeriodAt(b.rev.Content.Terms, *b.sub.AnchorAt, n)
	b.add(rating.Renewal(b.rev.Content.Terms, next, b.bought()...))
	b.sub.SetPeriod(next, n)
	return b.moveOn(ctx, "subscription.renewed", "Renewed until "+next.End.Format("2 January 2006"))
}

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
	sub.Parameters, sub.NextParameters = string(b.rev.Content.Renewed(sub.Upcoming())), nil
	if sub.RevisionID == before.RevisionID && sub.Parameters == before.Parameters {
		return nil
	}
	return b.s.start(ctx, b.tx, *sub, subscription.Update)
}

func (b *bill) takeRevision(ctx context.Context) error {
	next := b.sub.NextRevisionID
	if next == nil {
		plan, err := catalog.PlanSoldBy(ctx, b.tx, b.sub.PlanID, b.sub.Reseller())
		if err != nil {
			return err
		}
		if plan.Revision.Excluded {
			return nil // not sold any more: who has it keeps it at its price
		}
		next = &plan.Revision.ID
	}
	if *next == b.sub.RevisionID {
		return nil
	}
	rev, err := catalog.RevisionByID(ctx, b.tx, *next)
	if err != nil {
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

func (b *bill) add(lines []rating.Line) { b.lines = append(b.lines, under(b.rev.ID, lines)...) }

func currencyOf(ctx context.Context, tx *store.Tx, revision int64) (string, error) {
	rev, err := catalog.RevisionByID(ctx, tx, revision)
	return rev.Content.Currency, err
}

// NextDue returns when billing must act next in the marketplace; false when
// never. Time machines step from one such instant to the next. What is due now
// and was not billed waits for its usage, and will not wait for ever.
func (s *Service) NextDue(ctx context.Context, marketplace int64) (at time.Time, ok bool, err error) {
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		if at, ok, err = subscription.NextDue(ctx, tx, tx.Now()); err != nil {
			return err
		}
		late, waits, err := subscription.NextDue(ctx, tx, tx.Now().Add(-s.wait))
		if late = late.Add(s.wait); waits && (!ok || late.Before(at)) {
			at, ok = late, true
		}
		return err
	})
	return at, ok, err
}
