package vcloud_test

import (
	"context"
	"testing"
	"time"

	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
	"github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

func TestConformance_payAsYouGo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	plan, other := payAsYouGo(), payAsYouGo()
	plan["limits"], other["limits"] = object{"cores": 4}, object{"cores": 8, "diskGb": 100}
	b.conform(conformance.Subject{
		Subscription: b.sub(plan, object{"ips": 1}), OtherPlan: plugintest.Raw(t, other), InvalidPlan: plugintest.Raw(t, object{"cloud": "main", "billing": "sometimes"}),
	})
}

func TestConformance_prepaid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.conform(conformance.Subject{
		Subscription: b.sub(prepaid(), chosen(4, 8, 100, 2)), OtherParameters: plugintest.Raw(t, chosen(6, 8, 50, 3)), InvalidPlan: plugintest.Raw(t, object{"billing": "prepaid"}),
	})
}

// conform runs the battery, with all that the sandbox can do for it.
func (b *bundle) conform(s conformance.Subject) {
	b.t.Helper()
	s.Provider, s.Output = b.provider, b.log.String
	if b.cloud != nil {
		s.Tamper, s.Use = b.tamper, b.use
	}
	conformance.Run(b.t, s)
}

// tamper changes a limit in the cloud's own portal.
func (b *bundle) tamper(_ context.Context, sub sdk.Subscription) error {
	return b.cloud.SetLimits(orgName(sub.ID), func(l *sandbox.Limits) { l.CPUMHz *= 2 })
}

// use runs a server for a part of three hours.
func (b *bundle) use(_ context.Context, sub sdk.Subscription) (from, to time.Time, err error) {
	from = b.clock.Now().Truncate(time.Hour).Add(time.Hour)
	b.clock.Set(from.Add(20 * time.Minute))
	id, err := b.cloud.CreateServer(orgName(sub.ID), sandbox.Server{Name: "web", Cores: 2, MemoryGb: 3, DiskGb: 7})
	if err != nil {
		return from, to, err
	}
	b.clock.Set(from.Add(130 * time.Minute))
	err = b.cloud.StopServer(id)
	to = from.Add(3 * time.Hour)
	b.clock.Set(to)
	return from, to, err
}
