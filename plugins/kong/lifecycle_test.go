package kong_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	kongapi "github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/kong/gatewaylog"
	"github.com/fondaco/fondaco/plugins/kong/sandbox"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func (b *bundle) update(id int64, key string, plan object) sdk.Result {
	b.t.Helper()
	r, err := b.provider.Update(b.t.Context(), sdk.Request{Key: key, Subscription: b.sub(id, plan)}, b.progress)
	require.NoError(b.t, err)
	return r
}

func (b *bundle) suspend(id int64, key string) {
	b.t.Helper()
	require.NoError(b.t, b.provider.Suspend(b.t.Context(), sdk.Request{Key: key, Subscription: b.sub(id, basic())}))
}

func (b *bundle) resume(id int64, key string) {
	b.t.Helper()
	require.NoError(b.t, b.provider.Resume(b.t.Context(), sdk.Request{Key: key, Subscription: b.sub(id, basic())}))
}

func TestUpdate_movesAccessAndLimitsAndKeepsKeyAndUsage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.provision(b.id(), basic())
	key := keyOf(t, first)
	for range 5 {
		b.call("GET", "/items", key)
	}
	require.Equal(t, 429, b.call("GET", "/items", key).status)
	second := b.update(b.id(), "u1", planOf(prepaid("get-items", object{"month": 8}), payPerUse("orders/create")))
	require.Equal(t, first.Credentials, second.Credentials)
	require.Equal(t, first.Resources, second.Resources)
	require.Equal(t, "2", b.call("GET", "/items", key).header.Get("X-RateLimit-Remaining-Month"), "what was used counts")
	require.Equal(t, 200, b.call("POST", "/orders", key).status, "opened")
	require.Equal(t, 403, b.call("GET", "/items/7", key).status, "closed")

	b.update(b.id(), "u2", planOf(payPerUse("get-items")))
	require.Empty(t, b.call("GET", "/items", key).header.Get("X-RateLimit-Limit-Month"), "the limit is gone")
}

func TestUpdate_lowersALongWindowAndRaisesAShortOneAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := keyOf(t, b.provision(b.id(), planOf(prepaid("get-items", object{"minute": 100, "month": 1000}))))
	for i, limits := range []object{
		{"minute": 10, "month": 50}, {"minute": 60, "month": 80}, {"month": 5}, {"second": 7, "year": 70},
	} {
		b.update(b.id(), string(rune('a'+i)), planOf(prepaid("get-items", limits)))
		h := b.call("GET", "/items", key).header
		for window, name := range map[string]string{"second": "Second", "minute": "Minute", "month": "Month", "year": "Year"} {
			want := ""
			if n, ok := limits[window]; ok {
				want = string(plugintest.Raw(t, n))
			}
			require.Equal(t, want, h.Get("X-RateLimit-Limit-"+name), "%v %s", limits, window)
		}
	}
}

func TestUpdate_followsTheProductsEndpoints(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.id() + 1
	key := keyOf(t, b.provision(b.id(), basic()))
	otherKey := keyOf(t, b.provision(other, planOf(payPerUse("special"))))

	p := b.shop()
	p["endpoints"] = []object{
		{"identifier": "get-items", "method": "GET", "path": "/v2/items"},
		{"identifier": "new", "method": "DELETE", "path": "/items/{a}.{b}"},
	}
	sub := b.sub(b.id(), planOf(payPerUse("get-items"), payPerUse("new")))
	sub.Product = plugintest.Raw(t, p)
	_, err := b.provider.Update(t.Context(), sdk.Request{Key: "u", Subscription: sub}, nil)
	require.NoError(t, err)
	require.Equal(t, "/base/v2/items", b.call("GET", "/v2/items", key).echoed(t).URI)
	require.Equal(t, "/base/items/x.json", b.call("DELETE", "/items/x.json", key).echoed(t).URI)
	require.Equal(t, 404, b.call("GET", "/items", key).status, "moved")
	require.Equal(t, 404, b.call("POST", "/orders", key).status, "gone: no plan opens it")
	require.Equal(t, 200, b.call("GET", "/items/special", otherKey).status, "gone from the product, but another subscription has it")
}

