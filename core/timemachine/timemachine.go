// Package timemachine advances the clock of a sandbox marketplace (X1):
// everything that would have happened until then happens, in order, before it
// answers.
package timemachine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
)

// Config is what the service needs.
type Config struct {
	DB   *store.DB
	Jobs *jobs.Client
	// Run does what is due now; NextDue says when something is due next.
	Run     func(ctx context.Context, marketplace int64) (int, error)
	NextDue func(ctx context.Context, marketplace int64) (time.Time, bool, error)
	// Flush, when set, waits for usage that is on its way (a gateway's queue
	// of log entries, the windows of clouds), so that it is in before its
	// period is billed. Its error ends the advance.
	Flush func(ctx context.Context, marketplace int64) error
}

// Service advances clocks, one at a time.
type Service struct {
	cfg Config
	mu  sync.Mutex
}

// New returns the service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// Furthest is how far one call may advance.
const Furthest = 5 * 366 * 24 * time.Hour

// patience bounds the wait for the jobs of one step.
const patience = 60 * time.Second

// Now returns the marketplace's time.
func (s *Service) Now(ctx context.Context, marketplace int64) (time.Time, error) {
	return s.cfg.DB.Now(ctx, marketplace)
}

// Advance moves the clock of the actor's marketplace to the instant, stopping
// at each instant in between at which something is due. When it fails on the
// way, the clock stands where it stopped and may be advanced again.
func (s *Service) Advance(ctx context.Context, actor account.Actor, to time.Time) (time.Time, error) {
	if err := s.check(ctx, actor, to); err != nil {
		return time.Time{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := actor.MarketplaceID
	if err := s.settle(ctx, m); err != nil {
		return time.Time{}, err
	}
	for {
		next, ok, err := s.cfg.NextDue(ctx, m)
		if err != nil {
			return time.Time{}, err
		}
		if !ok || next.After(to) {
			break
		}
		if err := s.step(ctx, actor, next); err != nil {
			return time.Time{}, err
		}
	}
	if err := s.step(ctx, actor, to); err != nil {
		return time.Time{}, err
	}
	return s.Now(ctx, m)
}

func (s *Service) check(ctx context.Context, actor account.Actor, to time.Time) error {
	if err := actor.Need(account.AdvanceClock); err != nil {
		return err
	}
	return s.cfg.DB.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		m, err := account.MarketplaceOf(ctx, tx)
		if err != nil {
			return err
		}
		if !m.Sandbox {
			return fault.New(fault.Forbidden, "Only a sandbox marketplace has a clock that can be advanced.")
		}
		var c fault.Check
		c.That(!to.Before(tx.Now()), "advanceTo", "The clock only goes forward; it stands at "+tx.Now().Format(time.RFC3339)+".")
		c.That(to.Sub(tx.Now()) <= Furthest, "advanceTo", "Advance at most five years at once.")
		return c.Err()
	})
}

// step moves the clock to the instant, if it is not there yet, and lets
// everything happen that is due then.
func (s *Service) step(ctx context.Context, actor account.Actor, to time.Time) error {
	err := s.cfg.DB.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		if !to.After(tx.Now()) {
			return nil
		}
		from := tx.Now()
		if err := tx.MoveClock(ctx, to); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "clock.advance", Entity: "marketplace",
			EntityID: actor.MarketplaceID, Before: from, After: to})
	})
	if err != nil {
		return err
	}
	return s.settle(ctx, actor.MarketplaceID)
}

// settle brings in usage on its way, runs what is due and waits for the jobs
// that follow from it.
func (s *Service) settle(ctx context.Context, marketplace int64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if s.cfg.Flush != nil {
		if err := s.cfg.Flush(ctx, marketplace); err != nil {
			return err
		}
	}
	if err := s.cfg.Jobs.WaitIdle(ctx, marketplace); err != nil {
		return late(err)
	}
	if _, err := s.cfg.Run(ctx, marketplace); err != nil {
		return err
	}
	return late(s.cfg.Jobs.WaitIdle(ctx, marketplace))
}

func late(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Unavailable, "Work is still going on; the clock stands at the last step. Try again in a moment.").Because(err)
	}
	return err
}
