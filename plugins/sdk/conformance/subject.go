package conformance

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Subject is what is tested: a provider, and sales it can make real. The
// battery removes what it made. Provider and Subscription are required; each
// of the others makes more checks possible.
type Subject struct {
	Provider sdk.Provider
	// Subscription is valid and nothing of it exists. Its ID and the hundred
	// that follow are used.
	Subscription sdk.Subscription

	// OtherPlan and OtherParameters, one or both, are valid and differ from
	// the subscription's.
	OtherPlan       json.RawMessage
	OtherParameters json.RawMessage
	// InvalidPlan is refused by Validate.
	InvalidPlan json.RawMessage

	// Kill ends the plugin's process at once, as a crash does; the next call
	// reaches a new one. Nil for a provider in the same process: there the
	// call's context is cancelled in place of a crash.
	Kill func(ctx context.Context) error
	// Output returns all that the plugin has written so far. Nil leaves it to
	// error messages and progress to betray a secret.
	Output func() string
	// Tamper changes, behind the plugin's back, something that exists of the
	// subscription in the foreign system. Without it Observe is asked about
	// the other plan, which is not what exists either.
	Tamper func(ctx context.Context, sub sdk.Subscription) error
	// Use makes usage of the subscription and returns a window in which all
	// of it lies: whole hours, at least two of them.
	Use func(ctx context.Context, sub sdk.Subscription) (from, to time.Time, err error)

	// Patience is how long one thing may take, "not yet" and retries
	// included; default one minute.
	Patience time.Duration
	// Cuts is at how many points each operation is interrupted; default 8.
	Cuts int
}

func (s *Subject) setDefaults() {
	if s.Patience <= 0 {
		s.Patience = time.Minute
	}
	if s.Cuts <= 0 {
		s.Cuts = 8
	}
}

// changed reports whether the subject has another plan or other parameters.
func (s *Subject) changed() bool { return s.OtherPlan != nil || s.OtherParameters != nil }

// other is sub with them.
func (s *Subject) other(sub sdk.Subscription) sdk.Subscription {
	if s.OtherPlan != nil {
		sub.Plan = s.OtherPlan
	}
	if s.OtherParameters != nil {
		sub.Parameters = s.OtherParameters
	}
	return sub
}
