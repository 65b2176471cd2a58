package kong_test

import (
	"testing"

	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	b := setup(t)
	conformance.Run(t, conformance.Subject{
		Provider: b.provider, Subscription: b.sub(b.id(), basic()),
		OtherPlan:   plugintest.Raw(t, planOf(prepaid("get-items", object{"minute": 2, "month": 9}), payPerUse("special"))),
		InvalidPlan: plugintest.Raw(t, planOf(prepaid("get-items", object{"month": -1}))),
	})
}
