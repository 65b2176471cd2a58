package provision

import (
	"context"
	"log/slog"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// Service drives provisioning.
type Service struct {
	db      *store.DB
	jobs    *jobs.Client
	subs    *subscription.Service
	events  *event.Log
	catalog *catalog.Service
	plugins Plugins
	host    PluginHost
	box     *secret.Box
	log     *slog.Logger
	tries   int
}

// Config is what the service needs; all of it but what says so.
type Config struct {
	DB            *store.DB
	Jobs          *jobs.Client
	Subscriptions *subscription.Service
	Events        *event.Log
	Catalog       *catalog.Service
	Plugins       Plugins
	Box           *secret.Box
	Log           *slog.Logger
	// Host is where the plugins run. Optional: nil shows operators none.
	Host PluginHost
	// Tries is how often an attempt is tried before it counts as failed; the
	// job queue's default (25, over several hours) when 0.
	Tries int
}

// New returns the service and registers its job.
func New(cfg Config) *Service {
	s := &Service{db: cfg.DB, jobs: cfg.Jobs, subs: cfg.Subscriptions, events: cfg.Events, catalog: cfg.Catalog,
		plugins: cfg.Plugins, host: cfg.Host, box: cfg.Box, log: cfg.Log.With("component", "provision"), tries: cfg.Tries}
	jobs.Register(cfg.Jobs, s.work)
	return s
}

// Purposes that values are sealed for.
const (
	sealSettings   = "provider.settings"
	sealCredential = "credential"
)

// Start queues an operation for the subscription in the caller's transaction.
// A termination makes what has not begun yet pointless.
func (s *Service) Start(ctx context.Context, tx *store.Tx, sub subscription.Subscription, op subscription.Operation) error {
	if op == subscription.Deprovision {
		if err := supersede(ctx, tx, sub.ID); err != nil {
			return err
		}
	}
	id, err := insertAttempt(ctx, tx, sub.ID, op)
	if err != nil {
		return err
	}
	return s.jobs.Insert(ctx, tx, workArgs{MarketplaceID: tx.Marketplace(), AttemptID: id}, jobs.Options{Queue: jobs.Provision, MaxAttempts: s.tries})
}

// Progress returns the newest attempt of a subscription the actor may see;
// false when there is none yet.
func (s *Service) Progress(ctx context.Context, actor account.Actor, sub int64) (Attempt, bool, error) {
	var all []Attempt
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if _, err = subscription.Visible(ctx, tx, actor, sub); err != nil {
			return err
		}
		all, err = attempts(ctx, tx, sub, 1)
		return err
	})
	if err != nil || len(all) == 0 {
		return Attempt{}, false, err
	}
	return all[0], true, nil
}

// Access returns the addresses of a subscription the actor may see.
func (s *Service) Access(ctx context.Context, actor account.Actor, sub int64) ([]Endpoint, error) {
	var all []Endpoint
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if _, err = subscription.Visible(ctx, tx, actor, sub); err != nil {
			return err
		}
		all, err = endpointsOf(ctx, tx, sub)
		return err
	})
	return all, err
}

// Credentials opens the credentials of the actor's own subscription. Vendors
// never see them. That somebody looked is kept in the audit trail.
func (s *Service) Credentials(ctx context.Context, actor account.Actor, id int64) ([]Credential, error) {
	if err := actor.Need(account.UseSubscriptions); err != nil {
		return nil, err
	}
	var all []Credential
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sub, err := subscription.Visible(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if err := actor.NeedOwn("subscription", sub.CustomerID); err != nil {
			return err
		}
		if all, err = credentialsOf(ctx, tx, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "credential.reveal", Entity: "subscription", EntityID: id})
	})
	if err != nil {
		return nil, err
	}
	for i, c := range all {
		if all[i].Value, err = s.box.Open(sealCredential, c.Sealed); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// ProviderFor returns the provider that new subscriptions of the product type
// are made with.
func (s *Service) ProviderFor(ctx context.Context, tx *store.Tx, t catalog.Type) (int64, error) {
	id, err := providerFor(ctx, tx, t)
	if fault.Is(err, fault.NotFound) {
		return 0, fault.Newf(fault.Precondition, "Products of type %s cannot be bought yet: the operator has set up no provider for them.", t)
	}
	return id, err
}

// SaveProvider adds a provider, or changes the one of that name.
func (s *Service) SaveProvider(ctx context.Context, actor account.Actor, in ProviderInput) (Provider, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return Provider{}, err
	}
	in = in.withIngestSecret()
	if err := in.Validate(); err != nil {
		return Provider{}, err
	}
	var p Provider
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sealed := s.box.Seal(sealSettings, secret.Text(in.Settings))
		if err := saveProvider(ctx, tx, in, sealed, secret.Hash(in.IngestSecret)); err != nil {
			return err
		}
		var err error
		if p, err = providerByName(ctx, tx, in.Name); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "provider.save", Entity: "provider", EntityID: p.ID,
			After: map[string]string{"name": p.Name, "plugin": p.Plugin}})
	})
	return p, err
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
