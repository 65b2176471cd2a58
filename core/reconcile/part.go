package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

type partArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
	PartID        int64 `json:"partId"`
}

// Kind names the job in the queue.
func (partArgs) Kind() string { return "reconcile.part" }

// Scope says where it works.
func (a partArgs) Scope() int64 { return a.MarketplaceID }

// longestPart bounds the comparison of one provider; what is cut off goes on
// with the next try.
const longestPart = 6 * time.Hour

// lookBack is how long the end of a subscription is checked where the plugin
// cannot list what it finds by our mark.
const lookBack = 30 * 24 * time.Hour

// partTries is how often a part is begun or gone on with before it ends as it
// is: a run that never ended would keep the next one from starting.
const partTries = 5

// work compares one provider's share of a run, batch by batch. Killed between
// two, it goes on after the last.
func (s *Service) work(ctx context.Context, job jobs.Job[partArgs]) error {
	b := &batch{s: s, marketplace: job.Args.MarketplaceID}
	if err := b.open(ctx, job.Args.PartID); err != nil || b.part.FinishedAt != nil {
		return err
	}
	err := b.provider(ctx)
	if err == nil {
		if err = b.compare(ctx); err != nil && (ctx.Err() != nil || !job.Last) {
			return err
		}
	}
	if err != nil {
		b.tally.failed, b.tally.lastError = b.tally.failed+1, provision.Tidy(reason(err))
	}
	return b.finish(ctx)
}

// compare does the work of a part.
func (b *batch) compare(ctx context.Context) error {
	if err := b.over(ctx); err != nil {
		return err
	}
	for more := b.canObserve; more; {
		var err error
		if more, err = b.next(ctx); err != nil {
			return err
		}
	}
	if b.canInventory && b.run.SubscriptionID == nil {
		return b.orphans(ctx)
	}
	return nil
}

// batch is the work on one part.
type batch struct {
	s                        *Service
	marketplace              int64
	part                     part
	run                      Run
	source                   provision.Target // the provider
	canObserve, canInventory bool
	tally                    tally // not written yet
}

func (b *batch) open(ctx context.Context, id int64) error {
	return b.s.db.View(ctx, b.marketplace, func(tx *store.Tx) (err error) {
		if b.part, err = partByID(ctx, tx, id); err != nil {
			return err
		}
		b.run, err = runByID(ctx, tx, b.part.RunID)
		return err
	})
}

// provider reads the provider, and asks its plugin what it can do.
func (b *batch) provider(ctx context.Context) error {
	err := b.s.db.View(ctx, b.marketplace, func(tx *store.Tx) (err error) {
		b.source, err = b.s.cfg.Provision.Source(ctx, tx, b.part.ProviderID)
		return err
	})
	if err != nil {
		return err
	}
	plugin := b.source.Provider.Plugin
	if b.canObserve, err = b.s.cfg.Provision.Able(ctx, plugin, sdk.CanObserve); err != nil {
		return err
	}
	b.canInventory, err = b.s.cfg.Provision.Able(ctx, plugin, sdk.CanInventory)
	return err
}

// over ends the drifts of subscriptions that are gone: what is left of those is
// an orphan.
func (b *batch) over(ctx context.Context) error {
	return b.s.db.InTx(ctx, b.marketplace, func(tx *store.Tx) error {
		gone, err := driftsOfGone(ctx, tx, b.part.ProviderID)
		if err != nil || len(gone) == 0 {
			return err
		}
		r := &recording{s: b.s, tx: tx}
		for _, d := range gone {
			if err := r.resolve(ctx, d, Vanished); err != nil {
				return err
			}
		}
		return addToRun(ctx, tx, b.part.RunID, r.tally)
	})
}

// look is one subscription, how it stood, and what was seen of it.
type look struct {
	target provision.Target
	stood  standing
	seen   sdk.Observation
	err    error
}

