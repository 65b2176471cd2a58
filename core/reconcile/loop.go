package reconcile

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
)

// lookEvery is how often it is asked whether a comparison is due.
const lookEvery = time.Minute

// Loop starts the comparison of everything in each marketplace whenever it is
// due, until ctx ends.
func (s *Service) Loop(ctx context.Context, marketplaces func(context.Context) ([]account.Marketplace, error)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		all, err := marketplaces(ctx)
		for _, m := range all {
			if e := s.startDue(ctx, m); e != nil {
				err = e
			}
		}
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "reconciliation was not started", "error", err)
		}
	}
}

// startDue starts a comparison of everything when the last one, or the
// marketplace, is older than the pause between them.
func (s *Service) startDue(ctx context.Context, m account.Marketplace) error {
	return s.db.InTx(ctx, m.ID, func(tx *store.Tx) error {
		var id int64 // locked: two processes must not both find it due
		if err := tx.Get(ctx, "marketplace", &id, `SELECT id FROM marketplace WHERE id = ?`+tx.ForUpdate(), m.ID); err != nil {
			return err
		}
		at, going, err := lastFull(ctx, tx)
		if err != nil || going && tx.Now().Before(at.Add(longestPart)) {
			return err
		}
		if at.IsZero() {
			at = m.CreatedAt
		}
		if tx.Now().Before(at.Add(s.cfg.Every)) {
			return nil
		}
		_, err = s.start(ctx, tx, Scope{}, "the clock", provision.ForReconciliation)
		return err
	})
}
