package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// seen is everything readable that the plugin has said during the battery, and
// the secrets that it gave out.
type seen struct {
	mu      sync.Mutex
	said    map[string]string // what it was, by text
	secrets map[string]string // what it is, by value
}

func newSeen() *seen { return &seen{said: map[string]string{}, secrets: map[string]string{}} }

func (s *seen) say(what, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text != "" {
		s.said[text] = what
	}
}

func (s *seen) secret(what, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[value] = what
}

func (s *seen) failure(call string, err error) {
	if e, ok := errors.AsType[*sdk.Error](err); ok {
		s.say("an error message of "+call, e.Message)
	} else if err != nil {
		s.say("an error message of "+call, err.Error())
	}
}

func (s *seen) resources(call string, resources []sdk.Resource) {
	for _, r := range resources {
		s.say("a resource of "+call, r.Kind+" "+r.ID+" "+r.Name)
	}
}

func (s *seen) result(call string, r sdk.Result) {
	s.resources(call, r.Resources)
	for _, c := range r.Credentials {
		if c.Secret {
			s.secret("the credential "+c.Name, c.Value)
		} else {
			s.say("the open credential "+c.Name, c.Value)
		}
	}
	for _, e := range r.Endpoints {
		s.say("the endpoint "+e.Identifier, e.URL)
	}
}

// listener passes calls on and hears what comes back.
type listener struct {
	sdk.Provider
	seen *seen
}

func (l *listener) progress(call string, next sdk.Progress) sdk.Progress {
	return func(step, total int, text string) {
		l.seen.say("the progress of "+call, text)
		next(step, total, text)
	}
}

// Provision listens.
func (l *listener) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	r, err := l.Provider.Provision(ctx, req, l.progress("Provision", progress))
	l.seen.result("Provision", r)
	l.seen.failure("Provision", err)
	return r, err
}

// Update listens.
func (l *listener) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	r, err := l.Provider.Update(ctx, req, l.progress("Update", progress))
	l.seen.result("Update", r)
	l.seen.failure("Update", err)
	return r, err
}

// Deprovision listens.
func (l *listener) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	err := l.Provider.Deprovision(ctx, req, l.progress("Deprovision", progress))
	l.seen.failure("Deprovision", err)
	return err
}

// Suspend listens.
func (l *listener) Suspend(ctx context.Context, req sdk.Request) error {
	err := l.Provider.Suspend(ctx, req)
	l.seen.failure("Suspend", err)
	return err
}

// Resume listens.
func (l *listener) Resume(ctx context.Context, req sdk.Request) error {
	err := l.Provider.Resume(ctx, req)
	l.seen.failure("Resume", err)
	return err
}

// Validate listens.
func (l *listener) Validate(ctx context.Context, check sdk.Check) ([]sdk.Problem, error) {
	problems, err := l.Provider.Validate(ctx, check)
	for _, p := range problems {
		l.seen.say("a problem of Validate", p.Field+": "+p.Message)
	}
	l.seen.failure("Validate", err)
	return problems, err
}

// Observe listens.
func (l *listener) Observe(ctx context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	o, err := l.Provider.Observe(ctx, sub)
	l.seen.resources("Observe", o.Resources)
	for _, d := range o.Differences {
		l.seen.say("a difference of Observe", d.Subject+" "+d.Want+" "+d.Have)
	}
	l.seen.failure("Observe", err)
	return o, err
}

// Inventory listens.
func (l *listener) Inventory(ctx context.Context, settings json.RawMessage) ([]sdk.Owned, error) {
	owned, err := l.Provider.Inventory(ctx, settings)
	for _, o := range owned {
		l.seen.resources("Inventory", o.Resources)
	}
	l.seen.failure("Inventory", err)
	return owned, err
}

// CollectUsage listens.
func (l *listener) CollectUsage(ctx context.Context, sub sdk.Subscription, from, to time.Time) ([]sdk.Usage, error) {
	u, err := l.Provider.CollectUsage(ctx, sub, from, to)
	for _, one := range u {
		l.seen.say("an event id of CollectUsage", one.EventID)
	}
	l.seen.failure("CollectUsage", err)
	return u, err
}

// Health listens.
func (l *listener) Health(ctx context.Context, settings json.RawMessage) (sdk.Health, error) {
	h, err := l.Provider.Health(ctx, settings)
	l.seen.say("the message of Health", h.Message)
	l.seen.failure("Health", err)
	return h, err
}
