package kong_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	kongapi "github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/kong/gatewaylog"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func basic() object { return planOf(prepaid("get-items", object{"month": 5}), payPerUse("get-item")) }

func TestProvision_opensExactlyThePlansEndpoints(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.provision(b.id(), basic())
	key := keyOf(t, r)
	require.Equal(t, []string{
		"1 of 5: Creating the gateway consumer", "2 of 5: Creating the gateway routes", "3 of 5: Setting access and limits",
		"4 of 5: Issuing the key", "5 of 5: Waiting until the gateway serves them",
	}, b.steps)
	require.Equal(t, []sdk.Endpoint{
		{Identifier: "get-items", Method: "GET", URL: fmt.Sprintf("%s/shop-%d/items", b.proxyURL, b.product)},
		{Identifier: "get-item", Method: "GET", URL: fmt.Sprintf("%s/shop-%d/items/{item-id}", b.proxyURL, b.product)},
	}, r.Endpoints)
	require.Equal(t, "consumer", r.Resources[0].Kind)
	require.Zero(t, b.upstream.calls.Load(), "the wait for the gateway never reaches the vendor")

	got := b.call("GET", "/items/4%202?q=a%20b", key, "X-Upstream-Secret", "forged", "X-Consumer-Groups", "forged", "X-Consumer-Username", "1").echoed(t)
	require.Equal(t, "/base/items/4%202?q=a%20b", got.URI, "upstream base kept, product prefix gone, encoding kept")
	require.Equal(t, []string{vendorSecret}, got.Header.Values("X-Upstream-Secret"))
	require.Equal(t, strconv.FormatInt(b.id(), 10), got.Header.Get("X-Consumer-Username"))
	require.Equal(t, r.Resources[0].ID, got.Header.Get("X-Consumer-ID"))
	require.Empty(t, got.Header.Get("apikey"))
	require.Empty(t, got.Header.Get("X-Consumer-Groups"))
	require.Equal(t, adminToken, b.fault.token)

	require.Equal(t, 403, b.call("GET", "/items/special", key).status, "not in the plan, though {item-id} would match")
	require.Equal(t, 403, b.call("POST", "/orders", key).status)
	require.Equal(t, 404, b.call("POST", "/items", key).status)
	require.Equal(t, 401, b.call("GET", "/items", "").status)
	require.Equal(t, 401, b.call("GET", "/items?apikey="+key, "").status, "keys are taken from the header only")
}

func TestProvision_limitsPrepaidEndpoints(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := keyOf(t, b.provision(b.id(), basic()))
	for left := 4; left >= 0; left-- {
		r := b.call("GET", "/items", key)
		require.Equal(t, 200, r.status)
		require.Equal(t, "5", r.header.Get("X-RateLimit-Limit-Month"))
		require.Equal(t, strconv.Itoa(left), r.header.Get("X-RateLimit-Remaining-Month"))
	}
	r := b.call("GET", "/items", key)
	require.Equal(t, 429, r.status)
	require.Contains(t, r.body, `"message":"API rate limit exceeded"`)
	require.NotEmpty(t, r.header.Get("Retry-After"))
	require.Empty(t, b.call("GET", "/items/7", key).header.Get("X-RateLimit-Limit-Month"), "pay per use is not limited")
}

func TestProvision_againChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.provision(b.id(), basic())
	b.fault.count()
	second := b.provision(b.id(), basic())
	require.Equal(t, first, second)
	require.Zero(t, b.fault.count(), "nothing is written")
}

func TestProvision_sameRequestAtOnceMakesOneConsumer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	req := sdk.Request{Key: "k", Subscription: b.sub(b.id(), basic())}
	keys := make([]string, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			r, err := b.provider.Provision(context.Background(), req, nil)
			if err == nil {
				keys[i] = r.Credentials[0].Value
			}
		})
	}
	wg.Wait()
	defer b.deprovision(b.id())
	for _, k := range keys {
		require.NotEmpty(t, k)
		require.Equal(t, keys[0], k)
	}
	b.oneConsumerWithOneKey(b.id())
}

func (b *bundle) oneConsumerWithOneKey(id int64) {
	b.t.Helper()
	ctx := context.Background()
	opt := &kongapi.ListOpt{Tags: kongapi.StringSlice(gatewaylog.Tag, gatewaylog.SubscriptionTag(id)), MatchAllTags: true}
	consumers, _, err := b.admin.Consumers.List(ctx, opt)
	require.NoError(b.t, err)
	require.Len(b.t, consumers, 1)
	keys, _, err := b.admin.KeyAuths.ListForConsumer(ctx, consumers[0].ID, nil)
	require.NoError(b.t, err)
	require.Len(b.t, keys, 1)
}

