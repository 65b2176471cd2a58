package conformance

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// operation is one that is interrupted: what comes before it, the operation
// itself, and what has to be true once it was retried.
type operation struct {
	name    string
	removes bool // afterwards nothing is left
	prepare func(ctx context.Context, key string) error
	run     func(ctx context.Context, key string, progress sdk.Progress) error
	retry   func(ctx context.Context, key string) error
	check   func(ctx context.Context, after string) error
}

// crash interrupts every operation at its steps and at moments spread over the
// time it takes.
func crash(ctx context.Context, r *run) error {
	cuts := 0
	for _, op := range r.operations() {
		points, err := r.points(ctx, op)
		if err != nil {
			return fmt.Errorf("%s without a crash: %w", op.name, err)
		}
		for i, at := range points {
			if err := r.crashAt(ctx, op, at, fmt.Sprintf("%s-%d", op.name, i)); err != nil {
				return fmt.Errorf("%s, interrupted %s: %w", op.name, at, err)
			}
			cuts++
		}
	}
	how := "the process killed"
	if r.Kill == nil {
		how = "the call cancelled"
	}
	r.remark = fmt.Sprintf("%d cuts, %s at each", cuts, how)
	return nil
}

func (r *run) operations() []operation {
	sub := r.Subscription
	sold := func(ctx context.Context, key string) error {
		_, err := r.make(ctx, r.insist, key+"-before", sub)
		return err
	}
	all := []operation{{
		name:    "Provision",
		prepare: func(context.Context, string) error { return nil },
		run: func(ctx context.Context, key string, progress sdk.Progress) error {
			_, err := r.Provider.Provision(ctx, r.request(key, sub), progress)
			return err
		},
		retry: func(ctx context.Context, key string) error { return r.sameTwice(ctx, key, sub) },
		check: func(ctx context.Context, after string) error { return r.wantThere(ctx, sub, true, after) },
	}, {
		name:    "Deprovision",
		removes: true,
		prepare: sold,
		run: func(ctx context.Context, key string, progress sdk.Progress) error {
			return r.Provider.Deprovision(ctx, r.request(key, sub), progress)
		},
		retry: func(ctx context.Context, key string) error { return r.deprovision(ctx, r.insist, key, sub) },
		check: func(ctx context.Context, after string) error { return r.wantThere(ctx, sub, false, after) },
	}}
	if needs(sdk.CanUpdate, needsOther)(r) == "" {
		other := r.other(sub)
		all = append(all, operation{
			name:    "Update",
			prepare: sold,
			run: func(ctx context.Context, key string, progress sdk.Progress) error {
				_, err := r.Provider.Update(ctx, r.request(key, other), progress)
				return err
			},
			retry: func(ctx context.Context, key string) error {
				_, err := r.update(ctx, r.insist, key, other)
				return err
			},
			check: func(ctx context.Context, after string) error { return r.wantThere(ctx, other, true, after) },
		})
	}
	return all
}

// sameTwice retries Provision until it is done, and once more: both know of
// the same tenant.
func (r *run) sameTwice(ctx context.Context, key string, sub sdk.Subscription) error {
	first, err := r.make(ctx, r.insist, key, sub)
	if err != nil {
		return err
	}
	second, err := r.make(ctx, r.insist, key, sub)
	if err != nil {
		return err
	}
	if !sameResources(first.Resources, second.Resources) {
		return fmt.Errorf("two retries gave different resources: %v, then %v", first.Resources, second.Resources)
	}
	return nil
}

// crashAt interrupts an operation, retries it with the same key, looks, and
// removes everything.
func (r *run) crashAt(ctx context.Context, op operation, at cutPoint, key string) error {
	if err := op.prepare(ctx, key); err != nil {
		return fmt.Errorf("before it: %w", err)
	}
	r.made = append(r.made, r.Subscription)
	if err := r.cut(ctx, op, at, key); err != nil {
		return err
	}
	if err := op.retry(ctx, key); err != nil {
		return fmt.Errorf("the retry: %w", err)
	}
	if err := op.check(ctx, "the retry"); err != nil {
		return err
	}
	return r.end(ctx, op, key)
}

// end removes what the operation has left.
func (r *run) end(ctx context.Context, op operation, key string) error {
	if op.removes {
		return nil
	}
	if err := r.deprovision(ctx, r.insist, key+"-end", r.Subscription); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	return r.wantThere(ctx, r.Subscription, false, "its removal")
}

// cutPoint is when an operation is interrupted: at a step of its progress, or
// some time after its beginning.
type cutPoint struct {
	step  int
	after time.Duration
}

func (p cutPoint) String() string {
	if p.step > 0 {
		return fmt.Sprintf("at its step %d", p.step)
	}
	return fmt.Sprintf("after %v", p.after.Round(10*time.Microsecond))
}

// points runs the operation once undisturbed and spreads the cuts over its
// steps and its time, half and half.
func (r *run) points(ctx context.Context, op operation) ([]cutPoint, error) {
	key := "measure-" + op.name
	if err := op.prepare(ctx, key); err != nil {
		return nil, err
	}
	r.made = append(r.made, r.Subscription)
	steps, begun := 0, time.Now()
	err := r.insist(ctx, func(ctx context.Context) error {
		return op.run(ctx, key, func(int, int, string) { steps++ })
	})
	took := time.Since(begun)
	if err != nil {
		return nil, err
	}
	if err := r.end(ctx, op, key); err != nil {
		return nil, err
	}
	return r.spread(steps, took), nil
}

func (r *run) spread(steps int, took time.Duration) []cutPoint {
	var all []cutPoint
	bySteps := min(steps, r.Cuts/2)
	for i := range bySteps {
		all = append(all, cutPoint{step: 1 + i*steps/bySteps})
	}
	byTime := r.Cuts - bySteps
	for i := range byTime {
		all = append(all, cutPoint{after: took * time.Duration(i) / time.Duration(byTime)})
	}
	return all
}

// cut runs the operation and strikes at the point, or, when the operation was
// faster, right after its end.
func (r *run) cut(ctx context.Context, op operation, at cutPoint, key string) error {
	call, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	strike := sync.OnceValue(func() error {
		if r.Kill == nil {
			cancel()
			return nil
		}
		return r.Kill(ctx)
	})
	steps := 0
	progress := func(int, int, string) {
		if steps++; steps == at.step {
			_ = strike() // asked for again below
		}
	}
	if at.step == 0 {
		timer := time.AfterFunc(at.after, func() { _ = strike() })
		defer timer.Stop()
	}
	_ = op.run(call, key, progress) // it may have been done in time
	if err := strike(); err != nil {
		return fmt.Errorf("ending the plugin: %w", err)
	}
	return nil
}
