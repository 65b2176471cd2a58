package demo

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/store"
)

// marketClock is the demo marketplace's clock for the gateway: when the
// marketplace's month ends, so do the gateway's limits.
type marketClock struct {
	real        clock.Clock
	db          *store.DB
	marketplace atomic.Int64
}

// Now returns the marketplace's time, the machine's before it exists.
func (c *marketClock) Now() time.Time {
	id := c.marketplace.Load()
	if id == 0 {
		return c.real.Now()
	}
	now, err := c.db.Now(context.Background(), id)
	if err != nil {
		return c.real.Now()
	}
	return now
}
