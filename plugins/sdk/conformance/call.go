package conformance

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// errNothingToJudge ends a check that could not be put to the test after all;
// the run's remark says why.
var errNothingToJudge = errors.New("nothing to judge")

// request asks for sub under a key that is this run's own.
func (r *run) request(key string, sub sdk.Subscription) sdk.Request {
	return sdk.Request{Key: fmt.Sprintf("conformance-%s-%d-%s", r.battery.tag, sub.ID, key), Subscription: sub}
}

// neighbour is a second subscription of the check.
func (r *run) neighbour() sdk.Subscription {
	sub := r.Subscription
	sub.ID++
	return sub
}

// settle repeats a call while it says "not yet", as the marketplace does.
func (r *run) settle(ctx context.Context, call func(ctx context.Context) error) error {
	return r.repeat(ctx, call, sdk.CodeNotYet)
}

// insist repeats it after transient errors, too, as the marketplace does.
func (r *run) insist(ctx context.Context, call func(ctx context.Context) error) error {
	return r.repeat(ctx, call, sdk.CodeNotYet, sdk.CodeTransient)
}

func (r *run) repeat(ctx context.Context, call func(ctx context.Context) error, on ...sdk.Code) error {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := call(ctx)
		if !slices.Contains(on, sdk.CodeOf(err)) {
			return err
		}
		if e, ok := errors.AsType[*sdk.Error](err); ok && e.RetryAfter > 0 {
			pause = e.RetryAfter
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("it is not done after %v: %w", r.Patience, err)
		}
	}
}

type repeatFunc func(context.Context, func(context.Context) error) error

// provision makes sub and notes that it has to be removed.
func (r *run) provision(ctx context.Context, key string, sub sdk.Subscription) (sdk.Result, error) {
	return r.make(ctx, r.settle, key, sub)
}

func (r *run) make(ctx context.Context, again repeatFunc, key string, sub sdk.Subscription) (result sdk.Result, err error) {
	r.made = append(r.made, sub)
	err = again(ctx, func(ctx context.Context) error {
		result, err = r.Provider.Provision(ctx, r.request(key, sub), ignore)
		return err
	})
	if err != nil {
		return result, fmt.Errorf("Provision: %w", err)
	}
	return result, nil
}

func (r *run) update(ctx context.Context, again repeatFunc, key string, sub sdk.Subscription) (result sdk.Result, err error) {
	err = again(ctx, func(ctx context.Context) error {
		result, err = r.Provider.Update(ctx, r.request(key, sub), ignore)
		return err
	})
	if err != nil {
		return result, fmt.Errorf("Update: %w", err)
	}
	return result, nil
}

func (r *run) deprovision(ctx context.Context, again repeatFunc, key string, sub sdk.Subscription) error {
	err := again(ctx, func(ctx context.Context) error {
		return r.Provider.Deprovision(ctx, r.request(key, sub), ignore)
	})
	if err != nil {
		return fmt.Errorf("Deprovision: %w", err)
	}
	return nil
}

// tidy removes what the check has made, however it ended.
func (r *run) tidy(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	slices.SortFunc(r.made, func(a, b sdk.Subscription) int { return int(a.ID - b.ID) })
	for _, sub := range slices.CompactFunc(r.made, func(a, b sdk.Subscription) bool { return a.ID == b.ID }) {
		_ = r.deprovision(ctx, r.insist, "tidy", sub) // the checks of Deprovision tell what is wrong with it
	}
}

func (r *run) state(ctx context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	var o sdk.Observation
	err := r.settle(ctx, func(ctx context.Context) (err error) {
		o, err = r.Provider.Observe(ctx, sub)
		return err
	})
	if err != nil {
		return o, fmt.Errorf("Observe: %w", err)
	}
	return o, nil
}

// wantState asks Observe.
func (r *run) wantState(ctx context.Context, sub sdk.Subscription, want sdk.State, after string) error {
	o, err := r.state(ctx, sub)
	if err != nil {
		return err
	}
	if o.State != want {
		return fmt.Errorf("after %s Observe says %q, want %q%s", after, o.State, want, differences(o))
	}
	return nil
}

func differences(o sdk.Observation) string {
	var all strings.Builder
	for _, d := range o.Differences {
		fmt.Fprintf(&all, "; %s %s: want %q, have %q", d.Kind, d.Subject, d.Want, d.Have)
	}
	return all.String()
}

// listed tells how often Inventory lists a subscription.
func (r *run) listed(ctx context.Context, id int64) (int, error) {
	owned, err := r.Provider.Inventory(ctx, r.Subscription.Settings)
	if err != nil {
		return 0, fmt.Errorf("Inventory: %w", err)
	}
	n := 0
	for _, o := range owned {
		if o.SubscriptionID == id {
			n++
		}
	}
	return n, nil
}

// wantThere asks all that may be believed whether sub exists once and works,
// or is gone.
func (r *run) wantThere(ctx context.Context, sub sdk.Subscription, there bool, after string) error {
	state, times := sdk.StateAbsent, 0
	if there {
		state, times = sdk.StateActive, 1
	}
	if r.lists() {
		n, err := r.listed(ctx, sub.ID)
		if err != nil {
			return err
		}
		if n != times {
			return fmt.Errorf("after %s Inventory lists the subscription %d times, want %d", after, n, times)
		}
	}
	if r.observes() {
		return r.wantState(ctx, sub, state, after)
	}
	return nil
}

// sameResources compares two answers without regard to order.
func sameResources(a, b []sdk.Resource) bool {
	return reflect.DeepEqual(sorted(a), sorted(b))
}

func sorted(resources []sdk.Resource) []sdk.Resource {
	return slices.SortedFunc(slices.Values(resources), func(a, b sdk.Resource) int {
		return strings.Compare(a.Kind+"\x00"+a.ID+"\x00"+a.Name, b.Kind+"\x00"+b.ID+"\x00"+b.Name)
	})
}

func ignore(int, int, string) {}
