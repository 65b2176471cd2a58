package usage

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// again asks once more for windows of a while ago, and books what has been
// added to them since.
func (c *Collector) again(ctx context.Context, marketplace, provider int64) error {
	for ctx.Err() == nil {
		past, works, err := c.past(ctx, marketplace, provider)
		if err != nil || len(past) == 0 {
			return err
		}
		targets := make([]provision.Target, len(works))
		for i, w := range works {
			targets[i] = w.target
		}
		failed := make([]error, len(works))
		provision.Spread(targets, func(i int) { failed[i] = works[i].late(ctx, past[i]) })
		if ctx.Err() != nil {
			break
		}
		for i, err := range failed {
			if err == nil {
				continue
			}
			works[i].failed(ctx, past[i], err)
			if err := works[i].postpone(ctx, past[i]); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// notGiven is how long a window that was not given is left alone, so that
// windows which never are given do not stand in the way of others.
const notGiven = time.Hour

func (w *work) postpone(ctx context.Context, s span) error {
	return w.c.db.InTx(ctx, w.marketplace, func(tx *store.Tx) error {
		return postponeWindow(ctx, tx, w.sub, s, tx.Now().Add(notGiven))
	})
}

func (c *Collector) past(ctx context.Context, marketplace, provider int64) (past []span, works []*work, err error) {
	err = c.db.View(ctx, marketplace, func(tx *store.Tx) error {
		rows, err := dueWindows(ctx, tx, provider, tx.Now(), collectBatch)
		if err != nil {
			return err
		}
		places := map[int64]provision.Target{}
		var ids []int64
		for _, r := range rows {
			ids = append(ids, r.SubscriptionID)
		}
		targets, err := c.targets(ctx, tx, ids)
		for _, t := range targets {
			places[t.Subscription.ID] = t
		}
		for _, r := range rows {
			past = append(past, span{r.From, r.To})
			works = append(works, c.inLine(marketplace, places[r.SubscriptionID], nil))
		}
		return err
	})
	return past, works, err
}

// late asks for a window once more and books its growth. What became less
// stays as it was booked, and is logged.
func (w *work) late(ctx context.Context, s span) error {
	facts, err := w.read(ctx, s)
	if err != nil {
		return err
	}
	return w.c.db.InTx(ctx, w.marketplace, func(tx *store.Tx) error {
		if there, err := takeWindow(ctx, tx, w.sub, s); err != nil || !there {
			return err
		}
		more, shrunk, err := growth(ctx, tx, w.source(), facts)
		if err != nil {
			return err
		}
		if len(shrunk) > 0 {
			w.c.log.WarnContext(ctx, "usage became less after it was booked; it stays booked", "subscription", w.sub, "events", shrunk)
		}
		return book(ctx, tx, w.source(), more)
	})
}

// Final collects up to now before everything of a subscription is removed
// (provision.Hooks.BeforeRemove), in the place in the lane that the removal
// has. Afterwards nothing more is collected. When final is set, a failure does
// not keep it open either: what could not be read by then is lost, and logged.
func (c *Collector) Final(ctx context.Context, marketplace int64, t provision.Target, plugin sdk.Provider, final bool) error {
	w := &work{c: c, marketplace: marketplace, sub: t.Subscription.ID, target: t, last: true}
	w.ask = func(ctx context.Context, s span) ([]sdk.Usage, error) {
		return plugin.CollectUsage(ctx, t.Desired, s.from, s.to)
	}
	past, err := w.remaining(ctx)
	if err != nil {
		return err
	}
	for i, s := range w.windows {
		if err = w.window(ctx, s, i == len(w.windows)-1); err != nil {
			break
		}
	}
	for _, s := range past {
		if err == nil {
			err = w.late(ctx, s)
		}
	}
	if err != nil && !final {
		return err
	}
	if err != nil {
		c.log.ErrorContext(ctx, "the last usage was not collected", "subscription", w.sub, "error", err)
	}
	return c.close(ctx, marketplace, w.sub)
}

// remaining fills in the windows up to now, and returns those to be asked for
// again.
func (w *work) remaining(ctx context.Context) (past []span, err error) {
	err = w.c.db.View(ctx, w.marketplace, func(tx *store.Tx) error {
		have, collects, err := collectionOf(ctx, tx, w.sub)
		if err != nil || !collects || have.Closed {
			return err
		}
		edges, err := have.edgesOf(ctx, tx)
		if err != nil {
			return err
		}
		w.windows = windows(have.Until, tx.Now(), edges, true)
		rows, err := windowsOf(ctx, tx, w.sub)
		for _, r := range rows {
			past = append(past, span{r.From, r.To})
		}
		return err
	})
	return past, err
}

// close ends the collection; for a subscription that has none it does nothing.
func (c *Collector) close(ctx context.Context, marketplace, sub int64) error {
	return c.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM usage_window WHERE marketplace_id = ? AND subscription_id = ?`, marketplace, sub); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE usage_collection SET closed = ? WHERE marketplace_id = ? AND subscription_id = ?`, true, marketplace, sub)
		return err
	})
}
