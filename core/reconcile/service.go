package reconcile

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is what the service needs; everything has a default from Every on.
type Config struct {
	DB        *store.DB
	Jobs      *jobs.Client
	Events    *event.Log
	Provision *provision.Service
	// Subscriptions bill what runs beyond what was bought.
	Subscriptions *subscription.Service
	Log           *slog.Logger
	// Every is the pause between two comparisons of everything, in the
	// marketplace's time; an hour when 0.
	Every time.Duration
	// Batch is how many subscriptions are read and recorded at once; 200 when 0.
	Batch int
	// Grace is how long after its end remains of a subscription are no orphan
	// yet; 15 minutes when 0.
	Grace time.Duration
	// Metrics is where drifts and runs are counted; nil counts nowhere.
	Metrics prometheus.Registerer
}

func (cfg Config) withDefaults() Config {
	cfg.Every = cmp.Or(cfg.Every, time.Hour)
	cfg.Batch = cmp.Or(cfg.Batch, 200)
	cfg.Grace = cmp.Or(cfg.Grace, 15*time.Minute)
	return cfg
}

// Service compares and mends.
type Service struct {
	cfg     Config
	db      *store.DB
	log     *slog.Logger
	metrics *metrics
}

// New returns the service and registers its jobs.
func New(cfg Config) *Service {
	cfg = cfg.withDefaults()
	s := &Service{cfg: cfg, db: cfg.DB, log: cfg.Log.With("component", "reconcile")}
	s.metrics = newMetrics(s, cfg.Metrics)
	jobs.RegisterLong(cfg.Jobs, longestPart, s.work)
	jobs.RegisterLong(cfg.Jobs, provision.LongestCall+time.Minute, s.remove)
	return s
}

// List returns drifts for operators, newest first.
func (s *Service) List(ctx context.Context, actor account.Actor, f Filter, req page.Request) (page.Page[Drift], error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return page.Page[Drift]{}, err
	}
	var out page.Page[Drift]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = drifts(ctx, tx, f, req)
		return err
	})
	return out, err
}

// Runs returns the comparisons there were, newest first.
func (s *Service) Runs(ctx context.Context, actor account.Actor, req page.Request) (page.Page[Run], error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return page.Page[Run]{}, err
	}
	var out page.Page[Run]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = runs(ctx, tx, req)
		return err
	})
	return out, err
}

// Run returns one comparison.
func (s *Service) Run(ctx context.Context, actor account.Actor, id int64) (Run, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return Run{}, err
	}
	var r Run
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		r, err = runByID(ctx, tx, id)
		return err
	})
	return r, err
}

// ReconcileNow starts a comparison. It answers at once; the run says how far
// it is.
func (s *Service) ReconcileNow(ctx context.Context, actor account.Actor, scope Scope) (Run, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return Run{}, err
	}
	var r Run
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		id, err := s.start(ctx, tx, scope, actor.Audit().Name, provision.ForReconciliation)
		if err != nil {
			return err
		}
		if r, err = runByID(ctx, tx, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "reconcile.start", Entity: "reconciliation", EntityID: id})
	})
	return r, err
}

// start writes a run with a part for each provider, and the jobs that work them.
func (s *Service) start(ctx context.Context, tx *store.Tx, scope Scope, by string, p provision.Priority) (int64, error) {
	providers, err := providersIn(ctx, tx, scope)
	if err != nil {
		return 0, err
	}
	run, err := insertRun(ctx, tx, scope, by)
	if err != nil {
		return 0, err
	}
	for _, provider := range providers {
		id, err := insertPart(ctx, tx, run, provider)
		if err != nil {
			return 0, err
		}
		if err := s.cfg.Provision.InsertJob(ctx, tx, provider, partArgs{MarketplaceID: tx.Marketplace(), PartID: id}, p, jobs.Options{MaxAttempts: partTries}); err != nil {
			return 0, err
		}
	}
	if len(providers) == 0 {
		_, err = tx.Exec(ctx, `UPDATE reconcile_run SET finished_at = ? WHERE marketplace_id = ? AND id = ?`, tx.Now(), tx.Marketplace(), run)
	}
	return run, err
}

// AfterRepair looks at a subscription again (provision.Hooks.Repaired).
func (s *Service) AfterRepair(ctx context.Context, tx *store.Tx, sub subscription.Subscription) error {
	_, err := s.start(ctx, tx, Scope{SubscriptionID: sub.ID}, "a repair", provision.ForReconciliation)
	return err
}

