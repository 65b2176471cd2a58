package kong_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	kongapi "github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func (b *bundle) observe(id int64, plan object) sdk.Observation {
	b.t.Helper()
	o, err := b.provider.Observe(b.t.Context(), b.sub(id, plan))
	require.NoError(b.t, err)
	return o
}

func TestObserve_seesNoDifferenceAfterProvision(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, sdk.StateAbsent, b.observe(b.id(), basic()).State)
	r := b.provision(b.id(), basic())
	o := b.observe(b.id(), basic())
	require.Equal(t, sdk.StateActive, o.State)
	require.Empty(t, o.Differences)
	require.Equal(t, r.Resources, o.Resources)
}

func TestObserve_namesEveryDifferenceAndUpdateRepairsThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.provision(b.id(), basic())
	ctx := context.Background()
	consumer := r.Resources[0].ID
	plugins, err := b.admin.Plugins.ListAllForConsumer(ctx, &consumer)
	require.NoError(t, err)
	for _, p := range plugins {
		if *p.Name == "rate-limiting" {
			p.Config["month"] = 8
			_, err = b.admin.Plugins.Update(ctx, &kongapi.Plugin{ID: p.ID, Config: p.Config})
			require.NoError(t, err)
		}
	}
	groups, _, err := b.admin.ACLs.ListForConsumer(ctx, &consumer, nil)
	require.NoError(t, err)
	for _, g := range groups {
		require.NoError(t, b.admin.ACLs.Delete(ctx, &consumer, g.ID))
	}
	require.NoError(t, b.admin.Routes.Delete(ctx, new(b.route("get-item"))))
	_, err = b.admin.KeyAuths.Create(ctx, &consumer, &kongapi.KeyAuth{Key: new(b.route("second-key"))})
	require.NoError(t, err)

	o := b.observe(b.id(), basic())
	require.Equal(t, sdk.StatePartial, o.State)
	var got []string
	for _, d := range o.Differences {
		if d.Kind == "extra" {
			d.Have, d.Subject = "", d.Subject[:3]
		}
		got = append(got, d.Kind+" "+d.Subject+" "+d.Want+" "+d.Have)
	}
	require.ElementsMatch(t, []string{
		"changed limit month of get-items 5 8",
		"missing route of get-item " + b.route("get-item") + " ",
		"missing access to get-items " + b.route("get-items") + " ",
		"missing access to get-item " + b.route("get-item") + " ",
		"extra key  ",
	}, got)

	b.update(b.id(), "repair", basic())
	o = b.observe(b.id(), basic())
	require.Len(t, o.Differences, 1, "the second key is foreign: shown, and left alone")
	require.Equal(t, "extra", o.Differences[0].Kind)
	require.Equal(t, 200, b.call("GET", "/items/7", keyOf(t, r)).status)
}

func TestObserve_neverShowsASecret(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provision(b.id(), basic())
	sub := b.sub(b.id(), basic())
	p, s := b.shop(), b.settings()
	p["api"].(object)["authHeader"] = object{"name": "X-Upstream-Secret", "value": "rotated-s3cret"}
	s["ingestSecret"] = "rotated-1ngest"
	sub.Product, sub.Settings = plugintest.Raw(t, p), plugintest.Raw(t, s)
	o, err := b.provider.Observe(t.Context(), sub)
	require.NoError(t, err)
	require.NotEmpty(t, o.Differences)
	for _, secret := range []string{vendorSecret, ingestSecret, "rotated"} {
		require.NotContains(t, string(plugintest.Raw(t, o)), secret)
	}
}
