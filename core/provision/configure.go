package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/core/store"
)

// ProviderSettings are a provider's settings as they may be shown: without
// secrets, and with the places of those that are kept ("clouds.main.password").
type ProviderSettings struct {
	Provider
	Shown json.RawMessage
	Kept  []string
}

// ProviderSettings returns a provider's settings to change them.
func (s *Service) ProviderSettings(ctx context.Context, actor account.Actor, id int64) (ProviderSettings, error) {
	p, settings, err := s.settingsOf(ctx, actor, id)
	if err != nil {
		return ProviderSettings{}, err
	}
	form, err := s.settingsSchema(ctx, actor, p.Plugin)
	if err != nil {
		return ProviderSettings{}, err
	}
	return ProviderSettings{Provider: p, Shown: form.Redact(settings), Kept: form.Secrets(settings)}, nil
}

// ConfigureProvider is SaveProvider for what an operator typed: settings follow
// the plugin's schema, and id 0 is a new provider whose name must be free.
// Another keeps its name and plugin, and the secrets that its settings leave
// out. That it does not work with the settings is an Invalid fault about the
// field "settings", which Force overrules.
func (s *Service) ConfigureProvider(ctx context.Context, actor account.Actor, id int64, in ProviderInput) (Provider, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return Provider{}, err
	}
	in.Name = strings.TrimSpace(in.Name)
	var old json.RawMessage
	if id != 0 {
		p, settings, err := s.settingsOf(ctx, actor, id)
		if err != nil {
			return Provider{}, err
		}
		in.Name, in.Plugin, old = p.Name, p.Plugin, settings
	}
	form, err := s.settingsSchema(ctx, actor, in.Plugin)
	if fault.Is(err, fault.NotFound) {
		return Provider{}, fault.InvalidField("plugin", fault.As(err).Message)
	}
	if err != nil {
		return Provider{}, err
	}
	in.Settings = form.Merge(old, in.Settings)
	var c fault.Check
	form.Check(&c, "settings", in.Settings)
	c.Merge("", in.withDefaults().Validate())
	if id == 0 {
		if err := s.checkFree(ctx, actor, &c, in.Name); err != nil {
			return Provider{}, err
		}
	}
	if err := c.Err(); err != nil {
		return Provider{}, err
	}
	return s.SaveProvider(ctx, actor, in)
}

func (s *Service) checkFree(ctx context.Context, actor account.Actor, c *fault.Check, name string) error {
	all, err := s.Providers(ctx, actor)
	taken := slices.ContainsFunc(all, func(p Provider) bool { return strings.EqualFold(p.Name, name) })
	c.That(!taken, "name", fmt.Sprintf("There is a provider %q already; choose another name.", name))
	return err
}

// settingsOf opens the settings of a provider.
func (s *Service) settingsOf(ctx context.Context, actor account.Actor, id int64) (p Provider, settings json.RawMessage, err error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return p, nil, err
	}
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		p, err = providerByID(ctx, tx, id)
		return err
	})
	if err != nil {
		return p, nil, err
	}
	text, err := s.box.Open(sealSettings, p.Settings)
	if err != nil {
		return p, nil, fmt.Errorf("provider %d: %w", id, err)
	}
	return p, json.RawMessage(text.Reveal()), nil
}

func (s *Service) settingsSchema(ctx context.Context, actor account.Actor, plugin string) (*schema.Schema, error) {
	d, err := s.DescribePlugin(ctx, actor, plugin)
	if err != nil {
		return nil, err
	}
	form, err := schema.Parse(d.SettingsSchema)
	if err != nil {
		return nil, fault.Newf(fault.Unavailable, "The plugin %s describes its settings in a way that cannot be read.", plugin).Because(err)
	}
	return form, nil
}

// ProviderNames lists the providers that a plan of the type can name.
func (s *Service) ProviderNames(ctx context.Context, actor account.Actor, t catalog.Type) ([]string, error) {
	if err := actor.Need(account.EditProducts); err != nil {
		return nil, err
	}
	var names []string
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		all, err := providers(ctx, tx)
		for _, p := range all {
			if p.ProductType == t {
				names = append(names, p.Name)
			}
		}
		return err
	})
	return names, err
}
