package idempotency_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/idempotency"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func request(key, plan string) sdk.Request {
	return sdk.Request{Key: key, Subscription: sdk.Subscription{
		ID: 12, Plan: json.RawMessage(plan), Settings: json.RawMessage(`{"password":"x"}`),
	}}
}

func claim(t *testing.T, operation string, req sdk.Request, subject ...any) idempotency.Claim {
	t.Helper()
	c, err := idempotency.NewClaim(operation, req, subject...)
	require.NoError(t, err)
	return c
}

// TestClaim_textNeverChanges holds what stands in tags of clouds already.
func TestClaim_textNeverChanges(t *testing.T) {
	t.Parallel()
	require.Equal(t, "8254c329a928-b7a779417bcf", claim(t, "provision", request("k", `{"b":1,"a":2}`)).String())
	require.Equal(t, "8254c329a928-28c2d72820b6", claim(t, "provision", request("k", `{"b":1,"a":2}`), 7, "shop").String())
}

func TestClaim_contentIsOperationSubscriptionPlanAndParameters(t *testing.T) {
	t.Parallel()
	base := claim(t, "provision", request("k", `{"a":2,"b":1}`))
	same := request("k", ` {"b":1.0, "a":2}`)
	same.Subscription.Parameters, same.Subscription.Settings = json.RawMessage("null"), nil
	require.Equal(t, base, claim(t, "provision", same), "form, absence and settings do not count")

	other := request("k", `{"a":2,"b":1}`)
	other.Subscription.Parameters = json.RawMessage(`{}`)
	moved := request("k", `{"a":2,"b":1}`)
	moved.Subscription.ID++
	for name, c := range map[string]idempotency.Claim{
		"operation": claim(t, "update", request("k", `{"a":2,"b":1}`)), "plan": claim(t, "provision", request("k", `{"a":3,"b":1}`)),
		"parameters": claim(t, "provision", other), "subscription": claim(t, "provision", moved), "key": claim(t, "provision", request("l", `{"a":2,"b":1}`)),
		"subject": claim(t, "provision", request("k", `{"a":2,"b":1}`), 7),
	} {
		require.NotEqual(t, base, c, name)
	}
}

func TestNewClaim_needsAKey(t *testing.T) {
	t.Parallel()
	_, err := idempotency.NewClaim("provision", request("", `{}`))
	require.Equal(t, sdk.Permanent("The request has no idempotency key."), err)
}

func TestKnown_tellsTheSameRequestFromAnotherUnderItsKey(t *testing.T) {
	t.Parallel()
	c, other := claim(t, "provision", request("k", `{}`)), claim(t, "provision", request("k", `{"a":1}`))
	stranger := claim(t, "provision", request("l", `{}`))
	for _, kept := range [][]string{nil, {"x-" + stranger.String()}, {c.String()}, {"y-" + other.String()}} {
		known, err := c.Known(kept, "x-")
		require.NoError(t, err)
		require.False(t, known, kept)
	}
	for _, kept := range [][]string{{"x-" + c.String()}, {"x", "x-" + stranger.String(), "x-" + c.String() + "-3"}} {
		known, err := c.Known(kept, "x-")
		require.NoError(t, err)
		require.True(t, known, kept)
	}
	known, err := c.Known([]string{other.String()}, "")
	require.Equal(t, sdk.CodeConflict, sdk.CodeOf(err))
	require.False(t, known)
}
