package gatewaylog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Tag marks every object in Kong that belongs to Fondaco.
const Tag = "fondaco"

const (
	productPrefix      = "fondaco-product-"
	subscriptionPrefix = "fondaco-subscription-"
	endpointPrefix     = "fondaco-endpoint-"
)

// ProductTag marks the objects of a product.
func ProductTag(id int64) string { return productPrefix + strconv.FormatInt(id, 10) }

// SubscriptionTag marks the objects of a subscription.
func SubscriptionTag(id int64) string { return subscriptionPrefix + strconv.FormatInt(id, 10) }

// EndpointTag marks the objects of an endpoint.
func EndpointTag(identifier string) string { return endpointPrefix + Escape(identifier) }

// Escape writes an identifier in the characters that Kong allows in names and
// tags: letters, digits, hyphen, dot and underscore stay, every other byte
// becomes "~" and two hexadecimal digits. Unescape reads it back.
func Escape(identifier string) string {
	var b strings.Builder
	for _, c := range []byte(identifier) {
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._", c) >= 0
		if plain {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "~%02x", c)
	}
	return b.String()
}

// Unescape reverts Escape; a "~" that Escape did not write stays as it is.
func Unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '~' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// idFrom returns the number of the tag with that prefix, 0 for none.
func idFrom(tags []string, prefix string) int64 {
	for _, t := range tags {
		if rest, ok := strings.CutPrefix(t, prefix); ok {
			if id, err := strconv.ParseInt(rest, 10, 64); err == nil && id > 0 {
				return id
			}
		}
	}
	return 0
}

// SubscriptionOf returns the subscription that an object's tags name; false
// when they name none or the object is not ours.
func SubscriptionOf(tags []string) (int64, bool) {
	id := idFrom(tags, subscriptionPrefix)
	return id, id > 0 && slices.Contains(tags, Tag)
}

func endpointFrom(tags []string) string {
	for _, t := range tags {
		if rest, ok := strings.CutPrefix(t, endpointPrefix); ok {
			return Unescape(rest)
		}
	}
	return ""
}
