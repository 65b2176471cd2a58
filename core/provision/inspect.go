package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fondaco/fondaco/core/account"
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
	settings, err := s.box.Open(sealSettings, p.Settings)
	if err != nil {
		return sdk.Health{}, fmt.Errorf("provider %d: %w", p.ID, err)
	}
	plugin, err := s.plugins.Provider(p.Plugin)
	if err != nil {
		return sdk.Health{Message: "The plugin " + p.Plugin + " is not running."}, nil
	}
	health, err := plugin.Health(ctx, json.RawMessage(settings.Reveal()))
	if err != nil {
		return sdk.Health{Message: unwell(err)}, nil
	}
	return health, nil
}

// unwell words an error of a plugin: its own words when it gave some.
func unwell(err error) string {
	if e, ok := errors.AsType[*sdk.Error](err); ok {
		return e.Message
	}
	return "The plugin did not answer."
}
