package kong

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// A change takes up to five seconds from the Admin API to the proxy. Asking
// one of the product's endpoints whether it has arrived would reach the
// vendor, cost the customer a call and show nothing about limits. So each
// product has a probe route that ends in the gateway:
//
//   - its path holds a fingerprint of service, routes and their plugins, and
//     is written after them: when it is served, the router is current;
//   - a request-termination for this consumer on it answers with a
//     fingerprint of the consumer's key, groups and plugins, and is written
//     after them: when it answers so, the plugins are current.
//
// The route has no service, so neither upstream nor log see the probe.

// probe is where to ask and what the answer has to be.
type probe struct {
	path   string // "" when there is nothing to ask
	key    string
	answer string
}

// mark writes the fingerprints after everything else.
func (w *work) mark(ctx context.Context, consumer *kong.Consumer, shape string) (probe, error) {
	have, err := w.routeNamed(ctx, w.product.probeName())
	if err != nil {
		return probe{}, err
	}
	path := "/" + w.product.probeName() + "/" + shape
	routeID, err := w.ensureRoute(ctx, have, &kong.Route{
		Name: new(w.product.probeName()), Methods: kong.StringSlice("GET"), Paths: kong.StringSlice("~" + path + "$"),
		StripPath: new(false), Tags: kong.StringSlice(w.product.tags()...),
	})
	if err != nil {
		return probe{}, err
	}
	opt := kong.ListOpt{Tags: kong.StringSlice(w.product.tags(sharedTag)...), MatchAllTags: true}
	list, err := all(ctx, opt, w.kong.Plugins.List)
	if err != nil {
		return probe{}, w.wrap(err, "listing plugins")
	}
	check := wantedPlugin{name: "key-auth", subject: "key check of the probe", route: routeID, tags: w.product.tags(sharedTag), config: keyAuthConfig()}
	if _, err := w.ensurePlugin(ctx, list, check, w.ourProduct); err != nil {
		return probe{}, err
	}
	return w.markConsumer(ctx, consumer, routeID, path)
}

// remark writes the consumer's fingerprint only: the product did not change.
// Without a probe route there is nothing to wait for.
func (w *work) remark(ctx context.Context, consumer *kong.Consumer) (probe, error) {
	route, err := w.routeNamed(ctx, w.product.probeName())
	if err != nil || route == nil || len(route.Paths) == 0 {
		return probe{}, err
	}
	path := strings.TrimSuffix(strings.TrimPrefix(value(route.Paths[0]), "~"), "$")
	return w.markConsumer(ctx, consumer, value(route.ID), path)
}

func (w *work) markConsumer(ctx context.Context, consumer *kong.Consumer, routeID, path string) (probe, error) {
	have, err := w.loadOwn(ctx, consumer)
	if err != nil {
		return probe{}, err
	}
	key := w.key(have)
	if key == nil {
		return probe{}, nil
	}
	marker := wantedPlugin{name: "request-termination", subject: "probe", route: routeID, consumer: value(consumer.ID), tags: w.tags()}
	answer := have.fingerprint(path, marker)
	marker.config = kong.Configuration{"status_code": 200, "message": answer}
	if _, err := w.ensurePlugin(ctx, have.plugins, marker, w.ourSubscription); err != nil {
		return probe{}, err
	}
	return probe{path: path, key: value(key.Key), answer: answer}, nil
}

// fingerprint changes whenever something that the consumer's requests depend
// on is made, changed or deleted, the marker itself left out.
func (h own) fingerprint(path string, marker wantedPlugin) string {
	parts := []string{path}
	for _, k := range h.keys {
		parts = append(parts, value(k.ID))
	}
	for _, g := range h.groups {
		parts = append(parts, value(g.ID), value(g.Group))
	}
	for _, p := range h.plugins {
		if !marker.matches(p) {
			parts = append(parts, value(p.ID), document.Canonical(p.Config), document.Canonical(p.Enabled))
		}
	}
	return document.Fingerprint(parts...)
}

// await asks the proxy until it answers with the fingerprint. When its time
// is over the change is made but not seen: NotYet, and the next call only has
// to ask again.
func (w *work) await(ctx context.Context, want probe, limit time.Duration) error {
	if want.path == "" {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		served, err := w.ask(bounded, want)
		if served {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			continue
		case <-bounded.Done():
			timer.Stop()
		}
		if ctx.Err() != nil {
			return sdk.Transient(ctx.Err(), "Stopped while waiting for the gateway.")
		}
		if err != nil && bounded.Err() == nil || err != nil && w.unreachable(ctx) {
			return sdk.Transient(err, "The gateway at %s cannot be reached. Check proxyUrl in the settings.", w.settings.ProxyURL)
		}
		return sdk.NotYet(2*time.Second, "The gateway has the change but does not serve it yet.")
	}
}

// ask makes one request on a connection of its own, so that it may meet any
// worker of the gateway.
func (w *work) ask(ctx context.Context, want probe) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(w.settings.ProxyURL, "/")+want.path, nil)
	if err != nil {
		return false, err
	}
	req.Header.Set(keyHeader, want.key)
	req.Close = true
	res, err := w.http.Do(req)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	var body struct {
		Message string `json:"message"`
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return false, err
	}
	matched := res.StatusCode == http.StatusOK && json.Unmarshal(raw, &body) == nil && body.Message == want.answer
	return matched, nil
}

// unreachable tells a proxy that nobody answers from one that is slow.
func (w *work) unreachable(ctx context.Context) bool {
	bounded, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := w.ask(bounded, probe{path: "/"})
	return err != nil
}
