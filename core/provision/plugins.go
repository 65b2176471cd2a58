package provision

import (
	"context"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// PluginHost is where plugins run, as operators see it. plugins/host does it;
// an installation whose plugins run elsewhere has none.
type PluginHost interface {
	// Plugins lists all plugins by name.
	Plugins() []Plugin
	// Calls and Log are the newest first; none for a plugin that there is not.
	Calls(name string) []PluginCall
	Log(name string) []PluginLine
	// Restart ends the plugin's process and waits until the next one answers.
	Restart(ctx context.Context, name string) error
}

// Plugin is a plugin and how its process is.
type Plugin struct {
	Name         string
	State        string // idle, starting, running, restarting, failed, stopped
	Version      string // "" before its first start, as are the types
	ProductTypes []string
	Protocol     int
	Bundled      bool

	Restarts    int // starts after the first
	PID         int // 0 when no process runs
	Memory      int64
	StartedAt   time.Time
	NextStart   time.Time // when a process that ended may be started again
	LastError   string
	LastErrorAt time.Time
	Calls       int64
	Errors      int64
}

// PluginCall is one finished call: what was asked and how it ended, nothing of
// what was sent.
type PluginCall struct {
	At             time.Time
	Method         string
	SubscriptionID int64 // 0 for calls that concern none
	Duration       time.Duration
	Code           sdk.Code // "" when it went well
}

// PluginLine is one line of a plugin's log.
type PluginLine struct {
	At      time.Time
	Level   string // INFO, WARN, ERROR
	Message string
}

// PluginDetail is a plugin with what it did lately.
type PluginDetail struct {
	Plugin
	Calls []PluginCall
	Log   []PluginLine
}

// ListPlugins returns the installation's plugins.
func (s *Service) ListPlugins(actor account.Actor) ([]Plugin, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return nil, err
	}
	if s.host == nil {
		return nil, nil
	}
	return s.host.Plugins(), nil
}

// Plugin returns one plugin with its latest calls and log lines.
func (s *Service) Plugin(actor account.Actor, name string) (PluginDetail, error) {
	all, err := s.ListPlugins(actor)
	if err != nil {
		return PluginDetail{}, err
	}
	i := slices.IndexFunc(all, func(p Plugin) bool { return p.Name == name })
	if i < 0 {
		return PluginDetail{}, noPlugin(name)
	}
	return PluginDetail{Plugin: all[i], Calls: s.host.Calls(name), Log: s.host.Log(name)}, nil
}

// RestartPlugin ends a plugin's process and waits for the next one. Calls that
// are under way are tried again by whoever made them.
func (s *Service) RestartPlugin(ctx context.Context, actor account.Actor, name string) error {
	if _, err := s.Plugin(actor, name); err != nil {
		return err
	}
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "plugin.restart", Entity: "plugin", After: map[string]string{"name": name}})
	})
	if err != nil {
		return err
	}
	return s.host.Restart(ctx, name)
}

// DescribePlugin asks a plugin what it is, starting it if need be.
func (s *Service) DescribePlugin(ctx context.Context, actor account.Actor, name string) (sdk.Description, error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return sdk.Description{}, err
	}
	plugin, err := s.plugins.Provider(name)
	if err != nil {
		return sdk.Description{}, noPlugin(name)
	}
	d, err := plugin.Describe(ctx)
	if err != nil {
		return d, fault.Newf(fault.Unavailable, "The plugin %s does not answer: %s", name, unwell(err)).Because(err)
	}
	return d, nil
}

func noPlugin(name string) error {
	return fault.Newf(fault.NotFound, "There is no plugin %q.", name)
}
