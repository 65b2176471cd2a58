package kong

import (
	"context"
	"slices"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/document"
)

// ensureService makes the product's service as it should be and returns its id.
func (w *work) ensureService(ctx context.Context, have *kong.Service) (string, error) {
	want := w.product.service()
	if have == nil {
		made, err := w.kong.Services.Create(ctx, want)
		if err != nil {
			return "", w.wrap(err, "creating the service %s", *want.Name)
		}
		return value(made.ID), nil
	}
	if len(serviceChanges(have, want)) == 0 {
		return value(have.ID), nil
	}
	want.ID = have.ID
	_, err := w.kong.Services.Update(ctx, want)
	return value(have.ID), w.wrap(err, "updating the service %s", *want.Name)
}

// ensureRoute makes a route as it should be and returns its id.
func (w *work) ensureRoute(ctx context.Context, have, want *kong.Route) (string, error) {
	if have == nil {
		made, err := w.kong.Routes.Create(ctx, want)
		if err == nil {
			return value(made.ID), nil
		}
		return "", w.taken(ctx, w.wrap(err, "creating the route %s", *want.Name), *want.Name)
	}
	if !w.ourProduct(have.Tags) {
		return "", foreign("route", *want.Name)
	}
	if len(routeChanges(have, want)) == 0 {
		return value(have.ID), nil
	}
	want.ID = have.ID
	_, err := w.kong.Routes.Update(ctx, want)
	return value(have.ID), w.wrap(err, "updating the route %s", *want.Name)
}

// taken looks who has the route name that could not be created: one of ours
// is a race, a foreign one is final.
func (w *work) taken(ctx context.Context, err error, name string) error {
	if _, lookErr := w.routeNamed(ctx, name); lookErr != nil {
		return lookErr
	}
	return err
}

// ensurePlugin makes a plugin as it should be and returns its id. list is
// where it would be if it existed.
func (w *work) ensurePlugin(ctx context.Context, list []*kong.Plugin, want wantedPlugin, ours func([]*string) bool) (string, error) {
	have := pluginFor(list, want)
	if have == nil {
		made, err := w.kong.Plugins.Create(ctx, want.entity())
		if err == nil {
			return value(made.ID), nil
		}
		return "", w.pluginTaken(ctx, w.wrap(err, "creating the plugin %s (%s)", want.name, want.subject), want, ours)
	}
	if !ours(have.Tags) {
		return "", foreign("plugin", want.name+" ("+want.subject+")")
	}
	if len(pluginChanges(have, want)) == 0 {
		return value(have.ID), nil
	}
	// Only what may differ: a PATCH with the scope again could move it.
	_, err := w.kong.Plugins.Update(ctx, &kong.Plugin{ID: have.ID, Name: have.Name, Config: want.config, Enabled: new(true), Tags: kong.StringSlice(want.tags...)})
	return value(have.ID), w.wrap(err, "updating the plugin %s (%s)", want.name, want.subject)
}

func (w *work) pluginTaken(ctx context.Context, err error, want wantedPlugin, ours func([]*string) bool) error {
	var list []*kong.Plugin
	var lookErr error
	switch {
	case want.consumer != "":
		list, lookErr = w.kong.Plugins.ListAllForConsumer(ctx, &want.consumer)
	case want.route != "":
		list, lookErr = w.kong.Plugins.ListAllForRoute(ctx, &want.route)
	default:
		list, lookErr = w.kong.Plugins.ListAllForService(ctx, &want.service)
	}
	if lookErr != nil {
		return err
	}
	if have := pluginFor(list, want); have != nil && !ours(have.Tags) {
		return foreign("plugin", want.name+" ("+want.subject+")")
	}
	return err
}

// change is one thing that is not as wanted.
type change struct{ field, want, have string }

func changed[T comparable](out []change, field string, have, want *T) []change {
	if want == nil || have != nil && *have == *want {
		return out
	}
	return append(out, change{field, text(value(want)), text(value(have))})
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return document.Canonical(v)
}

func serviceChanges(have, want *kong.Service) (out []change) {
	out = changed(out, "protocol", have.Protocol, want.Protocol)
	out = changed(out, "host", have.Host, want.Host)
	out = changed(out, "port", have.Port, want.Port)
	out = changed(out, "path", have.Path, want.Path)
	return changed(out, "enabled", have.Enabled, want.Enabled)
}

func routeChanges(have, want *kong.Route) (out []change) {
	for _, l := range []struct {
		field      string
		have, want []*string
	}{{"methods", have.Methods, want.Methods}, {"paths", have.Paths, want.Paths}} {
		if h, w := values(l.have), values(l.want); !slices.Equal(h, w) {
			out = append(out, change{l.field, text(w), text(h)})
		}
	}
	out = changed(out, "regex_priority", have.RegexPriority, want.RegexPriority)
	out = changed(out, "strip_path", have.StripPath, want.StripPath)
	out = changed(out, "preserve_host", have.PreserveHost, want.PreserveHost)
	if want.Service != nil && (have.Service == nil || value(have.Service.ID) != value(want.Service.ID)) {
		out = append(out, change{"service", value(want.Service.ID), ""})
	}
	if !has(have.Tags, values(want.Tags)...) {
		out = append(out, change{"tags", text(values(want.Tags)), text(values(have.Tags))})
	}
	return out
}

// pluginChanges names the fields of the config that differ, and never shows
// a value that may be a secret.
func pluginChanges(have *kong.Plugin, want wantedPlugin) (out []change) {
	haveConfig, wantConfig := plain(have.Config), plain(want.config)
	for _, field := range sortedKeys(wantConfig) {
		if covers(haveConfig[field], wantConfig[field]) {
			continue
		}
		c := change{field: field}
		if slices.Contains(periods(), field) || field == "policy" || field == "status_code" || field == "allow" {
			c.want, c.have = text(wantConfig[field]), text(haveConfig[field])
		}
		out = append(out, c)
	}
	out = changed(out, "enabled", have.Enabled, new(true))
	if !has(have.Tags, want.tags...) {
		out = append(out, change{"tags", text(want.tags), text(values(have.Tags))})
	}
	return out
}
