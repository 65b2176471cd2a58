package plugintest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func TestSettled_repeatsWhileItSaysNotYet(t *testing.T) {
	t.Parallel()
	broken, calls := errors.New("broken"), 0
	err := plugintest.Settled(t.Context(), time.Millisecond, func(context.Context) error {
		if calls++; calls < 3 {
			return sdk.NotYet(time.Hour, "The cloud is at work.")
		}
		return broken
	})
	require.Equal(t, broken, err)
	require.Equal(t, 3, calls)
}

func TestSettled_endsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	err := plugintest.Settled(ctx, time.Hour, func(context.Context) error {
		cancel()
		return sdk.NotYet(time.Hour, "The cloud is at work.")
	})
	require.Equal(t, sdk.CodeNotYet, sdk.CodeOf(err))
}

// named answers each call with an error of its name; the others panic.
type named struct{ sdk.Provider }

func (named) Provision(context.Context, sdk.Request, sdk.Progress) (sdk.Result, error) {
	return sdk.Result{}, errors.New("provision")
}

func (named) Update(context.Context, sdk.Request, sdk.Progress) (sdk.Result, error) {
	return sdk.Result{}, errors.New("update")
}

func (named) Suspend(context.Context, sdk.Request) error { return errors.New("suspend") }
func (named) Resume(context.Context, sdk.Request) error  { return errors.New("resume") }

func (named) Deprovision(context.Context, sdk.Request, sdk.Progress) error {
	return errors.New("deprovision")
}

func TestCall_makesTheOneThatIsNamed(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"provision", "update", "suspend", "resume", "deprovision"} {
		require.EqualError(t, plugintest.Call(t.Context(), named{}, operation, sdk.Request{}), operation)
	}
	require.ErrorContains(t, plugintest.Call(t.Context(), named{}, "explode", sdk.Request{}), "no operation explode")
}
