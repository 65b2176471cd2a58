package metric

import (
	"context"
	"errors"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
)

type pollArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
}

// Kind names the job in the queue.
func (pollArgs) Kind() string { return "metric.poll" }

// Scope says where it works.
func (a pollArgs) Scope() int64 { return a.MarketplaceID }

func (s *Service) work(ctx context.Context, job jobs.Job[pollArgs]) error {
	return s.PollDue(ctx, job.Args.MarketplaceID)
}

// Loop queues the reading of each marketplace's metrics again and again until
// ctx ends; of several processes one does it.
func (s *Service) Loop(ctx context.Context, marketplaces func(context.Context) ([]account.Marketplace, error)) {
	tick := time.NewTicker(s.cfg.Every)
	defer tick.Stop()
	for {
		all, err := marketplaces(ctx)
		for _, m := range all {
			err = errors.Join(err, s.queue(ctx, m.ID))
		}
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "metrics were not queued", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// queue inserts the job of a marketplace that has metrics.
func (s *Service) queue(ctx context.Context, marketplace int64) error {
	var some bool
	err := s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		products, err := measured(ctx, tx)
		some = len(products) > 0
		return err
	})
	if err != nil || !some {
		return err
	}
	return s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		return s.jobs.Insert(ctx, tx, pollArgs{MarketplaceID: marketplace}, jobs.Options{Unique: true})
	})
}
