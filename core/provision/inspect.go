package provision

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// maxAttempts bounds the attempts that are listed at once.
const maxAttempts = 50

// Attempts returns the newest attempts of a subscription the actor may see,
// newest first.
func (s *Service) Attempts(ctx context.Context, actor account.Actor, sub int64) ([]Attempt, error) {
	var all []Attempt
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if _, err = subscription.Visible(ctx, tx, actor, sub); err != nil {
			return err
		}
		all, err = attempts(ctx, tx, sub, maxAttempts)
		return err
	})
	return all, err
}

// Broken returns what an operator must look at: the newest attempt of each
// subscription, where it was given up, newest first and at most 50.
func (s *Service) Broken(ctx context.Context, actor account.Actor) ([]Attempt, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return nil, err
	}
	var all []Attempt
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		return tx.Select(ctx, &all, selectAttempt+` AND status = ? AND id = (SELECT MAX(n.id) FROM provision_attempt n
			WHERE n.marketplace_id = provision_attempt.marketplace_id AND n.subscription_id = provision_attempt.subscription_id)
			ORDER BY id DESC LIMIT ?`, tx.Marketplace(), Failed, maxAttempts)
	})
	return all, err
}

// Filter narrows a list of attempts; zero values do not.
type Filter struct {
	Status     Status
	ProviderID int64
}

// List returns the marketplace's attempts for operators, newest first.
func (s *Service) List(ctx context.Context, actor account.Actor, f Filter, req page.Request) (page.Page[Attempt], error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return page.Page[Attempt]{}, err
	}
	before, err := req.Before()
	if err != nil {
		return page.Page[Attempt]{}, err
	}
	where, args := ` AND id < ?`, []any{actor.MarketplaceID, before}
	if f.Status != "" {
		where, args = where+` AND status = ?`, append(args, f.Status)
	}
	if f.ProviderID != 0 {
		where += ` AND subscription_id IN (SELECT id FROM subscription WHERE marketplace_id = provision_attempt.marketplace_id AND provider_id = ?)`
		args = append(args, f.ProviderID)
	}
	var rows []Attempt
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		return tx.Select(ctx, &rows, selectAttempt+where+` ORDER BY id DESC LIMIT ?`, append(args, req.Size()+1)...)
	})
	return page.Cut(req, rows, func(a Attempt) int64 { return a.ID }), err
}

// Health asks a provider's plugin whether its settings work. That they do not
// is an answer, not an error; a plugin that is not there is told the same way.
func (s *Service) Health(ctx context.Context, actor account.Actor, provider int64) (sdk.Health, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return sdk.Health{}, err
	}
	var p Provider
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		p, err = providerByID(ctx, tx, provider)
		return err
	})
	if err != nil {
		return sdk.Health{}, err
	}
	settings, err := s.settings(p)
	if err != nil {
		return sdk.Health{}, err
	}
	plugin, err := s.plugins.Provider(p.Plugin)
	if err != nil {
		return sdk.Health{Message: "The plugin " + p.Plugin + " is not running."}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, DefaultCallTimeout)
	defer cancel()
	health, err := plugin.Health(ctx, settings)
	if err != nil {
		return sdk.Health{Message: unwell(err)}, nil
	}
	return health, nil
}

// unwell words an error of a plugin: its own words when it gave some.
func unwell(err error) string {
	return sdk.MessageOf(err, "The plugin did not answer.")
}

// Observe asks the plugin what really exists for a subscription.
func (s *Service) Observe(ctx context.Context, actor account.Actor, id int64) (sdk.Observation, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return sdk.Observation{}, err
	}
	var t Target
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sub, err := subscription.ByID(ctx, tx, id)
		if err == nil {
			t, err = s.target(ctx, tx, sub)
		}
		return err
	})
	if err != nil {
		return sdk.Observation{}, err
	}
	plugin, err := s.plugins.Provider(t.Provider.Plugin)
	if err != nil {
		return sdk.Observation{}, err
	}
	obs, err := plugin.Observe(ctx, t.Desired)
	if err != nil {
		return obs, fault.New(fault.Unavailable, "The provider did not answer.").Because(err)
	}
	return obs, nil
}
