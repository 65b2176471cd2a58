package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// ProviderSettings are a provider's settings as they may be shown: without
// secrets, and with the places of those that are kept ("clouds.main.password").
type ProviderSettings struct {
	Provider
	Shown json.RawMessage
	Kept  []string
}

// ProviderChange is what an operator typed about a provider. ID 0 is a new
// one; secrets that are left out of the settings of another stay as they are.
type ProviderChange struct {
	ID int64
	ProviderInput
	// Anyway keeps settings with which the plugin says it does not work.
	Anyway bool
}

// tryPatience bounds how long settings that are to be kept are tried.
const tryPatience = 20 * time.Second

// ProviderSettings returns a provider's settings to change them.
func (s *Service) ProviderSettings(ctx context.Context, actor account.Actor, id int64) (ProviderSettings, error) {
	p, settings, err := s.settingsOf(ctx, actor, id)
	if err != nil {
		return ProviderSettings{}, err
	}
	out := ProviderSettings{Provider: p}
	form, err := s.settingsSchema(ctx, actor, p.Plugin)
	if err != nil {
		return ProviderSettings{}, err
	}
	out.Shown, out.Kept = form.Redact(settings), form.Secrets(settings)
	return out, nil
}

// ConfigureProvider keeps a provider's settings once they follow the plugin's
// schema, the plugin finds nothing wrong with them, and it works with them.
// That it does not work is a Precondition fault, which Anyway overrules; what
// the plugin said is returned in both cases.
func (s *Service) ConfigureProvider(ctx context.Context, actor account.Actor, in ProviderChange) (Provider, sdk.Health, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return Provider{}, sdk.Health{}, err
	}
	if err := s.complete(ctx, actor, &in); err != nil {
		return Provider{}, sdk.Health{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, tryPatience)
	defer cancel()
	health, err := s.trySettings(ctx, in)
	if err != nil {
		return Provider{}, health, err
	}
	if !health.OK && !in.Anyway {
		return Provider{}, health, fault.New(fault.Precondition, "Nothing was saved: the provider does not work with these settings. "+health.Message)
	}
	p, err := s.keep(ctx, actor, in)
	return p, health, err
}

// complete fills in what a change leaves out, and reports every wrong field.
func (s *Service) complete(ctx context.Context, actor account.Actor, in *ProviderChange) error {
	in.Name = strings.TrimSpace(in.Name)
	var old json.RawMessage
	if in.ID != 0 {
		p, settings, err := s.settingsOf(ctx, actor, in.ID)
		if err != nil {
			return err
		}
		in.Name, in.Plugin, old = p.Name, p.Plugin, settings
	}
	form, err := s.settingsSchema(ctx, actor, in.Plugin)
	if fault.Is(err, fault.NotFound) {
		return fault.InvalidField("plugin", fault.As(err).Message)
	}
	if err != nil {
		return err
	}
	in.Settings = form.Merge(old, in.Settings)
	var c fault.Check
	form.Check(&c, "settings", in.Settings)
	c.Merge("", in.withIngestSecret().Validate())
	if in.ID == 0 {
		taken, err := s.nameTaken(ctx, actor, in.Name)
		if err != nil {
			return err
		}
		c.That(!taken, "name", fmt.Sprintf("There is a provider %q already; choose another name.", in.Name))
	}
	return c.Err()
}

func (s *Service) nameTaken(ctx context.Context, actor account.Actor, name string) (bool, error) {
	all, err := s.Providers(ctx, actor)
	return slices.ContainsFunc(all, func(p Provider) bool { return strings.EqualFold(p.Name, name) }), err
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

// trySettings asks the plugin what it thinks of settings, and whether it works
// with them.
func (s *Service) trySettings(ctx context.Context, in ProviderChange) (sdk.Health, error) {
	plugin, err := s.plugins.Provider(in.Plugin)
	if err != nil {
		return sdk.Health{}, noPlugin(in.Plugin)
	}
	problems, err := plugin.Validate(ctx, sdk.Check{Subscription: sdk.Subscription{Settings: in.Settings}})
	if err != nil {
		return sdk.Health{Message: unwell(err)}, nil
	}
	var c fault.Check
	for _, p := range problems {
		if p.Field == "settings" || strings.HasPrefix(p.Field, "settings.") { // the rest is not there yet
			c.Add(p.Field, p.Message)
		}
	}
	if err := c.Err(); err != nil {
		return sdk.Health{}, err
	}
	health, err := plugin.Health(ctx, in.Settings)
	if err != nil {
		return sdk.Health{Message: unwell(err)}, nil
	}
	return health, nil
}

// keep saves a change that was tried.
func (s *Service) keep(ctx context.Context, actor account.Actor, in ProviderChange) (Provider, error) {
	if in.ID == 0 {
		return s.SaveProvider(ctx, actor, in.ProviderInput)
	}
	var p Provider
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		if err := updateSettings(ctx, tx, in, s.box.Seal(sealSettings, secret.Text(in.Settings))); err != nil {
			return err
		}
		var err error
		if p, err = providerByID(ctx, tx, in.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "provider.save", Entity: "provider", EntityID: p.ID,
			After: map[string]string{"name": p.Name, "plugin": p.Plugin}})
	})
	return p, err
}

// updateSettings leaves the ingest secret alone unless the settings hold one.
func updateSettings(ctx context.Context, tx *store.Tx, in ProviderChange, sealed []byte) error {
	if _, err := tx.Exec(ctx, `UPDATE provider SET product_type = ?, settings_sealed = ? WHERE marketplace_id = ? AND id = ?`,
		in.ProductType, sealed, tx.Marketplace(), in.ID); err != nil {
		return err
	}
	ingest := in.withIngestSecret().IngestSecret
	if ingest == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE provider SET ingest_hash = ? WHERE marketplace_id = ? AND id = ?`, secret.Hash(ingest), tx.Marketplace(), in.ID)
	return err
}
