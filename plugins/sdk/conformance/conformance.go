// Package conformance is the battery of tests that every provisioning plugin
// passes. It asks only what the contract in package sdk promises, and can be
// run against a provider in the same process or a plugin's executable alike:
//
//	conformance.Run(t, conformance.Subject{Provider: p, Subscription: sub})
package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Subject is what is tested: a provider, and sales it can make real. The
// battery removes what it made.
type Subject struct {
	Provider sdk.Provider
	// Subscription is valid and nothing of it exists. Its ID and the ten that
	// follow are used.
	Subscription sdk.Subscription
	// OtherPlan is a valid plan that differs from the subscription's. Empty
	// leaves out what needs one.
	OtherPlan json.RawMessage
	// InvalidPlan is refused by Validate. Empty leaves that out.
	InvalidPlan json.RawMessage
	// Patience is how long a call may say "not yet"; default one minute.
	Patience time.Duration
}

// Run runs the battery.
func Run(t *testing.T, s Subject) {
	if s.Patience == 0 {
		s.Patience = time.Minute
	}
	d, err := s.Provider.Describe(t.Context())
	if err != nil {
		t.Fatalf("Describe: %v", err)
	}
	for i, c := range []struct {
		name  string
		needs bool
		test  func(*run)
	}{
		{"Describe is complete", true, (*run).describe},
		{"Validate names the wrong field", s.InvalidPlan != nil, (*run).validate},
		{"Provision twice with one key gives one result", true, (*run).provisionTwice},
		{"Provision with a used key and other content is refused", s.OtherPlan != nil, (*run).provisionConflict},
		{"Provision that was interrupted converges", true, (*run).provisionInterrupted},
		{"Deprovision twice is no error", true, (*run).deprovisionTwice},
		{"Deprovision of what never was is no error", true, (*run).deprovisionNothing},
		{"Observe tells what exists", slices.Contains(d.Abilities, sdk.CanObserve), (*run).observe},
		{"Update keeps credentials", s.OtherPlan != nil && slices.Contains(d.Abilities, sdk.CanUpdate), (*run).update},
		{"Suspend and resume may be repeated", slices.Contains(d.Abilities, sdk.CanSuspend), (*run).suspend},
		{"Health of empty settings is no success", true, (*run).health},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !c.needs {
				t.Skip("the subject does not offer it")
			}
			r := &run{T: t, Subject: s, description: d}
			r.Subscription.ID += int64(i)
			c.test(r)
		})
	}
}

// run is one test with a subscription of its own.
type run struct {
	*testing.T
	Subject
	description sdk.Description
}

func (r *run) request(key string) sdk.Request {
	return sdk.Request{Key: fmt.Sprintf("conformance-%d-%s", r.Subscription.ID, key), Subscription: r.Subscription}
}

// settle repeats a call while it says "not yet", as the marketplace does.
func (r *run) settle(call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(r.Context(), r.Patience)
	defer cancel()
	for {
		err := call(ctx)
		if sdk.CodeOf(err) != sdk.CodeNotYet {
			return err
		}
		pause := time.Second
		if e, ok := err.(*sdk.Error); ok && e.RetryAfter > 0 {
			pause = e.RetryAfter
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("still not done after %v: %w", r.Patience, err)
		}
	}
}

func (r *run) must(what string, err error) {
	r.Helper()
	if err != nil {
		r.Fatalf("%s: %v", what, err)
	}
}

// provision makes the subscription and promises its removal.
func (r *run) provision(key string) sdk.Result {
	r.Helper()
	r.Cleanup(func() { _ = r.Provider.Deprovision(context.Background(), r.request("cleanup"), ignore) })
	var result sdk.Result
	r.must("Provision", r.settle(func(ctx context.Context) (err error) {
		result, err = r.Provider.Provision(ctx, r.request(key), ignore)
		return err
	}))
	return result
}

func (r *run) deprovision(key string) error {
	return r.settle(func(ctx context.Context) error {
		return r.Provider.Deprovision(ctx, r.request(key), ignore)
	})
}

func (r *run) state() sdk.State {
	r.Helper()
	o, err := r.Provider.Observe(r.Context(), r.Subscription)
	r.must("Observe", err)
	return o.State
}

func (r *run) wantState(want sdk.State, after string) {
	r.Helper()
	if got := r.state(); got != want {
		r.Fatalf("after %s Observe says %q, want %q", after, got, want)
	}
}

