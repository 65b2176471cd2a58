package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type countArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
	N             int   `json:"n"`
}

func (countArgs) Kind() string   { return "test.count" }
func (a countArgs) Scope() int64 { return a.MarketplaceID }

func start(t *testing.T, db *store.DB, work jobs.WorkFunc[countArgs]) *jobs.Client {
	t.Helper()
	c := jobs.New(db, slog.New(slog.DiscardHandler))
	jobs.Register(c, work)
	require.NoError(t, c.Open())
	require.NoError(t, c.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		require.NoError(t, c.Stop(ctx))
	})
	return c
}

func TestInsert_theJobExistsExactlyIfTheTransactionCommits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		worked := make(chan int, 10)
		c := start(t, db, func(_ context.Context, j jobs.Job[countArgs]) error { worked <- j.Args.N; return nil })
		boom := errors.New("boom")
		err := db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
			require.NoError(t, c.Insert(ctx, tx, countArgs{MarketplaceID: 5, N: 1}, jobs.Options{}))
			return boom
		})
		require.ErrorIs(t, err, boom)
		require.NoError(t, db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
			return c.Insert(ctx, tx, countArgs{MarketplaceID: 5, N: 2}, jobs.Options{})
		}))
		require.Equal(t, 2, <-worked)
		wait, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		require.NoError(t, c.WaitIdle(wait, 5))
		require.Empty(t, worked)
	})
}

func TestWork_isRetriedSnoozedAndGivenUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		var tries atomic.Int32
		done := make(chan struct{})
		c := start(t, db, func(_ context.Context, j jobs.Job[countArgs]) error {
			switch tries.Add(1) {
			case 1:
				return errors.New("not well")
			case 2:
				return jobs.Snooze(50 * time.Millisecond)
			}
			close(done)
			return jobs.Cancel(errors.New("never again"))
		})
		require.NoError(t, db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
			return c.Insert(ctx, tx, countArgs{MarketplaceID: 5}, jobs.Options{})
		}))
		<-done
		wait, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		require.NoError(t, c.WaitIdle(wait, 5))
		require.EqualValues(t, 3, tries.Load())
	})
}

func TestAddQueue_opensWhileJobsAreWorkedAndOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		worked := make(chan int, 10)
		c := start(t, db, func(_ context.Context, j jobs.Job[countArgs]) error { worked <- j.Args.N; return nil })
		require.NoError(t, db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
			for n := range 4 { // the last of them is the most urgent
				if err := c.Insert(ctx, tx, countArgs{MarketplaceID: 5, N: n}, jobs.Options{Queue: "lane-1", Priority: 4 - n}); err != nil {
					return err
				}
			}
			return nil
		}))
		require.NoError(t, c.AddQueue("lane-1", 1))
		require.NoError(t, c.AddQueue("lane-1", 1))
		for want := 3; want >= 0; want-- {
			require.Equal(t, want, <-worked)
		}
	})
}

func TestInsert_aUniqueJobWaitsForNoOtherThatIsOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		worked, goOn := make(chan int, 10), make(chan struct{})
		c := start(t, db, func(_ context.Context, j jobs.Job[countArgs]) error { worked <- j.Args.N; <-goOn; return nil })
		insert := func() {
			require.NoError(t, db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
				return c.Insert(ctx, tx, countArgs{MarketplaceID: 5, N: 1}, jobs.Options{Unique: true})
			}))
		}
		idle := func() {
			wait, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			require.NoError(t, c.WaitIdle(wait, 5))
		}
		insert()
		<-worked
		insert() // while it runs: not twice
		close(goOn)
		idle()
		require.Empty(t, worked)
		insert()
		idle()
		require.Len(t, worked, 1, "what was done an hour ago may be done again")
	})
}

func TestLoop_goesOnAfterAnErrorIsWaitedForAndEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		var left, rounds, ended atomic.Int32
		left.Store(3)
		c := jobs.New(db, slog.New(slog.DiscardHandler))
		jobs.Register(c, func(context.Context, jobs.Job[countArgs]) error { return nil })
		c.AddLoop(jobs.Loop{Name: "test", Every: 5 * time.Millisecond,
			Round: func(context.Context) error {
				if rounds.Add(1) == 1 {
					return errors.New("not well")
				}
				if left.Load() > 0 {
					left.Add(-1)
				}
				return nil
			},
			End: func(context.Context) { ended.Add(1) },
			Pending: func(_ context.Context, _ *store.Tx, marketplace int64) (int, error) {
				if marketplace == 6 {
					return 0, nil
				}
				return int(left.Load()), nil
			}})
		require.NoError(t, c.Open())
		require.NoError(t, c.WaitIdle(ctx, 6), "another marketplace has nothing to do")
		depth, err := c.Depth(ctx)
		require.NoError(t, err)
		require.Equal(t, 3, depth["test"])
		require.NoError(t, c.Start(ctx))
		wait, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		require.NoError(t, c.WaitIdle(wait, 5))
		require.Zero(t, left.Load())
		require.NoError(t, c.Stop(wait))
		require.EqualValues(t, 1, ended.Load())
		after := rounds.Load()
		time.Sleep(20 * time.Millisecond)
		require.Equal(t, after, rounds.Load(), "no round after Stop")
	})
}

func TestPulse_theJobsOfASilentProcessAreFree(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := store.Open(ctx, store.Config{URL: storetest.PostgresURL(t), MaxConns: 8})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	worked := make(chan int, 1)
	require.NoError(t, db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO job_process (id, seen_at) VALUES ('dead', CURRENT_TIMESTAMP - INTERVAL '1 minute')`)
		if err == nil {
			_, err = tx.Exec(ctx, `INSERT INTO river_job (kind, queue, args, state, max_attempts, attempt, attempted_at, attempted_by)
				VALUES ('test.count', 'default', '{"marketplaceId":5,"n":7}', 'running', 25, 1, CURRENT_TIMESTAMP, '{dead}')`)
		}
		return err
	}))
	start(t, db, func(_ context.Context, j jobs.Job[countArgs]) error { worked <- j.Args.N; return nil })
	select {
	case n := <-worked:
		require.Equal(t, 7, n)
	case <-time.After(20 * time.Second):
		require.Fail(t, "nobody took the job up")
	}
}