// next looks at one batch and records it; false when there was none left.
func (b *batch) next(ctx context.Context) (bool, error) {
	looks, err := b.read(ctx)
	if err != nil || len(looks) == 0 {
		return false, err
	}
	b.observe(ctx, looks)
	if ctx.Err() != nil {
		return false, ctx.Err() // the server stops: nothing was seen
	}
	return true, b.record(ctx, looks)
}

func (b *batch) read(ctx context.Context) ([]look, error) {
	var looks []look
	err := b.s.db.View(ctx, b.marketplace, func(tx *store.Tx) error {
		since := tx.Now().Add(time.Second) // never: inventory finds what remains
		if !b.canInventory {
			since = tx.Now().Add(-lookBack)
		}
		stood, err := nextStandings(ctx, tx, b.part, b.run, since, b.s.cfg.Batch)
		if err != nil || len(stood) == 0 {
			return err
		}
		ids := make([]int64, len(stood))
		for i, st := range stood {
			ids[i] = st.ID
		}
		subs, err := subscription.ByIDs(ctx, tx, ids)
		if err != nil {
			return err
		}
		targets, err := b.s.cfg.Provision.Targets(ctx, tx, subs)
		for i, t := range targets {
			looks = append(looks, look{target: t, stood: stood[i]})
		}
		return err
	})
	return looks, err
}

// observe asks about all of a batch. Those with an open attempt are being
// changed, and are left out.
func (b *batch) observe(ctx context.Context, looks []look) {
	var places []int
	var targets []provision.Target
	for i, l := range looks {
		if l.stood.Open == 0 {
			places, targets = append(places, i), append(targets, l.target)
		}
	}
	provision.Spread(targets, func(i int) {
		l := &looks[places[i]]
		l.seen, l.err = b.s.observe(ctx, b.marketplace, l.target)
	})
}

func (s *Service) observe(ctx context.Context, marketplace int64, t provision.Target) (seen sdk.Observation, err error) {
	err = s.cfg.Provision.Ask(ctx, marketplace, t, provision.ForReconciliation, func(ctx context.Context, plugin sdk.Provider) (err error) {
		seen, err = plugin.Observe(ctx, t.Desired)
		return err
	})
	return seen, err
}

// finish ends the part; the last one ends the run and tells of it.
func (b *batch) finish(ctx context.Context) error {
	return b.s.db.InTx(ctx, b.marketplace, func(tx *store.Tx) error {
		if p, err := partByID(ctx, tx, b.part.ID); err != nil || p.FinishedAt != nil {
			return err
		}
		if err := addToRun(ctx, tx, b.part.RunID, b.tally); err != nil {
			return err
		}
		last, err := finishPart(ctx, tx, b.part)
		if err != nil || !last {
			return err
		}
		run, err := runByID(ctx, tx, b.part.RunID)
		if err != nil {
			return err
		}
		b.s.metrics.ran(run)
		return b.s.tell(ctx, tx, run)
	})
}

// tell writes the events of a run: one for what was found, one for what is
// gone, however much that is.
func (s *Service) tell(ctx context.Context, tx *store.Tx, r Run) error {
	for _, e := range []struct {
		n              int
		topic, summary string
	}{
		{r.Found, "drift.found", fmt.Sprintf("Reconciliation found %s that was not there before", count(r.Found, "difference"))},
		{r.Resolved, "drift.resolved", fmt.Sprintf("Reconciliation saw that %s had gone", count(r.Resolved, "difference"))},
	} {
		if e.n == 0 {
			continue
		}
		err := s.cfg.Events.Append(ctx, tx, event.Input{Entity: event.Reconciliation, EntityID: r.ID, Type: event.Modified, Topic: e.topic,
			Actor: account.SystemActor(tx.Marketplace()).Audit(), Summary: e.summary, Data: map[string]int{"differences": e.n, "checked": r.Checked}})
		if err != nil {
			return err
		}
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// reason words why a plugin could not be asked.
func reason(err error) string {
	if e, ok := errors.AsType[*sdk.Error](err); ok {
		return e.Message
	}
	if held, ok := errors.AsType[*provision.HeldUp](err); ok {
		return "The provider does not answer at the moment: " + held.Why
	}
	return err.Error()
}
