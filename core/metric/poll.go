package metric

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
)

// How many products are read at once, how many questions a product is asked at
// once, and after how many failures in a row it is left alone for this time.
const (
	productsAtOnce = 32
	askedAtOnce    = 4
	giveUpAfter    = 5
	batch          = 500
)

// PollDue reads everything that is due in the marketplace before it returns.
// What cannot be read is recorded, and left to the next time.
func (s *Service) PollDue(ctx context.Context, marketplace int64) error {
	var products []catalog.Product
	err := s.db.View(ctx, marketplace, func(tx *store.Tx) (err error) {
		products, err = measured(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	failed := make([]error, len(products))
	inParallel(productsAtOnce, len(products), func(i int) { failed[i] = s.product(ctx, marketplace, products[i]) })
	return errors.Join(failed...)
}

// inParallel runs n calls, some at once.
func inParallel(atOnce, n int, run func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(atOnce, n) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				run(i)
			}
		})
	}
	workers.Wait()
}

// product reads what is due of one product: a vendor that does not answer holds
// up only itself, and not for long.
func (s *Service) product(ctx context.Context, marketplace int64, p catalog.Product) error {
	d, err := p.Definition()
	if err != nil {
		return err
	}
	var all []State
	err = s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		for _, m := range d.Metrics {
			if err := adopt(ctx, tx, p.ID, m); err != nil {
				return err
			}
		}
		all, err = due(ctx, tx, p.ID, batch)
		return err
	})
	if err != nil {
		return err
	}
	failed := make([]error, len(all))
	var silent atomic.Int64 // failures in a row
	inParallel(askedAtOnce, len(all), func(i int) {
		if ctx.Err() == nil {
			failed[i] = s.poll(ctx, marketplace, p, d, all[i], &silent)
		}
	})
	return errors.Join(append(failed, ctx.Err())...)
}

// errTired says that a vendor was not asked because it did not answer others.
var errTired = fault.New(fault.Unavailable, "Not asked: the endpoint did not answer for other subscriptions a moment ago.")

// poll asks for one reading, if it is time, and books what follows from it.
func (s *Service) poll(ctx context.Context, marketplace int64, p catalog.Product, d catalog.Definition, seen State, silent *atomic.Int64) error {
	m, known := d.Metric(seen.Meter)
	if !known {
		return s.db.InTx(ctx, marketplace, func(tx *store.Tx) error { return forget(ctx, tx, seen) })
	}
	asks, err := s.asks(ctx, marketplace, seen)
	if err != nil {
		return err
	}
	r := reading{metric: m, seen: seen, asked: asks}
	switch {
	case !asks:
	case silent.Load() >= giveUpAfter:
		r.failed = errTired
	default:
		if r.quantity, r.failed = s.read(ctx, marketplace, p, m, seen.SubscriptionID); r.failed != nil {
			silent.Add(1)
			s.log.WarnContext(ctx, "metric was not read", "subscription", seen.SubscriptionID, "meter", seen.Meter, "error", r.failed)
		} else {
			silent.Store(0)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.db.InTx(ctx, marketplace, func(tx *store.Tx) error { return r.keep(ctx, tx) })
}

// asks reports whether it is time to ask, and not only to book.
func (s *Service) asks(ctx context.Context, marketplace int64, seen State) (yes bool, err error) {
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		sub, err := subscription.ByID(ctx, tx, seen.SubscriptionID)
		if err != nil || sub.Status != subscription.Active {
			return err
		}
		ended := sub.PeriodEnd != nil && !tx.Now().Before(*sub.PeriodEnd) && seen.Failures == 0 && seen.ReadAt != nil && seen.ReadAt.Before(*sub.PeriodEnd)
		yes = ended || !seen.DueAt.After(tx.Now())
		return nil
	})
	return yes, err
}

// reading is what became of asking for one metric of a subscription.
type reading struct {
	metric   catalog.Metric
	seen     State
	asked    bool
	quantity usage.Quantity
	failed   error
}

// keep books what follows from a reading, or from the time that has passed
// without one, and when it is asked next. The state and its usage are one
// transaction, and a state that was changed since it was read stays: each
// reading is booked once, and in order.
func (r reading) keep(ctx context.Context, tx *store.Tx) error {
	sub, err := subscription.Lock(ctx, tx, r.seen.SubscriptionID)
	if err != nil {
		return err
	}
	now, err := stateOf(ctx, tx, r.seen.SubscriptionID, r.seen.Meter)
	if err != nil || now.Attempts != r.seen.Attempts {
		return err
	}
	now.Attempts++
	periods, err := periodsOf(ctx, tx, sub, now.BookedUntil)
	if err != nil {
		return err
	}
	b := booking{metric: r.metric, state: &now, periods: periods, now: tx.Now()}
	if len(periods) > 0 {
		b.pass()
		r.apply(&b)
	}
	r.plan(&now, sub, tx.Now())
	if ok, err := save(ctx, tx, now, r.seen.Attempts); err != nil || !ok {
		return err
	}
	return usage.Book(ctx, tx, Source, b.out)
}

func (r reading) apply(b *booking) {
	if r.asked && r.failed == nil {
		b.read(r.quantity)
	}
}

// plan says when it is asked next. One that rests begins anew when it goes on:
// its gauge stands at nothing until it is read.
func (r reading) plan(s *State, sub subscription.Subscription, now time.Time) {
	if sub.Status != subscription.Active {
		s.BookedUntil = now
		if !r.metric.Counter {
			s.Last = nil
		}
		return
	}
	switch {
	case !r.asked:
	case r.failed != nil:
		s.Failures++
		s.LastError = fault.As(r.failed).Message
		s.DueAt = now.Add(backoff(s.Failures))
	default:
		s.Failures, s.LastError = 0, ""
		s.DueAt = now.Add(Pause(r.metric.Frequency))
	}
}

// backoff is the pause after the n-th failure in a row.
func backoff(n int) time.Duration {
	return min(30*time.Second<<min(n-1, 10), time.Hour)
}

// Pause is how long a frequency leaves between two readings.
func Pause(f catalog.Frequency) time.Duration {
	known := map[catalog.Frequency]time.Duration{
		"EVERY_30_SECONDS": 30 * time.Second, "EVERY_1_MINUTE": time.Minute, "EVERY_2_MINUTE": 2 * time.Minute, "EVERY_5_MINUTES": 5 * time.Minute,
		"EVERY_30_MINUTES": 30 * time.Minute, "EVERY_1_HOUR": time.Hour, "EVERY_24_HOUR": 24 * time.Hour, "EVERY_48_HOUR": 48 * time.Hour,
		"EVERY_WEEK": 7 * 24 * time.Hour}
	if pause, ok := known[f]; ok {
		return pause
	}
	return time.Hour
}
