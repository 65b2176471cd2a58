package trial

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

// Config says which plugin is tried: a bundled one, or a file.
type Config struct {
	// Bundled is the name of one that Executable (default: this process's
	// own) is when it is started with "plugin serve NAME".
	Bundled    string
	Executable string
	// Path is an executable in any language.
	Path string
	// PassEnv names environment variables that the plugin sees; see
	// host.Config.
	PassEnv []string
	// StartTimeout is how long the plugin may take to answer first; default
	// 30 s.
	StartTimeout time.Duration
}

// fileName is what a plugin that is a file is called during the trial.
const fileName = "subject"

// Plugin is one that is being tried.
type Plugin struct {
	host     *host.Host
	name     string
	provider sdk.Provider
	output   *output
}

// Start makes the plugin ready; its process starts with the first call. Stop
// it at the end.
func Start(ctx context.Context, cfg Config) (*Plugin, error) {
	p := &Plugin{name: cfg.Bundled, output: &output{}}
	h := host.Config{
		Executable: cfg.Executable, PassEnv: cfg.PassEnv, StartTimeout: cfg.StartTimeout,
		Log: slog.New(slog.NewTextHandler(p.output, &slog.HandlerOptions{Level: slog.LevelDebug})),
		// It is killed on purpose, often: the next process comes at once.
		BackoffMin: 5 * time.Millisecond, BackoffMax: 5 * time.Millisecond,
	}
	switch {
	case cfg.Bundled != "" && cfg.Path == "":
		h.Bundled = []string{cfg.Bundled}
	case cfg.Path != "" && cfg.Bundled == "":
		path, err := filepath.Abs(cfg.Path)
		if err != nil {
			return nil, err
		}
		p.name, h.Files = fileName, map[string]string{fileName: path}
	default:
		return nil, fault.New(fault.Invalid, "Name either a bundled plugin or a file.")
	}
	var err error
	if p.host, err = host.New(h); err != nil {
		return nil, err
	}
	if err := p.host.Start(ctx); err != nil {
		return nil, err
	}
	p.provider, err = p.host.Provider(p.name)
	return p, err
}

// Stop ends the plugin's process.
func (p *Plugin) Stop(ctx context.Context) error { return p.host.Stop(ctx) }

// Subject is s with this plugin as its provider.
func (p *Plugin) Subject(s conformance.Subject) conformance.Subject {
	s.Provider, s.Kill, s.Output = p.provider, p.kill, p.output.String
	return s
}

// kill ends the process as a crash does. One that is gone already, or is just
// being started again, needs no more.
func (p *Plugin) kill(context.Context) error {
	for _, i := range p.host.Plugins() {
		if i.Name != p.name || i.PID == 0 {
			continue
		}
		process, err := os.FindProcess(i.PID)
		if err != nil {
			return err
		}
		if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	return nil
}

// Output is all that the plugin has written, and what its host wrote about it.
func (p *Plugin) Output() string { return p.output.String() }

// output keeps what is written to it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write keeps it.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// String returns all of it.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
