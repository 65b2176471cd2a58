package webhook

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	mathrand "math/rand/v2"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/syndication/webhook/send"
	"github.com/prometheus/client_golang/prometheus"
)

// ScheduleFunc says how long to wait after the n-th attempt (from 1), and
// whether there is another at all.
type ScheduleFunc func(a send.Attempt, n int) (time.Duration, bool)

// Config is what the service needs; what has a default may be left out.
type Config struct {
	DB     *store.DB
	Jobs   *jobs.Client
	Events *event.Log
	Box    *secret.Box
	Sender *send.Sender
	Log    *slog.Logger
	// Schedule of attempts; that of the package send when nil.
	Schedule ScheduleFunc
	// DisableAfter is how long an endpoint may do nothing but fail before it is
	// disabled; default 5 days.
	DisableAfter time.Duration
	// InFlight bounds the attempts that run at once over all endpoints, beside
	// one that each may always make; default 256.
	InFlight int
	// Metrics is where attempts are counted; nil counts nowhere.
	Metrics prometheus.Registerer
}

func (cfg Config) withDefaults() Config {
	cfg.DisableAfter = cmp.Or(cfg.DisableAfter, 5*24*time.Hour)
	cfg.InFlight = cmp.Or(cfg.InFlight, 256)
	if cfg.Schedule == nil {
		cfg.Schedule = func(a send.Attempt, n int) (time.Duration, bool) { return a.Wait(n, mathrand.Float64) }
	}
	return cfg
}

// Service delivers events and keeps the log of it.
type Service struct {
	cfg    Config
	db     *store.DB
	events *event.Log
	box    *secret.Box
	log    *slog.Logger
	engine *engine
	tried  *prometheus.CounterVec
}

// New returns the service, subscribes it to the events and registers its loop.
func New(cfg Config) *Service {
	cfg = cfg.withDefaults()
	s := &Service{cfg: cfg, db: cfg.DB, events: cfg.Events, box: cfg.Box, log: cfg.Log.With("component", "webhook")}
	s.tried = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fondaco_webhook_attempts_total",
		Help: "Attempts to deliver a webhook, by what became of the delivery."}, []string{"status"})
	if cfg.Metrics != nil {
		cfg.Metrics.MustRegister(s.tried)
	}
	s.engine = newEngine(s, rand.Text(), cfg.InFlight)
	cfg.Events.SubscribeBatch(s.announce)
	cfg.Jobs.AddLoop(jobs.Loop{Name: "webhook.deliver", Every: pollEvery, Round: s.engine.round, End: s.engine.end, Pending: s.due})
	jobs.Register(cfg.Jobs, func(context.Context, jobs.Job[deliverArgs]) error { return nil })
	return s
}

// deliverArgs are of a job that made one attempt, in the queues of databases
// from before the loop. The loop finds its delivery; the job has nothing to do.
type deliverArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
}

// Kind names the job in the queue.
func (deliverArgs) Kind() string { return "webhook.deliver" }

// Scope says where it works.
func (a deliverArgs) Scope() int64 { return a.MarketplaceID }

// Deliveries lists deliveries to the actor's endpoints, newest first; all of
// them for operators.
func (s *Service) Deliveries(ctx context.Context, actor account.Actor, f Filter, req page.Request) (page.Page[Delivery], error) {
	if err := cmp.Or(actor.Need(account.ReplayDeliveries), f.Validate()); err != nil {
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
		if err := actor.NeedOwn("delivery", found.OwnerID); err != nil {
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

// toMarketTime converts the instant of the next attempt, which is kept in real
// time because receivers live in it, for people who read it beside the rest.
func (s *Service) toMarketTime(tx *store.Tx, d *Delivery) {
	if d.NextAttemptAt == nil {
		return
	}
	offset := tx.Now().Sub(s.db.Clock().Now()).Round(time.Second)
	d.NextAttemptAt = new(d.NextAttemptAt.Add(offset))
}
