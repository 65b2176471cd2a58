package host

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// eachWay runs a test against a plugin in a child process and against the same
// one in this process: nothing may differ.
func eachWay(t *testing.T, test func(t *testing.T, p sdk.Provider)) {
	t.Run("child process", func(t *testing.T) {
		t.Parallel()
		test(t, setup(t, nil).provider(t, "mirror"))
	})
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		h := Static(map[string]sdk.Provider{"mirror": mirror{}})
		t.Cleanup(func() { require.NoError(t, h.Stop(context.Background())) })
		p, err := h.Provider("mirror")
		require.NoError(t, err)
		test(t, p)
	})
}

func fullRequest(do string) sdk.Request {
	return sdk.Request{Key: "attempt-7", Subscription: sdk.Subscription{
		ID:       2147483647,
		Settings: json.RawMessage(`{"password":"s3cret"}`), Product: json.RawMessage(`{"p":"ü"}`),
		Plan: json.RawMessage(`{"do":"` + do + `"}`), Parameters: json.RawMessage(`[1,2]`),
		Resources: []sdk.Resource{{Kind: "consumer", ID: "c1", Name: "n1"}, {Kind: "acl", ID: "a", Name: ""}},
	}}
}

func TestCalls_carryEveryFieldBothWays(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, p sdk.Provider) {
		ctx, req := t.Context(), fullRequest("")
		sub := req.Subscription

		d, err := p.Describe(ctx)
		require.NoError(t, err)
		require.Equal(t, mirrorDescription(), d)

		for _, check := range []sdk.Check{{Subscription: sub}, {Subscription: sub, Current: &sub}} {
			problems, err := p.Validate(ctx, check)
			require.NoError(t, err)
			require.Equal(t, []sdk.Problem{{Field: "plan.x", Message: echo(check)}}, problems)
		}

		owned, err := p.Inventory(ctx, sub.Settings)
		require.NoError(t, err)
		require.Equal(t, sub.Settings, json.RawMessage(owned[0].Resources[0].Name))

		r, err := p.Provision(ctx, req, nil)
		require.NoError(t, err)
		require.Equal(t, mirror{}.result("provision", req), r)

		r, err = p.Update(ctx, req, nil)
		require.NoError(t, err)
		require.Equal(t, mirror{}.result("update", req), r)

		require.EqualError(t, p.Suspend(ctx, req), sdk.Permanent("suspend %s", echo(req)).Error())
		require.EqualError(t, p.Resume(ctx, req), sdk.Permanent("resume %s", echo(req)).Error())

		var said string
		require.NoError(t, p.Deprovision(ctx, req, func(step, total int, text string) {
			said = strconv.Itoa(step) + "/" + strconv.Itoa(total) + " " + text
		}))
		require.Equal(t, "1/1 remove "+echo(req), said)

		o, err := p.Observe(ctx, sub)
		require.NoError(t, err)
		require.Equal(t, sdk.Observation{
			State: sdk.StatePartial, Resources: sub.Resources,
			Differences: []sdk.Difference{{Kind: "changed", Subject: "sub", Want: echo(sub), Have: "x"}},
		}, o)

		from := time.Date(2026, 2, 3, 4, 5, 6, 789000, time.UTC)
		usage, err := p.CollectUsage(ctx, sub, from, from.Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, []sdk.Usage{
			{EventID: echo(sub), Meter: "requests", Quantity: "12.5", At: from},
			{EventID: "2", Meter: "storage", Quantity: "1", At: from.Add(time.Hour)},
		}, usage)

		health, err := p.Health(ctx, json.RawMessage(`{"url":"x"}`))
		require.NoError(t, err)
		require.True(t, health.OK)
		require.Contains(t, health.Message, `{\"url\":\"x\"}`)
	})
}

