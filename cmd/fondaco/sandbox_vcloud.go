package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
	"github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

const vcloudPassword = "sandbox-admin-password"

// vcloudSandbox is an empty cloud in memory, whose clock stands on a full hour
// of yesterday.
func vcloudSandbox(ctx context.Context, line lineFunc) (sandboxed, error) {
	hours := clock.NewManual(clock.System{}.Now().Add(-24 * time.Hour).Truncate(time.Hour))
	cloud, err := sandbox.New(sandbox.Config{Clock: hours, Password: vcloudPassword})
	if err != nil {
		return sandboxed{}, err
	}
	url, stop, err := listenLocally(ctx, line(cloud.Handler()))
	if err != nil {
		return sandboxed{}, errors.Join(err, cloud.Close())
	}
	return sandboxed{
		subject: vcloudSubject(url, cloud, hours),
		stop:    func() error { return errors.Join(stop(), cloud.Close()) },
	}, nil
}

// vcloudSubject sells pay-as-you-go data centres with ceilings.
func vcloudSubject(url string, cloud *sandbox.Cloud, hours *clock.Manual) conformance.Subject {
	plan := func(limits object) []byte {
		return document(object{"cloud": "main", "billing": "payAsYouGo", "limits": limits})
	}
	return conformance.Subject{
		Subscription: sdk.Subscription{
			ID: 900_000,
			Settings: document(object{"passwordSecret": "sandbox-password-secret", "clouds": object{"main": object{
				"url": url + "/api", "user": "administrator", "password": vcloudPassword,
				"providerVdc": "provider", "networkPool": "pool", "storageProfile": "standard", "externalNetwork": "internet",
			}}}),
			Product: document(object{}), Plan: plan(object{"cores": 4}), Parameters: document(object{"ips": 1}),
		},
		OtherPlan:   plan(object{"cores": 8, "diskGb": 100}),
		InvalidPlan: document(object{"cloud": "main", "billing": "sometimes"}),
		Tamper: func(_ context.Context, sub sdk.Subscription) error {
			return cloud.SetLimits(organizationOf(sub), func(l *sandbox.Limits) { l.CPUMHz *= 2 })
		},
		Use: func(_ context.Context, sub sdk.Subscription) (from, to time.Time, err error) {
			from = hours.Now()
			_, err = cloud.CreateServer(organizationOf(sub), sandbox.Server{Name: "web", Cores: 2, MemoryGb: 4, DiskGb: 20})
			return from, hours.Advance(3 * time.Hour), err
		},
	}
}

func organizationOf(sub sdk.Subscription) string { return fmt.Sprintf("fondaco-%d", sub.ID) }
