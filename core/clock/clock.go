// Package clock is how time enters the system. Everything that asks what time
// it is holds a Clock; time.Now appears nowhere else in product code.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time, in UTC and in whole microseconds (the resolution both
// databases keep).
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now returns the machine's time in UTC, cut to microseconds.
func (System) Now() time.Time { return Normal(time.Now()) }

// Normal returns t as it comes back from the database: UTC, microseconds,
// without a monotonic reading.
func Normal(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Manual is a clock for tests: it stands until it is set. The zero value
// stands at the zero time; use NewManual.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock that stands at t.
func NewManual(t time.Time) *Manual { return &Manual{now: Normal(t)} }

// Now returns where the clock stands.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to t, backwards too.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = Normal(t)
}

// Advance moves the clock by d and returns the new time.
func (m *Manual) Advance(d time.Duration) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = Normal(m.now.Add(d))
	return m.now
}