func TestErrors_keepCodeMessageAndDelay(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, p sdk.Provider) {
		for do, want := range map[string]sdk.Error{
			"permanent": {Code: sdk.CodePermanent, Message: "The region eu-1 is closed."},
			"conflict":  {Code: sdk.CodeConflict, Message: "The key was used."},
			"notYet":    {Code: sdk.CodeNotYet, Message: "The machine boots.", RetryAfter: 90*time.Second + 5*time.Millisecond},
			"transient": {Code: sdk.CodeTransient, Message: "The cloud is busy."},
			"plain":     {Code: sdk.CodeTransient, Message: "dial tcp: refused"},
			"wrapped":   {Code: sdk.CodePermanent, Message: "No more addresses."},
		} {
			for name, call := range everyFailingCall(t.Context(), p, fullRequest(do)) {
				var got *sdk.Error
				require.ErrorAs(t, call(), &got, "%s %s", name, do)
				require.Equal(t, want, *got, "%s %s", name, do)
			}
		}
	})
}

func everyFailingCall(ctx context.Context, p sdk.Provider, req sdk.Request) map[string]func() error {
	return map[string]func() error{
		"Validate":    func() error { _, err := p.Validate(ctx, sdk.Check{Subscription: req.Subscription}); return err },
		"Provision":   func() error { _, err := p.Provision(ctx, req, nil); return err },
		"Update":      func() error { _, err := p.Update(ctx, req, nil); return err },
		"Suspend":     func() error { return p.Suspend(ctx, req) },
		"Resume":      func() error { return p.Resume(ctx, req) },
		"Deprovision": func() error { return p.Deprovision(ctx, req, nil) },
		"Observe":     func() error { _, err := p.Observe(ctx, req.Subscription); return err },
		"CollectUsage": func() error {
			_, err := p.CollectUsage(ctx, req.Subscription, time.Unix(0, 0), time.Unix(1, 0))
			return err
		},
	}
}

func TestErrors_thatAreNoTextArriveReadableAndBounded(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, p sdk.Provider) {
		_, err := p.Observe(t.Context(), fullRequest("garbled").Subscription)
		require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
		require.ErrorContains(t, err, "bad \uFFFD byte")
		require.Less(t, len(err.Error()), 5000)
	})
}

func TestPanic_isOneCallsErrorAndTellsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	for name, call := range everyFailingCall(t.Context(), p, fullRequest("panic")) {
		err := call()
		require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err), name)
		require.ErrorContains(t, err, "panicked", name)
		require.NotContains(t, err.Error(), "do not tell", name)
	}
	require.Zero(t, b.info(t, "mirror").Restarts)
	require.Eventually(t, func() bool { return strings.Contains(b.log.String(), "do not tell") }, 5*time.Second, 10*time.Millisecond)
}

func TestProgress_arrivesCompleteAndInOrderBeforeTheResult(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, p sdk.Provider) {
		next := 1
		_, err := p.Provision(t.Context(), fullRequest("steps"), func(step, total int, text string) {
			require.Equal(t, next, step)
			require.Equal(t, 500, total)
			require.Equal(t, "step "+strconv.Itoa(step), text)
			next++
		})
		require.NoError(t, err)
		require.Equal(t, 501, next)
	})
}

func TestProgress_afterTheCallIsHarmless(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	for range 50 {
		_, err := p.Provision(t.Context(), fullRequest("late"), nil)
		require.NoError(t, err)
	}
	require.Zero(t, b.info(t, "mirror").Restarts)
}

func TestDeadline_endsACallThatHangs(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, p sdk.Provider) {
		_, err := p.Describe(t.Context())
		require.NoError(t, err)
		for _, call := range []string{"Provision", "Observe", "Suspend"} {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			err := everyFailingCall(ctx, p, fullRequest("hang"))[call]()
			cancel()
			require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err), call)
			require.ErrorIs(t, err, context.DeadlineExceeded, call)
		}
	})
}

func TestCancel_reachesTheCaller(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, p sdk.Provider) {
		_, err := p.Describe(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err = p.Provision(ctx, fullRequest("hang"), nil)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestCalls_withoutDeadlineGetOne(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.CallTimeout = 100 * time.Millisecond })
	p := b.provider(t, "mirror")
	require.Eventually(t, func() bool { _, err := p.Describe(t.Context()); return err == nil }, 20*time.Second, 10*time.Millisecond)
	err := p.Suspend(context.Background(), fullRequest("hang"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
