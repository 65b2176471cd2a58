package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/secret"
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

// callTimeout bounds one call of a plugin.
const callTimeout = 45 * time.Second

// errTurn says that an earlier attempt of the subscription is not over.
var errTurn = errors.New("an earlier attempt is under way")

// call is everything one call of a plugin needs.
type call struct {
	attempt Attempt
	sub     subscription.Subscription
	plugin  sdk.Provider
	request sdk.Request
}

// work tries an attempt once: it commits that the try began, calls the plugin
// outside any transaction with the attempt's id as the key, and commits what
// came of it. Killed anywhere, the next try goes on with the same key.
func (s *Service) work(ctx context.Context, job jobs.Job[workArgs]) error {
	c, err := s.begin(ctx, job.Args)
	if errors.Is(err, errTurn) {
		return jobs.Snooze(200 * time.Millisecond)
	}
	if err != nil {
		return s.unprepared(ctx, job, err)
	}
	if c == nil {
		return nil
	}
	callCtx, cancel := context.WithTimeout(ctx, callTimeout)
	result, err := s.do(callCtx, job.Args.MarketplaceID, *c)
	cancel()
	if err != nil {
		return s.missed(ctx, job, *c, err)
	}
	return s.finish(ctx, job.Args.MarketplaceID, *c, result)
}

