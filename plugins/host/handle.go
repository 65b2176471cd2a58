package host

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/fondaco/fondaco/plugins/sdk"
)

const (
	// noticeTimeout is how long a broken connection may take to turn out as
	// the end of the process.
	noticeTimeout = time.Second
	// probeTimeout is how long a plugin that missed a deadline may take to
	// show that it is still alive.
	probeTimeout = 5 * time.Second
)

// handle sends calls to the process that serves the plugin at the moment. All
// its errors are *sdk.Error.
type handle struct {
	slot    *slot
	timeout time.Duration
}

var _ sdk.Provider = (*handle)(nil)

// asked is what one call is about.
type asked struct {
	method       string
	subscription int64       // 0 for none
	spoke        func() bool // whether the plugin has said something during the call
}

// do runs one call and keeps a note of how it ended.
func do[T any](ctx context.Context, h *handle, a asked, call func(context.Context, *sdk.Client) (T, error)) (T, error) {
	begun := h.slot.host.cfg.Clock.Now()
	out, err := attempt(ctx, h, a, call)
	h.slot.note(Call{At: begun, Method: a.method, SubscriptionID: a.subscription,
		Duration: h.slot.host.cfg.Clock.Now().Sub(begun), Code: sdk.CodeOf(err)})
	return out, err
}

// attempt runs one call with a deadline. When the process dies before it has
// said anything, the call is made once more on the next one: calls are
// idempotent by contract.
func attempt[T any](ctx context.Context, h *handle, a asked, call func(context.Context, *sdk.Client) (T, error)) (T, error) {
	var none T
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.timeout)
		defer cancel()
	}
	for again := true; ; again = false {
		proc, err := h.slot.acquire(ctx)
		if err != nil {
			return none, err
		}
		out, err := call(ctx, proc.conn.Client)
		switch {
		case err == nil:
			return out, nil
		case sdk.Disconnected(err) && h.slot.lost(ctx, proc):
			if again && !a.spoke() && h.slot.host.life.Err() == nil {
				continue
			}
			return none, sdk.Transient(err, "the plugin %s ended during the call", h.slot.name)
		case sdk.Disconnected(err):
			h.slot.probe(proc)
			return none, sdk.Transient(err, "the connection to the plugin %s broke during the call", h.slot.name)
		case errors.Is(err, context.DeadlineExceeded):
			h.slot.probe(proc)
		}
		return none, err
	}
}

// lost reports whether proc has ended, and gives it a moment for that.
func (s *slot) lost(ctx context.Context, proc *process) bool {
	timer := time.NewTimer(noticeTimeout)
	defer timer.Stop()
	select {
	case <-proc.done:
	case <-timer.C:
	case <-ctx.Done():
	}
	return proc.ended()
}

// probe asks proc for a sign of life in the background, and ends it when there
// is none: a process that hangs is restarted like one that died.
func (s *slot) probe(proc *process) {
	if !proc.probing.CompareAndSwap(false, true) {
		return
	}
	if s.host.enter() != nil {
		return
	}
	go func() {
		defer s.host.wg.Done()
		defer proc.probing.Store(false)
		ctx, cancel := context.WithTimeout(s.host.life, probeTimeout)
		defer cancel()
		_, err := grpc_health_v1.NewHealthClient(proc.conn.GRPC).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		if err != nil && s.host.life.Err() == nil {
			s.condemn(proc, errors.New("it did not answer any more and was ended"))
		}
	}()
}

func never() bool { return false }

// listen wraps progress so that do knows whether anything was said.
func listen(progress sdk.Progress) (sdk.Progress, func() bool) {
	spoken := false
	return func(step, total int, text string) {
		spoken = true
		if progress != nil {
			progress(step, total, text)
		}
	}, func() bool { return spoken }
}

// nothing adapts a call without result.
func nothing(call func(context.Context, *sdk.Client) error) func(context.Context, *sdk.Client) (struct{}, error) {
	return func(ctx context.Context, c *sdk.Client) (struct{}, error) { return struct{}{}, call(ctx, c) }
}

func (h *handle) Describe(ctx context.Context) (sdk.Description, error) {
	return do(ctx, h, asked{"Describe", 0, never}, func(ctx context.Context, c *sdk.Client) (sdk.Description, error) {
		return c.Describe(ctx)
	})
}

func (h *handle) Validate(ctx context.Context, check sdk.Check) ([]sdk.Problem, error) {
	return do(ctx, h, asked{"Validate", check.Subscription.ID, never}, func(ctx context.Context, c *sdk.Client) ([]sdk.Problem, error) {
		return c.Validate(ctx, check)
	})
}

func (h *handle) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	progress, spoke := listen(progress)
	return do(ctx, h, asked{"Provision", req.Subscription.ID, spoke}, func(ctx context.Context, c *sdk.Client) (sdk.Result, error) {
		return c.Provision(ctx, req, progress)
	})
}

func (h *handle) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	progress, spoke := listen(progress)
	return do(ctx, h, asked{"Update", req.Subscription.ID, spoke}, func(ctx context.Context, c *sdk.Client) (sdk.Result, error) {
		return c.Update(ctx, req, progress)
	})
}

func (h *handle) Suspend(ctx context.Context, req sdk.Request) error {
	_, err := do(ctx, h, asked{"Suspend", req.Subscription.ID, never}, nothing(func(ctx context.Context, c *sdk.Client) error {
		return c.Suspend(ctx, req)
	}))
	return err
}

func (h *handle) Resume(ctx context.Context, req sdk.Request) error {
	_, err := do(ctx, h, asked{"Resume", req.Subscription.ID, never}, nothing(func(ctx context.Context, c *sdk.Client) error {
		return c.Resume(ctx, req)
	}))
	return err
}

func (h *handle) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	progress, spoke := listen(progress)
	_, err := do(ctx, h, asked{"Deprovision", req.Subscription.ID, spoke}, nothing(func(ctx context.Context, c *sdk.Client) error {
		return c.Deprovision(ctx, req, progress)
	}))
	return err
}

func (h *handle) Observe(ctx context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	return do(ctx, h, asked{"Observe", sub.ID, never}, func(ctx context.Context, c *sdk.Client) (sdk.Observation, error) {
		return c.Observe(ctx, sub)
	})
}

func (h *handle) Inventory(ctx context.Context, settings json.RawMessage) ([]sdk.Owned, error) {
	return do(ctx, h, asked{"Inventory", 0, never}, func(ctx context.Context, c *sdk.Client) ([]sdk.Owned, error) {
		return c.Inventory(ctx, settings)
	})
}

func (h *handle) CollectUsage(ctx context.Context, sub sdk.Subscription, from, to time.Time) ([]sdk.Usage, error) {
	return do(ctx, h, asked{"CollectUsage", sub.ID, never}, func(ctx context.Context, c *sdk.Client) ([]sdk.Usage, error) {
		return c.CollectUsage(ctx, sub, from, to)
	})
}

func (h *handle) Health(ctx context.Context, settings json.RawMessage) (sdk.Health, error) {
	return do(ctx, h, asked{"Health", 0, never}, func(ctx context.Context, c *sdk.Client) (sdk.Health, error) {
		return c.Health(ctx, settings)
	})
}
