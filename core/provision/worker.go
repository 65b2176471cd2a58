package provision

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

type workArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
	AttemptID     int64 `json:"attemptId"`
}

// Kind names the job in the queue.
func (workArgs) Kind() string { return "provision" }

// Scope says where it works.
func (a workArgs) Scope() int64 { return a.MarketplaceID }

// jobTimeout bounds one try: the wait for a place and the longest call.
const jobTimeout = patience + LongestCall + time.Minute

// errTurn says that an earlier attempt of the subscription is not over.
var errTurn = errors.New("an earlier attempt is under way")

// call is everything one call of a plugin needs.
type call struct {
	Target
	attempt     Attempt
	marketplace int64
	plugin      sdk.Provider
	last        bool // no try follows
}

// request is the call's, under the attempt's key; what names a second call of
// the same attempt.
func (c call) request(what ...string) sdk.Request {
	key := "fondaco-" + strconv.FormatInt(c.attempt.ID, 10)
	for _, w := range what {
		key += "-" + w
	}
	return sdk.Request{Key: key, Subscription: c.Desired}
}

// work tries an attempt once. When not even the end of the last try can be
// written down, it was not the last: an attempt is never left open for nobody.
func (s *Service) work(ctx context.Context, job jobs.Job[workArgs]) error {
	err := s.try(ctx, job)
	if err == nil || !job.Last || jobs.Decided(err) {
		return err
	}
	s.log.WarnContext(ctx, "the last try goes on later", "attempt", job.Args.AttemptID, "error", err)
	return jobs.Snooze(5 * time.Second)
}

// try tries an attempt once: it waits for a place in the lane, commits that
// the try began, calls the plugin outside any transaction with the attempt's
// id as the key, and commits what came of it. Killed anywhere, the next try
// goes on with the same key.
func (s *Service) try(ctx context.Context, job jobs.Job[workArgs]) error {
	lane, p, err := s.route(ctx, job.Args)
	if err != nil {
		return s.unprepared(ctx, job, err)
	}
	if lane == nil {
		return nil
	}
	leave, err := s.enter(ctx, job.Args.MarketplaceID, *lane, p)
	if held, ok := errors.AsType[*HeldUp](err); ok {
		return s.holdBack(ctx, job.Args, held)
	}
	if err != nil {
		return err
	}
	// Its place is free as soon as the plugin has answered.
	var result outcome
	c, err := s.begin(ctx, job)
	if err != nil || c == nil {
		leave(errUncounted)
	} else {
		result = s.call(ctx, *c)
		leave(result.err)
	}
	switch {
	case errors.Is(err, errTurn):
		return jobs.Snooze(200 * time.Millisecond)
	case err != nil:
		return s.unprepared(ctx, job, err)
	case c == nil:
		return nil
	}
	return s.conclude(ctx, *c, result)
}

// holdBack puts an attempt off until its lane takes calls again, and says so
// to whoever waits for it.
func (s *Service) holdBack(ctx context.Context, args workArgs, held *HeldUp) error {
	if !held.Busy {
		err := s.db.InTx(ctx, args.MarketplaceID, func(tx *store.Tx) error {
			return saveWait(ctx, tx, args.AttemptID, "The provider does not answer at the moment; this goes on by itself when it does.")
		})
		if err != nil {
			return err
		}
	}
	return jobs.Snooze(held.Wait)
}

// route says which lane an attempt takes; nil when it is over.
func (s *Service) route(ctx context.Context, args workArgs) (*Lane, Priority, error) {
	var lane *Lane
	var p Priority
	err := s.db.View(ctx, args.MarketplaceID, func(tx *store.Tx) error {
		a, err := attemptByID(ctx, tx, args.AttemptID)
		if err != nil || !a.Open() {
			return err
		}
		provider, err := providerOf(ctx, tx, a.SubscriptionID)
		lane, p = new(provider.lane(a.Cloud)), a.Priority
		return err
	})
	return lane, p, err
}

// begin commits that the try began; nil when there is nothing to do any more.
func (s *Service) begin(ctx context.Context, job jobs.Job[workArgs]) (*call, error) {
	var c *call
	err := s.db.InTx(ctx, job.Args.MarketplaceID, func(tx *store.Tx) error {
		a, err := lockAttempt(ctx, tx, job.Args.AttemptID)
		if err != nil || !a.Open() {
			return err
		}
		if a.CancelledBy != "" {
			return s.stop(ctx, tx, a)
		}
		if dropped, err := drop(ctx, tx, a); err != nil || dropped {
			return err
		}
		earlier, err := waiting(ctx, tx, a)
		if err != nil {
			return err
		}
		if earlier > 0 {
			return errTurn
		}
		now := tx.Now()
		if a.StartedAt == nil {
			a.StartedAt = &now
		}
		a.Status, a.Tries, a.CallingSince = Running, a.Tries+1, &now
		if err := saveAttempt(ctx, tx, a); err != nil {
			return err
		}
		c, err = s.prepare(ctx, tx, a)
		return err
	})
	if c != nil {
		c.marketplace, c.last = job.Args.MarketplaceID, job.Last
	}
	return c, err
}

