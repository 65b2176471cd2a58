package provision

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// errStopped ends a call that somebody cancelled.
var errStopped = errors.New("the attempt was cancelled")

// lookEvery is how often a call looks whether somebody on another process
// wants it stopped.
const lookEvery = 500 * time.Millisecond

// Cancel stops an attempt: one that no plugin works on at the moment ends at
// once, a running one as soon as its call is over, which is broken off. Either
// counts as failed, and the subscription is told by whom. What a plugin had
// already done stays, and is found by the next attempt or by reconciliation.
func (s *Service) Cancel(ctx context.Context, actor account.Actor, id int64) (Attempt, error) {
	a, err := s.steer(ctx, actor, id, "provision.cancel", func(tx *store.Tx, a Attempt) (int64, error) {
		if !a.Open() {
			return 0, fault.New(fault.Conflict, "This attempt is over; there is nothing to cancel.").With("attempt", id)
		}
		if a.CancelledBy == "" {
			a.CancelledBy = actor.Audit().Name
		}
		if a.CallingSince == nil {
			return id, s.stop(ctx, tx, a)
		}
		return id, saveAttempt(ctx, tx, a)
	})
	if err == nil {
		s.running.stop(id)
	}
	return a, err
}

// Again queues an operation anew that was given up: the newest attempt of a
// subscription, when it failed. For a subscription that could not be set up at
// all it is subscription.Retry instead.
func (s *Service) Again(ctx context.Context, actor account.Actor, id int64) (Attempt, error) {
	return s.steer(ctx, actor, id, "provision.again", func(tx *store.Tx, a Attempt) (int64, error) {
		sub, err := subscription.Lock(ctx, tx, a.SubscriptionID)
		if err != nil {
			return 0, err
		}
		newest, err := attempts(ctx, tx, sub.ID, 1)
		if err != nil {
			return 0, err
		}
		switch {
		case a.Status != Failed || newest[0].ID != a.ID:
			return 0, fault.New(fault.Conflict, "Only the newest attempt of a subscription can be tried again, and only when it failed.").With("attempt", id)
		case sub.Status == subscription.Failed || sub.Status == subscription.Terminated:
			return 0, fault.New(fault.Conflict, "Set the subscription up again instead.").With("subscription", sub.ID)
		}
		return s.Queue(ctx, tx, sub, a.Operation, ForCustomers)
	})
}

// steer changes an attempt in the name of an operator, and returns the attempt
// that change names: this one or the next.
func (s *Service) steer(ctx context.Context, actor account.Actor, id int64, action string, change func(tx *store.Tx, a Attempt) (int64, error)) (Attempt, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return Attempt{}, err
	}
	var a Attempt
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if a, err = lockAttempt(ctx, tx, id); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: action, Entity: "subscription", EntityID: a.SubscriptionID,
			After: map[string]any{"attempt": a.ID, "operation": a.Operation}}); err != nil {
			return err
		}
		became, err := change(tx, a)
		if err != nil {
			return err
		}
		a, err = attemptByID(ctx, tx, became)
		return err
	})
	return a, err
}

// running knows the calls under way in this process, by attempt.
type running struct {
	mu  sync.Mutex
	end map[int64]context.CancelCauseFunc
}

func newRunning() *running { return &running{end: map[int64]context.CancelCauseFunc{}} }

// start notes a call and watches for its cancellation on any process. The
// returned context ends then; done ends the watch, and waits for it.
func (r *running) start(ctx context.Context, s *Service, c call) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	r.mu.Lock()
	r.end[c.attempt.ID] = cancel
	r.mu.Unlock()
	var watch sync.WaitGroup
	watch.Go(func() {
		if s.unwanted(ctx, c) {
			cancel(errStopped)
		}
	})
	return ctx, func() {
		cancel(context.Canceled)
		r.mu.Lock()
		delete(r.end, c.attempt.ID)
		r.mu.Unlock()
		watch.Wait()
	}
}

func (r *running) stop(attempt int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if end := r.end[attempt]; end != nil {
		end(errStopped)
	}
}

// unwanted waits until the attempt is to be stopped, or ctx ends.
func (s *Service) unwanted(ctx context.Context, c call) bool {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
		var a Attempt
		err := s.db.View(ctx, c.marketplace, func(tx *store.Tx) (err error) {
			a, err = attemptByID(ctx, tx, c.attempt.ID)
			return err
		})
		if err == nil && a.CancelledBy != "" {
			return true
		}
	}
}