// change runs fn on an open drift for an operator, saves what it made of it
// and writes the audit trail.
func (s *Service) change(ctx context.Context, actor account.Actor, id int64, action string, fn func(tx *store.Tx, d *Drift) error) (Drift, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return Drift{}, err
	}
	var d Drift
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if d, err = lockDrift(ctx, tx, id); err != nil {
			return err
		}
		if !d.Open() {
			return fault.New(fault.Conflict, "This drift is gone already.").With("drift", id)
		}
		if err := fn(tx, &d); err != nil {
			return err
		}
		if err := saveDrift(ctx, tx, d); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: action, Entity: "drift", EntityID: id,
			After: map[string]any{"subscription": d.SubscriptionID, "kind": d.Kind, "subject": d.Subject}})
	})
	return d, err
}

// Acknowledge leaves a drift as it is: nothing more is done about it by itself.
func (s *Service) Acknowledge(ctx context.Context, actor account.Actor, id int64) (Drift, error) {
	return s.change(ctx, actor, id, "drift.acknowledge", func(_ *store.Tx, d *Drift) error {
		d.AcknowledgedBy = actor.Audit().Name
		return nil
	})
}

// Repair makes the drift's subscription as sold again, now.
func (s *Service) Repair(ctx context.Context, actor account.Actor, id int64) (Drift, error) {
	return s.change(ctx, actor, id, "drift.repair", func(tx *store.Tx, d *Drift) error {
		if d.Kind == Orphaned {
			return fault.New(fault.Conflict, "An orphan belongs to no living subscription; it can only be removed.").With("drift", id)
		}
		sub, err := subscription.Lock(ctx, tx, d.SubscriptionID)
		if err != nil {
			return err
		}
		if sub.Status != subscription.Active && sub.Status != subscription.Suspended {
			return fault.Newf(fault.Conflict, "A subscription that is %s is not repaired.", sub.Status).With("subscription", sub.ID)
		}
		if _, err := s.cfg.Provision.Queue(ctx, tx, sub, subscription.Repair, provision.ForCustomers); err != nil {
			return err
		}
		d.act(RepairAction, tx.Now())
		return nil
	})
}

// RemoveOrphan removes, in the background, everything that carries the number
// of a subscription that is over or that there never was.
func (s *Service) RemoveOrphan(ctx context.Context, actor account.Actor, id int64) (Drift, error) {
	return s.change(ctx, actor, id, "drift.remove", func(tx *store.Tx, d *Drift) error {
		if d.Kind != Orphaned {
			return fault.New(fault.Conflict, "Only orphans are removed; terminate the subscription, or repair it.").With("drift", id)
		}
		if err := s.mustBeNobodys(ctx, tx, *d); err != nil {
			return err
		}
		d.act(RemoveAction, tx.Now())
		return s.cfg.Provision.InsertJob(ctx, tx, d.ProviderID, removeArgs{MarketplaceID: tx.Marketplace(), DriftID: id}, provision.ForCustomers,
			jobs.Options{Unique: true})
	})
}

// act notes that something is being done about the drift, and when the next
// thing may be: each waits twice as long as the one before.
func (d *Drift) act(a Action, now time.Time) {
	d.Action, d.Actions, d.Note = a, d.Actions+1, ""
	next := now.Add(firstPause << min(d.Actions-1, 10))
	d.NextActionAt = &next
}

const (
	// firstPause is the time before the same drift is acted on again.
	firstPause = 15 * time.Minute
	// maxActions is how often that is done without anybody asking for it.
	maxActions = 5
)

// mustBeNobodys refuses to remove what a living subscription uses.
func (s *Service) mustBeNobodys(ctx context.Context, tx *store.Tx, d Drift) error {
	known, err := owners(ctx, tx, []int64{d.SubscriptionID})
	if err != nil {
		return err
	}
	plugin, err := pluginOf(ctx, tx, d.ProviderID)
	if err != nil {
		return err
	}
	if o, ok := known[d.SubscriptionID]; ok && o.needs(tx.Marketplace(), plugin) {
		return fault.Newf(fault.Conflict, "Subscription %d needs these things; they are no orphan.", o.ID).With("drift", d.ID)
	}
	return nil
}
