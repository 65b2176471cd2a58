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
