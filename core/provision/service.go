package provision

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/prometheus/client_golang/prometheus"
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
	traffic *traffic
	wanted  *wanted
	running *running
	hooks   *Hooks
	metrics *metrics
}

// Hooks are what nouns downstream do within an attempt; each may be nil. The
// composition root fills them in before the first use.
type Hooks struct {
	// Made is told, in the transaction, that a subscription has become usable,
	// and what its plugin can do.
	Made func(ctx context.Context, tx *store.Tx, sub subscription.Subscription, abilities []sdk.Ability) error
	// BeforeRemove runs outside any transaction, in the place in the lane that
	// the attempt has, before everything of a subscription is removed: the
	// last chance to read its usage. final says that an error will not hold
	// the removal up any longer.
	BeforeRemove func(ctx context.Context, marketplace int64, t Target, plugin sdk.Provider, final bool) error
	// Repaired is told, in the transaction, that a repair is done.
	Repaired func(ctx context.Context, tx *store.Tx, sub subscription.Subscription) error
}

// Config is what the service needs; everything has a default from Tries on.
type Config struct {
	DB            *store.DB
	Jobs          *jobs.Client
	Subscriptions *subscription.Service
	Events        *event.Log
	Catalog       *catalog.Service
	Plugins       Plugins
	Box           *secret.Box
	Log           *slog.Logger
	// Tries is how often an attempt is tried before it counts as failed; the
	// job queue's default (25, over several hours) when 0.
	Tries int
	// MaxInFlight bounds the calls of plugins under way in this process over
	// all lanes; 64 when 0.
	MaxInFlight int
	// TripAfter is how many failures in a row open a circuit; 5 when 0.
	TripAfter int
	// RestFor is how long an open circuit rests before a call tries whether
	// the cloud is back; 30 s when 0.
	RestFor time.Duration
	// Metrics is where attempts and lanes are counted; nil counts nowhere.
	Metrics prometheus.Registerer
	// Host is where the plugins run; nil shows operators none.
	Host PluginHost
	// Hooks may be filled in later, before the first use.
	Hooks *Hooks
}

func (cfg Config) withDefaults() Config {
	cfg.MaxInFlight = cmp.Or(cfg.MaxInFlight, MostInFlight)
	cfg.TripAfter = cmp.Or(cfg.TripAfter, 5)
	cfg.RestFor = cmp.Or(cfg.RestFor, 30*time.Second)
	if cfg.Hooks == nil {
		cfg.Hooks = &Hooks{}
	}
	return cfg
}

// New returns the service and registers its job.
func New(cfg Config) *Service {
	cfg = cfg.withDefaults()
	s := &Service{db: cfg.DB, jobs: cfg.Jobs, subs: cfg.Subscriptions, events: cfg.Events, catalog: cfg.Catalog,
		plugins: cfg.Plugins, host: cfg.Host, box: cfg.Box, log: cfg.Log.With("component", "provision"), tries: cfg.Tries,
		traffic: newTraffic(cfg.MaxInFlight, uint32(cfg.TripAfter), cfg.RestFor, cfg.DB.Clock()),
		wanted:  newWanted(), running: newRunning(), hooks: cfg.Hooks}
	s.metrics = newMetrics(s, cfg.Metrics)
	jobs.RegisterLong(cfg.Jobs, jobTimeout, s.work)
	return s
}

// Purposes that values are sealed for.
const (
	sealSettings   = "provider.settings"
	sealCredential = "credential"
)

// Start queues an operation for the subscription in the caller's transaction,
// for somebody who waits for it. A termination makes pointless what no
// plugin is at, and what is under way once its call is over.
func (s *Service) Start(ctx context.Context, tx *store.Tx, sub subscription.Subscription, op subscription.Operation) error {
	_, err := s.Queue(ctx, tx, sub, op, ForCustomers)
	return err
}

// StartForBilling is Start for what a billing run asks for: it lets customers
// go first.
func (s *Service) StartForBilling(ctx context.Context, tx *store.Tx, sub subscription.Subscription, op subscription.Operation) error {
	_, err := s.Queue(ctx, tx, sub, op, ForBilling)
	return err
}

// Queue is Start with a priority; it returns the attempt's id.
func (s *Service) Queue(ctx context.Context, tx *store.Tx, sub subscription.Subscription, op subscription.Operation, p Priority) (int64, error) {
	if op == subscription.Deprovision {
		if err := supersede(ctx, tx, sub.ID); err != nil {
			return 0, err
		}
	}
	rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
	if err != nil {
		return 0, err
	}
	lane := laneKey{sub.ProviderID, cloudOf(rev.Content.Configuration)}
	if err := s.openLane(ctx, tx, lane); err != nil {
		return 0, err
	}
	id, err := insertAttempt(ctx, tx, sub.ID, op, lane.cloud, p)
	if err != nil {
		return 0, err
	}
	return id, s.jobs.Insert(ctx, tx, workArgs{MarketplaceID: tx.Marketplace(), AttemptID: id},
		jobs.Options{Queue: lane.queue(), MaxAttempts: s.tries, Priority: int(p)})
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
// are made with: the one of that name, or the first one when there is no name.
func (s *Service) ProviderFor(ctx context.Context, tx *store.Tx, t catalog.Type, name string) (int64, error) {
	id, err := providerFor(ctx, tx, t, name)
	switch {
	case fault.Is(err, fault.NotFound) && name != "":
		return 0, fault.Newf(fault.Precondition, "There is no provider %q for products of type %s.", name, t)
	case fault.Is(err, fault.NotFound):
		return 0, fault.Newf(fault.Precondition, "Products of type %s cannot be bought yet: the operator has set up no provider for them.", t)
	}
	return id, err
}
