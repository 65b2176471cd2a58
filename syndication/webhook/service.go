package webhook

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/syndication/webhook/send"
)

// ScheduleFunc says how long to wait after the n-th attempt (from 1), and
// whether there is another at all.
type ScheduleFunc func(a send.Attempt, n int) (time.Duration, bool)

// Config is what the service needs; Schedule and OnAttempt may be nil.
type Config struct {
	DB      *store.DB
	Jobs    *jobs.Client
	Events  *event.Log
	Catalog *catalog.Service
	Sender  *send.Sender
	Log     *slog.Logger
	// Schedule of attempts; that of the package send when nil.
	Schedule ScheduleFunc
	// OnAttempt is told of every recorded attempt and the status after it,
	// for counters. It must not block.
	OnAttempt func(a send.Attempt, after Status)
}

// Service delivers events and keeps the log of it.
type Service struct {
	db        *store.DB
	jobs      *jobs.Client
	catalog   *catalog.Service
	sender    *send.Sender
	log       *slog.Logger
	schedule  ScheduleFunc
	onAttempt func(send.Attempt, Status)
}

// New returns the service, subscribes it to the events and registers its job.
func New(cfg Config) *Service {
	s := &Service{db: cfg.DB, jobs: cfg.Jobs, catalog: cfg.Catalog, sender: cfg.Sender,
		log: cfg.Log.With("component", "webhook"), schedule: cfg.Schedule, onAttempt: cfg.OnAttempt}
	if s.schedule == nil {
		s.schedule = func(a send.Attempt, n int) (time.Duration, bool) { return a.Wait(n, rand.Float64) }
	}
	if s.onAttempt == nil {
		s.onAttempt = func(send.Attempt, Status) {}
	}
	cfg.Events.Subscribe(s.announce)
	jobs.Register(cfg.Jobs, s.deliver)
	return s
}

// Deliveries lists deliveries to the endpoints of the actor's products, newest
// first; all of them for operators. Who sells nothing is Forbidden.
func (s *Service) Deliveries(ctx context.Context, actor account.Actor, f Filter, req page.Request) (page.Page[Delivery], error) {
	if err := actor.Need(account.ReplayDeliveries); err != nil {
		return page.Page[Delivery]{}, err
	}
	if err := f.Validate(); err != nil {
		return page.Page[Delivery]{}, err
	}
	var out page.Page[Delivery]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = list(ctx, tx, actor, f, req)
		for i := range out.Items {
			s.toMarketTime(tx, &out.Items[i])
		}
		return err
	})
	return out, err
}

// Delivery returns one of the actor's deliveries with the log of its attempts,
// oldest first.
func (s *Service) Delivery(ctx context.Context, actor account.Actor, id int64) (Delivery, error) {
	if err := actor.Need(account.ReplayDeliveries); err != nil {
		return Delivery{}, err
	}
	var d Delivery
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		found, err := byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := actor.NeedOwn("delivery", found.VendorID); err != nil {
			return err
		}
		if found.Log, err = attemptsOf(ctx, tx, id); err != nil {
			return err
		}
		s.toMarketTime(tx, &found)
		d = found
		return nil
	})
	return d, err
}

// Replay sends a delivery again now, whatever became of it: the same id and
// body with a fresh signature, to the product's present endpoint. When it fails
// the schedule goes on where it stood; a dead one is dead again. One that is
// about to make its first attempt stays as it is.
func (s *Service) Replay(ctx context.Context, actor account.Actor, id int64) (Delivery, error) {
	if err := actor.Need(account.ReplayDeliveries); err != nil {
		return Delivery{}, err
	}
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		d, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := actor.NeedOwn("delivery", d.VendorID); err != nil {
			return err
		}
		if d.Attempts == 0 {
			return nil
		}
		return s.replay(ctx, tx, actor, d)
	})
	if err != nil {
		return Delivery{}, err
	}
	return s.Delivery(ctx, actor, id)
}

func (s *Service) replay(ctx context.Context, tx *store.Tx, actor account.Actor, d Delivery) error {
	p, err := catalog.ProductByID(ctx, tx, d.ProductID)
	if err != nil {
		return err
	}
	if p.SyndicationURL == "" {
		return fault.Newf(fault.Precondition, "%s has no endpoint for events any more. Enter one first.", p.Name).With("delivery", d.ID)
	}
	before := d.Status
	d.Status, d.NextAttemptAt = Pending, new(s.db.Clock().Now())
	if err := save(ctx, tx, d); err != nil {
		return err
	}
	// A job that waits for the same attempt finds it done.
	if err := s.enqueue(ctx, tx, d.ID, d.Attempts+1, 0); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "delivery.replay", Entity: "delivery", EntityID: d.ID,
		Before: map[string]Status{"status": before}, After: map[string]Status{"status": Pending}})
}

// toMarketTime converts the instant of the next attempt, which is kept in real
// time because receivers live in it, for people who read it beside the rest.
func (s *Service) toMarketTime(tx *store.Tx, d *Delivery) {
	if d.NextAttemptAt == nil {
		return
	}
	offset := tx.Now().Sub(s.db.Clock().Now()).Round(time.Second)
	d.NextAttemptAt = new(d.NextAttemptAt.Add(offset))
}
