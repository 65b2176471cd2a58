package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// orphanSubject is what an orphan is about: everything under its number.
const orphanSubject = "remains"

// orphans records what carries our mark and belongs to nobody who lives. The
// clouds are asked before the database, and a subscription is in the database
// before anything of it is made; so what is being made is never taken for one.
func (b *batch) orphans(ctx context.Context) error {
	var owned []sdk.Owned
	err := b.s.cfg.Provision.Ask(ctx, b.marketplace, b.source, provision.ForReconciliation, func(ctx context.Context, plugin sdk.Provider) (err error) {
		owned, err = plugin.Inventory(ctx, b.source.Desired.Settings)
		return err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		b.tally.failed++
		b.tally.lastError = provision.Tidy(reason(err))
		return nil
	}
	return b.s.db.InTx(ctx, b.marketplace, func(tx *store.Tx) error {
		r := &recording{s: b.s, tx: tx}
		if err := r.inventory(ctx, b.source.Provider, owned); err != nil {
			return err
		}
		return addToRun(ctx, tx, b.part.RunID, r.tally)
	})
}

// ownersAtOnce keeps a statement below both databases' limits of parameters.
const ownersAtOnce = 500

func (r *recording) inventory(ctx context.Context, p provision.Provider, owned []sdk.Owned) error {
	open, err := openOrphans(ctx, r.tx, p.ID)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(owned, ownersAtOnce) {
		ids := make([]int64, len(chunk))
		for i, o := range chunk {
			ids[i] = o.SubscriptionID
		}
		known, err := owners(ctx, r.tx, ids)
		if err != nil {
			return err
		}
		for _, o := range chunk {
			if who, ok := known[o.SubscriptionID]; ok && r.alive(who, p) {
				continue
			}
			if err := r.orphanSeen(ctx, p, o, open); err != nil {
				return err
			}
			delete(open, o.SubscriptionID)
		}
	}
	for _, d := range open { // seen before, and gone now
		if err := r.resolve(ctx, d, resolutions[d.Action]); err != nil {
			return err
		}
	}
	return seenAgain(ctx, r.tx, r.again)
}

// alive reports whether somebody may still need what carries his number, or
// whether that is for another marketplace to say.
func (r *recording) alive(o owner, p provision.Provider) bool {
	if o.needs(r.tx.Marketplace(), p.Plugin) {
		return true
	}
	return o.Plugin == p.Plugin && o.EndedAt != nil && o.EndedAt.After(r.tx.Now().Add(-r.s.cfg.Grace))
}

// needs reports whether what carries the owner's number in the plugin's clouds
// must stay. A subscription of another plugin has nothing there; one that could
// not be set up is made anew when it is tried again.
func (o owner) needs(marketplace int64, plugin string) bool {
	if o.Plugin != plugin {
		return false
	}
	over := o.Status == subscription.Terminated || o.Status == subscription.Failed
	return o.Marketplace != marketplace || o.Open > 0 || !over
}

func (r *recording) orphanSeen(ctx context.Context, p provision.Provider, o sdk.Owned, open map[int64]Drift) error {
	have := describe(o.Resources)
	d, known := open[o.SubscriptionID]
	switch {
	case !known:
		r.tally.found++
		_, err := insertDrift(ctx, r.tx, Drift{ProviderID: p.ID, SubscriptionID: o.SubscriptionID, Kind: Orphaned, Subject: orphanSubject, Have: have})
		return err
	case d.Have != have:
		d.Have, d.LastSeen = have, r.tx.Now()
		return saveDrift(ctx, r.tx, d)
	}
	r.again = append(r.again, d.ID)
	return nil
}

// describe lists resources for people.
func describe(all []sdk.Resource) string {
	words := make([]string, len(all))
	for i, res := range all {
		words[i] = strings.TrimSpace(res.Kind + " " + cmp.Or(res.Name, res.ID))
	}
	return provision.Tidy(strings.Join(words, ", "))
}

type removeArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
	DriftID       int64 `json:"driftId"`
}

// Kind names the job in the queue.
func (removeArgs) Kind() string { return "reconcile.remove" }

// Scope says where it works.
func (a removeArgs) Scope() int64 { return a.MarketplaceID }

// remove removes an orphan, by its number and the provider's settings alone.
func (s *Service) remove(ctx context.Context, job jobs.Job[removeArgs]) error {
	m := job.Args.MarketplaceID
	var d Drift
	var t provision.Target
	err := s.db.View(ctx, m, func(tx *store.Tx) (err error) {
		if d, err = lockDrift(ctx, tx, job.Args.DriftID); err != nil || !d.Open() {
			return err
		}
		t, err = s.cfg.Provision.Source(ctx, tx, d.ProviderID)
		return err
	})
	if err != nil || !d.Open() {
		return err
	}
	t.Desired.ID = d.SubscriptionID
	err = s.cfg.Provision.Ask(ctx, m, t, provision.ForCustomers, func(ctx context.Context, plugin sdk.Provider) error {
		// Asked now: the wait for a place may have been long.
		err := s.db.View(ctx, m, func(tx *store.Tx) error { return s.mustBeNobodys(ctx, tx, d) })
		if fault.Is(err, fault.Conflict) {
			return sdk.Permanent("%s", fault.As(err).Message)
		}
		if err != nil {
			return err
		}
		return plugin.Deprovision(ctx, sdk.Request{Key: fmt.Sprintf("fondaco-orphan-%d", d.ID), Subscription: t.Desired}, func(int, int, string) {})
	})
	ctx = context.WithoutCancel(ctx) // what came of it is kept even while the server stops
	if err != nil {
		return s.notRemoved(ctx, job, d, err)
	}
	return s.db.InTx(ctx, m, func(tx *store.Tx) error {
		r := &recording{s: s, tx: tx}
		d, err := lockDrift(ctx, tx, d.ID)
		if err != nil || !d.Open() {
			return err
		}
		d.Note = ""
		return r.resolve(ctx, d, resolutions[d.Action])
	})
}

// notRemoved notes why, and decides whether to try again.
func (s *Service) notRemoved(ctx context.Context, job jobs.Job[removeArgs], d Drift, cause error) error {
	if held, ok := errors.AsType[*provision.HeldUp](cause); ok {
		return jobs.Snooze(held.Wait)
	}
	if err := s.note(ctx, job.Args.MarketplaceID, d.ID, provision.Tidy(reason(cause))); err != nil {
		return err
	}
	switch sdk.CodeOf(cause) {
	case sdk.CodePermanent, sdk.CodeConflict:
		return jobs.Cancel(fmt.Errorf("drift %d: %w", d.ID, cause))
	case sdk.CodeNotYet:
		wait := time.Second
		if e, ok := errors.AsType[*sdk.Error](cause); ok {
			wait = max(e.RetryAfter, wait/10)
		}
		return jobs.Snooze(wait)
	}
	return fmt.Errorf("drift %d: %w", d.ID, cause)
}
