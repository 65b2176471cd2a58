package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// process is one running plugin, in a child process or, for tests, in this one.
type process struct {
	conn    *sdk.Conn
	version string
	pid     int             // 0 in this process
	done    <-chan struct{} // closed when it has ended
	end     func() error    // frees what is left once it has ended and says why it did
	stop    func()          // asks it to end, then makes it; returns when it has ended
	kill    func()          // makes it end at once; does not wait

	probing atomic.Bool // whether somebody is finding out if it hangs
}

// ended reports whether the process is gone.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// launchFunc starts a plugin and returns once it has answered. ctx bounds the
// start, not the process.
type launchFunc func(ctx context.Context) (*process, error)

// slot is a plugin's place in the host: at most one process at a time, started
// by the first call and started again when it ends by itself.
type slot struct {
	host    *Host
	name    string
	bundled bool
	launch  launchFunc
	log     *slog.Logger

	mu        sync.Mutex
	changed   chan struct{} // closed and replaced whenever state changes
	state     State
	proc      *process // in StateRunning
	version   string
	startedAt time.Time
	starts    int
	failures  int // ends in a row that came too early; they set the pause
	lastErr   error
	nextTry   time.Time
}

func newSlot(h *Host, name string, bundled bool, launch launchFunc) *slot {
	return &slot{
		host: h, name: name, bundled: bundled, launch: launch, log: h.pluginLog(name),
		state: StateIdle, changed: make(chan struct{}),
	}
}

func (s *slot) info() Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := Info{Name: s.name, Version: s.version, State: s.state, Restarts: max(0, s.starts-1), Bundled: s.bundled}
	if s.proc != nil {
		i.PID, i.StartedAt = s.proc.pid, s.startedAt
	}
	if s.lastErr != nil {
		i.LastError = s.lastErr.Error()
	}
	return i
}

// acquire returns the running process. It starts one if there is none, and
// waits for one as long as ctx allows; its errors are transient sdk errors.
func (s *slot) acquire(ctx context.Context) (*process, error) {
	for {
		proc, changed, err := s.look(ctx)
		if proc != nil || err != nil {
			return proc, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, sdk.Transient(ctx.Err(), "the plugin %s did not start in time", s.name)
		}
	}
}

// look returns the process, or what to wait for, or why waiting is pointless.
func (s *slot) look(ctx context.Context) (*process, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.host.cfg.Clock.Now()
	switch s.state {
	case StateRunning:
		// A process that has just died is still here until run has noticed.
		if s.proc.ended() {
			return nil, s.changed, nil
		}
		return s.proc, nil, nil
	case StateRestarting:
		if deadline, ok := ctx.Deadline(); ok && deadline.Before(s.nextTry) {
			return nil, nil, s.unavailable("is restarted at " + s.nextTry.Format(time.RFC3339))
		}
	case StateFailed:
		if now.Before(s.nextTry) {
			return nil, nil, s.unavailable("did not start")
		}
		return nil, s.changed, s.startLocked()
	case StateIdle:
		return nil, s.changed, s.startLocked()
	case StateStopped:
		return nil, nil, s.unavailable("was stopped")
	}
	return nil, s.changed, nil
}

func (s *slot) unavailable(what string) error {
	return sdk.Transient(s.lastErr, "the plugin %s %s", s.name, what)
}

func (s *slot) startLocked() error {
	if err := s.host.enter(); err != nil {
		return err
	}
	s.setLocked(StateStarting)
	go s.run()
	return nil
}

func (s *slot) setLocked(state State) {
	s.state = state
	close(s.changed)
	s.changed = make(chan struct{})
}

// run keeps the plugin running until the host stops or a start fails.
func (s *slot) run() {
	defer s.host.wg.Done()
	for s.live() && s.pause() {
	}
}

// live is the life of one process; it reports whether there is to be another.
func (s *slot) live() bool {
	ctx, cancel := context.WithTimeout(s.host.life, s.host.cfg.StartTimeout)
	proc, err := s.launch(ctx)
	cancel()
	if err != nil {
		s.failed(err)
		return false
	}
	s.running(proc)
	select {
	case <-proc.done:
		s.died(proc.end())
		return true
	case <-s.host.life.Done():
		proc.stop()
		s.stopped()
		return false
	}
}

// pause waits until the next start is due.
func (s *slot) pause() bool {
	s.mu.Lock()
	wait := s.nextTry.Sub(s.host.cfg.Clock.Now())
	s.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.host.life.Done():
		s.stopped()
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setLocked(StateStarting)
	return true
}

func (s *slot) running(proc *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.starts++
	s.proc, s.version, s.startedAt = proc, proc.version, s.host.cfg.Clock.Now()
	s.setLocked(StateRunning)
	s.log.InfoContext(s.host.life, "plugin started", "pid", proc.pid, "version", proc.version, "restarts", s.starts-1)
}

func (s *slot) failed(err error) {
	if s.host.life.Err() != nil {
		s.stopped()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pause := s.backOffLocked(err)
	s.setLocked(StateFailed)
	s.log.ErrorContext(s.host.life, "plugin did not start", "error", err, "pause", pause)
}

func (s *slot) died(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.host.cfg.Clock.Now().Sub(s.startedAt) >= s.host.cfg.StableAfter {
		s.failures = 0
	}
	if err == nil {
		err = errors.New("it ended by itself")
	}
	pid := s.proc.pid
	s.proc = nil
	pause := s.backOffLocked(fmt.Errorf("the process ended: %w", err))
	s.setLocked(StateRestarting)
	s.log.ErrorContext(s.host.life, "plugin process ended", "pid", pid, "error", err, "pause", pause)
}

func (s *slot) stopped() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proc = nil
	s.setLocked(StateStopped)
	s.log.InfoContext(s.host.life, "plugin stopped")
}

// backOffLocked notes a failure and when the next start is due: pauses double
// from BackoffMin to BackoffMax.
func (s *slot) backOffLocked(err error) time.Duration {
	cfg := &s.host.cfg
	pause := cfg.BackoffMax
	if s.failures < 30 {
		pause = min(pause, cfg.BackoffMin<<s.failures)
	}
	s.failures++
	s.lastErr = err
	s.nextTry = cfg.Clock.Now().Add(pause)
	return pause
}

// kill ends the process at once, if there is one.
func (s *slot) kill() {
	s.mu.Lock()
	proc := s.proc
	s.mu.Unlock()
	if proc != nil {
		proc.kill()
	}
}
