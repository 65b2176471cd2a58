package openstack

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/plugins/idempotency"
)

// maxRequests is how many idempotency keys a project remembers. Keystone
// takes 80 tags in all.
const maxRequests = 16

// tenantName is the name of the sale's project and of its user.
func (s sale) tenantName() string { return fmt.Sprintf("%s-%d", s.settings.Mark, s.id) }

// description is read by people who look at the cloud.
func (s sale) description() string {
	return fmt.Sprintf("Subscription %d of the marketplace %s. Managed by it; do not change.", s.id, s.settings.Mark)
}

// subscriptionTag says whose a project is. With the mark itself, which every
// project of ours has as a tag, it is what decides whether one may be touched.
func (s sale) subscriptionTag() string {
	return fmt.Sprintf("%s-subscription-%d", s.settings.Mark, s.id)
}

// The other tags of a project.
func (s sale) billingTag() string   { return s.settings.Mark + "-billing-" + s.plan.Billing }
func (s sale) regionTag() string    { return s.settings.Mark + "-region-" + escape(s.plan.Region) }
func (s sale) suspendedTag() string { return s.settings.Mark + "-suspended" }
func (s sale) noncePrefix() string  { return s.settings.Mark + "-nonce-" }

func (s sale) requestPrefix() string { return s.settings.Mark + "-request-" }

// requestTag remembers the claim of a request; the number says which are the
// oldest.
func (s sale) requestTag(c idempotency.Claim, n int) string {
	return fmt.Sprintf("%s%s-%d", s.requestPrefix(), c, n)
}

// escape makes a name fit for a tag, which has no commas and slashes.
func escape(name string) string {
	return strings.NewReplacer("~", "~7e", ",", "~2c", "/", "~2f").Replace(name)
}

// regionOf is the region that a project was made for, "" when its tags do not
// say.
func (s sale) regionOf(tags []string) string {
	for _, t := range tags {
		if name, ok := strings.CutPrefix(t, s.settings.Mark+"-region-"); ok {
			return strings.NewReplacer("~7e", "~", "~2c", ",", "~2f", "/").Replace(name)
		}
	}
	return ""
}

// subscriptionOf reads a project's tags.
func subscriptionOf(tags []string, mark string) (int64, bool) {
	if !slices.Contains(tags, mark) {
		return 0, false
	}
	for _, t := range tags {
		if digits, ok := strings.CutPrefix(t, mark+"-subscription-"); ok {
			id, err := strconv.ParseInt(digits, 10, 64)
			return id, err == nil && id > 0
		}
	}
	return 0, false
}

// requests are the tags that remember keys, oldest first, and the next number.
func requests(tags []string, prefix string) (oldestFirst []string, next int) {
	number := func(tag string) int {
		n, _ := strconv.Atoi(tag[strings.LastIndex(tag, "-")+1:]) // 0 where there is none
		return n
	}
	for _, t := range tags {
		if strings.HasPrefix(t, prefix) {
			oldestFirst = append(oldestFirst, t)
			next = max(next, number(t)+1)
		}
	}
	slices.SortFunc(oldestFirst, func(a, b string) int { return number(a) - number(b) })
	return oldestFirst, next
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func query(text string) string   { return url.QueryEscape(text) }
func segment(text string) string { return url.PathEscape(text) }
