package kong

import (
	"context"
	"slices"

	"github.com/kong/go-kong/kong"
)

// work is one call on behalf of one subscription.
type work struct {
	*client
	sale
}

// shared is what Kong has of the product.
type shared struct {
	service *kong.Service // nil when there is none
	routes  []*kong.Route // of the service
	probe   *kong.Route   // nil when there is none
	plugins []*kong.Plugin
}

// own is what Kong has of the subscription.
type own struct {
	consumer *kong.Consumer // nil when there is none
	keys     []*kong.KeyAuth
	groups   []*kong.ACLGroup
	plugins  []*kong.Plugin
}

// loadShared reads the product's objects. A service or probe route of the
// name that is not ours is an error.
func (w *work) loadShared(ctx context.Context) (shared, error) {
	var have shared
	var err error
	name := w.product.serviceName()
	if have.service, err = found(w.kong.Services.Get(ctx, &name)); err != nil {
		return have, w.wrap(err, "reading the service %s", name)
	}
	if have.service != nil && !w.ourProduct(have.service.Tags) {
		return have, foreign("service", name)
	}
	if have.probe, err = w.routeNamed(ctx, w.product.probeName()); err != nil {
		return have, err
	}
	if have.service != nil {
		have.routes, err = all(ctx, kong.ListOpt{}, func(ctx context.Context, opt *kong.ListOpt) ([]*kong.Route, *kong.ListOpt, error) {
			return w.kong.Routes.ListForService(ctx, have.service.ID, opt)
		})
		if err != nil {
			return have, w.wrap(err, "listing the routes of %s", name)
		}
	}
	opt := kong.ListOpt{Tags: kong.StringSlice(w.product.tags(sharedTag)...), MatchAllTags: true}
	if have.plugins, err = all(ctx, opt, w.kong.Plugins.List); err != nil {
		return have, w.wrap(err, "listing the plugins of %s", name)
	}
	return have, nil
}

// routeNamed returns our route of the name, nil when there is none.
func (w *work) routeNamed(ctx context.Context, name string) (*kong.Route, error) {
	r, err := found(w.kong.Routes.Get(ctx, &name))
	if err != nil {
		return nil, w.wrap(err, "reading the route %s", name)
	}
	if r != nil && !w.ourProduct(r.Tags) {
		return nil, foreign("route", name)
	}
	return r, nil
}

// loadConsumer returns the subscription's consumer, nil when there is none.
func (w *work) loadConsumer(ctx context.Context) (*kong.Consumer, error) {
	name := w.username()
	consumer, err := found(w.kong.Consumers.Get(ctx, &name))
	if err != nil {
		return nil, w.wrap(err, "reading the consumer %s", name)
	}
	if consumer != nil && !w.ourSubscription(consumer.Tags) {
		return nil, foreign("consumer", name)
	}
	return consumer, nil
}

// loadOwn reads what hangs on the consumer.
func (w *work) loadOwn(ctx context.Context, consumer *kong.Consumer) (own, error) {
	have := own{consumer: consumer}
	var err error
	have.keys, err = all(ctx, kong.ListOpt{}, func(ctx context.Context, opt *kong.ListOpt) ([]*kong.KeyAuth, *kong.ListOpt, error) {
		return w.kong.KeyAuths.ListForConsumer(ctx, consumer.ID, opt)
	})
	if err != nil {
		return have, w.wrap(err, "listing the keys of consumer %s", w.username())
	}
	have.groups, err = all(ctx, kong.ListOpt{}, func(ctx context.Context, opt *kong.ListOpt) ([]*kong.ACLGroup, *kong.ListOpt, error) {
		return w.kong.ACLs.ListForConsumer(ctx, consumer.ID, opt)
	})
	if err != nil {
		return have, w.wrap(err, "listing the groups of consumer %s", w.username())
	}
	if have.plugins, err = w.kong.Plugins.ListAllForConsumer(ctx, consumer.ID); err != nil {
		return have, w.wrap(err, "listing the plugins of consumer %s", w.username())
	}
	return have, nil
}

// route returns the product's route of that name among those loaded.
func (h shared) route(name string) *kong.Route {
	i := slices.IndexFunc(h.routes, func(r *kong.Route) bool { return value(r.Name) == name })
	if i < 0 {
		return nil
	}
	return h.routes[i]
}

// key returns the subscription's credential, nil when there is none: the one
// this plugin made, or failing that the oldest with our tags.
func (w *work) key(h own) *kong.KeyAuth {
	var oldest *kong.KeyAuth
	for _, k := range h.keys {
		if value(k.ID) == keyID(value(h.consumer.ID)) {
			return k
		}
		if w.ourSubscription(k.Tags) && (oldest == nil || value(k.CreatedAt) < value(oldest.CreatedAt)) {
			oldest = k
		}
	}
	return oldest
}

func pluginFor(list []*kong.Plugin, want wantedPlugin) *kong.Plugin {
	i := slices.IndexFunc(list, want.matches)
	if i < 0 {
		return nil
	}
	return list[i]
}

func (h own) group(name string) *kong.ACLGroup {
	i := slices.IndexFunc(h.groups, func(g *kong.ACLGroup) bool { return value(g.Group) == name })
	if i < 0 {
		return nil
	}
	return h.groups[i]
}

// wantedGroups are the groups of the plan's endpoints, by group name.
func (s sale) wantedGroups() map[string]planEndpoint {
	out := map[string]planEndpoint{}
	for _, e := range s.plan.Endpoints {
		out[s.product.routeName(e.Identifier)] = e
	}
	return out
}

// isLimit tells our limits from the consumer's other plugins.
func (s sale) isLimit(p *kong.Plugin) bool {
	return value(p.Name) == "rate-limiting" && s.ourSubscription(p.Tags)
}
