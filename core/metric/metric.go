// Package metric reads what vendors measure themselves: it asks the endpoint of
// each metric of a product for each active subscription, as often as the vendor
// said, and books what the readings come to as usage.
package metric

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
)

// Source is what usage that was read from metrics is kept under.
const Source = "metric"

// ReadFunc asks the vendor what a subscription's metric reads now. It is called
// outside of any transaction; its error is a sentence for the vendor.
type ReadFunc func(ctx context.Context, marketplace int64, p catalog.Product, m catalog.Metric, subscription int64) (usage.Quantity, error)

// Config is what the service needs; everything has a default from Every on.
type Config struct {
	DB   *store.DB
	Jobs *jobs.Client
	Read ReadFunc
	Log  *slog.Logger
	// Every is how often it is looked for metrics that are due; 10 s when 0.
	Every time.Duration
	// Wait is how long after its end a period is billed at the latest, when a
	// metric cannot be read; 24 hours when 0.
	Wait time.Duration
}

// Service reads metrics.
type Service struct {
	db   *store.DB
	jobs *jobs.Client
	read ReadFunc
	log  *slog.Logger
	cfg  Config
}

// longest bounds one pass over a marketplace.
const longest = 15 * time.Minute

// New returns the service and registers its job.
func New(cfg Config) *Service {
	cfg.Every = cmp.Or(cfg.Every, 10*time.Second)
	cfg.Wait = cmp.Or(cfg.Wait, 24*time.Hour)
	s := &Service{db: cfg.DB, jobs: cfg.Jobs, read: cfg.Read, log: cfg.Log.With("component", "metric"), cfg: cfg}
	jobs.RegisterLong(cfg.Jobs, longest, s.work)
	return s
}

// State is what is known of one metric of a subscription. Times are the
// marketplace's.
type State struct {
	SubscriptionID int64           `db:"subscription_id"`
	Meter          string          `db:"meter"`
	DueAt          time.Time       `db:"due_at"`
	Attempts       int64           `db:"attempts"` // also the state's version
	Last           *usage.Quantity `db:"last_micro"`
	ReadAt         *time.Time      `db:"read_at"` // of Last
	// BookedUntil is up to when a level is booked; PeriodStart begins the
	// billing period that Booked is what was booked in, of a peak or a value.
	BookedUntil time.Time      `db:"booked_until"`
	PeriodStart *time.Time     `db:"period_start"`
	Booked      usage.Quantity `db:"booked_micro"`
	// Remainder is what an average has left over from its division by hours.
	Remainder int64  `db:"remainder"`
	Failures  int    `db:"failures"` // in a row
	LastError string `db:"last_error"`
}

// Of returns the metrics of a subscription that the actor may see, by meter.
func (s *Service) Of(ctx context.Context, actor account.Actor, id int64) (all []State, err error) {
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		if _, err := subscription.Visible(ctx, tx, actor, id); err != nil {
			return err
		}
		all, err = statesOf(ctx, tx, id)
		return err
	})
	return all, err
}

// Troubled lists metrics of the actor's products that cannot be read, and why:
// at most 200, those that failed most often first. Operators see all.
func (s *Service) Troubled(ctx context.Context, actor account.Actor) (all []State, err error) {
	if err := actor.Need(account.EditProducts); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		all, err = troubled(ctx, tx, actor)
		return err
	})
	return all, err
}

// Ready reports whether all metrics of a subscription were read since the
// instant, so that a period that ends then can be billed. It says yes when
// waiting longer is pointless.
func (s *Service) Ready(ctx context.Context, tx *store.Tx, sub int64, until time.Time) (bool, error) {
	var behind int
	err := tx.Get(ctx, "count", &behind, `SELECT COUNT(*) FROM metric_state m JOIN subscription s ON s.id = m.subscription_id
		WHERE m.marketplace_id = ? AND m.subscription_id = ? AND s.status = ? AND (m.read_at IS NULL OR m.read_at < ?)`,
		tx.Marketplace(), sub, subscription.Active, until)
	return behind == 0 || !tx.Now().Before(until.Add(s.cfg.Wait)), err
}
