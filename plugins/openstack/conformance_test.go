package openstack_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/openstack"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

func TestConformance_prepaid(t *testing.T) {
	t.Parallel()
	b, output := listened(t)
	conformance.Run(t, conformance.Subject{
		Provider: b.provider, Subscription: b.sold(1, parameters(2, 4, 10, 1)), Output: output, Tamper: b.tamper,
		OtherParameters: plugintest.Raw(t, parameters(4, 8, 20, 2)), InvalidPlan: plugintest.Raw(t, with(prepaidPlan(), object{"billing": "sometimes"})),
	})
}

func TestConformance_payAsYouGo(t *testing.T) {
	t.Parallel()
	b, output := listened(t)
	conformance.Run(t, conformance.Subject{
		Provider: b.provider, Subscription: b.metered(1), Output: output, Tamper: b.tamper, Use: b.use,
		OtherPlan: plugintest.Raw(t, with(meteredPlan(), object{"limits": object{"cores": 8, "memoryGb": 16}})), InvalidPlan: plugintest.Raw(t, with(meteredPlan(), object{"cloud": ""})),
	})
}

// listened is a bundle with all that the provider writes.
func listened(t *testing.T) (*bundle, func() string) {
	t.Helper()
	b, log := setup(t), &plugintest.Log{}
	keys := b.provider
	b.provider = openstack.New(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	b.provider.ShareKeys(keys)
	b.provider.SetTimes(5*time.Second, time.Millisecond, 5*time.Second)
	t.Cleanup(b.provider.Close)
	return b, log.String
}

// projectOf is the id of a tenant's project.
func (b *bundle) projectOf(ctx context.Context, sub sdk.Subscription) (string, error) {
	o, err := b.provider.Observe(ctx, sub)
	if err != nil {
		return "", err
	}
	for _, r := range o.Resources {
		if r.Kind == "project" {
			return r.ID, nil
		}
	}
	return "", errors.New("the subscription has no project")
}

// tamper gives the tenant other cores than it bought.
func (b *bundle) tamper(ctx context.Context, sub sdk.Subscription) error {
	project, err := b.projectOf(ctx, sub)
	if err != nil {
		return err
	}
	_, err = b.admin.compute.Put(ctx, b.admin.compute.ServiceURL("os-quota-sets", project), object{"quota_set": object{"cores": 77}}, nil,
		&gophercloud.RequestOpts{OkCodes: []int{200}})
	return err
}

// use runs a server in the tenant's project for an hour and a half. The
// administrator does it, whom nobody stops from joining a project.
func (b *bundle) use(ctx context.Context, sub sdk.Subscription) (from, to time.Time, err error) {
	project, err := b.projectOf(ctx, sub)
	if err != nil {
		return from, to, err
	}
	b.admin.join(project)
	inside := b.login("admin", adminPassword, b.name(sub), "Default")
	from = b.clock.Now().Truncate(time.Hour)
	server, err := inside.boot(b.world.tiny, b.world.image, inside.net(b.world))
	if err != nil {
		return from, to, err
	}
	b.clock.Advance(90 * time.Minute)
	if err := servers.Delete(inside.ctx, inside.compute, server).ExtractErr(); err != nil {
		return from, to, err
	}
	for inside.status(server) != "" {
		time.Sleep(time.Millisecond)
	}
	to = b.clock.Now().Truncate(time.Hour).Add(time.Hour)
	b.clock.Set(to)
	return from, to, nil
}

// join gives the administrator its role in another project.
func (c *client) join(project string) {
	c.t.Helper()
	me := c.self()
	_, err := c.identity.Put(c.ctx, c.identity.ServiceURL("projects", project, "users", me.User.ID, "roles", me.Roles[0].ID), nil, nil,
		&gophercloud.RequestOpts{OkCodes: []int{204}})
	require.NoError(c.t, err)
}
