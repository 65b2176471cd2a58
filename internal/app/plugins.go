package app

import (
	"context"

	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/plugins/host"
)

// pluginHost shows the processes of plugins to operators; nil for plugins that
// are no processes of ours.
func pluginHost(plugins provision.Plugins) provision.PluginHost {
	h, ok := plugins.(*host.Host)
	if !ok {
		return nil
	}
	return processes{h}
}

// processes says what a host says in the words of core/provision.
type processes struct{ host *host.Host }

// Plugins lists all plugins by name.
func (p processes) Plugins() []provision.Plugin {
	var out []provision.Plugin
	for _, i := range p.host.Plugins() {
		out = append(out, provision.Plugin{Name: i.Name, State: string(i.State), Version: i.Version, ProductTypes: i.ProductTypes, Protocol: i.Protocol,
			Bundled: i.Bundled, Restarts: i.Restarts, PID: i.PID, Memory: i.Memory, StartedAt: i.StartedAt, NextStart: i.NextStart,
			LastError: i.LastError, LastErrorAt: i.LastErrorAt, Calls: i.Calls, Errors: i.Errors})
	}
	return out
}

// Calls are the latest calls of a plugin.
func (p processes) Calls(name string) []provision.PluginCall {
	var out []provision.PluginCall
	for _, c := range p.host.Calls(name) {
		out = append(out, provision.PluginCall(c))
	}
	return out
}

// Log are the latest lines of a plugin.
func (p processes) Log(name string) []provision.PluginLine {
	var out []provision.PluginLine
	for _, l := range p.host.Log(name) {
		out = append(out, provision.PluginLine{At: l.At, Level: l.Level.String(), Message: l.Message})
	}
	return out
}

// Restart starts a plugin's process anew.
func (p processes) Restart(ctx context.Context, name string) error { return p.host.Restart(ctx, name) }
