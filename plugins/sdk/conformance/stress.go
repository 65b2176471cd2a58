package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// atOnce is how many times the same request is made at the same time.
const atOnce = 4

func concurrent(ctx context.Context, r *run) error {
	results := make([]sdk.Result, atOnce)
	err := together(func(i int) (err error) {
		results[i], err = r.ask(ctx, "once", r.Subscription)
		return err
	})
	r.made = append(r.made, r.Subscription)
	if err != nil {
		return fmt.Errorf("%d times at once: %w", atOnce, err)
	}
	for _, other := range results[1:] {
		if !sameResources(results[0].Resources, other.Resources) {
			return fmt.Errorf("the same request at once gave different resources: %v and %v", results[0].Resources, other.Resources)
		}
	}
	sub := r.Subscription
	sub.Resources = results[0].Resources
	if err := r.wantThere(ctx, sub, true, fmt.Sprintf("%d times the same Provision at once", atOnce)); err != nil {
		return err
	}
	err = together(func(int) error { return r.deprovision(ctx, r.insist, "remove", sub) })
	if err != nil {
		return fmt.Errorf("%d times at once: %w", atOnce, err)
	}
	return r.wantThere(ctx, sub, false, fmt.Sprintf("%d times the same Deprovision at once", atOnce))
}

// ask is Provision without a note that something is to be removed.
func (r *run) ask(ctx context.Context, key string, sub sdk.Subscription) (result sdk.Result, err error) {
	err = r.insist(ctx, func(ctx context.Context) error {
		result, err = r.Provider.Provision(ctx, r.request(key, sub), ignore)
		return err
	})
	return result, err
}

func together(do func(i int) error) error {
	errs := make([]error, atOnce)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

const (
	// grace is how long after its deadline a call may take to end.
	grace = time.Second
	// shortestLimit lets a call at least arrive before its deadline.
	shortestLimit = 20 * time.Millisecond
	// quiet is how long nothing may happen after that.
	quiet = time.Second
)

// deadline gives calls less time than they need. A call to another process
// ends here in any case, so that what counts is what goes on over there.
func deadline(ctx context.Context, r *run) error {
	begun := time.Now()
	if _, err := r.make(ctx, r.insist, "measure", r.Subscription); err != nil {
		return err
	}
	took := time.Since(begun)
	if err := r.deprovision(ctx, r.insist, "measured", r.Subscription); err != nil {
		return err
	}
	for name, call := range map[string]func(context.Context) error{
		"Provision": func(ctx context.Context) error {
			_, err := r.Provider.Provision(ctx, r.request("hurry", r.Subscription), ignore)
			return err
		},
		"Observe": func(ctx context.Context) error { _, err := r.Provider.Observe(ctx, r.Subscription); return err },
		"Health":  func(ctx context.Context) error { _, err := r.Provider.Health(ctx, r.Subscription.Settings); return err },
	} {
		if err := hurry(ctx, name, max(shortestLimit, min(took/2, 5*time.Second)), call); err != nil {
			return err
		}
	}
	return r.nothingGoesOn(ctx)
}

// hurry makes a call with a deadline and wants it to end soon after.
func hurry(ctx context.Context, name string, limit time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = call(ctx) // whether it was in time is all the same
	}()
	select {
	case <-ended:
		return nil
	case <-time.After(limit + grace):
		return fmt.Errorf("%s did not end %v after its deadline of %v", name, grace, limit)
	}
}

// nothingGoesOn wants the state to be the same a while after all calls ended,
// and the plugin to answer.
func (r *run) nothingGoesOn(ctx context.Context) error {
	pause(ctx, grace)
	before, err := r.snapshot(ctx)
	if err != nil {
		return err
	}
	pause(ctx, quiet)
	after, err := r.snapshot(ctx)
	if err != nil {
		return err
	}
	if before != after {
		return fmt.Errorf("work went on %v after the deadline: what was %s became %s", grace, before, after)
	}
	if _, err := r.make(ctx, r.insist, "hurry", r.Subscription); err != nil {
		return fmt.Errorf("the same again with time enough: %w", err)
	}
	return nil
}

// snapshot is what may be believed of what exists, as text.
func (r *run) snapshot(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	text := "unknown"
	if r.observes() {
		o, err := r.state(ctx, r.Subscription)
		if err != nil {
			return "", fmt.Errorf("after a call that missed its deadline: %w", err)
		}
		text = string(o.State) + differences(o)
	}
	if r.lists() {
		n, err := r.listed(ctx, r.Subscription.ID)
		if err != nil {
			return "", fmt.Errorf("after a call that missed its deadline: %w", err)
		}
		text += fmt.Sprintf(", listed %d times", n)
	}
	return text, nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
