package openstack_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/faultline"
	"github.com/fondaco/fondaco/plugins/openstack"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// lined is a bundle whose provider reaches the cloud by a line that breaks.
func lined(keys *openstack.Provider) func(t *testing.T) (*bundle, *faultline.Line) {
	return func(t *testing.T) (*bundle, *faultline.Line) {
		t.Helper()
		b := setup(t)
		b.provider.ShareKeys(keys)
		line := faultline.New(b.handler)
		server := httptest.NewServer(line)
		t.Cleanup(server.Close)
		b.cloud = with(b.cloud, object{"authUrl": server.URL + b.sandbox.AuthPath()})
		return b, line
	}
}

func impatient(b *bundle, on bool) {
	b.provider.SetTimes(map[bool]time.Duration{true: 150 * time.Millisecond, false: 30 * time.Second}[on], time.Millisecond, 5*time.Second)
}

// keys is a provider that only lends its keyring.
func keys() *openstack.Provider { return openstack.New(slog.New(slog.DiscardHandler)) }

// restart is a new process of the plugin: it knows nothing of the old one.
func (b *bundle) restart() {
	old := b.provider
	b.provider = openstack.New(slog.New(slog.DiscardHandler))
	b.provider.ShareKeys(old)
	b.provider.SetTimes(30*time.Second, time.Millisecond, 5*time.Second)
	b.t.Cleanup(b.provider.Close)
}

// try makes one call as the marketplace does.
func (b *bundle) try(operation string, sub sdk.Subscription) error {
	return plugintest.Call(context.Background(), b.provider, operation, sdk.Request{Key: operation, Subscription: sub})
}

// one fails the test unless exactly one tenant exists, in the state and as sold.
func one(state sdk.State, parameters object) func(*testing.T, *bundle) {
	return func(t *testing.T, b *bundle) {
		sub := b.sold(1, parameters)
		o := b.observe(sub)
		require.Equal(t, state, o.State, o.Differences)
		require.Empty(t, o.Differences)
		require.Equal(t, []sdk.Owned{{SubscriptionID: sub.ID, Resources: o.Resources}}, b.inventory())
		require.Len(t, o.Resources, 2)
	}
}

// working is one, and the login that the customer is told works.
func working(parameters object) func(*testing.T, *bundle) {
	return func(t *testing.T, b *bundle) {
		one(sdk.StateActive, parameters)(t, b)
		r, err := b.provider.Provision(t.Context(), sdk.Request{Key: "provision", Subscription: b.sold(1, parameters)}, nil)
		if sdk.CodeOf(err) == sdk.CodeConflict { // an update was made since
			return
		}
		require.NoError(t, err)
		b.tenant(r)
	}
}

// none fails the test unless nothing is left anywhere.
func none(t *testing.T, b *bundle) {
	require.Empty(t, b.inventory())
	for _, project := range b.emptied {
		require.Empty(t, b.admin.leftovers(project[0], project[1]))
	}
}

func TestCrash_atAnyCallConverges(t *testing.T) {
	t.Parallel()
	before, after := parameters(2, 2, 10, 1), parameters(4, 4, 20, 2)
	sold := func(t *testing.T, b *bundle) {
		require.NoError(t, b.try("provision", b.sold(1, before)))
		b.restart()
	}
	full := func(t *testing.T, b *bundle) { b.filled(t, before); b.restart() }
	suspended := func(t *testing.T, b *bundle) {
		b.filled(t, before)
		require.NoError(t, b.try("suspend", b.sold(1, before)))
		b.restart()
	}
	run := func(operation string, parameters object) func(*bundle) error {
		return func(b *bundle) error { return b.try(operation, b.sold(1, parameters)) }
	}
	faultline.Matrix(t, faultline.Config[*bundle]{Setup: lined(keys()), Impatient: impatient, Operations: []faultline.Operation[*bundle]{
		{Name: "provision", Run: run("provision", before), Check: working(before), AtLeast: 14},
		{Name: "update", Prepare: sold, Run: run("update", after), Check: working(after), AtLeast: 12},
		{Name: "suspend", Prepare: full, Run: run("suspend", before), Check: one(sdk.StateSuspended, before), AtLeast: 9},
		{Name: "resume", Prepare: suspended, Run: run("resume", before), Check: working(before), AtLeast: 7},
		{Name: "deprovision", Prepare: full, Run: run("deprovision", before), Check: none, AtLeast: 50},
	}})
}

// filled is a sold tenant with something of most kinds.
func (b *bundle) filled(t *testing.T, parameters object) {
	t.Helper()
	sub := b.sold(1, parameters)
	r, err := b.provider.Provision(t.Context(), sdk.Request{Key: "provision", Subscription: sub}, nil)
	require.NoError(t, err)
	tenant := b.tenant(r)
	server, err := tenant.boot(b.world.tiny, b.world.image, tenant.net(b.world))
	require.NoError(t, err)
	disk, err := tenant.makeVolume(1)
	require.NoError(t, err)
	require.Equal(t, "available", tenant.volumeStatus(disk))
	tenant.makeSnapshot(disk)
	_, err = tenant.floatingIP(b.world.external)
	require.NoError(t, err)
	tenant.extras()
	require.Equal(t, "ACTIVE", tenant.status(server))
	b.emptied = append(b.emptied, [2]string{idOf(t, r.Resources, "project"), idOf(t, r.Resources, "user")})
}

// TestCrash_interruptedSaleCanBeGivenUp cuts a provision anywhere and then
// deprovisions: nothing may stay behind.
func TestCrash_interruptedSaleCanBeGivenUp(t *testing.T) {
	t.Parallel()
	points, world := 0, lined(keys())
	for n, broke := 1, true; broke; n++ {
		b, line := world(t)
		line.Break(n, faultline.CutAfter)
		_ = b.try("provision", b.sold(1, parameters(1, 1, 1, 0)))
		broke = line.Mend()
		require.NoError(t, b.try("deprovision", b.sold(1, parameters(1, 1, 1, 0))))
		none(t, b)
		points++
	}
	require.Greater(t, points, 14)
}
