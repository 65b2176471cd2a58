package kong

import (
	"context"
	"slices"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/kong/gatewaylog"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Suspend makes the gateway answer 403 to every request of the subscription.
// The key, the access and what was used of limits stay.
func (p *Provider) Suspend(ctx context.Context, req sdk.Request) error {
	return p.block(ctx, "suspend", req, func(w *work, have own) error {
		want := w.suspension(value(have.consumer.ID))
		_, err := w.ensurePlugin(ctx, have.plugins, want, w.ourSubscription)
		return err
	})
}

// Resume ends a suspension.
func (p *Provider) Resume(ctx context.Context, req sdk.Request) error {
	return p.block(ctx, "resume", req, func(w *work, have own) error {
		block := pluginFor(have.plugins, w.suspension(value(have.consumer.ID)))
		if block == nil {
			return nil
		}
		if !w.ourSubscription(block.Tags) {
			return foreign("plugin", "request-termination of consumer "+w.username())
		}
		_, err := found(block, w.kong.Plugins.Delete(ctx, block.ID))
		return w.wrap(err, "ending the suspension")
	})
}

// block changes the suspension of an existing consumer and waits until the
// proxy follows.
func (p *Provider) block(ctx context.Context, operation string, req sdk.Request, change func(*work, own) error) error {
	s, err := identified(req.Subscription)
	if err != nil {
		return err
	}
	w, err := p.begin(s)
	if err != nil {
		return err
	}
	claim, err := newClaim(operation, req)
	if err != nil {
		return err
	}
	var asked probe
	err = p.exclusively(ctx, w, func() error {
		consumer, err := w.loadConsumer(ctx)
		if err != nil {
			return err
		}
		if consumer == nil {
			return sdk.Permanent("Kong has no consumer %s. Provision the subscription first.", w.username())
		}
		if consumer, err = w.claim(ctx, consumer, claim); err != nil {
			return err
		}
		have, err := w.loadOwn(ctx, consumer)
		if err != nil {
			return err
		}
		if err := change(w, have); err != nil {
			return err
		}
		asked, err = w.remark(ctx, consumer)
		return err
	})
	if err != nil {
		return err
	}
	return w.await(ctx, asked, p.probeFor)
}

// Deprovision deletes the consumer; its keys, groups and limits go with it.
// The product's service and routes go with its last consumer.
func (p *Provider) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	s, err := identified(req.Subscription)
	if err != nil {
		return err
	}
	w, err := p.begin(s)
	if err != nil {
		return err
	}
	if progress == nil {
		progress = func(int, int, string) {}
	}
	claim, err := newClaim("deprovision", req)
	if err != nil {
		return err
	}
	return p.exclusively(ctx, w, func() error {
		progress(1, 2, "Deleting the gateway consumer and its key")
		if err := w.deleteConsumer(ctx, claim); err != nil {
			return err
		}
		progress(2, 2, "Removing what no subscription uses any more")
		return w.dropUnusedProduct(ctx)
	})
}

func (w *work) deleteConsumer(ctx context.Context, c claim) error {
	consumer, err := w.loadConsumer(ctx)
	if err != nil || consumer == nil {
		return err
	}
	if _, err := c.known(consumer.Tags); err != nil {
		return err
	}
	_, err = found(consumer, w.kong.Consumers.Delete(ctx, consumer.ID))
	return w.wrap(err, "deleting the consumer %s", w.username())
}

// dropUnusedProduct removes the product's objects when no consumer of it is
// left. Another process that provisions at this moment has made its consumer
// already, or will find the routes missing when it probes and make them again.
func (w *work) dropUnusedProduct(ctx context.Context) error {
	if w.product.ID <= 0 {
		return nil
	}
	opt := kong.ListOpt{Size: 1, Tags: kong.StringSlice(w.product.tags()...), MatchAllTags: true}
	left, _, err := w.kong.Consumers.List(ctx, &opt)
	if err != nil || len(left) > 0 {
		return w.wrap(err, "looking for other subscriptions")
	}
	have, err := w.loadShared(ctx)
	if err != nil {
		return err
	}
	routes := have.routes
	if have.probe != nil {
		routes = append(routes, have.probe)
	}
	for _, r := range routes {
		if !w.ourProduct(r.Tags) {
			continue
		}
		if _, err := found(r, w.kong.Routes.Delete(ctx, r.ID)); err != nil {
			return w.wrap(err, "removing the route %s", value(r.Name))
		}
	}
	foreignRoute := slices.ContainsFunc(have.routes, func(r *kong.Route) bool { return !has(r.Tags, gatewaylog.Tag) })
	if have.service == nil || foreignRoute {
		return nil
	}
	_, err = found(have.service, w.kong.Services.Delete(ctx, have.service.ID))
	return w.wrap(err, "removing the service %s", value(have.service.Name))
}
