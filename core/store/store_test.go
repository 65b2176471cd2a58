package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 123456000, time.UTC)

func addMarketplace(t *testing.T, db *store.DB, host string, sandbox bool) int64 {
	t.Helper()
	var id int64
	err := db.InTx(t.Context(), store.Platform, func(tx *store.Tx) (err error) {
		id, err = tx.Insert(t.Context(), `INSERT INTO marketplace (name, host, sandbox, currency, created_at) VALUES (?, ?, ?, ?, ?)`,
			"Test", host, sandbox, "EUR", tx.Now())
		return err
	})
	require.NoError(t, err)
	return id
}

func TestTx_timesComeBackAsTheyWentIn(t *testing.T) {
	storetest.EachWithClock(t, clock.NewManual(noon), func(t *testing.T, db *store.DB) {
		id := addMarketplace(t, db, "a.test", false)
		var at time.Time
		require.NoError(t, db.View(t.Context(), id, func(tx *store.Tx) error {
			require.Equal(t, noon, tx.Now())
			return tx.Get(t.Context(), "marketplace", &at, `SELECT created_at FROM marketplace WHERE id = ? AND created_at = ?`, id, noon)
		}))
		require.Equal(t, noon, at)
	})
}

func TestInTx_leavesNothingBehindAfterAnErrorOrAPanic(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, boom := t.Context(), errors.New("boom")
		add := func(tx *store.Tx, host string) {
			_, err := tx.Insert(ctx, `INSERT INTO marketplace (name, host, currency, created_at) VALUES ('x', ?, 'EUR', ?)`, host, tx.Now())
			require.NoError(t, err)
		}
		err := db.InTx(ctx, store.Platform, func(tx *store.Tx) error { add(tx, "error.test"); return boom })
		require.ErrorIs(t, err, boom)
		require.Panics(t, func() {
			_ = db.InTx(ctx, store.Platform, func(tx *store.Tx) error { add(tx, "panic.test"); panic("boom") })
		})
		ended, cancel := context.WithCancel(ctx)
		err = db.InTx(ended, store.Platform, func(tx *store.Tx) error { add(tx, "cancel.test"); cancel(); return ended.Err() })
		require.Error(t, err)
		var n int
		require.NoError(t, db.View(ctx, store.Platform, func(tx *store.Tx) error {
			return tx.Get(ctx, "count", &n, `SELECT COUNT(*) FROM marketplace`)
		}))
		require.Zero(t, n)
	})
}

func TestView_cannotWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		id := addMarketplace(t, db, "a.test", false)
		err := db.View(t.Context(), id, func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE marketplace SET name = 'b' WHERE id = ?`, id)
			return err
		})
		require.Error(t, err)
	})
}

func TestTx_namesWhatIsMissingAndWhatIsTaken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		addMarketplace(t, db, "a.test", false)
		err := db.InTx(t.Context(), store.Platform, func(tx *store.Tx) error {
			_, err := tx.Insert(t.Context(), `INSERT INTO marketplace (name, host, currency, created_at) VALUES ('x', 'a.test', 'EUR', ?)`, tx.Now())
			return err
		})
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		require.True(t, store.IsTaken(err))
		err = db.View(t.Context(), store.Platform, func(tx *store.Tx) error {
			var id int64
			return tx.Get(t.Context(), "marketplace", &id, `SELECT id FROM marketplace WHERE host = 'nobody'`)
		})
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		require.ErrorContains(t, err, "There is no such marketplace.")
	})
}

func TestInTx_loseNoUpdateUnderConcurrency(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		id := addMarketplace(t, db, "a.test", false)
		const writers, each = 8, 10
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					err := db.InTx(ctx, id, func(tx *store.Tx) error {
						var n int64
						if err := tx.Get(ctx, "marketplace", &n, `SELECT clock_offset_us FROM marketplace WHERE id = ?`+tx.ForUpdate(), id); err != nil {
							return err
						}
						_, err := tx.Exec(ctx, `UPDATE marketplace SET clock_offset_us = ? WHERE id = ?`, n+1, id)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var n int64
		require.NoError(t, db.View(ctx, id, func(tx *store.Tx) error {
			return tx.Get(ctx, "marketplace", &n, `SELECT clock_offset_us FROM marketplace WHERE id = ?`, id)
		}))
		require.EqualValues(t, writers*each, n)
	})
}

func TestMoveClock_movesOneSandboxAndRemembersThePast(t *testing.T) {
	real := clock.NewManual(noon)
	db := mustOpen(t, storetest.SQLiteURL(t), real)
	ctx := t.Context()
	box, other := addMarketplace(t, db, "box.test", true), addMarketplace(t, db, "real.test", false)
	before := noon
	real.Advance(time.Hour)

	future := noon.AddDate(0, 1, 0)
	require.NoError(t, db.InTx(ctx, box, func(tx *store.Tx) error { return tx.MoveClock(ctx, future) }))
	err := db.InTx(ctx, box, func(tx *store.Tx) error { return tx.MoveClock(ctx, noon) })
	require.ErrorContains(t, err, "only goes forward")
	err = db.InTx(ctx, other, func(tx *store.Tx) error { return tx.MoveClock(ctx, future) })
	require.True(t, fault.Is(err, fault.Forbidden), "%v", err)

	real.Advance(time.Minute)
	now, err := db.Now(ctx, box)
	require.NoError(t, err)
	require.Equal(t, future.Add(time.Minute), now)
	now, err = db.Now(ctx, other)
	require.NoError(t, err)
	require.Equal(t, real.Now(), now)

	require.NoError(t, db.View(ctx, box, func(tx *store.Tx) error {
		was, err := tx.MarketTime(ctx, before)
		require.NoError(t, err)
		require.Equal(t, before, was, "what happened before the move keeps its time")
		is, err := tx.MarketTime(ctx, real.Now())
		require.NoError(t, err)
		require.Equal(t, tx.Now(), is)
		return nil
	}))
}

func mustOpen(t *testing.T, url string, c clock.Clock) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: url, Clock: c})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}
