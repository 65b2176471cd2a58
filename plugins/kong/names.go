package kong

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/kong/gatewaylog"
)

// sharedTag marks the plugins of a product's service and routes, which belong
// to all of its subscriptions.
const sharedTag = "fondaco-shared"

// requestTagPrefix begins the tag that remembers an idempotency key.
const requestTagPrefix = "fondaco-request-"

// maxRequestTags is how many idempotency keys a consumer remembers.
const maxRequestTags = 16

func (d product) serviceName() string { return fmt.Sprintf("fondaco-%d", d.ID) }

// routeName also names the endpoint's group.
func (d product) routeName(identifier string) string {
	return fmt.Sprintf("fondaco-%d-%s", d.ID, gatewaylog.Escape(identifier))
}

func (d product) probeName() string { return fmt.Sprintf("fondaco-probe-%d", d.ID) }

func (d product) tags(more ...string) []string {
	return append([]string{gatewaylog.Tag, gatewaylog.ProductTag(d.ID)}, more...)
}

func (s sale) username() string { return strconv.FormatInt(s.id, 10) }

func (s sale) tags(more ...string) []string {
	return s.product.tags(append([]string{gatewaylog.SubscriptionTag(s.id)}, more...)...)
}

// has reports whether the object's tags include all of want.
func has(tags []*string, want ...string) bool {
	for _, w := range want {
		if !slices.ContainsFunc(tags, func(t *string) bool { return t != nil && *t == w }) {
			return false
		}
	}
	return true
}

// ourProduct and ourSubscription decide whether an object may be touched.
func (s sale) ourProduct(tags []*string) bool {
	return has(tags, gatewaylog.Tag, gatewaylog.ProductTag(s.product.ID))
}

func (s sale) ourSubscription(tags []*string) bool {
	return has(tags, gatewaylog.Tag, gatewaylog.SubscriptionTag(s.id))
}

func values(list []*string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s != nil {
			out = append(out, *s)
		}
	}
	return out
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// keyID is the id of a consumer's credential. It follows from the consumer,
// so that two that issue a key at once cannot issue two.
func keyID(consumerID string) string {
	sum := sha256.Sum256([]byte("fondaco key of " + consumerID))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8: an id of one's own making
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// covers reports whether have says everything that want says: Kong adds
// defaults of its own to what it is given. null is the same as absent.
func covers(have, want any) bool {
	switch w := want.(type) {
	case nil:
		return have == nil
	case map[string]any:
		h, ok := have.(map[string]any)
		for name := range w {
			if !ok && w[name] != nil || !covers(h[name], w[name]) {
				return false
			}
		}
		return true
	case []any:
		h, ok := have.([]any)
		return ok && len(h) == len(w) && document.Canonical(h) == document.Canonical(w) || !ok && len(w) == 0 && have == nil
	}
	return have == want
}

// plain is a config in the types that JSON decoding gives.
func plain(c kong.Configuration) map[string]any {
	out := map[string]any{}
	raw, err := json.Marshal(c)
	if err == nil {
		_ = json.Unmarshal(raw, &out)
	}
	return out
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
