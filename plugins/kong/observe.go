package kong

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// The kinds of differences.
const (
	isMissing = "missing"
	isExtra   = "extra"
	isChanged = "changed"
)

// observer compares without changing anything.
type observer struct {
	*work
	differences []sdk.Difference
}

// Observe says what Kong really has for the subscription and how that differs
// from what was sold. Foreign objects are looked at only where they are in
// the way.
func (p *Provider) Observe(ctx context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	s, err := complete(sub)
	if err != nil {
		return sdk.Observation{}, err
	}
	w, err := p.begin(s)
	if err != nil {
		return sdk.Observation{}, err
	}
	o := &observer{work: w}
	consumer, err := w.loadConsumer(ctx)
	if err != nil {
		return sdk.Observation{}, err
	}
	if consumer == nil {
		o.add(isMissing, "consumer "+w.username(), w.username(), "")
		return sdk.Observation{State: sdk.StateAbsent, Differences: o.differences}, nil
	}
	have, err := w.loadOwn(ctx, consumer)
	if err != nil {
		return sdk.Observation{}, err
	}
	routes, err := o.product(ctx)
	if err != nil {
		return sdk.Observation{}, err
	}
	o.access(have, routes)
	return o.observation(have), nil
}

func (o *observer) observation(have own) sdk.Observation {
	out := sdk.Observation{State: sdk.StateActive, Resources: o.resources(have.consumer, o.key(have)), Differences: o.differences}
	if len(o.differences) > 0 {
		out.State = sdk.StatePartial
	}
	if pluginFor(have.plugins, o.suspension(value(have.consumer.ID))) != nil {
		out.State = sdk.StateSuspended
	}
	return out
}

func (o *observer) add(kind, subject, want, have string) {
	o.differences = append(o.differences, sdk.Difference{Kind: kind, Subject: subject, Want: want, Have: have})
}

func (o *observer) changes(subject string, list []change) {
	for _, c := range list {
		o.add(isChanged, c.field+" of "+subject, c.want, c.have)
	}
}

// product compares service, routes and their plugins, and returns the route
// ids by endpoint.
func (o *observer) product(ctx context.Context) (map[string]string, error) {
	have, err := o.loadShared(ctx)
	if err != nil {
		return nil, err
	}
	name := o.work.product.serviceName()
	if have.service == nil {
		o.add(isMissing, "service "+name, name, "")
		return nil, nil
	}
	serviceID := value(have.service.ID)
	o.changes("service "+name, serviceChanges(have.service, o.work.product.service()))
	for _, want := range o.servicePlugins(serviceID) {
		o.plugin(have.plugins, want)
	}
	routes := map[string]string{}
	for _, e := range o.work.product.Endpoints {
		want := o.work.product.route(e, serviceID)
		r := have.route(*want.Name)
		if r == nil {
			o.add(isMissing, "route of "+e.Identifier, *want.Name, "")
			continue
		}
		routes[e.Identifier] = value(r.ID)
		o.changes("route of "+e.Identifier, routeChanges(r, want))
		for _, plugin := range o.routePlugins(e, value(r.ID)) {
			o.plugin(have.plugins, plugin)
		}
	}
	return routes, nil
}

func (o *observer) plugin(list []*kong.Plugin, want wantedPlugin) {
	have := pluginFor(list, want)
	if have == nil {
		o.add(isMissing, want.subject, want.name, "")
		return
	}
	for _, c := range pluginChanges(have, want) {
		if want.name == "rate-limiting" && slices.Contains(periods(), c.field) {
			o.limit(want, c)
			continue
		}
		o.add(isChanged, c.field+" of "+want.subject, c.want, c.have)
	}
}

// limit words a difference of one window: "limit month of get-items".
func (o *observer) limit(want wantedPlugin, c change) {
	kind := isChanged
	if c.have == "null" {
		kind, c.have = isMissing, ""
	} else if c.want == "null" {
		kind, c.want = isExtra, ""
	}
	o.add(kind, fmt.Sprintf("limit %s of %s", c.field, want.subject[len("limits of "):]), c.want, c.have)
}

// access compares key, groups and limits.
func (o *observer) access(have own, routes map[string]string) {
	key := o.key(have)
	if key == nil {
		o.add(isMissing, "key", "1", "0")
	}
	for _, k := range have.keys {
		if key == nil || value(k.ID) != value(key.ID) {
			o.add(isExtra, "key "+value(k.ID), "", value(k.ID))
		}
	}
	groups := o.wantedGroups()
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		if have.group(name) == nil {
			o.add(isMissing, "access to "+groups[name].Identifier, name, "")
		}
	}
	for _, g := range have.groups {
		if _, ok := groups[value(g.Group)]; !ok {
			o.add(isExtra, "group "+value(g.Group), "", value(g.Group))
		}
	}
	o.limits(have, routes)
}

func (o *observer) limits(have own, routes map[string]string) {
	wanted := map[string]bool{}
	for _, e := range o.plan.Endpoints {
		route, ok := routes[e.Identifier]
		if !ok || len(e.limits()) == 0 {
			continue
		}
		want := o.limitPlugin(e, route, value(have.consumer.ID))
		o.plugin(have.plugins, want)
		if p := pluginFor(have.plugins, want); p != nil {
			wanted[value(p.ID)] = true
		}
	}
	for _, p := range have.plugins {
		if value(p.Name) == "rate-limiting" && !wanted[value(p.ID)] {
			o.add(isExtra, "limit "+value(p.ID), "", value(p.ID))
		}
	}
}