// begin commits that the try began; nil when there is nothing to do any more.
func (s *Service) begin(ctx context.Context, args workArgs) (*call, error) {
	var c *call
	err := s.db.InTx(ctx, args.MarketplaceID, func(tx *store.Tx) error {
		a, err := lockAttempt(ctx, tx, args.AttemptID)
		if err != nil || !a.Open() {
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
		a.Status, a.Tries = Running, a.Tries+1
		if err := saveAttempt(ctx, tx, a); err != nil {
			return err
		}
		c, err = s.prepare(ctx, tx, a)
		return err
	})
	return c, err
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

func (s *Service) prepare(ctx context.Context, tx *store.Tx, a Attempt) (*call, error) {
	sub, err := subscription.ByID(ctx, tx, a.SubscriptionID)
	if err != nil {
		return nil, err
	}
	desired, pluginName, err := s.desired(ctx, tx, sub)
	if err != nil {
		return nil, err
	}
	plugin, err := s.plugins.Provider(pluginName)
	if err != nil {
		return nil, fmt.Errorf("attempt %d: %w", a.ID, err)
	}
	return &call{attempt: a, sub: sub, plugin: plugin,
		request: sdk.Request{Key: "fondaco-" + strconv.FormatInt(a.ID, 10), Subscription: desired}}, nil
}

// desired says what should exist for the subscription, and which plugin makes it.
func (s *Service) desired(ctx context.Context, tx *store.Tx, sub subscription.Subscription) (sdk.Subscription, string, error) {
	var none sdk.Subscription
	provider, err := providerByID(ctx, tx, sub.ProviderID)
	if err != nil {
		return none, "", err
	}
	settings, err := s.box.Open(sealSettings, provider.Settings)
	if err != nil {
		return none, "", fmt.Errorf("provider %d: %w", provider.ID, err)
	}
	product, err := s.productDocument(ctx, tx, sub.ProductID)
	if err != nil {
		return none, "", err
	}
	rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
	if err != nil {
		return none, "", err
	}
	plan, err := json.Marshal(planDocument{ID: sub.PlanID, Name: sub.Plan, Endpoints: rev.Content.Endpoints})
	if err != nil {
		return none, "", fmt.Errorf("plan %d: %w", sub.PlanID, err)
	}
	resources, err := resourcesOf(ctx, tx, sub.ID)
	return sdk.Subscription{ID: sub.ID, Settings: json.RawMessage(settings.Reveal()), Product: product, Plan: plan,
		Parameters: json.RawMessage(sub.Parameters), Resources: resources}, provider.Plugin, err
}

func (s *Service) productDocument(ctx context.Context, tx *store.Tx, id int64) (json.RawMessage, error) {
	p, err := catalog.ProductByID(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	doc := productDocument{ID: p.ID, SKU: p.SKU, Name: p.Name, API: apiDocument{UpstreamURL: p.UpstreamURL}}
	if doc.Endpoints, err = catalog.EndpointsOf(ctx, tx, id); err != nil {
		return nil, err
	}
	value, err := s.catalog.AuthHeader(p)
	if err != nil {
		return nil, fmt.Errorf("product %d: %w", id, err)
	}
	if p.AuthHeaderName != "" {
		doc.API.AuthHeader = &headerDocument{Name: p.AuthHeaderName, Value: value.Reveal()}
	}
	return json.Marshal(doc)
}

// do makes the one call of the plugin.
func (s *Service) do(ctx context.Context, marketplace int64, c call) (sdk.Result, error) {
	progress := func(step, steps int, text string) { s.step(ctx, marketplace, c.attempt.ID, step, steps, text) }
	switch c.attempt.Operation {
	case subscription.Provision:
		return c.plugin.Provision(ctx, c.request, progress)
	case subscription.Update:
		return c.plugin.Update(ctx, c.request, progress)
	case subscription.Suspend:
		return sdk.Result{}, c.plugin.Suspend(ctx, c.request)
	case subscription.Resume:
		return sdk.Result{}, c.plugin.Resume(ctx, c.request)
	case subscription.Deprovision:
		return sdk.Result{}, c.plugin.Deprovision(ctx, c.request, progress)
	}
	return sdk.Result{}, sdk.Permanent("unknown operation %q", c.attempt.Operation)
}

// step shows progress to whoever waits. Losing one is no harm, so an error is
// only logged.
func (s *Service) step(ctx context.Context, marketplace, attempt int64, step, steps int, text string) {
	err := s.db.InTx(ctx, marketplace, func(tx *store.Tx) error { return saveStep(ctx, tx, attempt, step, steps, text) })
	if err != nil {
		s.log.WarnContext(ctx, "progress was not kept", "attempt", attempt, "error", err)
	}
}

// missed decides by the error's code: wait, try again, or stop and tell.
func (s *Service) missed(ctx context.Context, job jobs.Job[workArgs], c call, cause error) error {
	code := sdk.CodeOf(cause)
	giveUp := code == sdk.CodePermanent || code == sdk.CodeConflict || job.Last
	message := "The provider did not answer; trying again."
	var wait time.Duration
	if e, ok := errors.AsType[*sdk.Error](cause); ok {
		message, wait = e.Message, e.RetryAfter
	}
	err := s.db.InTx(ctx, job.Args.MarketplaceID, func(tx *store.Tx) error {
		a, err := lockAttempt(ctx, tx, c.attempt.ID)
		if err != nil || !a.Open() {
			return err
		}
		a.Error = message
		if !giveUp {
			return saveAttempt(ctx, tx, a)
		}
		return s.giveUp(ctx, tx, a)
	})
	switch {
	case err != nil:
		return err
	case giveUp:
		return jobs.Cancel(fmt.Errorf("attempt %d: %w", c.attempt.ID, cause))
	case code == sdk.CodeNotYet:
		return jobs.Snooze(max(wait, 100*time.Millisecond))
	}
	return fmt.Errorf("attempt %d: %w", c.attempt.ID, cause)
}

func (s *Service) giveUp(ctx context.Context, tx *store.Tx, a Attempt) error {
	now, system := tx.Now(), account.SystemActor(tx.Marketplace())
	a.Status, a.FinishedAt = Failed, &now
	if err := saveAttempt(ctx, tx, a); err != nil {
		return err
	}
	sub, err := subscription.Lock(ctx, tx, a.SubscriptionID)
	if err != nil {
		return err
	}
	if a.Operation == subscription.Provision && sub.Status == subscription.Pending {
		return s.subs.Move(ctx, tx, system, &sub, subscription.Failed, "subscription.failed", "Setting up failed: "+a.Error)
	}
	return s.subs.Tell(ctx, tx, system, sub, "subscription.operationFailed", fmt.Sprintf("The operation %s failed: %s", a.Operation, a.Error))
}

// finish commits what exists now and moves the subscription.
func (s *Service) finish(ctx context.Context, marketplace int64, c call, result sdk.Result) error {
	return s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		a, err := lockAttempt(ctx, tx, c.attempt.ID)
		if err != nil || !a.Open() {
			return err
		}
		now := tx.Now()
		a.Status, a.Error, a.FinishedAt = Done, "", &now
		if err := saveAttempt(ctx, tx, a); err != nil {
			return err
		}
		sub, err := subscription.Lock(ctx, tx, a.SubscriptionID)
		if err != nil {
			return err
		}
		return s.settle(ctx, tx, a, sub, result)
	})
}

func (s *Service) settle(ctx context.Context, tx *store.Tx, a Attempt, sub subscription.Subscription, result sdk.Result) error {
	system := account.SystemActor(tx.Marketplace())
	switch a.Operation {
	case subscription.Provision, subscription.Update:
		if err := s.replaceResult(ctx, tx, sub.ID, result); err != nil {
			return err
		}
		if !sub.Status.CanBecome(subscription.Active) || sub.Status == subscription.Suspended {
			return nil // an update, or terminated meanwhile
		}
		return s.subs.Move(ctx, tx, system, &sub, subscription.Active, "subscription.activated", "Ready to use")
	case subscription.Deprovision:
		if err := errors.Join(clearResult(ctx, tx, sub.ID), clearCredentials(ctx, tx, sub.ID)); err != nil {
			return err
		}
		// Billing looks at it once more, for the use of its last days.
		sub.BillsAt = new(tx.Now())
		return s.subs.Move(ctx, tx, system, &sub, subscription.Terminated, "subscription.terminated", "Everything was removed")
	}
	return nil
}

func (s *Service) sealed(value string) []byte { return s.box.Seal(sealCredential, secret.Text(value)) }

// Observe asks the plugin what really exists for a subscription.
func (s *Service) Observe(ctx context.Context, actor account.Actor, id int64) (sdk.Observation, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return sdk.Observation{}, err
	}
	var desired sdk.Subscription
	var name string
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sub, err := subscription.ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		desired, name, err = s.desired(ctx, tx, sub)
		return err
	})
	if err != nil {
		return sdk.Observation{}, err
	}
	plugin, err := s.plugins.Provider(name)
	if err != nil {
		return sdk.Observation{}, err
	}
	obs, err := plugin.Observe(ctx, desired)
	if err != nil {
		return obs, fault.New(fault.Unavailable, "The provider did not answer.").Because(err)
	}
	return obs, nil
}
