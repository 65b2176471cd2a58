package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// conclude commits what came of a call. It does so even while the server
// stops, so that the next try need not find out again. A try that the stop
// broke off is not the last one.
func (s *Service) conclude(ctx context.Context, c call, o outcome) error {
	c.last = c.last && ctx.Err() == nil
	ctx = context.WithoutCancel(ctx)
	if o.err == nil && o.made {
		o.err = checkResult(o.result)
	}
	if o.err != nil {
		return s.missed(ctx, c, o.err)
	}
	err := s.finish(ctx, c, o)
	if refused, ok := errors.AsType[*sdk.Error](err); ok { // somebody else's resource
		return s.missed(ctx, c, refused)
	}
	return err
}

// unprepared is a try that never reached the plugin: its settings do not open,
// or there is no such plugin. It is tried again, and after the last try people
// are told; an attempt is never left waiting for nobody.
func (s *Service) unprepared(ctx context.Context, job jobs.Job[workArgs], cause error) error {
	if !job.Last {
		return cause
	}
	err := s.db.InTx(ctx, job.Args.MarketplaceID, func(tx *store.Tx) error {
		a, err := lockAttempt(ctx, tx, job.Args.AttemptID)
		if err != nil || !a.Open() {
			return err
		}
		a.Error = "The provider is not set up rightly; the operator has to look at it."
		return s.giveUp(ctx, tx, a)
	})
	if err != nil {
		return err
	}
	return jobs.Cancel(cause)
}

// missed decides by the error's code: wait, try again, or stop and tell.
func (s *Service) missed(ctx context.Context, c call, cause error) error {
	code := sdk.CodeOf(cause)
	final := code == sdk.CodePermanent || code == sdk.CodeConflict || c.last
	over := false
	err := s.db.InTx(ctx, c.marketplace, func(tx *store.Tx) error {
		a, err := lockAttempt(ctx, tx, c.attempt.ID)
		if err != nil || !a.Open() {
			over = err == nil
			return err
		}
		a.Error, a.CallingSince = explain(cause, final, a.Tries), nil
		switch {
		case a.CancelledBy != "":
			over = true
			return s.stop(ctx, tx, a)
		case final:
			return s.giveUp(ctx, tx, a)
		}
		if over, err = drop(ctx, tx, a); err != nil || over {
			return err
		}
		return saveAttempt(ctx, tx, a)
	})
	switch {
	case err != nil:
		return err
	case over:
		return nil
	case final:
		return jobs.Cancel(fmt.Errorf("attempt %d: %w", c.attempt.ID, cause))
	case code == sdk.CodeNotYet:
		return jobs.Snooze(max(retryAfter(cause), 100*time.Millisecond))
	}
	return fmt.Errorf("attempt %d: %w", c.attempt.ID, cause)
}

func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*sdk.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// explain says to people why a try failed: in the plugin's words when it gave
// some.
func explain(cause error, final bool, tries int) string {
	if e, ok := errors.AsType[*sdk.Error](cause); ok && strings.TrimSpace(e.Message) != "" {
		return Tidy(e.Message)
	}
	if final {
		return fmt.Sprintf("The provider did not answer, the last time at try %d.", tries)
	}
	return "The provider did not answer; trying again."
}

// longest is how much of a plugin's text is kept.
const longest = 500

// Tidy makes text that a plugin sent fit for both databases and a page.
func Tidy(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest-1]) + "…"
	}
	return strings.TrimSpace(text)
}

// stop ends an attempt that somebody cancelled.
func (s *Service) stop(ctx context.Context, tx *store.Tx, a Attempt) error {
	a.Error = "Cancelled by " + a.CancelledBy + "."
	return s.giveUp(ctx, tx, a)
}

// giveUp ends an attempt without success and tells the subscription.
func (s *Service) giveUp(ctx context.Context, tx *store.Tx, a Attempt) error {
	now, system := tx.Now(), account.SystemActor(tx.Marketplace())
	a.Status, a.FinishedAt, a.CallingSince = Failed, &now, nil
	sub, err := s.end(ctx, tx, a)
	if err != nil {
		return err
	}
	if a.Operation == subscription.Provision && sub.Status == subscription.Pending {
		return s.subs.Move(ctx, tx, system, &sub, subscription.Failed, "subscription.failed", "Setting up failed: "+a.Error)
	}
	return s.subs.Tell(ctx, tx, system, sub, "subscription.operationFailed", fmt.Sprintf("The operation %s failed: %s", a.Operation, a.Error))
}

// end saves an attempt that is over and locks its subscription, which is to
// follow.
func (s *Service) end(ctx context.Context, tx *store.Tx, a Attempt) (subscription.Subscription, error) {
	if err := saveAttempt(ctx, tx, a); err != nil {
		return subscription.Subscription{}, err
	}
	s.metrics.ended(a)
	return subscription.Lock(ctx, tx, a.SubscriptionID)
}

// finish commits what exists now and moves the subscription.
func (s *Service) finish(ctx context.Context, c call, o outcome) error {
	return s.db.InTx(ctx, c.marketplace, func(tx *store.Tx) error {
		a, err := lockAttempt(ctx, tx, c.attempt.ID)
		if err != nil || !a.Open() {
			return err
		}
		now := tx.Now()
		a.Status, a.Error, a.FinishedAt, a.CallingSince = Done, "", &now, nil
		sub, err := s.end(ctx, tx, a)
		if err != nil {
			return err
		}
		if o.made {
			if err := s.replaceResult(ctx, tx, sub, o.result); err != nil {
				return err
			}
		}
		return s.settle(ctx, tx, a, sub, o)
	})
}

// settle moves the subscription after success.
func (s *Service) settle(ctx context.Context, tx *store.Tx, a Attempt, sub subscription.Subscription, o outcome) error {
	switch a.Operation {
	case subscription.Provision, subscription.Update:
		return s.usable(ctx, tx, sub, o.abilities)
	case subscription.Deprovision:
		return s.gone(ctx, tx, sub)
	case subscription.Repair:
		if s.hooks.Repaired != nil {
			return s.hooks.Repaired(ctx, tx, sub)
		}
	}
	return nil
}

// usable activates a subscription that waited for it.
func (s *Service) usable(ctx context.Context, tx *store.Tx, sub subscription.Subscription, abilities []sdk.Ability) error {
	if !sub.Status.CanBecome(subscription.Active) || sub.Status == subscription.Suspended {
		return nil // an update, or terminated meanwhile
	}
	system := account.SystemActor(tx.Marketplace())
	err := s.subs.Move(ctx, tx, system, &sub, subscription.Active, "subscription.activated", "Ready to use")
	if err == nil && s.hooks.Made != nil {
		err = s.hooks.Made(ctx, tx, sub, abilities)
	}
	return err
}

// gone ends a subscription of which nothing is left.
func (s *Service) gone(ctx context.Context, tx *store.Tx, sub subscription.Subscription) error {
	if err := errors.Join(clearResult(ctx, tx, sub.ID), clearCredentials(ctx, tx, sub.ID)); err != nil {
		return err
	}
	// Billing looks at it once more, for the use of its last days.
	sub.BillsAt = new(tx.Now())
	system := account.SystemActor(tx.Marketplace())
	return s.subs.Move(ctx, tx, system, &sub, subscription.Terminated, "subscription.terminated", "Everything was removed")
}
