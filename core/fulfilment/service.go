package fulfilment

import (
	"cmp"
	"context"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// Service takes what vendors report and give.
type Service struct {
	db        *store.DB
	jobs      *jobs.Client
	subs      *subscription.Service
	provision *provision.Service
	box       *secret.Box
	grace     time.Duration
}

// Config is what the service needs.
type Config struct {
	DB            *store.DB
	Jobs          *jobs.Client
	Subscriptions *subscription.Service
	Provision     *provision.Service
	Box           *secret.Box
	// Grace is how long, in real time, a vendor has to report that a
	// subscription was removed before it ends anyway; DefaultGrace when 0.
	Grace time.Duration
}

// DefaultGrace is long enough for a connector that is up, and short enough that
// one that waits for the end is not kept waiting.
const DefaultGrace = 5 * time.Minute

// New returns the service and registers its job.
func New(cfg Config) *Service {
	s := &Service{db: cfg.DB, jobs: cfg.Jobs, subs: cfg.Subscriptions, provision: cfg.Provision, box: cfg.Box,
		grace: cmp.Or(cfg.Grace, DefaultGrace)}
	jobs.Register(cfg.Jobs, s.end)
	return s
}

// sealCredential is the purpose that values are sealed for.
const sealCredential = "fulfilment.credential"

// change runs fn on a locked subscription that the actor sold and sets up.
func (s *Service) change(ctx context.Context, actor account.Actor, id int64, fn func(tx *store.Tx, sub subscription.Subscription) error) error {
	if err := actor.Need(account.FulfilSubscriptions); err != nil {
		return err
	}
	return s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sub, err := subscription.LockSold(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if !sub.VendorProvisioned() {
			return fault.New(fault.Conflict, "This subscription is set up by the marketplace, not by its vendor.").With("subscription", id)
		}
		return fn(tx, sub)
	})
}
