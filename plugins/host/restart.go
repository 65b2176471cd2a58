package host

import (
	"context"

	"github.com/fondaco/fondaco/core/fault"
)

// restart has a new process started and waits until it answers.
func (s *slot) restart(ctx context.Context) error {
	if s.host.life.Err() != nil {
		return fault.New(fault.Precondition, "The plugins have been stopped.")
	}
	before := s.wish()
	for {
		proc, err := s.acquire(ctx)
		if err != nil {
			return fault.Newf(fault.Unavailable, "The plugin %s did not start again.", s.name).Because(err)
		}
		if proc != before {
			return nil
		}
		// The wish has not been heard yet.
		select {
		case <-proc.done:
		case <-ctx.Done():
			return fault.Newf(fault.Unavailable, "The plugin %s did not end in time.", s.name).Because(ctx.Err())
		}
	}
}

// wish asks for a new process, and tells which one there is until then. A
// process that failed to start may be tried again at once.
func (s *slot) wish() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures, s.nextTry = 0, s.host.cfg.Clock.Now()
	if s.state == StateRunning || s.state == StateRestarting {
		select {
		case s.again <- struct{}{}:
		default: // somebody else has just asked
		}
	}
	return s.proc
}
