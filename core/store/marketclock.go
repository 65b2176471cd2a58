package store

import (
	"context"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
)

// offset returns how far the marketplace's clock is ahead of the machine's:
// zero for all but sandbox marketplaces, whose clock can be advanced (X1).
func (tx *Tx) offset(ctx context.Context) (time.Duration, error) {
	if tx.marketplace == Platform {
		return 0, nil
	}
	if sandbox, known := tx.db.sandbox.Load(tx.marketplace); known && !sandbox.(bool) {
		return 0, nil
	}
	var row struct {
		Sandbox bool  `db:"sandbox"`
		Offset  int64 `db:"clock_offset_us"`
	}
	err := tx.Get(ctx, "marketplace", &row, `SELECT sandbox, clock_offset_us FROM marketplace WHERE id = ?`, tx.marketplace)
	if err != nil {
		return 0, fmt.Errorf("marketplace %d: %w", tx.marketplace, err)
	}
	tx.db.sandbox.Store(tx.marketplace, row.Sandbox)
	return time.Duration(row.Offset) * time.Microsecond, nil
}

// Now returns the marketplace's present time.
func (db *DB) Now(ctx context.Context, marketplace int64) (time.Time, error) {
	var now time.Time
	err := db.View(ctx, marketplace, func(tx *Tx) error { now = tx.Now(); return nil })
	return now, err
}

// MoveClock sets a sandbox marketplace's clock to the instant `to` and keeps
// the move on record, so that what happened at a real time can later be put
// into the marketplace's time. Moving backwards, or moving a marketplace that
// is not a sandbox, is refused.
func (tx *Tx) MoveClock(ctx context.Context, to time.Time) error {
	to = clock.Normal(to)
	if to.Before(tx.now) {
		return fault.InvalidField("advanceTo", "The clock only goes forward; it stands at "+tx.now.Format(time.RFC3339)+".")
	}
	real := clock.Normal(tx.db.clock.Now())
	offset := to.Sub(real).Microseconds()
	n, err := tx.Exec(ctx, `UPDATE marketplace SET clock_offset_us = ? WHERE id = ? AND sandbox = ?`, offset, tx.marketplace, true)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Forbidden, "Only a sandbox marketplace has a clock that can be advanced.")
	}
	_, err = tx.Exec(ctx, `INSERT INTO clock_move (marketplace_id, moved_at, clock_offset_us) VALUES (?, ?, ?)`,
		tx.marketplace, real, offset)
	tx.now = to
	return err
}

// MarketTime converts a real instant into the marketplace's time: with the
// offset that was in force then. It is how a gateway log entry written before
// the clock was advanced lands in the period in which it happened.
func (tx *Tx) MarketTime(ctx context.Context, real time.Time) (time.Time, error) {
	real = clock.Normal(real)
	var offsets []int64
	err := tx.Select(ctx, &offsets, `SELECT clock_offset_us FROM clock_move
		WHERE marketplace_id = ? AND moved_at <= ? ORDER BY moved_at DESC, id DESC LIMIT 1`, tx.marketplace, real)
	if err != nil || len(offsets) == 0 {
		return real, err
	}
	return real.Add(time.Duration(offsets[0]) * time.Microsecond), nil
}
