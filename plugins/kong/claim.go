package kong

import (
	"context"
	"slices"
	"strings"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/idempotency"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// newClaim is the request's claim, which is kept as a tag of the consumer. The
// product it is for counts, but not the rest of it: a vendor who corrects an
// upstream address must not turn a retry into a conflict.
func newClaim(operation string, req sdk.Request) (idempotency.Claim, error) {
	s, err := identified(req.Subscription)
	if err != nil {
		return idempotency.Claim{}, err
	}
	return idempotency.NewClaim(operation, req, s.product.ID, s.product.SKU)
}

// requestTag remembers the claim.
func requestTag(c idempotency.Claim) string { return requestTagPrefix + c.String() }

// added is the tags with the claim, without the oldest claims when there are
// too many.
func added(c idempotency.Claim, tags []*string) []string {
	var out, claims []string
	for _, t := range values(tags) {
		if strings.HasPrefix(t, requestTagPrefix) {
			claims = append(claims, t)
			continue
		}
		out = append(out, t)
	}
	claims = append(claims, requestTag(c))
	return append(out, claims[max(0, len(claims)-maxRequestTags):]...)
}

// ensureConsumer makes the consumer and writes the claim on it before
// anything else changes.
func (w *work) ensureConsumer(ctx context.Context, c idempotency.Claim) (*kong.Consumer, error) {
	have, err := w.loadConsumer(ctx)
	if err != nil {
		return nil, err
	}
	if have != nil {
		return w.claim(ctx, have, c)
	}
	want := &kong.Consumer{Username: new(w.username()), Tags: kong.StringSlice(append(w.tags(), requestTag(c))...)}
	made, err := w.kong.Consumers.Create(ctx, want)
	return made, w.wrap(err, "creating the consumer %s", w.username())
}

func (w *work) claim(ctx context.Context, have *kong.Consumer, c idempotency.Claim) (*kong.Consumer, error) {
	known, err := c.Known(values(have.Tags), requestTagPrefix)
	if err != nil {
		return nil, err
	}
	tags := added(c, have.Tags)
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
