package invoice

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// Run bills everything in the marketplace that is due, and does what overdue
// invoices come to: each subscription in a transaction of its own. It derives
// what a period should hold and writes only what is missing, so running it
// twice, or crashing in it, changes nothing. One that cannot be billed does not
// hold up the others; the next run tries it again. It returns how many times it
// acted, and what went wrong.
func (s *Service) Run(ctx context.Context, marketplace int64) (done int, err error) {
	for _, part := range []struct {
		due dueFunc
		act func(ctx context.Context, marketplace, subscription int64) error
	}{{s.due, s.bill}, {s.postponed, s.billPostponed}, {s.overdue, s.chase}} {
		n, failed := each(ctx, marketplace, part.due, part.act)
		done, err = done+n, errors.Join(err, failed)
	}
	return done, err
}

// dueFunc returns up to limit subscriptions to act on now.
type dueFunc func(ctx context.Context, marketplace int64, limit int) ([]int64, error)

// each acts on what is due until nothing is left but what failed or waits.
func each(ctx context.Context, marketplace int64, due dueFunc, act func(ctx context.Context, marketplace, id int64) error) (int, error) {
	done, failed, waiting := 0, map[int64]error{}, map[int64]bool{}
	for ctx.Err() == nil {
		ids, err := due(ctx, marketplace, runBatch+len(failed)+len(waiting))
		if err != nil {
			return done, err
		}
		ids = slices.DeleteFunc(ids, func(id int64) bool { return failed[id] != nil || waiting[id] })
		if len(ids) == 0 {
			break
		}
		for _, id := range ids {
			switch err := act(ctx, marketplace, id); {
			case errors.Is(err, errNotYet):
				waiting[id] = true
			case err != nil:
				failed[id] = fmt.Errorf("bill subscription %d: %w", id, err)
			default:
				done++
			}
		}
	}
	return done, errors.Join(slices.Collect(maps.Values(failed))...)
}

const runBatch = 100

// errNotYet says that something is left for the next run: the usage of a period
// is still being fetched, a payment is under way.
var errNotYet = errors.New("not yet")

// due returns up to limit subscriptions to act on now: those whose time has
// come, and then those that are over and got usage afterwards.
func (s *Service) due(ctx context.Context, marketplace int64, limit int) (ids []int64, err error) {
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		m, err := account.MarketplaceOf(ctx, tx)
		if err != nil {
			return err
		}
		by := tx.Now()
		if !m.Sandbox {
			by = by.Add(-s.grace)
		}
		if ids, err = subscription.Due(ctx, tx, by, limit); err != nil {
			return err
		}
		late, err := endedStale(ctx, tx)
		ids = append(ids, late...)
		return err
	})
	return ids, err
}

// postponed returns subscriptions with lines of their own whose day has come.
func (s *Service) postponed(ctx context.Context, marketplace int64, limit int) (ids []int64, err error) {
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		ids, err = ripeSubscriptions(ctx, tx, limit)
		return err
	})
	return ids, err
}

// NextDue returns when billing must act next in the marketplace; false when
// never. Time machines step from one such instant to the next. What is due now
// and was not billed waits for its usage, and will not wait for ever.
func (s *Service) NextDue(ctx context.Context, marketplace int64) (at time.Time, ok bool, err error) {
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		if at, ok, err = subscription.NextDue(ctx, tx, tx.Now()); err != nil {
			return err
		}
		late, waits, err := subscription.NextDue(ctx, tx, tx.Now().Add(-s.wait))
		if late = late.Add(s.wait); waits && (!ok || late.Before(at)) {
			at, ok = late, true
		}
		if err != nil {
			return err
		}
		more, err := s.upcoming(ctx, tx)
		for _, t := range more {
			if !ok || t.Before(at) {
				at, ok = t, true
			}
		}
		return err
	})
	return at, ok, err
}

// upcoming are the next instants at which postponed lines are billed and
// overdue invoices come to something.
func (s *Service) upcoming(ctx context.Context, tx *store.Tx) ([]time.Time, error) {
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	all, err := nextPostponed(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, step := range s.steps(m.Overdue) {
		at, err := nextOverdue(ctx, tx, step)
		if err != nil {
			return nil, err
		}
		all = append(all, at...)
	}
	return all, nil
}