func ignore(int, int, string) {}

func (r *run) describe() {
	d := r.description
	if d.Name == "" || d.Version == "" || len(d.ProductTypes) == 0 {
		r.Errorf("name %q, version %q and product types %q must not be empty", d.Name, d.Version, d.ProductTypes)
	}
	for name, schema := range map[string]json.RawMessage{
		"settings": d.SettingsSchema, "product": d.ProductSchema, "plan": d.PlanSchema, "parameters": d.ParametersSchema,
	} {
		var document map[string]any
		if err := json.Unmarshal(schema, &document); err != nil {
			r.Errorf("the %s schema is no JSON object: %v", name, err)
		}
	}
}

func (r *run) validate() {
	problems, err := r.Provider.Validate(r.Context(), sdk.Check{Subscription: r.Subscription})
	r.must("Validate", err)
	if len(problems) > 0 {
		r.Fatalf("the valid subscription has problems: %v", problems)
	}
	wrong := r.Subscription
	wrong.Plan = r.InvalidPlan
	problems, err = r.Provider.Validate(r.Context(), sdk.Check{Subscription: wrong})
	r.must("Validate", err)
	if len(problems) == 0 || problems[0].Field == "" || problems[0].Message == "" {
		r.Fatalf("the invalid plan has no problem with field and message: %v", problems)
	}
}

func (r *run) provisionTwice() {
	first := r.provision("once")
	second := r.provision("once")
	if !reflect.DeepEqual(first, second) {
		r.Fatal("the second call with the same key gave another result")
	}
}

func (r *run) provisionConflict() {
	r.provision("key")
	req := r.request("key")
	req.Subscription.Plan = r.OtherPlan
	if _, err := r.Provider.Provision(r.Context(), req, ignore); sdk.CodeOf(err) != sdk.CodeConflict {
		r.Fatalf("the same key with another plan gave %v, want code %q", err, sdk.CodeConflict)
	}
}

func (r *run) provisionInterrupted() {
	ctx, cancel := context.WithCancel(r.Context())
	_, _ = r.Provider.Provision(ctx, r.request("once"), func(int, int, string) { cancel() })
	cancel()
	r.provisionTwice()
}

func (r *run) deprovisionTwice() {
	r.provision("make")
	r.must("first Deprovision", r.deprovision("remove"))
	r.must("second Deprovision with the same key", r.deprovision("remove"))
	r.must("third Deprovision with another key", r.deprovision("remove-again"))
}

func (r *run) deprovisionNothing() {
	r.must("Deprovision", r.deprovision("remove"))
}

func (r *run) observe() {
	r.wantState(sdk.StateAbsent, "nothing")
	made := r.provision("make")
	r.Subscription.Resources = made.Resources
	r.wantState(sdk.StateActive, "Provision")
	r.must("Deprovision", r.deprovision("remove"))
	r.wantState(sdk.StateAbsent, "Deprovision")
}

func (r *run) update() {
	made := r.provision("make")
	r.Subscription.Plan, r.Subscription.Resources = r.OtherPlan, made.Resources
	var updated sdk.Result
	r.must("Update", r.settle(func(ctx context.Context) (err error) {
		updated, err = r.Provider.Update(ctx, r.request("update"), ignore)
		return err
	}))
	if !reflect.DeepEqual(made.Credentials, updated.Credentials) {
		r.Fatal("Update changed the credentials")
	}
	if slices.Contains(r.description.Abilities, sdk.CanObserve) {
		r.Subscription.Resources = updated.Resources
		r.wantState(sdk.StateActive, "Update")
	}
}

func (r *run) suspend() {
	r.Subscription.Resources = r.provision("make").Resources
	observes := slices.Contains(r.description.Abilities, sdk.CanObserve)
	for _, step := range []struct {
		name string
		call func(context.Context, sdk.Request) error
		want sdk.State
	}{
		{"suspend", r.Provider.Suspend, sdk.StateSuspended},
		{"resume", r.Provider.Resume, sdk.StateActive},
	} {
		for range 2 {
			r.must(step.name, r.settle(func(ctx context.Context) error { return step.call(ctx, r.request(step.name)) }))
			if observes {
				r.wantState(step.want, step.name)
			}
		}
	}
}

func (r *run) health() {
	h, err := r.Provider.Health(r.Context(), json.RawMessage(`{}`))
	if err == nil && h.OK {
		r.Fatal("settings without anything in them are said to work")
	}
}
