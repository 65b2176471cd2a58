package vcloud_test

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/faultline"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/vcloud"
	"github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

// try makes one call as the marketplace does.
func (b *bundle) try(operation string, parameters object) error {
	req := sdk.Request{Key: operation, Subscription: b.sub(prepaid(), parameters)}
	return plugintest.Call(context.Background(), b.provider, operation, req)
}

func impatient(b *bundle, on bool) {
	call := map[bool]time.Duration{true: 150 * time.Millisecond, false: 30 * time.Second}[on]
	b.provider.SetPace(call, time.Millisecond, 5*time.Second)
}

// run makes a call of the operation.
func run(operation string, parameters object) func(*bundle) error {
	return func(b *bundle) error { return b.try(operation, parameters) }
}

// crashCases are the operations with what must be there afterwards.
func crashCases() []faultline.Operation[*bundle] {
	small, big := chosen(4, 8, 100, 2), chosen(6, 12, 150, 3)
	one := sandbox.Count{Organizations: 1, VDCs: 1, EdgeGateways: 1}
	active := func(parameters object) func(*testing.T, *bundle) {
		return func(t *testing.T, b *bundle) {
			t.Helper()
			b.t = t
			require.Equal(t, one, b.cloud.Count())
			b.asSold(prepaid(), parameters)
			result, err := b.converge("provision", "provision", prepaid(), parameters)
			if sdk.CodeOf(err) != sdk.CodeConflict { // after an update the key stands for something else
				require.NoError(t, err)
				require.NoError(t, b.login(result), "the customer was told a password that does not work")
			}
		}
	}
	sold := func(t *testing.T, b *bundle) {
		t.Helper()
		require.NoError(t, b.try("provision", small))
	}
	return []faultline.Operation[*bundle]{
		{Name: "provision", Run: run("provision", small), Check: active(small), AtLeast: 20},
		{Name: "update", Prepare: sold, Run: run("update", big), Check: active(big), AtLeast: 15},
		{Name: "suspend", Prepare: sold, Run: run("suspend", small), AtLeast: 8, Check: func(t *testing.T, b *bundle) {
			t.Helper()
			b.t = t
			o := b.observe(prepaid(), small)
			require.Equal(t, sdk.StateSuspended, o.State)
			require.Empty(t, o.Differences)
			require.Equal(t, one, b.cloud.Count())
		}},
		{Name: "resume", Prepare: func(t *testing.T, b *bundle) {
			t.Helper()
			sold(t, b)
			require.NoError(t, b.try("suspend", small))
		}, Run: run("resume", small), Check: active(small), AtLeast: 8},
		{Name: "deprovision", Prepare: func(t *testing.T, b *bundle) {
			t.Helper()
			sold(t, b)
			b.fill()
		}, Run: run("deprovision", small), AtLeast: 20, Check: func(t *testing.T, b *bundle) {
			t.Helper()
			require.Equal(t, sandbox.Count{}, b.cloud.Count(), "something was left behind")
		}},
	}
}

// TestCrash_everyCallBrokenInEveryWayConverges breaks the line to the cloud
// at the Nth call, in six ways, for every N there is, and retries.
func TestCrash_everyCallBrokenInEveryWayConverges(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	faultline.Matrix(t, faultline.Config[*bundle]{
		Setup: func(t *testing.T) (*bundle, *faultline.Line) {
			t.Helper()
			b := setup(t)
			return b, b.line
		},
		Operations: crashCases(),
		Impatient:  impatient,
	})
}

// everyCut runs try in a bundle whose line is cut after the nth call, for
// every n there is, and then goes on with the line mended.
func everyCut(t *testing.T, prepare, try, then func(*bundle)) {
	t.Helper()
	onlySandbox(t)
	cut := true
	for n := 1; cut; n++ {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			b := setup(t)
			prepare(b)
			b.line.Break(n, faultline.CutAfter)
			try(b)
			cut = b.line.Mend() && !t.Failed()
			then(b)
		})
	}
}

// TestCrash_interruptedSaleCanBeGivenUp cuts a provision anywhere and then
// deprovisions: nothing may stay behind, and the inventory tells what does
// before that.
func TestCrash_interruptedSaleCanBeGivenUp(t *testing.T) {
	t.Parallel()
	everyCut(t, func(*bundle) {}, func(b *bundle) { _ = b.try("provision", chosen(4, 8, 100, 2)) }, func(b *bundle) {
		owned, err := b.provider.Inventory(context.Background(), plugintest.Raw(b.t, b.settings))
		require.NoError(b.t, err)
		require.Len(b.t, owned, b.cloud.Count().Organizations)
		require.NoError(b.t, b.deprovision("d"))
		require.Equal(b.t, sandbox.Count{}, b.cloud.Count())
	})
}

// TestCrash_interruptedRemovalCanBeSoldAgain cuts a removal anywhere and
// provisions anew: the old tenant's things are gone.
func TestCrash_interruptedRemovalCanBeSoldAgain(t *testing.T) {
	t.Parallel()
	sold := func(b *bundle) {
		require.NoError(b.t, b.try("provision", chosen(4, 8, 100, 2)))
		b.fill()
	}
	everyCut(t, sold, func(b *bundle) { _ = b.try("deprovision", chosen(4, 8, 100, 2)) }, func(b *bundle) {
		if b.observe(prepaid(), chosen(4, 8, 100, 2)).State == sdk.StateActive {
			return // the cut was before the removal had begun
		}
		_, err := b.converge("provision", "again", prepaid(), chosen(1, 1, 1, 1))
		require.NoError(b.t, err)
		b.asSold(prepaid(), chosen(1, 1, 1, 1))
		require.Equal(b.t, sandbox.Count{Organizations: 1, VDCs: 1, EdgeGateways: 1}, b.cloud.Count())
	})
}

func TestCrash_newProviderGivesTheSamePassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.provision(prepaid(), chosen(1, 1, 1, 0))
	b.provider = vcloud.New(slog.New(slog.DiscardHandler))
	t.Cleanup(b.provider.Close)
	require.Equal(t, first, b.provision(prepaid(), chosen(1, 1, 1, 0)))
	require.NoError(t, b.login(first))
}
