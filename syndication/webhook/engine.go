package webhook

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
)

const (
	// pollEvery is how long a delivery waits at most before it is seen.
	pollEvery = 50 * time.Millisecond
	// leaseFor is how long an endpoint stays with a process that shows no sign
	// of life, on a database that several share; renewEvery is the sign.
	leaseFor   = 15 * time.Second
	renewEvery = 3 * time.Second
	// grace is what attempts under way get to end when the server stops.
	grace = 5 * time.Second
	// restAfterTrouble is the pause of an endpoint after an outcome could not
	// be written: the same deliveries are sent again then.
	restAfterTrouble = time.Second
	// longestRest bounds how long a receiver that is busy keeps all its
	// deliveries, and not just the refused one, waiting.
	longestRest = 30 * time.Second
)

// engine delivers: it finds endpoints that have something due and drains each
// by itself, so that one that hangs or fails keeps only its own waiting. All
// that is to be done is in the database, so a process may die anywhere.
type engine struct {
	s  *Service
	id string // of this process, among those that share the database
	// seats are for attempts beside the one that each endpoint may always make.
	seats chan struct{}

	mu     sync.Mutex
	drains map[int64]*drain
	rests  map[int64]time.Time // until when an endpoint is left alone

	running  sync.WaitGroup // drains
	recorder sync.WaitGroup
	results  chan result     // nil until the first round
	sending  context.Context // of attempts
	abort    context.CancelFunc
	renewed  time.Time
}

func newEngine(s *Service, id string, inFlight int) *engine {
	return &engine{s: s, id: id, seats: make(chan struct{}, inFlight),
		drains: map[int64]*drain{}, rests: map[int64]time.Time{}}
}

// round finds endpoints with something due that nobody drains, and drains them.
func (e *engine) round(ctx context.Context) error {
	if e.results == nil {
		e.start(ctx)
	}
	if err := e.renew(ctx); err != nil {
		return err
	}
	found, err := e.waiting(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, d := range found {
		failed = errors.Join(failed, e.take(ctx, d))
	}
	return failed
}

func (e *engine) start(ctx context.Context) {
	e.results = make(chan result, recordAtOnce)
	e.sending, e.abort = context.WithCancel(context.WithoutCancel(ctx))
	results := e.results
	e.recorder.Go(func() { e.record(context.WithoutCancel(ctx), results) })
}

// end waits for the attempts under way, cuts off those that take too long, and
// for their outcomes to be written (jobs.Loop). What was cut off is sent again.
func (e *engine) end(ctx context.Context) {
	if e.results == nil {
		return
	}
	patience := time.AfterFunc(grace, e.abort)
	defer patience.Stop()
	defer context.AfterFunc(ctx, e.abort)()
	e.running.Wait()
	e.abort()
	close(e.results)
	e.recorder.Wait()
	e.results = nil
}

// found is an endpoint with something to send.
type found struct {
	ID            int64 `db:"id"`
	MarketplaceID int64 `db:"marketplace_id"`
}

// waiting finds endpoints with something due, but for those that others drain.
func (e *engine) waiting(ctx context.Context) (all []found, err error) {
	now := e.s.db.Clock().Now()
	err = e.s.db.View(ctx, store.Platform, func(tx *store.Tx) error {
		return tx.Select(ctx, &all, `SELECT w.id, w.marketplace_id FROM webhook_endpoint w WHERE w.enabled AND w.deleted_at IS NULL
			AND (w.lease_until IS NULL OR w.lease_until < ? OR w.lease_holder = ?)
			AND EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.endpoint_id = w.id AND d.status = 'pending' AND d.next_attempt_at <= ?)`, now, e.id, now)
	})
	return all, err
}

// due counts what is to be sent now or soon (jobs.PendingFunc). Retries that
// are hours away, and what waits for an endpoint that is disabled, do not count.
func (s *Service) due(ctx context.Context, tx *store.Tx, marketplace int64) (n int, err error) {
	return n, tx.Get(ctx, "count", &n, `SELECT COUNT(*) FROM webhook_endpoint w JOIN webhook_delivery d ON d.endpoint_id = w.id
		WHERE (w.marketplace_id = ? OR ? = 0) AND w.enabled AND w.deleted_at IS NULL AND d.status = 'pending' AND d.next_attempt_at <= ?`,
		marketplace, marketplace, s.db.Clock().Now().Add(jobs.Soon))
}

// take begins to drain an endpoint, unless it is being drained or rests.
func (e *engine) take(ctx context.Context, f found) error {
	if e.busy(f.ID) {
		return nil
	}
	if mine, err := e.lease(ctx, f); err != nil || !mine {
		return err
	}
	d := newDrain(e, f)
	e.mu.Lock()
	e.drains[f.ID] = d
	e.mu.Unlock()
	e.running.Go(func() {
		d.run(ctx)
		e.release(context.WithoutCancel(ctx), f)
	})
	return nil
}

func (e *engine) busy(endpoint int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.drains[endpoint] != nil {
		return true
	}
	until, rests := e.rests[endpoint]
	if rests && !e.s.db.Clock().Now().Before(until) {
		delete(e.rests, endpoint)
		rests = false
	}
	return rests
}

// rest leaves an endpoint alone for a while.
func (e *engine) rest(endpoint int64, d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rests[endpoint] = e.s.db.Clock().Now().Add(d)
}

// shared reports whether other processes may deliver from the same database.
// A SQLite file has one process, which needs no leases.
func (e *engine) shared() bool {
	_, shared := e.s.db.Postgres()
	return shared
}

// sit takes a seat for one more attempt, if there is one; rise gives it back.
func (e *engine) sit() bool {
	select {
	case e.seats <- struct{}{}:
		return true
	default:
		return false
	}
}

func (e *engine) rise() { <-e.seats }

// lease makes the endpoint this process's, if nobody else has it.
func (e *engine) lease(ctx context.Context, f found) (bool, error) {
	if !e.shared() {
		return true, nil
	}
	var n int64
	now := e.s.db.Clock().Now()
	err := e.s.db.InTx(ctx, f.MarketplaceID, func(tx *store.Tx) (err error) {
		n, err = tx.Exec(ctx, `UPDATE webhook_endpoint SET lease_holder = ?, lease_until = ? WHERE marketplace_id = ? AND id = ?
			AND (lease_until IS NULL OR lease_until < ? OR lease_holder = ?)`, e.id, now.Add(leaseFor), tx.Marketplace(), f.ID, now, e.id)
		return err
	})
	return n > 0, err
}

// renew shows that this process lives.
func (e *engine) renew(ctx context.Context) error {
	now := e.s.db.Clock().Now()
	if !e.shared() || now.Sub(e.renewed) < renewEvery {
		return nil
	}
	e.renewed = now
	return e.s.db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE webhook_endpoint SET lease_until = ? WHERE lease_holder = ? AND lease_until IS NOT NULL`, now.Add(leaseFor), e.id)
		return err
	})
}

// release gives an endpoint back that has nothing more to send now.
func (e *engine) release(ctx context.Context, f found) {
	e.mu.Lock()
	delete(e.drains, f.ID)
	e.mu.Unlock()
	if !e.shared() {
		return
	}
	err := e.s.db.InTx(ctx, f.MarketplaceID, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE webhook_endpoint SET lease_until = NULL WHERE marketplace_id = ? AND id = ? AND lease_holder = ?`, tx.Marketplace(), f.ID, e.id)
		return err
	})
	if err != nil {
		e.s.log.WarnContext(ctx, "an endpoint was not given back; its lease runs out", "endpoint", f.ID, "error", err)
	}
}
