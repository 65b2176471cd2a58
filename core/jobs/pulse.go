package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/store"
)

const (
	beatEvery = 5 * time.Second
	// deadAfter is how long a process may be silent before its jobs are given
	// to others. One that was only very slow then works a job beside somebody
	// else, which jobs bear: they are idempotent.
	deadAfter = "30 seconds"
)

// pulse is the sign of life of a process on a database that several share: a
// row that it renews. Whoever renews his own also frees the jobs of the dead,
// so that even a job that may take an hour goes on soon after a crash.
type pulse struct {
	stop    context.CancelFunc
	running sync.WaitGroup
}

func (p *pulse) start(ctx context.Context, c *Client) {
	ctx, p.stop = context.WithCancel(ctx)
	p.running.Go(func() {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			if err := c.beat(ctx); err != nil && ctx.Err() == nil {
				c.log.WarnContext(ctx, "the sign of life was not written", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

func (p *pulse) end() {
	if p.stop != nil {
		p.stop()
		p.running.Wait()
	}
}

// beat renews the own row, frees the jobs of silent processes and forgets
// these. Time is the database's, the same for all.
func (c *Client) beat(ctx context.Context) error {
	return c.db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
		for _, step := range []struct {
			query string
			args  []any
		}{
			{`INSERT INTO job_process (id, seen_at) VALUES (?, CURRENT_TIMESTAMP)
				ON CONFLICT (id) DO UPDATE SET seen_at = CURRENT_TIMESTAMP`, []any{c.id}},
			{`UPDATE river_job SET state = 'available' WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] IN
				(SELECT id FROM job_process WHERE seen_at < CURRENT_TIMESTAMP - CAST(? AS INTERVAL))`, []any{deadAfter}},
			{`DELETE FROM job_process WHERE seen_at < CURRENT_TIMESTAMP - CAST(? AS INTERVAL)`, []any{deadAfter}},
		} {
			if _, err := tx.Exec(ctx, step.query, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
}
