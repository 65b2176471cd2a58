package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Provider is a configured instance of a plugin: one gateway, one cloud.
type Provider struct {
	ID                 int64        `db:"id"`
	Name               string       `db:"name"`
	Plugin             string       `db:"plugin"`
	ProductType        catalog.Type `db:"product_type"`
	Settings           []byte       `db:"settings_sealed"`
	MaxInFlight        int          `db:"max_in_flight"`        // calls at once, in each of its lanes
	CallTimeoutSeconds int          `db:"call_timeout_seconds"` // of one call
	CreatedAt          time.Time    `db:"created_at"`
}

// Bounds of what a provider may be asked.
const (
	DefaultInFlight    = 8
	MostInFlight       = 64
	DefaultCallTimeout = 45 * time.Second
	LongestCall        = time.Hour
)

// ProviderInput configures a provider. Settings follow the plugin's schema and
// are kept sealed. Without IngestSecret it is that of the settings; a provider
// that sends no logs needs none.
type ProviderInput struct {
	Name               string
	Plugin             string
	ProductType        catalog.Type
	Settings           json.RawMessage
	IngestSecret       secret.Text // what its gateway sends with its logs
	MaxInFlight        int         // 0: DefaultInFlight
	CallTimeoutSeconds int         // 0: DefaultCallTimeout
	// Force keeps settings that the plugin cannot work with now: the cloud is
	// down, or not there yet.
	Force bool

	unsaid unsaid
}

// unsaid is what was left out and has a default now: a provider that exists
// keeps what it has.
type unsaid struct{ ingestSecret, maxInFlight, callTimeout bool }

// Validate reports every wrong field.
func (in ProviderInput) Validate() error {
	var c fault.Check
	c.Need("name", in.Name)
	c.Need("plugin", in.Plugin)
	var object map[string]any
	c.That(json.Unmarshal(in.Settings, &object) == nil, "settings", "Settings are a JSON object.")
	c.That(in.ProductType.Valid(), "productType", "Use a product type such as api, or one that a plugin brings.")
	c.That(len(in.IngestSecret.Reveal()) >= 16, "settings.ingestSecret", "Use at least 16 characters.")
	c.That(in.MaxInFlight >= 1 && in.MaxInFlight <= MostInFlight, "maxInFlight", fmt.Sprintf("Use 1 to %d.", MostInFlight))
	longest := int(LongestCall / time.Second)
	c.That(in.CallTimeoutSeconds >= 1 && in.CallTimeoutSeconds <= longest, "callTimeoutSeconds", fmt.Sprintf("Use 1 to %d.", longest))
	return c.Err()
}

// withDefaults fills in what was left out. The ingest secret is that of the
// settings, or a random one that nobody knows.
func (in ProviderInput) withDefaults() ProviderInput {
	var settings struct {
		IngestSecret secret.Text `json:"ingestSecret"`
	}
	if in.IngestSecret == "" && json.Unmarshal(in.Settings, &settings) == nil {
		in.IngestSecret = settings.IngestSecret
	}
	if in.IngestSecret == "" {
		in.IngestSecret, in.unsaid.ingestSecret = secret.NewToken(""), true
	}
	if in.MaxInFlight == 0 {
		in.MaxInFlight, in.unsaid.maxInFlight = DefaultInFlight, true
	}
	if in.CallTimeoutSeconds == 0 {
		in.CallTimeoutSeconds, in.unsaid.callTimeout = int(DefaultCallTimeout/time.Second), true
	}
	return in
}

