package provision

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/sony/gobreaker/v2"
)

// traffic is what this process lets through to the plugins: so many calls at
// once in all and in each lane, by priority, and none to a cloud that is down.
type traffic struct {
	overall *gate
	clock   clock.Clock
	trip    uint32        // failures in a row that open a circuit
	rest    time.Duration // how long it stays open

	mu    sync.Mutex
	roads map[laneKey]*road
}

// road is a lane at work.
type road struct {
	gate    *gate
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]

	mu       sync.Mutex
	reopens  time.Time // when an open circuit lets a call try
	lastFail string
	told     Circuit // what is on record, as far as this process knows
	outage   bool    // told to operators, and not over
}

// errUncounted ends a visit that says nothing about the cloud.
var errUncounted = errors.New("the plugin was not asked")

// HeldUp says that a lane takes no call for now.
type HeldUp struct {
	Wait time.Duration // when to ask again
	Why  string
	Busy bool // it works, but all places are taken
}

// Error says why.
func (e *HeldUp) Error() string { return e.Why }

func newTraffic(overall int, trip uint32, rest time.Duration, c clock.Clock) *traffic {
	return &traffic{overall: newGate(overall), clock: c, trip: trip, rest: rest, roads: map[laneKey]*road{}}
}

func (t *traffic) road(l Lane) *road {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, known := t.roads[l.key()]
	if !known {
		r = &road{gate: newGate(l.Limit)}
		r.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
			Timeout:      t.rest,
			ReadyToTrip:  func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= t.trip },
			IsSuccessful: func(err error) bool { return !isOutage(err) },
			IsExcluded:   saysNothing,
			OnStateChange: func(_ string, _, to gobreaker.State) {
				if to == gobreaker.StateOpen {
					r.opened(t.clock.Now().Add(t.rest))
				}
			},
		})
		t.roads[l.key()] = r
	}
	if l.Limit > 0 {
		r.gate.resize(l.Limit)
	}
	return r
}

func (r *road) opened(until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reopens = until
}

func (r *road) failed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastFail = Tidy(unwell(err))
}

// changed reports whether the circuit is not as was last told.
func (r *road) changed(c Circuit) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told == c {
		return false
	}
	r.told = c
	if c == Closed {
		r.outage = false
	}
	return true
}

// forget makes the next call tell again.
func (r *road) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = "untold"
}

// firstOpen reports whether the circuit opened for the first time in this
// outage.
func (r *road) firstOpen() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.outage
	r.outage = true
	return first
}

func (r *road) lastError() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lastFail
}

// isOutage reports whether an error says that the cloud, or its plugin, does
// not work; a plugin that refuses or asks for patience does.
func isOutage(err error) bool { return sdk.CodeOf(err) == sdk.CodeTransient }

// saysNothing reports whether a call ended without a word about the cloud:
// before it was made, or because we gave it up ourselves.
func saysNothing(err error) bool {
	return errors.Is(err, errUncounted) || errors.Is(err, errStopped) || errors.Is(err, context.Canceled)
}

// patience is how long a call waits for a place before it goes back into the
// job queue.
const patience = 30 * time.Second

// enter waits for a place in the lane and among all. The caller says with
// leave what came of his call. A *HeldUp says when to ask again.
func (t *traffic) enter(ctx context.Context, l Lane, p Priority) (leave func(error), err error) {
	r := t.road(l)
	if err := t.passable(r); err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := r.gate.enter(wait, p); err != nil {
		return nil, t.full(ctx, err)
	}
	if err := t.overall.enter(wait, p); err != nil {
		r.gate.leave()
		return nil, t.full(ctx, err)
	}
	out := func() { t.overall.leave(); r.gate.leave() }
	done, err := r.breaker.Allow()
	if err != nil { // it opened while we waited
		out()
		return nil, t.heldUp(r)
	}
	return func(err error) {
		if isOutage(err) && !saysNothing(err) {
			r.failed(err)
		}
		done(err)
		out()
	}, nil
}

func (t *traffic) full(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fault.New(fault.Unavailable, "The provider is busy.").Because(errors.Join(err, &HeldUp{Wait: time.Second, Why: "all places are taken", Busy: true}))
}

// passable refuses at once what an open circuit would refuse after the wait.
func (t *traffic) passable(r *road) error {
	if r.breaker.State() == gobreaker.StateOpen {
		return t.heldUp(r)
	}
	return nil
}

func (t *traffic) heldUp(r *road) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait := max(r.reopens.Sub(t.clock.Now()), t.rest/20, 10*time.Millisecond)
	return fault.New(fault.Unavailable, "The provider does not answer at the moment.").Because(&HeldUp{Wait: wait, Why: r.lastFail})
}

// state says what the lane does in this process.
func (t *traffic) state(k laneKey) (circuit Circuit, inFlight, waiting int) {
	t.mu.Lock()
	r, known := t.roads[k]
	t.mu.Unlock()
	if !known {
		return Closed, 0, 0
	}
	inFlight, waiting = r.gate.count()
	return Circuit(r.breaker.State().String()), inFlight, waiting
}
