package kong_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/kong/sandbox"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// TestProvision_moreObjectsThanOnePage has more plugins than Kong lists at
// once, as a large imported OpenAPI document gives.
func TestProvision_moreObjectsThanOnePage(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t, func(c *sandbox.Config) { c.Snapshot = filepath.Join(t.TempDir(), "gateway") })
	var list []object
	for i := range 550 {
		list = append(list, object{"identifier": fmt.Sprintf("repos/op-%d", i), "method": "GET", "path": fmt.Sprintf("/repos/{owner}/op%d/{id}", i)})
	}
	p := b.shop()
	p["endpoints"] = list
	sub := b.sub(b.id(), planOf(payPerUse("repos/op-1"), prepaid("repos/op-549", object{"month": 3})))
	sub.Product = plugintest.Raw(t, p)
	r, err := b.provider.Provision(t.Context(), sdk.Request{Key: "k", Subscription: sub}, nil)
	require.NoError(t, err)
	require.Equal(t, "/base/repos/me/op549/7", b.call("GET", "/repos/me/op549/7", keyOf(t, r)).echoed(t).URI)
	b.fault.count()
	_, err = b.provider.Provision(t.Context(), sdk.Request{Key: "k", Subscription: sub}, nil)
	require.NoError(t, err)
	require.Zero(t, b.fault.count())
}
