package vcloud_test

import (
	"testing"

	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	b := setup(t)
	// Both plans can stand after each other: what differs is a limit.
	plan := payAsYouGo()
	plan["limits"] = object{"cores": 4}
	other := payAsYouGo()
	other["limits"] = object{"cores": 8, "diskGb": 100}
	conformance.Run(t, conformance.Subject{
		Provider: b.provider, Subscription: b.sub(plan, object{"ips": 1}),
		OtherPlan:   raw(t, other),
		InvalidPlan: raw(t, object{"cloud": "main", "billing": "sometimes"}),
	})
}