func TestProvision_keyWithOtherContentIsAConflict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provision(b.id(), basic())
	key := fmt.Sprintf("provision-%d", b.id())
	_, err := b.provider.Provision(t.Context(), sdk.Request{Key: key, Subscription: b.sub(b.id(), planOf(payPerUse("special")))}, nil)
	require.Equal(t, sdk.CodeConflict, sdk.CodeOf(err))
	_, err = b.provider.Update(t.Context(), sdk.Request{Key: key, Subscription: b.sub(b.id(), basic())}, nil)
	require.Equal(t, sdk.CodeConflict, sdk.CodeOf(err), "another operation is other content")
	require.Equal(t, sdk.CodeConflict, sdk.CodeOf(b.provider.Suspend(t.Context(), sdk.Request{Key: key, Subscription: b.sub(b.id(), basic())})))
	require.Equal(t, sdk.CodeConflict, sdk.CodeOf(b.provider.Deprovision(t.Context(), sdk.Request{Key: key, Subscription: b.sub(b.id(), basic())}, nil)))
	require.Equal(t, sdk.StateActive, b.observe(b.id(), basic()).State, "nothing of it was done")
}

func TestProvision_aCorrectedUpstreamIsNoConflict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provision(b.id(), basic())
	sub := b.sub(b.id(), basic())
	p := b.shop()
	p["api"] = object{"upstreamUrl": b.upstream.server.URL + "/v2", "authHeader": nil}
	sub.Product = plugintest.Raw(t, p)
	r, err := b.provider.Provision(t.Context(), sdk.Request{Key: fmt.Sprintf("provision-%d", b.id()), Subscription: sub}, nil)
	require.NoError(t, err)
	got := b.call("GET", "/items", keyOf(t, r)).echoed(t)
	require.Equal(t, "/v2/items", got.URI)
	require.Empty(t, got.Header.Get("X-Upstream-Secret"))
}

func TestProvision_aPlanWithoutEndpointsOpensAll(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.provision(b.id(), planOf())
	require.Len(t, r.Endpoints, 4)
	require.Equal(t, 200, b.call("POST", "/orders", keyOf(t, r)).status)
	require.Equal(t, 200, b.call("GET", "/items/special", keyOf(t, r)).status)
}

func TestProvision_severalWindowsAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := keyOf(t, b.provision(b.id(), planOf(prepaid("get-items", object{"second": 1000, "minute": 1001, "hour": 1002, "day": 1003, "month": 1004, "year": 1005}))))
	h := b.call("GET", "/items", key).header
	for i, window := range []string{"Second", "Minute", "Hour", "Day", "Month", "Year"} {
		require.Equal(t, strconv.Itoa(1000+i), h.Get("X-RateLimit-Limit-"+window))
		require.Equal(t, strconv.Itoa(999+i), h.Get("X-RateLimit-Remaining-"+window))
	}
}

func TestProvision_logsNameSubscriptionAndEndpoint(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := keyOf(t, b.provision(b.id(), planOf(payPerUse("get-items"))))
	want := b.call("GET", "/items", key).header.Get("X-Kong-Request-Id")
	refused := b.call("POST", "/orders", key).header.Get("X-Kong-Request-Id")
	var entries []gatewaylog.Entry
	require.Eventually(t, func() bool {
		entries = nil
		bodies, _ := b.sink.received()
		for _, body := range bodies {
			batch, err := gatewaylog.Parse(body)
			require.NoError(t, err)
			entries = append(entries, batch...)
		}
		return len(entries) == 2
	}, 10*time.Second, 20*time.Millisecond)
	_, secrets := b.sink.received()
	require.Equal(t, "Bearer "+ingestSecret, secrets[0])
	byID := map[string]gatewaylog.Entry{entries[0].RequestID: entries[0], entries[1].RequestID: entries[1]}
	e := byID[want]
	require.Equal(t, []any{b.id(), "get-items", b.product, 200, gatewaylog.SourceUpstream}, []any{e.SubscriptionID, e.Endpoint, e.ProductID, e.Status, e.Source})
	e = byID[refused]
	require.Equal(t, []any{b.id(), "orders/create", b.product, 403, gatewaylog.SourceKong}, []any{e.SubscriptionID, e.Endpoint, e.ProductID, e.Status, e.Source})
}

func TestProvision_anIncludedEndpointIsOpenWithoutLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	flat := planOf(object{"identifier": "get-items", "mode": "included"})
	key := keyOf(t, b.provision(b.id(), flat))
	for range 4 {
		r := b.call("GET", "/items", key)
		require.Equal(t, 200, r.status)
		require.Empty(t, r.header.Get("X-RateLimit-Limit-Month"))
	}
	require.Equal(t, 403, b.call("GET", "/items/special", key).status, "what the plan does not list stays closed")
	require.Equal(t, sdk.StateActive, b.observe(b.id(), flat).State)
}
