package kong

import (
	"context"

	"github.com/fondaco/fondaco/plugins/idempotency"
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
// The product's service and routes stay, also after its last consumer: a key
// that was valid yesterday is answered with 401, and not with "no Route matched".
func (p *Provider) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	s, err := identified(req.Subscription)
	if err != nil {
		return err
	}
	w, err := p.begin(s)
	if err != nil {
		return err
	}
	progress = progress.OrSilent()
	claim, err := newClaim("deprovision", req)
	if err != nil {
		return err
	}
	return p.exclusively(ctx, w, func() error {
		progress(1, 1, "Deleting the gateway consumer and its key")
		return w.deleteConsumer(ctx, claim)
	})
}

func (w *work) deleteConsumer(ctx context.Context, c idempotency.Claim) error {
	consumer, err := w.loadConsumer(ctx)
	if err != nil || consumer == nil {
		return err
	}
	if _, err := c.Known(values(consumer.Tags), requestTagPrefix); err != nil {
		return err
	}
	_, err = found(consumer, w.kong.Consumers.Delete(ctx, consumer.ID))
	return w.wrap(err, "deleting the consumer %s", w.username())
}
