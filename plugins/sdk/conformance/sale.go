package conformance

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/fondaco/fondaco/plugins/sdk"
)

func idempotent(ctx context.Context, r *run) error {
	first, err := r.provision(ctx, "once", r.Subscription)
	if err != nil {
		return err
	}
	if len(first.Resources) == 0 {
		return errors.New("Provision returned no resource")
	}
	second, err := r.provision(ctx, "once", r.Subscription)
	if err != nil {
		return fmt.Errorf("the second time: %w", err)
	}
	switch {
	case !sameResources(first.Resources, second.Resources):
		return fmt.Errorf("the second call with the same key gave other resources: %v, then %v", first.Resources, second.Resources)
	case !reflect.DeepEqual(first.Credentials, second.Credentials): // whose values are not shown
		return errors.New("the second call with the same key gave other credentials")
	case !reflect.DeepEqual(first.Endpoints, second.Endpoints):
		return fmt.Errorf("the second call with the same key gave other endpoints: %v, then %v", first.Endpoints, second.Endpoints)
	}
	return nil
}

func conflict(ctx context.Context, r *run) error {
	if _, err := r.provision(ctx, "key", r.Subscription); err != nil {
		return err
	}
	_, err := r.Provider.Provision(ctx, r.request("key", r.other(r.Subscription)), ignore)
	if sdk.CodeOf(err) != sdk.CodeConflict {
		return fmt.Errorf("the same key with other content gave code %q (%v), want %q", sdk.CodeOf(err), err, sdk.CodeConflict)
	}
	return nil
}

func deprovisionTwice(ctx context.Context, r *run) error {
	if _, err := r.provision(ctx, "make", r.Subscription); err != nil {
		return err
	}
	for _, try := range []struct{ name, key string }{
		{"the first time", "remove"}, {"the second time, same key", "remove"}, {"the third time, another key", "remove-again"},
	} {
		if err := r.deprovision(ctx, r.settle, try.key, r.Subscription); err != nil {
			return fmt.Errorf("%s: %w", try.name, err)
		}
	}
	return nil
}

func deprovisionNothing(ctx context.Context, r *run) error {
	return r.deprovision(ctx, r.settle, "remove", r.Subscription)
}

func update(ctx context.Context, r *run) error {
	made, err := r.provision(ctx, "make", r.Subscription)
	if err != nil {
		return err
	}
	sub := r.other(r.Subscription)
	sub.Resources = made.Resources
	for range 2 {
		updated, err := r.update(ctx, r.settle, "update", sub)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(made.Credentials, updated.Credentials) {
			return errors.New("Update changed the credentials")
		}
		sub.Resources = updated.Resources
	}
	if r.observes() {
		return r.wantState(ctx, sub, sdk.StateActive, "Update")
	}
	return nil
}

func suspend(ctx context.Context, r *run) error {
	made, err := r.provision(ctx, "make", r.Subscription)
	if err != nil {
		return err
	}
	sub := r.Subscription
	sub.Resources = made.Resources
	for _, step := range []struct {
		name string
		call func(context.Context, sdk.Request) error
		want sdk.State
	}{
		{"Suspend", r.Provider.Suspend, sdk.StateSuspended},
		{"Resume", r.Provider.Resume, sdk.StateActive},
	} {
		for _, key := range []string{step.name, step.name, step.name + "-again"} {
			err := r.settle(ctx, func(ctx context.Context) error { return step.call(ctx, r.request(key, sub)) })
			if err != nil {
				return fmt.Errorf("%s: %w", step.name, err)
			}
			if r.observes() {
				if err := r.wantState(ctx, sub, step.want, step.name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
