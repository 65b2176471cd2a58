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
	conn        *sdk.Conn
	description sdk.Description
	protocol    int
	pid         int             // 0 in this process
	done        <-chan struct{} // closed when it has ended
	end         func() error    // frees what is left once it has ended and says why it did
	stop        func()          // asks it to end, then makes it; returns when it has ended
	kill        func()          // makes it end at once; does not wait

	probing atomic.Bool           // whether somebody is finding out if it hangs
	verdict atomic.Pointer[error] // why the host ended it, when it did
	memory  atomic.Int64          // bytes, as last measured
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
	record  *record
	again   chan struct{} // somebody wants a new process; one wish is kept

	mu        sync.Mutex
	changed   chan struct{} // closed and replaced whenever state changes
	state     State
	proc      *process // in StateRunning
	known     Info     // what the plugin said of itself when it last started
	startedAt time.Time
	starts    int
	failures  int // ends in a row that came too early; they set the pause
	lastErr   error
	lastErrAt time.Time
	nextTry   time.Time
	calls     int64
	errors    int64
}

func newSlot(h *Host, name string, bundled bool, r *record, launch launchFunc) *slot {
	return &slot{
		host: h, name: name, bundled: bundled, launch: launch, log: h.pluginLog(name, r), record: r,
		state: StateIdle, changed: make(chan struct{}), again: make(chan struct{}, 1),
	}
}

func (s *slot) info() Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.known
	i.Name, i.State, i.Bundled = s.name, s.state, s.bundled
	i.Restarts, i.Calls, i.Errors = max(0, s.starts-1), s.calls, s.errors
	if s.proc != nil {
		i.PID, i.StartedAt, i.Memory = s.proc.pid, s.startedAt, s.proc.memory.Load()
	}
	if s.lastErr != nil {
		i.LastError, i.LastErrorAt = s.lastErr.Error(), s.lastErrAt
	}
	if s.state == StateRestarting || s.state == StateFailed {
		i.NextStart = s.nextTry
	}
	return i
}

// note remembers a finished call.
func (s *slot) note(c Call) {
	s.record.calls.add(c)
	s.host.meters.note(s.name, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if c.failed() {
		s.errors++
	}
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
	select {
	case <-s.again: // granted by this very start
	default:
	}
	ctx, cancel := context.WithTimeout(s.host.life, s.host.cfg.StartTimeout)
	proc, err := s.launch(ctx)
	cancel()
	if err != nil {
		s.failed(err)
		return false
	}
	s.running(proc)
	memory := time.NewTicker(s.host.cfg.MemoryCheck)
	defer memory.Stop()
	for {
		select {
		case <-proc.done:
			s.died(proc, proc.end())
			return true
		case <-s.again:
			proc.stop()
			s.replaced(proc)
			return true
		case <-memory.C:
			s.weigh(proc)
		case <-s.host.life.Done():
			proc.stop()
			s.stopped()
			return false
		}
	}
}

// condemn ends a process and notes why.
func (s *slot) condemn(proc *process, why error) {
	if !proc.verdict.CompareAndSwap(nil, &why) {
		return
	}
	s.log.ErrorContext(s.host.life, "plugin process is ended", "pid", proc.pid, "reason", why)
	proc.kill()
}

// weigh ends a process that uses more memory than it may.
func (s *slot) weigh(proc *process) {
	used, ok := residentMemory(proc.pid)
	if !ok {
		return
	}
	proc.memory.Store(used)
	if most := s.host.cfg.MaxMemory; used > most {
		s.condemn(proc, fmt.Errorf("it used %d MiB of memory, where %d MiB are allowed, and was ended", used>>20, most>>20))
	}
}

// pause waits until the next start is due, or wanted.
func (s *slot) pause() bool {
	s.mu.Lock()
	wait := s.nextTry.Sub(s.host.cfg.Clock.Now())
	s.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.again:
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
	s.proc, s.startedAt = proc, s.host.cfg.Clock.Now()
	s.known = Info{Version: proc.description.Version, ProductTypes: proc.description.ProductTypes, Protocol: proc.protocol}
	s.setLocked(StateRunning)
	s.log.InfoContext(s.host.life, "plugin started", "pid", proc.pid, "version", s.known.Version, "restarts", s.starts-1)
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

func (s *slot) died(proc *process, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.host.cfg.Clock.Now().Sub(s.startedAt) >= s.host.cfg.StableAfter {
		s.failures = 0
	}
	if why := proc.verdict.Load(); why != nil {
		err = *why
	}
	if err == nil {
		err = errors.New("it ended by itself")
	}
	s.proc = nil
	pause := s.backOffLocked(fmt.Errorf("the process ended: %w", err))
	s.setLocked(StateRestarting)
	s.log.ErrorContext(s.host.life, "plugin process ended", "pid", proc.pid, "error", err, "pause", pause)
}

// replaced makes way for the next process at once: somebody asked for it, so
// it is no failure.
func (s *slot) replaced(proc *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proc, s.failures, s.nextTry = nil, 0, s.host.cfg.Clock.Now()
	s.setLocked(StateRestarting)
	s.log.InfoContext(s.host.life, "plugin is restarted on request", "pid", proc.pid)
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
	s.lastErr, s.lastErrAt = err, cfg.Clock.Now()
	s.nextTry = s.lastErrAt.Add(pause)
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
