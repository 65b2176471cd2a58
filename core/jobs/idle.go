package jobs

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/store"
)

// Soon is how far ahead a job is waited for: one that asked for a moment's
// patience counts as under way, one that waits for a retry does not.
const Soon = time.Second

// WaitIdle waits until the marketplace has no job that runs or is due soon and
// no loop anything to do for it, or ctx ends. What waits for a later retry does
// not count. It is how advancing a sandbox clock answers only when everything
// has happened.
func (c *Client) WaitIdle(ctx context.Context, marketplace int64) error {
	for {
		n, err := c.busy(ctx, marketplace)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// busy counts all of it in one snapshot, so that what a job hands to a loop is
// seen at the one or the other.
func (c *Client) busy(ctx context.Context, marketplace int64) (int, error) {
	var n int
	err := c.db.View(ctx, store.Platform, func(tx *store.Tx) error {
		for _, l := range c.loops {
			if l.Pending == nil {
				continue
			}
			if pending, err := l.Pending(ctx, tx, marketplace); err != nil || pending > 0 {
				n = pending
				return err
			}
		}
		return tx.Get(ctx, "count", &n, `SELECT COUNT(*) FROM river_job
			WHERE (state = 'running' OR (state IN ('available', 'pending', 'scheduled', 'retryable') AND `+tx.Epoch("scheduled_at")+` <= ?))
			AND CAST(args ->> 'marketplaceId' AS INTEGER) = ?`, clock.System{}.Now().Add(Soon).Unix(), marketplace)
	})
	return n, err
}

// Depth counts the jobs that wait or run, by queue, and what waits for a loop,
// by its name, for the metrics page.
func (c *Client) Depth(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		Queue string `db:"queue"`
		N     int    `db:"n"`
	}
	out := map[string]int{}
	err := c.db.View(ctx, store.Platform, func(tx *store.Tx) (err error) {
		for _, l := range c.loops {
			if l.Pending == nil {
				continue
			}
			if out[l.Name], err = l.Pending(ctx, tx, store.Platform); err != nil {
				return err
			}
		}
		return tx.Select(ctx, &rows, `SELECT queue, COUNT(*) AS n FROM river_job
			WHERE state IN ('available', 'running', 'pending', 'retryable') GROUP BY queue`)
	})
	for _, r := range rows {
		out[r.Queue] = r.N
	}
	return out, err
}
