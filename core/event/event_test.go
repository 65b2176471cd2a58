package event_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// teller is an event log with a subscriber that remembers.
type teller struct {
	t      *testing.T
	db     *store.DB
	jobs   *jobs.Client
	log    *event.Log
	market int64

	mu   sync.Mutex
	told []int64
}

func each(t *testing.T, run func(t *testing.T, w *teller)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { run(t, newTeller(t, db)) })
}

func newTeller(t *testing.T, db *store.DB) *teller {
	t.Helper()
	w := &teller{t: t, db: db, jobs: jobs.New(db, slog.New(slog.DiscardHandler))}
	w.log = event.New(db, w.jobs)
	require.NoError(t, db.InTx(t.Context(), store.Platform, func(tx *store.Tx) (err error) {
		w.market, err = tx.Insert(t.Context(), `INSERT INTO marketplace (name, host, sandbox, currency, created_at) VALUES ('Test', 'test', ?, 'EUR', ?)`, true, tx.Now())
		return err
	}))
	return w
}

func (w *teller) start() {
	w.t.Helper()
	require.NoError(w.t, w.jobs.Open())
	require.NoError(w.t, w.jobs.Start(w.t.Context()))
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(w.t, w.jobs.Stop(ctx))
	})
}

// remember is a subscriber that is told of each event.
func (w *teller) remember(_ context.Context, _ *store.Tx, e event.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, e.EntityID)
	return nil
}

func (w *teller) heard() []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]int64(nil), w.told...)
}

// append writes events about things 1 to n in one transaction.
func (w *teller) append(n int) {
	w.t.Helper()
	require.NoError(w.t, w.db.InTx(w.t.Context(), w.market, func(tx *store.Tx) error {
		for i := range n {
			if err := w.one(tx, int64(i+1)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (w *teller) one(tx *store.Tx, about int64) error {
	return w.log.Append(w.t.Context(), tx, event.Input{Entity: event.Order, EntityID: about, Type: event.Created, Topic: "test", Actor: audit.System})
}

func (w *teller) idle(within time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), within)
	defer cancel()
	require.NoError(w.t, w.jobs.WaitIdle(ctx, w.market))
}

func TestAppend_tellsEverybodyOnceInOrderAndIdleWaitsForIt(t *testing.T) {
	each(t, func(t *testing.T, w *teller) {
		var batched []int64
		w.log.Subscribe(w.remember)
		w.log.SubscribeBatch(func(_ context.Context, _ *store.Tx, all []event.Event) error {
			for _, e := range all {
				batched = append(batched, e.EntityID)
			}
			return nil
		})
		const n = 1200 // more than one batch
		w.append(n)
		w.start()
		w.idle(20 * time.Second)
		require.Len(t, w.heard(), n)
		require.IsIncreasing(t, w.heard())
		require.Equal(t, w.heard(), batched)
	})
}

func TestAppend_isUndoneWithItsTransaction(t *testing.T) {
	each(t, func(t *testing.T, w *teller) {
		w.log.Subscribe(w.remember)
		w.start()
		boom := errors.New("boom")
		err := w.db.InTx(t.Context(), w.market, func(tx *store.Tx) error { return errors.Join(w.one(tx, 1), boom) })
		require.ErrorIs(t, err, boom)
		require.NoError(t, w.db.InTx(t.Context(), w.market, func(tx *store.Tx) error { return w.one(tx, 2) }))
		w.idle(20 * time.Second)
		require.Equal(t, []int64{2}, w.heard())
	})
}

// What one subscriber wrote is undone when another fails, and an event that
// cannot be told holds up no other, is tried again and then told once.
func TestDispatch_anEventThatCannotBeToldHoldsUpNoOther(t *testing.T) {
	each(t, func(t *testing.T, w *teller) {
		var tries int
		w.log.SubscribeBatch(func(ctx context.Context, tx *store.Tx, all []event.Event) error {
			for _, e := range all {
				if _, err := tx.Exec(ctx, `UPDATE event SET summary = summary || 'told ' WHERE id = ?`, e.ID); err != nil {
					return err
				}
			}
			return nil
		})
		w.log.SubscribeBatch(func(_ context.Context, _ *store.Tx, all []event.Event) error {
			for _, e := range all {
				if e.EntityID == 2 {
					if tries++; tries < 4 {
						return errors.New("not this one")
					}
				}
			}
			return nil
		})
		w.append(3)
		w.start()
		summaries := func() (all []string) {
			require.NoError(t, w.db.View(t.Context(), w.market, func(tx *store.Tx) error {
				return tx.Select(t.Context(), &all, `SELECT summary FROM event WHERE marketplace_id = ? ORDER BY id`, w.market)
			}))
			return all
		}
		require.Eventually(t, func() bool { return summaries()[2] != "" }, 20*time.Second, 10*time.Millisecond)
		require.Equal(t, []string{"told ", "", "told "}, summaries())
		w.idle(20 * time.Second)
		require.Eventually(t, func() bool { return summaries()[1] == "told " }, 20*time.Second, 20*time.Millisecond)
		require.Equal(t, []string{"told ", "told ", "told "}, summaries())
	})
}

// On PostgreSQL the event with the lower id may be committed last.
func TestDispatch_passesOverNoEventThatIsCommittedLate(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := store.Open(ctx, store.Config{URL: storetest.PostgresURL(t), MaxConns: 8})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	w := newTeller(t, db)
	w.log.Subscribe(w.remember)
	w.start()
	require.NoError(t, db.InTx(ctx, w.market, func(late *store.Tx) error {
		if err := w.one(late, 1); err != nil {
			return err
		}
		if err := db.InTx(ctx, w.market, func(tx *store.Tx) error { return w.one(tx, 2) }); err != nil {
			return err
		}
		require.Eventually(t, func() bool { return len(w.heard()) == 1 }, 20*time.Second, 10*time.Millisecond)
		return nil
	}))
	w.idle(20 * time.Second)
	require.Equal(t, []int64{2, 1}, w.heard())
}