func (s *Service) prepare(ctx context.Context, tx *store.Tx, a Attempt) (*call, error) {
	sub, err := subscription.ByID(ctx, tx, a.SubscriptionID)
	if err != nil {
		return nil, err
	}
	t, err := s.target(ctx, tx, sub)
	if err != nil {
		return nil, err
	}
	plugin, err := s.plugins.Provider(t.Provider.Plugin)
	if err != nil {
		return nil, fmt.Errorf("attempt %d: %w", a.ID, err)
	}
	return &call{Target: t, attempt: a, plugin: plugin}, nil
}

// outcome is what a plugin answered. made says that result is what exists now.
type outcome struct {
	result    sdk.Result
	made      bool
	abilities []sdk.Ability // of the plugin, after a provisioning
	err       error
}

// call makes the call, as long as it may take and until somebody stops it.
func (s *Service) call(ctx context.Context, c call) outcome {
	began := s.db.Clock().Now()
	ctx, cancel := context.WithTimeoutCause(ctx, c.Lane.Timeout, errSlow)
	defer cancel()
	ctx, done := s.running.start(ctx, s, c)
	defer done()
	o := s.do(ctx, c)
	if o.err != nil {
		switch why := context.Cause(ctx); {
		case errors.Is(why, errSlow), errors.Is(o.err, context.DeadlineExceeded): // its side may notice first
			o.err = sdk.Transient(o.err, "The provider did not answer within %s.", c.Lane.Timeout)
		case errors.Is(why, errStopped):
			o.err = errStopped
		}
	}
	s.metrics.called(c, o.err, s.db.Clock().Now().Sub(began))
	return o
}

// errSlow ends a call that takes too long.
var errSlow = errors.New("the call took too long")

// do makes the one call of the plugin, or the few of a repair.
func (s *Service) do(ctx context.Context, c call) (o outcome) {
	progress := func(step, steps int, text string) { s.step(ctx, c, step, steps, text) }
	switch c.attempt.Operation {
	case subscription.Provision:
		o = c.provision(ctx, progress)
	case subscription.Update:
		o.result, o.err = c.plugin.Update(ctx, c.request(), progress)
		o.made = true
	case subscription.Suspend:
		o.err = c.plugin.Suspend(ctx, c.request())
	case subscription.Resume:
		o.err = c.plugin.Resume(ctx, c.request())
	case subscription.Deprovision:
		o.err = s.remove(ctx, c, progress)
	case subscription.Repair:
		o = c.repair(ctx, progress)
	default:
		o.err = sdk.Permanent("unknown operation %q", c.attempt.Operation)
	}
	return o
}

func (c call) provision(ctx context.Context, progress sdk.Progress) (o outcome) {
	d, err := c.plugin.Describe(ctx)
	if err != nil {
		return outcome{err: err}
	}
	o.result, o.err = c.plugin.Provision(ctx, c.request(), progress)
	o.made, o.abilities = true, d.Abilities
	return o
}

// holdUps is how many tries of a removal the hook before it may spoil.
const holdUps = 5

func (s *Service) remove(ctx context.Context, c call, progress sdk.Progress) error {
	if s.hooks.BeforeRemove != nil {
		final := c.last || c.attempt.Tries >= holdUps
		if err := s.hooks.BeforeRemove(ctx, c.marketplace, c.Target, c.plugin, final); err != nil && !final {
			return c.heldUp(err)
		}
	}
	return c.plugin.Deprovision(ctx, c.request(), progress)
}

// heldUp is an error of the hook before a removal: it may delay the removal,
// and never ends it.
func (c call) heldUp(err error) error {
	if code := sdk.CodeOf(err); code != sdk.CodePermanent && code != sdk.CodeConflict {
		return err
	}
	return sdk.NotYet(100*time.Millisecond<<min(c.attempt.Tries, holdUps), "%s", unwell(err))
}

// step shows progress to whoever waits. Losing one is no harm, so an error is
// only logged.
func (s *Service) step(ctx context.Context, c call, step, steps int, text string) {
	err := s.db.InTx(ctx, c.marketplace, func(tx *store.Tx) error { return saveStep(ctx, tx, c.attempt.ID, step, steps, Tidy(text)) })
	if err != nil {
		s.log.WarnContext(ctx, "progress was not kept", "attempt", c.attempt.ID, "error", err)
	}
}
