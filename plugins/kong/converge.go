package kong

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/idempotency"
	"github.com/fondaco/fondaco/plugins/kong/gatewaylog"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// raceTries is how often a change is started over when others change the
// same objects.
const raceTries = 5

// totalSteps of Provision and Update.
const totalSteps = 5

// Provision makes consumer, routes, access, limits and key exist and returns
// once the proxy serves them.
func (p *Provider) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return p.converge(ctx, "provision", req, progress)
}

// Update moves access and limits to the request's plan. The key, what was
// used of a limit, and a suspension stay.
func (p *Provider) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return p.converge(ctx, "update", req, progress)
}

func (p *Provider) converge(ctx context.Context, operation string, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	s, err := complete(req.Subscription)
	if err != nil {
		return sdk.Result{}, err
	}
	w, err := p.begin(s)
	if err != nil {
		return sdk.Result{}, err
	}
	progress = progress.OrSilent()
	var done settled
	err = p.exclusively(ctx, w, func() error {
		claim, err := newClaim(operation, req)
		if err != nil {
			return err
		}
		done, err = w.settle(ctx, claim, progress)
		return err
	})
	if err != nil {
		return sdk.Result{}, err
	}
	progress(5, totalSteps, "Waiting until the gateway serves them")
	if err := w.await(ctx, done.probe, p.probeFor); err != nil {
		return sdk.Result{}, err
	}
	return w.result(done), nil
}

func (p *Provider) begin(s sale) (*work, error) {
	c, err := p.connect(s)
	if err != nil {
		return nil, err
	}
	return &work{client: c, sale: s}, nil
}

// exclusively runs change with no other change of the same product in this
// process, and starts it over when somebody else was faster.
func (p *Provider) exclusively(ctx context.Context, w *work, change func() error) error {
	unlock, err := p.products.lock(ctx, fmt.Sprintf("%s %d", w.settings.AdminURL, w.product.ID))
	if err != nil {
		return sdk.Transient(err, "Stopped while waiting for another change of the same product.")
	}
	defer unlock()
	for range raceTries {
		if err = change(); !errors.Is(err, errRace) {
			return err
		}
		p.log.InfoContext(ctx, "starting over", "subscription", w.id, "reason", err)
	}
	return sdk.Transient(err, "Kong at %s keeps changing under way, or its address is not that of an Admin API.", w.where)
}

// settled is what settle left behind.
type settled struct {
	consumer *kong.Consumer
	key      *kong.KeyAuth
	probe    probe
}

// settle compares Kong with the sale and writes what differs. The consumer
// comes first: while it exists, nobody removes the product's routes.
func (w *work) settle(ctx context.Context, claim idempotency.Claim, progress sdk.Progress) (done settled, err error) {
	progress(1, totalSteps, "Creating the gateway consumer")
	if done.consumer, err = w.ensureConsumer(ctx, claim); err != nil {
		return done, err
	}
	progress(2, totalSteps, "Creating the gateway routes")
	routes, shape, err := w.ensureProduct(ctx)
	if err != nil {
		return done, err
	}
	progress(3, totalSteps, "Setting access and limits")
	have, err := w.loadOwn(ctx, done.consumer)
	if err != nil {
		return done, err
	}
	if err := w.ensureAccess(ctx, have, routes); err != nil {
		return done, err
	}
	progress(4, totalSteps, "Issuing the key")
	if done.key, err = w.ensureKey(ctx, have); err != nil {
		return done, err
	}
	if err := w.dropStaleRoutes(ctx, routes); err != nil {
		return done, err
	}
	done.probe, err = w.mark(ctx, done.consumer, shape)
	return done, err
}

// ensureProduct makes service, routes and their plugins as the product says.
// It returns the route ids by endpoint and a fingerprint of it all.
func (w *work) ensureProduct(ctx context.Context) (map[string]string, string, error) {
	have, err := w.loadShared(ctx)
	if err != nil {
		return nil, "", err
	}
	serviceID, err := w.ensureService(ctx, have.service)
	if err != nil {
		return nil, "", err
	}
	shape := []string{serviceID, document.Canonical(w.product.service())}
	plugins := w.servicePlugins(serviceID)
	routes := map[string]string{}
	// The key check must be there before the first route is.
	for _, want := range plugins {
		id, err := w.ensurePlugin(ctx, have.plugins, want, w.ourProduct)
		if err != nil {
			return nil, "", err
		}
		shape = append(shape, id, document.Canonical(want.config))
	}
	for _, e := range w.product.Endpoints {
		want := w.product.route(e, serviceID)
		id, err := w.ensureRoute(ctx, have.route(*want.Name), want)
		if err != nil {
			return nil, "", err
		}
		routes[e.Identifier] = id
		shape = append(shape, id, document.Canonical(want))
		for _, plugin := range w.routePlugins(e, id) {
			pluginID, err := w.ensurePlugin(ctx, have.plugins, plugin, w.ourProduct)
			if err != nil {
				return nil, "", err
			}
			shape = append(shape, pluginID, document.Canonical(plugin.config))
		}
	}
	return routes, document.Fingerprint(shape...), nil
}

