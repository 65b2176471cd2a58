package host

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Config says which plugins there are and how they are run. Log is required;
// everything else has a default.
type Config struct {
	// Executable is started again as "Executable plugin serve NAME" for each
	// of Bundled. Empty means this process's own executable.
	Executable string
	// Bundled are the names of the plugins inside Executable.
	Bundled []string
	// Dir holds external plugins: executables named fondaco-plugin-NAME, each
	// with an optional fondaco-plugin-NAME.sha256 (or NAME.sha256) beside it.
	// Empty means none.
	Dir string
	// RequireChecksum refuses external plugins without a checksum file.
	RequireChecksum bool
	// PassEnv names environment variables that plugins see beside the few of
	// the built-in allow list (PATH, HOME, TZ, proxies, CA files, language).
	PassEnv []string

	Log *slog.Logger
	// Clock measures pauses and lifetimes; default: the machine's, which is
	// right for marketplaces with a clock of their own too.
	Clock clock.Clock

	StartTimeout time.Duration // from start to the first answer; default 30 s
	CallTimeout  time.Duration // for a call whose context has no deadline; default 15 min
	StopTimeout  time.Duration // from "please stop" to SIGKILL; default and most 2 s
	BackoffMin   time.Duration // first pause before a restart; default 200 ms
	BackoffMax   time.Duration // pauses double up to this; default 30 s
	StableAfter  time.Duration // a process that lived this long resets the pause; default 1 min
}

func (c *Config) setDefaults() {
	set := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	set(&c.StartTimeout, 30*time.Second)
	set(&c.CallTimeout, 15*time.Minute)
	set(&c.StopTimeout, 2*time.Second)
	set(&c.BackoffMin, 200*time.Millisecond)
	set(&c.BackoffMax, 30*time.Second)
	set(&c.StableAfter, time.Minute)
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
}

// State is what a plugin's process is doing.
type State string

// The states of a plugin. A plugin starts when it is first called.
const (
	StateIdle       State = "idle"       // not started yet
	StateStarting   State = "starting"   // started, has not answered yet
	StateRunning    State = "running"    // answers calls
	StateRestarting State = "restarting" // ended by itself; the next start is due after a pause
	StateFailed     State = "failed"     // did not start; LastError says why; a later call tries again
	StateStopped    State = "stopped"    // the host was stopped
)

// Info is what the operator sees of a plugin.
type Info struct {
	Name      string
	Version   string // as the plugin describes itself; "" before its first start
	State     State
	Restarts  int // starts after the first
	PID       int // 0 when no process runs
	LastError string
	StartedAt time.Time // of the running process, UTC; zero when none runs
	Bundled   bool
}

// Host owns the plugins' processes. Its methods may be called concurrently.
type Host struct {
	cfg   Config
	slots map[string]*slot

	// life ends with the first Stop; every goroutine of the host watches it.
	life context.Context
	end  context.CancelFunc
	wg   sync.WaitGroup

	mu      sync.Mutex
	started bool
	stopped bool
}

// New looks up the plugins and starts none. It fails when the configuration
// cannot work at all; a single bad plugin is reported by Plugins and by its
// own calls.
func New(cfg Config) (*Host, error) {
	cfg.setDefaults()
	var check fault.Check
	check.That(cfg.Log != nil, "log", "A logger is required.")
	check.That(cfg.BackoffMin <= cfg.BackoffMax, "backoffMin", "It must not be longer than backoffMax.")
	if err := check.Err(); err != nil {
		return nil, err
	}
	specs, err := discover(&cfg)
	if err != nil {
		return nil, err
	}
	h := newHost(cfg)
	for _, s := range specs {
		l := &launcher{cfg: &h.cfg, spec: s, log: h.pluginLog(s.name)}
		h.add(s.name, s.bundled, l.launch)
	}
	return h, nil
}

func newHost(cfg Config) *Host {
	life, end := context.WithCancel(context.Background())
	return &Host{cfg: cfg, slots: map[string]*slot{}, life: life, end: end}
}

func (h *Host) pluginLog(name string) *slog.Logger {
	return h.cfg.Log.With("component", "plugin", "plugin", name)
}

func (h *Host) add(name string, bundled bool, launch launchFunc) {
	h.slots[name] = newSlot(h, name, bundled, launch)
}

// Start lets calls in. Processes start when they are first called. Starting
// twice is harmless; starting after Stop is an error.
func (h *Host) Start(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return fault.New(fault.Precondition, "The plugin host was stopped and cannot be started again.")
	}
	h.started = true
	return nil
}

// Stop ends all plugin processes and waits until none is left: first by
// asking, after StopTimeout or when ctx ends with SIGKILL. Calls under way end
// with a transient error. Stopping twice, or without Start, is harmless.
func (h *Host) Stop(ctx context.Context) error {
	h.mu.Lock()
	h.stopped = true
	h.end()
	h.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		h.wg.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		for _, s := range h.slots {
			s.kill()
		}
		<-gone
	}
	return nil
}

// enter counts one more goroutine to wait for, unless the host does not run.
func (h *Host) enter() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stopped:
		return sdk.Transient(nil, "the plugins have been stopped")
	case !h.started:
		return sdk.Transient(nil, "the plugins have not been started yet")
	}
	h.wg.Add(1)
	return nil
}

// Provider returns a handle on the named plugin. It stays valid over restarts;
// a fault.NotFound error says that there is no such plugin.
func (h *Host) Provider(name string) (sdk.Provider, error) {
	s, ok := h.slots[name]
	if !ok {
		return nil, fault.New(fault.NotFound, fmt.Sprintf("There is no plugin %q. Known plugins: %q.", name, h.names()))
	}
	return &handle{slot: s, timeout: h.cfg.CallTimeout}, nil
}

// Plugins returns all plugins by name.
func (h *Host) Plugins() []Info {
	infos := make([]Info, 0, len(h.slots))
	for _, name := range h.names() {
		infos = append(infos, h.slots[name].info())
	}
	return infos
}

func (h *Host) names() []string { return slices.Sorted(maps.Keys(h.slots)) }
