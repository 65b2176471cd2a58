package kong

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// claim is a request's idempotency key with what it stands for. It is kept as
// a tag of the consumer, so it survives this process and is there for others.
type claim struct{ tag, prefix string }

// newClaim hashes what makes two requests the same: the operation, the
// subscription, the product it is for, its plan and its parameters. Not the
// rest of the product, nor the settings: a vendor who corrects an upstream
// address, or an operator who changes a secret, must not turn a retry into a
// conflict.
func newClaim(operation string, req sdk.Request) (claim, error) {
	if req.Key == "" {
		return claim{}, sdk.Permanent("The request has no idempotency key.")
	}
	s, err := identified(req.Subscription)
	if err != nil {
		return claim{}, err
	}
	content := []any{operation, s.id, s.product.ID, s.product.SKU, orNull(req.Subscription.Plan), orNull(req.Subscription.Parameters)}
	return claim{tag: requestTag(req.Key, canonical(content)), prefix: requestTagPrefix + short(req.Key) + "-"}, nil
}

// orNull is a document, null when it is absent.
func orNull(raw json.RawMessage) json.RawMessage {
	if blank(raw) {
		return json.RawMessage("null")
	}
	return raw
}

// known tells whether the tags hold this very request; another content under
// the same key is a conflict.
func (c claim) known(tags []*string) (bool, error) {
	for _, t := range values(tags) {
		if t == c.tag {
			return true, nil
		}
		if strings.HasPrefix(t, c.prefix) {
			return false, sdk.Conflict("This idempotency key was used for a different request. Use a new key.")
		}
	}
	return false, nil
}

// added is the tags with the claim, without the oldest claims when there are
// too many.
func (c claim) added(tags []*string) []string {
	var out, claims []string
	for _, t := range values(tags) {
		if strings.HasPrefix(t, requestTagPrefix) {
			claims = append(claims, t)
			continue
		}
		out = append(out, t)
	}
	claims = append(claims, c.tag)
	return append(out, claims[max(0, len(claims)-maxRequestTags):]...)
}

// ensureConsumer makes the consumer and writes the claim on it before
// anything else changes.
func (w *work) ensureConsumer(ctx context.Context, c claim) (*kong.Consumer, error) {
	have, err := w.loadConsumer(ctx)
	if err != nil {
		return nil, err
	}
	if have != nil {
		return w.claim(ctx, have, c)
	}
	want := &kong.Consumer{Username: new(w.username()), Tags: kong.StringSlice(append(w.tags(), c.tag)...)}
	made, err := w.kong.Consumers.Create(ctx, want)
	return made, w.wrap(err, "creating the consumer %s", w.username())
}

func (w *work) claim(ctx context.Context, have *kong.Consumer, c claim) (*kong.Consumer, error) {
	known, err := c.known(have.Tags)
	if err != nil {
		return nil, err
	}
	tags := c.added(have.Tags)
	if known {
		tags = values(have.Tags)
	}
	for _, t := range w.tags() {
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	if known && len(tags) == len(have.Tags) {
		return have, nil
	}
	updated, err := w.kong.Consumers.Update(ctx, &kong.Consumer{ID: have.ID, Tags: kong.StringSlice(tags...)})
	return updated, w.wrap(err, "updating the consumer %s", w.username())
}