// SaveProvider adds a provider, or changes the one of that name. Settings that
// the plugin finds fault with, or that do not work now, are refused with what
// it says, unless Force is set. Another plugin is refused while there are
// subscriptions.
func (s *Service) SaveProvider(ctx context.Context, actor account.Actor, in ProviderInput) (Provider, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return Provider{}, err
	}
	in = in.withDefaults()
	if err := in.Validate(); err != nil {
		return Provider{}, err
	}
	if !in.Force {
		if err := s.tryOut(ctx, in); err != nil {
			return Provider{}, err
		}
	}
	var p Provider
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		if err := keepsPlugin(ctx, tx, in); err != nil {
			return err
		}
		sealed := s.box.Seal(sealSettings, secret.Text(in.Settings))
		if err := saveProvider(ctx, tx, in, sealed, secret.Hash(in.IngestSecret)); err != nil {
			return err
		}
		var err error
		if p, err = providerByName(ctx, tx, in.Name); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "provider.save", Entity: "provider", EntityID: p.ID,
			After: map[string]any{"name": p.Name, "plugin": p.Plugin, "maxInFlight": p.MaxInFlight, "callTimeoutSeconds": p.CallTimeoutSeconds}})
	})
	return p, err
}

// keepsPlugin refuses another plugin for a provider that things were made with:
// the new one would find all of them missing.
func keepsPlugin(ctx context.Context, tx *store.Tx, in ProviderInput) error {
	old, err := providerByName(ctx, tx, in.Name)
	if fault.Is(err, fault.NotFound) || err == nil && old.Plugin == in.Plugin {
		return nil
	}
	if err != nil {
		return err
	}
	used, err := inUse(ctx, tx, old.ID)
	if err == nil && used {
		err = fault.InvalidField("plugin", "Subscriptions were made with this provider's plugin "+old.Plugin+"; add a provider of another name instead.")
	}
	return err
}

// tryOut asks the plugin whether the settings are right and work.
func (s *Service) tryOut(ctx context.Context, in ProviderInput) error {
	plugin, err := s.plugins.Provider(in.Plugin)
	if err != nil {
		return fault.InvalidField("plugin", "There is no plugin "+in.Plugin+" in this installation.").Because(err)
	}
	ctx, cancel := context.WithTimeout(ctx, DefaultCallTimeout)
	defer cancel()
	problems, err := plugin.Validate(ctx, sdk.Check{Subscription: sdk.Subscription{Settings: in.Settings}})
	if err != nil {
		return fault.InvalidField("settings", unwell(err)).Because(err)
	}
	var c fault.Check
	for _, p := range problems {
		if strings.HasPrefix(p.Field, "settings") { // there is no product or plan yet
			c.Add(p.Field, p.Message)
		}
	}
	if !c.OK() {
		return c.Err()
	}
	health, err := plugin.Health(ctx, in.Settings)
	switch {
	case err != nil:
		return fault.InvalidField("settings", unwell(err)).Because(err)
	case !health.OK:
		return fault.InvalidField("settings", health.Message)
	}
	return nil
}

// Providers lists the marketplace's providers.
func (s *Service) Providers(ctx context.Context, actor account.Actor) ([]Provider, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return nil, err
	}
	var all []Provider
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		all, err = providers(ctx, tx)
		return err
	})
	return all, err
}

// Lanes lists the lanes of the marketplace's providers: circuit, last error,
// and how many calls are under way or wait. The counts of calls are those of
// this process; the circuit is as any process last told it.
func (s *Service) Lanes(ctx context.Context, actor account.Actor) ([]LaneState, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return nil, err
	}
	var all []LaneState
	var queued map[laneKey]int
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if all, err = lanesOf(ctx, tx); err != nil {
			return err
		}
		queued, err = openAttempts(ctx, tx)
		return err
	})
	for i, l := range all {
		k := laneKey{l.ProviderID, l.Cloud}
		own, inFlight, waiting := s.traffic.state(k)
		all[i].InFlight, all[i].Waiting, all[i].Queued = inFlight, waiting, queued[k]
		if l.Circuit == Open && own == HalfOpen { // it rested long enough; the next call tries
			all[i].Circuit = HalfOpen
		}
	}
	return all, err
}

// ByIngestSecret returns whose logs come with the secret.
func (s *Service) ByIngestSecret(ctx context.Context, text secret.Text) (marketplace, provider int64, err error) {
	err = s.db.View(ctx, store.Platform, func(tx *store.Tx) error {
		marketplace, provider, err = providerByIngest(ctx, tx, secret.Hash(text))
		return err
	})
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Unauthenticated, "This is not the ingest secret of a gateway.")
	}
	return marketplace, provider, err
}