func TestSuspend_blocksThisSubscriptionOnlyUntilResumed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.id() + 1
	key, otherKey := keyOf(t, b.provision(b.id(), basic())), keyOf(t, b.provision(other, basic()))
	b.call("GET", "/items", key)
	b.suspend(b.id(), "s1")
	b.suspend(b.id(), "s1")
	r := b.call("GET", "/items", key)
	require.Equal(t, 403, r.status)
	require.JSONEq(t, `{"message":"Subscription suspended"}`, r.body)
	require.Equal(t, 200, b.call("GET", "/items", otherKey).status)
	require.Equal(t, 401, b.call("GET", "/items", "").status)
	require.Equal(t, sdk.StateSuspended, b.observe(b.id(), basic()).State)

	b.update(b.id(), "u", planOf(prepaid("get-items", object{"month": 9})))
	require.Equal(t, 403, b.call("GET", "/items", key).status, "a plan change does not end it")

	b.resume(b.id(), "r1")
	b.resume(b.id(), "r1")
	r = b.call("GET", "/items", key)
	require.Equal(t, 200, r.status)
	require.Equal(t, "9", r.header.Get("X-RateLimit-Limit-Month"))
	require.Equal(t, sdk.StateActive, b.observe(b.id(), planOf(prepaid("get-items", object{"month": 9}))).State)
}

func TestSuspend_withoutAConsumerSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	err := b.provider.Suspend(t.Context(), sdk.Request{Key: "s", Subscription: b.sub(b.id(), basic())})
	require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err))
	require.ErrorContains(t, err, "no consumer")
}

func TestDeprovision_endsTheKeyAlsoOfTheLastSubscription(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.id() + 1
	key, otherKey := keyOf(t, b.provision(b.id(), basic())), keyOf(t, b.provision(other, basic()))
	b.deprovision(b.id())
	b.deprovision(b.id())
	require.Equal(t, 401, b.call("GET", "/items", key).status)
	require.Equal(t, 200, b.call("GET", "/items", otherKey).status)
	require.Equal(t, sdk.StateAbsent, b.observe(b.id(), basic()).State)
	b.deprovision(other)
	require.Empty(t, b.bought())
	r := b.call("GET", "/items", otherKey)
	require.Equal(t, 401, r.status, "the routes stay, or the answer would be 404")

	again := keyOf(t, b.provision(b.id(), basic()))
	require.NotEqual(t, key, again, "a new sale has a new key")
}

// bought lists what Kong has of the product's subscriptions: consumers, with
// their keys, groups and limits. The service and its routes are not theirs.
func (b *bundle) bought() (names []string) {
	b.t.Helper()
	ctx := context.Background()
	opt := &kongapi.ListOpt{Size: 1000, Tags: kongapi.StringSlice(gatewaylog.ProductTag(b.product))}
	consumers, _, err := b.admin.Consumers.List(ctx, opt)
	require.NoError(b.t, err)
	for _, c := range consumers {
		names = append(names, "consumer "+*c.Username)
	}
	plugins, _, err := b.admin.Plugins.List(ctx, opt)
	require.NoError(b.t, err)
	for _, p := range plugins {
		if p.Consumer != nil {
			names = append(names, "limit or block "+*p.Name)
		}
	}
	keys, _, err := b.admin.KeyAuths.List(ctx, opt)
	require.NoError(b.t, err)
	for _, k := range keys {
		names = append(names, "key "+*k.ID)
	}
	return names
}

func TestProvision_waitsUntilTheProxyFollows(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t, func(c *sandbox.Config) { c.PropagationDelay = 120 * time.Millisecond })
	key := keyOf(t, b.provision(b.id(), basic()))
	require.Equal(t, 200, b.call("GET", "/items", key).status)
	b.suspend(b.id(), "s")
	require.Equal(t, 403, b.call("GET", "/items", key).status)
	b.resume(b.id(), "r")
	require.Equal(t, 200, b.call("GET", "/items", key).status)
	b.update(b.id(), "u", planOf(prepaid("get-items", object{"month": 9})))
	require.Equal(t, "9", b.call("GET", "/items", key).header.Get("X-RateLimit-Limit-Month"))
}

func TestProvision_saysNotYetWhenTheProxyDoesNotFollow(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t, func(c *sandbox.Config) { c.PropagationDelay = time.Hour })
	b.provider.SetProbeTime(50 * time.Millisecond)
	req := sdk.Request{Key: "k", Subscription: b.sub(b.id(), basic())}
	_, err := b.provider.Provision(t.Context(), req, nil)
	require.Equal(t, sdk.CodeNotYet, sdk.CodeOf(err))
}
