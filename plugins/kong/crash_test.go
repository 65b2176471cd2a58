package kong_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/faultline"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func (b *bundle) try(operation, key string, plan object) error {
	req := sdk.Request{Key: key, Subscription: b.sub(b.id(), plan)}
	return plugintest.Call(context.Background(), b.provider, operation, req)
}

func sold(t *testing.T, b *bundle) {
	t.Helper()
	require.NoError(t, b.try("provision", "p", basic()))
}

// crashCases are the operations with what must be there afterwards.
func crashCases() []faultline.Operation[*bundle] {
	call := func(operation, key string, plan object) func(*bundle) error {
		return func(b *bundle) error { return b.try(operation, key, plan) }
	}
	stands := func(want sdk.State, plan object) func(*testing.T, *bundle) {
		return func(t *testing.T, b *bundle) {
			b.oneConsumerWithOneKey(b.id())
			o := b.observe(b.id(), plan)
			require.Equal(t, want, o.State, o.Differences)
			require.Empty(t, o.Differences)
		}
	}
	gone := func(t *testing.T, b *bundle) { require.Empty(t, b.bought()) }
	blocked := func(t *testing.T, b *bundle) {
		sold(t, b)
		require.NoError(t, b.try("suspend", "s", basic()))
	}
	moved := planOf(prepaid("get-item", object{"day": 3, "month": 4}), payPerUse("orders/create"))
	return []faultline.Operation[*bundle]{
		{Name: "provision", Run: call("provision", "p", basic()), Check: stands(sdk.StateActive, basic()), AtLeast: 30},
		{Name: "update", Prepare: sold, Run: call("update", "u", moved), Check: stands(sdk.StateActive, moved), AtLeast: 15},
		{Name: "suspend", Prepare: sold, Run: call("suspend", "s", basic()), Check: stands(sdk.StateSuspended, basic()), AtLeast: 7},
		{Name: "resume", Prepare: blocked, Run: call("resume", "r", basic()), Check: stands(sdk.StateActive, basic()), AtLeast: 7},
		{Name: "deprovision", Prepare: sold, Run: call("deprovision", "d", basic()), Check: gone, AtLeast: 2},
	}
}

func breakable(t *testing.T) (*bundle, *faultline.Line) {
	b := setup(t)
	return b, b.fault.Line
}

func impatient(b *bundle, on bool) {
	b.provider.GiveUpAfter(map[bool]time.Duration{true: 100 * time.Millisecond, false: 30 * time.Second}[on])
}

// TestCrash_atAnyCallConverges breaks every call to the Admin API in every way
// and retries with the same key.
func TestCrash_atAnyCallConverges(t *testing.T) {
	t.Parallel()
	onlySandbox(t) // hundreds of sales; a real node propagates each for seconds
	faultline.Matrix(t, faultline.Config[*bundle]{Setup: breakable, Impatient: impatient, Operations: crashCases()})
}

// TestCrash_interruptedSaleCanBeGivenUp cuts a provision anywhere and then
// deprovisions: nothing may stay behind.
func TestCrash_interruptedSaleCanBeGivenUp(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	broke := true
	for n := 1; broke; n++ {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			b := setup(t)
			b.fault.Break(n, faultline.CutAfter)
			_ = b.try("provision", "p", basic())
			broke = b.fault.Mend() && !t.Failed()
			require.NoError(t, b.try("deprovision", "d", basic()))
			require.Empty(t, b.bought())
		})
	}
}
