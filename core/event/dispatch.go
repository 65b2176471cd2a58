package event

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/store"
)

const (
	// pollEvery is how long an event waits at most before it is told.
	pollEvery = 50 * time.Millisecond
	// batchSize is how many events one transaction tells: enough to share its
	// cost, few enough to let other writers in between.
	batchSize = 500
	// longestPause is the most between two tries at an event that could not
	// be told.
	longestPause = 10 * time.Minute
)

// round tells what is untold, a batch of each marketplace in turn, until
// nothing is left. Events are found by being untold and not by a position in
// the log: on PostgreSQL one with a lower id may be committed after one with a
// higher, and must not be passed over.
func (l *Log) round(ctx context.Context) error {
	for {
		var due []int64
		err := l.db.View(ctx, store.Platform, func(tx *store.Tx) error {
			return tx.Select(ctx, &due, `SELECT m.id FROM marketplace m WHERE EXISTS (SELECT 1 FROM event e
				WHERE e.marketplace_id = m.id AND `+untold+`) ORDER BY m.id`, l.db.Clock().Now())
		})
		if err != nil || len(due) == 0 {
			return err
		}
		var failed error
		for _, marketplace := range due {
			failed = errors.Join(failed, l.tellBatch(ctx, marketplace))
		}
		if failed != nil || ctx.Err() != nil {
			return failed
		}
	}
}

// untold is what is to be told by the time of its one argument.
const untold = `e.dispatched_at IS NULL AND (e.dispatch_after IS NULL OR e.dispatch_after <= ?)`

// pending counts untold events (jobs.PendingFunc); one that could not be told
// and waits for another try does not count.
func pending(ctx context.Context, tx *store.Tx, marketplace int64) (n int, err error) {
	return n, tx.Get(ctx, "count", &n, `SELECT COUNT(*) FROM event e WHERE (e.marketplace_id = ? OR ? = 0) AND `+untold,
		marketplace, marketplace, tx.Now())
}

// tellBatch tells the oldest untold events of a marketplace together or, when
// one of them cannot be told, each by itself.
func (l *Log) tellBatch(ctx context.Context, marketplace int64) error {
	var batch []Event
	err := l.db.InTx(ctx, marketplace, func(tx *store.Tx) (err error) {
		if batch, err = l.next(ctx, tx); err != nil || len(batch) == 0 {
			return err
		}
		return l.tell(ctx, tx, batch)
	})
	if err == nil || ctx.Err() != nil {
		return err
	}
	for _, e := range batch {
		err = errors.Join(err, l.tellOne(ctx, e))
	}
	return err
}

// next locks the marketplace's teller, so that of several processes one tells
// at a time and in order, and reads what is to be told.
func (l *Log) next(ctx context.Context, tx *store.Tx) (batch []Event, err error) {
	if _, err := tx.Exec(ctx, `INSERT INTO event_teller (marketplace_id) VALUES (?) ON CONFLICT DO NOTHING`, tx.Marketplace()); err != nil {
		return nil, err
	}
	var locked int64
	err = tx.Get(ctx, "teller", &locked, `SELECT marketplace_id FROM event_teller WHERE marketplace_id = ?`+tx.ForUpdate(), tx.Marketplace())
	if err != nil {
		return nil, err
	}
	return batch, tx.Select(ctx, &batch, selectEvent+` e WHERE e.marketplace_id = ? AND `+untold+` ORDER BY e.id LIMIT ?`,
		tx.Marketplace(), l.db.Clock().Now(), batchSize)
}

// tell tells everybody and marks the events, all in one transaction.
func (l *Log) tell(ctx context.Context, tx *store.Tx, batch []Event) error {
	ids := make([]int64, len(batch))
	for i, e := range batch {
		ids[i] = e.ID
		for _, tell := range l.subs {
			if err := tell(ctx, tx, e); err != nil {
				return fmt.Errorf("event %d (%s): %w", e.ID, e.Topic, err)
			}
		}
	}
	for _, tell := range l.batches {
		if err := tell(ctx, tx, batch); err != nil {
			return fmt.Errorf("events %d to %d: %w", ids[0], ids[len(ids)-1], err)
		}
	}
	_, err := tx.ExecIn(ctx, `UPDATE event SET dispatched_at = ?, dispatch_after = NULL WHERE marketplace_id = ? AND id IN (?)`, tx.Now(), tx.Marketplace(), ids)
	return err
}

// tellOne tells one event, unless somebody did meanwhile. When it cannot be
// told it waits, longer each time, and holds up nobody.
func (l *Log) tellOne(ctx context.Context, e Event) error {
	failed := l.db.InTx(ctx, e.MarketplaceID, func(tx *store.Tx) error {
		var now Event
		err := tx.Get(ctx, "event", &now, selectEvent+` WHERE marketplace_id = ? AND id = ?`+tx.ForUpdate(), tx.Marketplace(), e.ID)
		if err != nil || now.DispatchedAt != nil {
			return err
		}
		return l.tell(ctx, tx, []Event{now})
	})
	if failed == nil || ctx.Err() != nil {
		return failed
	}
	return errors.Join(failed, l.db.InTx(ctx, e.MarketplaceID, func(tx *store.Tx) error {
		pause := min(time.Second<<min(e.DispatchTries, 16), longestPause)
		_, err := tx.Exec(ctx, `UPDATE event SET dispatch_tries = dispatch_tries + 1, dispatch_after = ? WHERE marketplace_id = ? AND id = ?`,
			l.db.Clock().Now().Add(pause), tx.Marketplace(), e.ID)
		return err
	}))
}
