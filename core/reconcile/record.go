package reconcile

import (
	"context"
	"github.com/fondaco/fondaco/core/catalog"

	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
)

// record writes what a batch saw, decides what is done about it, and moves the
// part on, all in one transaction. What changed while it was looked at is left
// to the next run.
func (b *batch) record(ctx context.Context, looks []look) error {
	var bills []billing
	err := b.s.db.InTx(ctx, b.marketplace, func(tx *store.Tx) error {
		p, err := partByID(ctx, tx, b.part.ID)
		if err != nil {
			return err
		}
		last := looks[len(looks)-1].stood.ID
		if p.After >= last {
			b.part.After = p.After
			return nil // another process was faster
		}
		b.part.After = last
		r := &recording{s: b.s, tx: tx, policies: map[int64]catalog.DriftPolicy{}}
		if err := r.all(ctx, looks); err != nil {
			return err
		}
		bills = r.bills
		if err := addToRun(ctx, tx, b.part.RunID, r.tally); err != nil {
			return err
		}
		return moveOn(ctx, tx, b.part, last)
	})
	if err != nil {
		return err
	}
	return b.s.bill(ctx, b.marketplace, bills)
}

// recording is the transaction in which a batch is recorded.
type recording struct {
	s        *Service
	tx       *store.Tx
	policies map[int64]catalog.DriftPolicy // by product
	again    []int64                       // drifts that are still so
	bills    []billing
	tally    tally
}

func (r *recording) all(ctx context.Context, looks []look) error {
	ids := make([]int64, len(looks))
	for i, l := range looks {
		ids[i] = l.stood.ID
	}
	stand, err := standings(ctx, r.tx, ids)
	if err != nil {
		return err
	}
	open, err := openDrifts(ctx, r.tx, ids)
	if err != nil {
		return err
	}
	for _, l := range looks {
		switch {
		case l.stood.Open > 0 || stand[l.stood.ID] != l.stood:
			// being changed
		case l.err != nil:
			r.tally.failed++
			r.tally.lastError = provision.Tidy(reason(l.err))
		default:
			r.tally.checked++
			if err := r.one(ctx, l, open[l.stood.ID]); err != nil {
				return err
			}
		}
	}
	return seenAgain(ctx, r.tx, r.again)
}

// one merges what was seen of a subscription with what is open about it.
func (r *recording) one(ctx context.Context, l look, open []Drift) error {
	known := make(map[place]Drift, len(open))
	for _, d := range open {
		known[place{d.Kind, d.Subject}] = d
	}
	var now []Drift
	for _, f := range compare(l.stood.Status, l.seen) {
		d, err := r.found(ctx, l, f, known)
		if err != nil {
			return err
		}
		now = append(now, d)
		delete(known, f.place())
	}
	for _, d := range open {
		if _, gone := known[place{d.Kind, d.Subject}]; !gone {
			continue
		}
		if err := r.resolve(ctx, d, resolutions[d.Action]); err != nil {
			return err
		}
	}
	return r.act(ctx, l, now)
}

func (r *recording) found(ctx context.Context, l look, f finding, known map[place]Drift) (Drift, error) {
	d, seenBefore := known[f.place()]
	switch {
	case !seenBefore && f.kind == Orphaned:
		return d, r.orphan(ctx, l.target.Provider.ID, l.stood.ID, f)
	case !seenBefore:
		d = Drift{ProviderID: l.target.Provider.ID, SubscriptionID: l.stood.ID, Kind: f.kind, Subject: f.subject, Want: f.want, Have: f.have}
		var err error
		d.ID, err = insertDrift(ctx, r.tx, d)
		d.LastSeen = r.tx.Now()
		r.tally.found++
		return d, err
	case d.Want != f.want || d.Have != f.have:
		d.Want, d.Have, d.LastSeen = f.want, f.have, r.tx.Now()
		return d, saveDrift(ctx, r.tx, d)
	}
	r.again = append(r.again, d.ID)
	d.LastSeen = r.tx.Now()
	return d, nil
}

// orphan records remains of a subscription that is over, unless they are known.
func (r *recording) orphan(ctx context.Context, provider, number int64, f finding) error {
	open, err := openOrphans(ctx, r.tx, provider)
	if err != nil {
		return err
	}
	if d, known := open[number]; known {
		r.again = append(r.again, d.ID)
		return nil
	}
	r.tally.found++
	_, err = insertDrift(ctx, r.tx, Drift{ProviderID: provider, SubscriptionID: number, Kind: Orphaned, Subject: f.subject, Have: f.have})
	return err
}

// resolve ends a drift that is gone.
func (r *recording) resolve(ctx context.Context, d Drift, how Resolution) error {
	now := r.tx.Now()
	d.ResolvedAt, d.Resolution, d.LastSeen = &now, how, now
	r.tally.resolved++
	return saveDrift(ctx, r.tx, d)
}
