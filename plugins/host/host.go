package host

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

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
	// Files are further external plugins by name, wherever they are; a
	// checksum beside one counts as it does in Dir.
	Files map[string]string
	// RequireChecksum refuses external plugins without a checksum file.
	RequireChecksum bool
	// PassEnv names environment variables that plugins see beside the few of
	// the built-in allow list (PATH, HOME, TZ, proxies, CA files, language).
	PassEnv []string

	Log *slog.Logger
	// Metrics is where calls are counted by plugin, method and outcome; nil
	// counts them nowhere.
	Metrics prometheus.Registerer
	// Clock measures pauses and lifetimes; default: the machine's, which is
	// right for marketplaces with a clock of their own too.
	Clock clock.Clock

	StartTimeout time.Duration // from start to the first answer; default 30 s
	CallTimeout  time.Duration // for a call whose context has no deadline; default 15 min
	StopTimeout  time.Duration // from "please stop" to SIGKILL; default and most 2 s
	BackoffMin   time.Duration // first pause before a restart; default 200 ms
	BackoffMax   time.Duration // pauses double up to this; default 30 s
	StableAfter  time.Duration // a process that lived this long resets the pause; default 1 min

	// MaxMemory is how many bytes of memory a plugin's process may hold before
	// it is ended and started again; default 1 GiB. Only Linux tells how much
	// it holds; elsewhere nobody looks.
	MaxMemory   int64
	MemoryCheck time.Duration // how often that is looked at; default 250 ms
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
	set(&c.MemoryCheck, 250*time.Millisecond)
	if c.MaxMemory <= 0 {
		c.MaxMemory = 1 << 30
	}
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
	Name  string
	State State
	// Version, ProductTypes and Protocol (the version of the plugin protocol)
	// are as the plugin said at its last start; empty before the first.
	Version      string
	ProductTypes []string
	Protocol     int

	Restarts  int       // starts after the first
	PID       int       // 0 when no process runs
	Memory    int64     // bytes that the process holds; 0 when it is not known
	StartedAt time.Time // of the running process, UTC; zero when none runs
	NextStart time.Time // when a process that ended, or did not start, may be started again; else zero

	// LastError says why a process last ended or did not start; it stays when
	// the next one runs. LastErrorAt is when.
	LastError   string
	LastErrorAt time.Time

	Calls   int64 // since the host was made
	Errors  int64 // those that ended with an error; "not yet" is none
	Bundled bool
}

// Host owns the plugins' processes. Its methods may be called concurrently.
type Host struct {
	cfg    Config
	slots  map[string]*slot
	meters *meters

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
	if cfg.Metrics != nil {
		if err := h.meters.register(cfg.Metrics); err != nil {
			return nil, fmt.Errorf("counting the calls to plugins: %w", err)
		}
	}
	for _, s := range specs {
		r := newRecord()
		l := &launcher{cfg: &h.cfg, spec: s, log: h.pluginLog(s.name, r)}
		h.add(s.name, s.bundled, r, l.launch)
	}
	return h, nil
}

func newHost(cfg Config) *Host {
	life, end := context.WithCancel(context.Background())
	return &Host{cfg: cfg, slots: map[string]*slot{}, meters: newMeters(), life: life, end: end}
}

// pluginLog logs with the plugin's name, and keeps the last lines in r.
func (h *Host) pluginLog(name string, r *record) *slog.Logger {
	named := h.cfg.Log.With("component", "plugin", "plugin", name)
	return slog.New(&keeper{Handler: named.Handler(), lines: &r.lines})
}

func (h *Host) add(name string, bundled bool, r *record, launch launchFunc) {
	h.slots[name] = newSlot(h, name, bundled, r, launch)
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
	s, err := h.slot(name)
	if err != nil {
		return nil, err
	}
	return &handle{slot: s, timeout: h.cfg.CallTimeout}, nil
}

func (h *Host) slot(name string) (*slot, error) {
	s, ok := h.slots[name]
	if !ok {
		return nil, fault.Newf(fault.NotFound, "There is no plugin %q. Known plugins: %q.", name, h.Names())
	}
	return s, nil
}

// Restart ends the named plugin's process, if it has one, and starts a new one
// without a pause. It returns once the new one answers, or says why none does.
// Calls under way end with a transient error, or are made again.
func (h *Host) Restart(ctx context.Context, name string) error {
	s, err := h.slot(name)
	if err != nil {
		return err
	}
	return s.restart(ctx)
}

// Plugins returns all plugins by name.
func (h *Host) Plugins() []Info {
	infos := make([]Info, 0, len(h.slots))
	for _, name := range h.Names() {
		infos = append(infos, h.slots[name].info())
	}
	return infos
}

// Names lists the plugins' names in order.
func (h *Host) Names() []string { return slices.Sorted(maps.Keys(h.slots)) }
