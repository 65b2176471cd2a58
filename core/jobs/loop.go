package jobs

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/store"
)

// Loop is work that finds its own subjects in the database, round after round,
// where a queued job for each would cost more than the work itself. A round
// must leave in the database what it did not do: the next one, after whatever
// crash, finds it there.
type Loop struct {
	Name  string
	Every time.Duration // the pause between two rounds
	Round func(ctx context.Context) error
	// End, when set, is called after the last round; ctx bounds its patience.
	End func(ctx context.Context)
	// Pending counts what a round would do now or soon, for WaitIdle.
	Pending PendingFunc
}

// PendingFunc counts what there is to do for a marketplace, or for all of them
// (store.Platform), in a transaction of the whole installation.
type PendingFunc func(ctx context.Context, tx *store.Tx, marketplace int64) (int, error)

// AddLoop has the client run the loop from Start to Stop; call it before Start.
// The function it returns begins a round early.
func (c *Client) AddLoop(l Loop) (wake func()) {
	nudge := make(chan struct{}, 1)
	c.loops = append(c.loops, runningLoop{Loop: l, nudge: nudge})
	return func() {
		select {
		case nudge <- struct{}{}:
		default: // one is on its way
		}
	}
}

type runningLoop struct {
	Loop
	nudge chan struct{}
}

// startLoops begins every loop's rounds.
func (c *Client) startLoops(ctx context.Context) {
	ctx, c.endRounds = context.WithCancel(ctx)
	for _, l := range c.loops {
		c.rounds.Go(func() { c.repeat(ctx, l) })
	}
}

func (c *Client) repeat(ctx context.Context, l runningLoop) {
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for {
		if err := l.Round(ctx); err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "a round will be repeated", "loop", l.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.nudge:
		}
	}
}

// stopLoops waits for the rounds that run and ends what they began.
func (c *Client) stopLoops(ctx context.Context) {
	if c.endRounds == nil {
		return
	}
	c.endRounds()
	c.rounds.Wait()
	for _, l := range c.loops {
		if l.End != nil {
			l.End(ctx)
		}
	}
}