// ensureAccess moves groups and limits to the plan: first what is taken away,
// then limits, then what is opened, so that nothing is open without its limit.
func (w *work) ensureAccess(ctx context.Context, have own, routes map[string]string) error {
	groups := w.wantedGroups()
	for _, g := range have.groups {
		_, keep := groups[value(g.Group)]
		if keep || !w.ourSubscription(g.Tags) {
			continue
		}
		_, err := found(g, w.kong.ACLs.Delete(ctx, have.consumer.ID, g.ID))
		if err != nil {
			return w.wrap(err, "closing %s", value(g.Group))
		}
	}
	if err := w.ensureLimits(ctx, have, routes); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		if g := have.group(name); g != nil {
			if !w.ourSubscription(g.Tags) {
				return foreign("group", name+" of consumer "+w.username())
			}
			continue
		}
		group := &kong.ACLGroup{Group: &name, Tags: kong.StringSlice(w.tags(gatewaylog.EndpointTag(groups[name].Identifier))...)}
		if _, err := w.kong.ACLs.Create(ctx, have.consumer.ID, group); err != nil {
			return w.wrap(err, "opening %s", name)
		}
	}
	return nil
}

func (w *work) ensureLimits(ctx context.Context, have own, routes map[string]string) error {
	wanted := map[string]bool{} // by plugin id
	for _, e := range w.plan.Endpoints {
		if len(e.limits()) == 0 {
			continue
		}
		id, err := w.ensurePlugin(ctx, have.plugins, w.limitPlugin(e, routes[e.Identifier], value(have.consumer.ID)), w.ourSubscription)
		if err != nil {
			return err
		}
		wanted[id] = true
	}
	for _, p := range have.plugins {
		if !w.isLimit(p) || wanted[value(p.ID)] {
			continue
		}
		if _, err := found(p, w.kong.Plugins.Delete(ctx, p.ID)); err != nil {
			return w.wrap(err, "removing a limit")
		}
	}
	return nil
}

// ensureKey returns the subscription's one key and makes it when there is
// none. It is created under an id that follows from the consumer, so of two
// creators one is refused and takes the other's.
func (w *work) ensureKey(ctx context.Context, have own) (*kong.KeyAuth, error) {
	if k := w.key(have); k != nil {
		return k, nil
	}
	consumerID := value(have.consumer.ID)
	want := kong.KeyAuth{ID: new(keyID(consumerID)), Tags: kong.StringSlice(w.tags()...)}
	// Not KeyAuths.Create: given an id it replaces an existing key.
	req, err := w.kong.NewRequest("POST", "/consumers/"+consumerID+"/key-auth", nil, want)
	if err != nil {
		return nil, err
	}
	var made kong.KeyAuth
	if _, err := w.kong.Do(ctx, req, &made); err == nil {
		return &made, nil
	} else if again, loadErr := w.loadOwn(ctx, have.consumer); loadErr == nil && w.key(again) != nil {
		return w.key(again), nil
	} else {
		return nil, w.wrap(err, "issuing the key")
	}
}

// dropStaleRoutes removes routes of endpoints that the product no longer has,
// once no subscription's plan opens them.
func (w *work) dropStaleRoutes(ctx context.Context, routes map[string]string) error {
	have, err := w.loadShared(ctx)
	if err != nil {
		return err
	}
	current := slices.Collect(maps.Values(routes))
	for _, r := range have.routes {
		if slices.Contains(current, value(r.ID)) || !w.ourProduct(r.Tags) {
			continue
		}
		used, err := w.opened(ctx, r)
		if err != nil {
			return err
		}
		if used {
			continue
		}
		if _, err := found(r, w.kong.Routes.Delete(ctx, r.ID)); err != nil {
			return w.wrap(err, "removing the route %s", value(r.Name))
		}
	}
	return nil
}

// opened tells whether some subscription has the route's endpoint.
func (w *work) opened(ctx context.Context, r *kong.Route) (bool, error) {
	i := slices.IndexFunc(r.Tags, func(t *string) bool { return strings.HasPrefix(value(t), gatewaylog.EndpointTag("")) })
	if i < 0 {
		return true, nil // not a route of an endpoint: leave it
	}
	opt := kong.ListOpt{Size: 1, Tags: kong.StringSlice(w.product.tags(value(r.Tags[i]))...), MatchAllTags: true}
	groups, _, err := w.kong.ACLs.List(ctx, &opt)
	return len(groups) > 0, w.wrap(err, "looking who uses %s", value(r.Name))
}

// result is what the customer gets.
func (w *work) result(done settled) sdk.Result {
	r := sdk.Result{
		Resources: w.resources(done.consumer, done.key),
		Credentials: []sdk.Credential{{
			Name: "apiKey", Label: "Gateway key", Value: value(done.key.Key), Secret: true,
		}},
	}
	open := w.wantedGroups()
	for _, e := range w.product.Endpoints {
		if _, ok := open[w.product.routeName(e.Identifier)]; ok {
			r.Endpoints = append(r.Endpoints, sdk.Endpoint{Identifier: e.Identifier, Method: e.Method, URL: w.address(e)})
		}
	}
	return r
}

func (w *work) address(e endpoint) string {
	return strings.TrimRight(w.settings.ProxyURL, "/") + "/" + w.product.SKU + e.Path
}

func (w *work) resources(consumer *kong.Consumer, key *kong.KeyAuth) []sdk.Resource {
	out := []sdk.Resource{{Kind: "consumer", ID: value(consumer.ID), Name: value(consumer.Username)}}
	if key != nil {
		out = append(out, sdk.Resource{Kind: "key", ID: value(key.ID), Name: "Gateway key"})
	}
	return out
}
