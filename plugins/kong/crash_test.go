package kong_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// crashCase is one operation that is cut at every one of its calls.
type crashCase struct {
	name    string
	prepare func(b *bundle)
	run     func(b *bundle) error
	check   func(b *bundle)
	atLeast int // cut points, or the matrix is not one
}

func (b *bundle) try(operation, key string, plan object) error {
	ctx := context.Background()
	req := sdk.Request{Key: key, Subscription: b.sub(b.id(), plan)}
	switch operation {
	case "provision":
		_, err := b.provider.Provision(ctx, req, nil)
		return err
	case "update":
		_, err := b.provider.Update(ctx, req, nil)
		return err
	case "suspend":
		return b.provider.Suspend(ctx, req)
	case "resume":
		return b.provider.Resume(ctx, req)
	}
	return b.provider.Deprovision(ctx, req, nil)
}

func crashCases() []crashCase {
	none := func(*bundle) {}
	sold := func(b *bundle) { require.NoError(b.t, b.try("provision", "p", basic())) }
	moved := planOf(prepaid("get-item", object{"day": 3, "month": 4}), payPerUse("orders/create"))
	active := func(plan object) func(*bundle) {
		return func(b *bundle) {
			b.oneConsumerWithOneKey(b.id())
			o := b.observe(b.id(), plan)
			require.Equal(b.t, sdk.StateActive, o.State, o.Differences)
		}
	}
	suspended := func(b *bundle) {
		b.oneConsumerWithOneKey(b.id())
		o := b.observe(b.id(), basic())
		require.Equal(b.t, sdk.StateSuspended, o.State)
		require.Empty(b.t, o.Differences)
	}
	return []crashCase{
		{"provision", none, func(b *bundle) error { return b.try("provision", "p", basic()) }, active(basic()), 60},
		{"update", sold, func(b *bundle) error { return b.try("update", "u", moved) }, active(moved), 30},
		{"suspend", sold, func(b *bundle) error { return b.try("suspend", "s", basic()) }, suspended, 15},
		{"resume", func(b *bundle) {
			sold(b)
			require.NoError(b.t, b.try("suspend", "s", basic()))
		}, func(b *bundle) error { return b.try("resume", "r", basic()) }, active(basic()), 15},
		{"deprovision", sold, func(b *bundle) error { return b.try("deprovision", "d", basic()) }, func(b *bundle) {
			require.Empty(b.t, b.bought())
		}, 3},
	}
}

// TestCrash_betweenAnyTwoCallsConverges cuts the line to the Admin API at the
// Nth call, before and after the call has its effect, for every N there is,
// and retries with the same key.
func TestCrash_betweenAnyTwoCallsConverges(t *testing.T) {
	t.Parallel()
	onlySandbox(t) // hundreds of sales; a real node propagates each for seconds
	for _, c := range crashCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			points := 0
			for _, after := range []bool{false, true} {
				for n := 1; c.cut(t, n, after); n++ {
					points++
				}
			}
			t.Logf("%d cut points", points)
			require.Greater(t, points, c.atLeast)
		})
	}
}

// cut reports whether there was an nth call to cut.
func (c crashCase) cut(t *testing.T, n int, after bool) (broke bool) {
	t.Run(fmt.Sprintf("%d/%t", n, after), func(t *testing.T) {
		b := setup(t)
		c.prepare(b)
		b.fault.cut(n, after)
		err := c.run(b)
		if broke = b.fault.mend(); !broke {
			require.NoError(t, err)
			return
		}
		require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err), "%v", err)
		require.NoError(t, c.run(b), "the retry")
		c.check(b)
	})
	return broke && !t.Failed()
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
			b.fault.cut(n, true)
			_ = b.try("provision", "p", basic())
			broke = b.fault.mend() && !t.Failed()
			require.NoError(t, b.try("deprovision", "d", basic()))
			require.Empty(t, b.bought())
		})
	}
}
