package openstack_test

import (
	"testing"

	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	b := setup(t)
	conformance.Run(t, conformance.Subject{
		Provider: b.provider, Subscription: b.metered(1),
		OtherPlan:   raw(t, with(meteredPlan(), object{"limits": object{"cores": 8, "memoryGb": 16}})),
		InvalidPlan: raw(t, with(meteredPlan(), object{"billing": "sometimes"})),
	})
}
