package portal

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// pluginsData is the data of page "operator/plugins".
type pluginsData struct {
	ui.Page
	Rows  []pluginRow
	Empty ui.Empty
}

// pluginRow is a plugin with how its process is, and how its providers are.
type pluginRow struct {
	provision.Plugin
	Badge     badge
	Types     string
	Providers []providerRow
	Href      string
}

func pluginPath(name string) string { return "/operator/plugins/" + url.PathEscape(name) }

func (p *Portal) plugins(v *visit) error {
	all, err := p.Provision.ListPlugins(v.actor)
	if err != nil {
		return err
	}
	providers, err := v.providerRows()
	if err != nil {
		return err
	}
	d := pluginsData{Page: v.base("Plugins"), Empty: ui.Empty{Title: "No plugins",
		Text: "A plugin connects the marketplace to a kind of gateway or cloud. Those of this installation appear here."}}
	for _, plugin := range all {
		d.Rows = append(d.Rows, v.pluginRow(plugin, providers))
	}
	return v.render(http.StatusOK, "operator/plugins", d)
}

func (v *visit) pluginRow(plugin provision.Plugin, providers []providerRow) pluginRow {
	row := pluginRow{Plugin: plugin, Badge: pluginBadge(plugin.State), Types: strings.Join(plugin.ProductTypes, ", "), Href: pluginPath(plugin.Name)}
	for _, provider := range providers {
		if provider.Plugin == plugin.Name {
			row.Providers = append(row.Providers, provider)
		}
	}
	return row
}

// pluginBadge is what a plugin's process is doing.
func pluginBadge(state string) badge {
	switch state {
	case "running":
		return badge{ui.Good, "Running"}
	case "starting":
		return badge{ui.Pending, "Starting"}
	case "restarting":
		return badge{ui.Warn, "Restarting"}
	case "failed":
		return badge{ui.Bad, "Does not start"}
	case "stopped":
		return badge{ui.Off, "Stopped"}
	}
	return badge{ui.Off, "Not needed yet"}
}

// pluginData is the data of page "operator/plugin".
type pluginData struct {
	ui.Page
	pluginRow
	MemoryMB int64
	Calls    []callRow
	Lines    []lineRow
	Restart  ui.Dialog
}

// callRow is a call as a table shows it.
type callRow struct {
	provision.PluginCall
	Badge badge
	Took  string
	Sale  string // address of the subscription; "" without one
}

// lineRow is a line of the log, with its mark.
type lineRow struct {
	provision.PluginLine
	Badge badge
}

// pluginShows is how many calls and lines a plugin's page shows.
const pluginShows = 100

func (p *Portal) plugin(v *visit) error {
	found, err := p.Provision.Plugin(v.actor, v.param("name"))
	if err != nil {
		return err
	}
	providers, err := v.providerRows()
	if err != nil {
		return err
	}
	d := pluginData{Page: v.base("Plugin " + found.Name), pluginRow: v.pluginRow(found.Plugin, providers), MemoryMB: found.Memory >> 20}
	d.Crumbs = []ui.NavItem{{Label: "Plugins", Href: "/operator/plugins"}}
	d.Restart = v.restartDialog(found.Name)
	for _, c := range found.Calls[:min(len(found.Calls), pluginShows)] {
		row := callRow{PluginCall: c, Badge: codeBadge(c.Code), Took: v.words.took(c.Duration)}
		if c.SubscriptionID != 0 {
			row.Sale = v.salePath(c.SubscriptionID)
		}
		d.Calls = append(d.Calls, row)
	}
	for _, l := range found.Log[:min(len(found.Log), pluginShows)] {
		d.Lines = append(d.Lines, lineRow{l, levelBadge(l.Level)})
	}
	return v.render(http.StatusOK, "operator/plugin", d)
}

// codeBadge is how a call ended.
func codeBadge(code sdk.Code) badge {
	switch code {
	case "":
		return badge{ui.Good, "Done"}
	case sdk.CodeNotYet:
		return badge{ui.Pending, "Not yet"}
	case sdk.CodeTransient:
		return badge{ui.Warn, "To be tried again"}
	case sdk.CodeConflict:
		return badge{ui.Bad, "Conflict"}
	}
	return badge{ui.Bad, "Refused"}
}

func levelBadge(level string) badge {
	switch level {
	case "ERROR":
		return badge{ui.Bad, "Error"}
	case "WARN":
		return badge{ui.Warn, "Warning"}
	}
	return badge{ui.Info, "Info"}
}

// took is a short length of time, exact to the millisecond below ten seconds.
func (w words) took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return w.T("under 1 ms")
	case d < 10*time.Second:
		return w.Num(d.Milliseconds()) + " ms"
	}
	return w.Duration(d)
}

func (v *visit) restartDialog(name string) ui.Dialog {
	path := pluginPath(name)
	return ui.Dialog{ID: "dialog-restart", Href: path + "/restart", Open: "Restart plugin", Kind: "primary", Title: "Restart the plugin " + name + "?",
		Details: []string{"Its process is ended and a new one is started.", "Calls under way are tried again; nothing is made twice."},
		Action:  path + "/restart", Confirm: "Restart plugin", Keep: "Leave it running", Back: path, CSRF: v.csrf()}
}

func (p *Portal) askRestart(v *visit) error {
	found, err := p.Provision.Plugin(v.actor, v.param("name"))
	if err != nil {
		return err
	}
	return v.ask(v.restartDialog(found.Name), ui.NavItem{Label: "Plugins", Href: "/operator/plugins"}, ui.NavItem{Label: found.Name, Href: pluginPath(found.Name)})
}

// ask shows a question on a page of its own.
func (v *visit) ask(dialog ui.Dialog, crumbs ...ui.NavItem) error {
	d := askData{Page: v.base(dialog.Title), Dialog: dialog}
	d.Crumbs = crumbs
	return v.render(http.StatusOK, "account/confirm", d)
}

func (p *Portal) restartPlugin(v *visit) error {
	name := v.param("name")
	if err := p.Provision.RestartPlugin(v.r.Context(), v.actor, name); err != nil {
		return v.refuse(pluginPath(name), err)
	}
	return v.done(pluginPath(name), v.words.T("The plugin %s was restarted.", name))
}
