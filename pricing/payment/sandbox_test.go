package payment_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/stretchr/testify/require"
)

func charge(key, amount, number string) payment.ChargeInput {
	return payment.ChargeInput{Key: key, Amount: money.New(money.MustParse(amount), "EUR"), Card: payment.Card{Number: secret.Text(number)}}
}

func TestSandbox_behavesAsItsTestCardsSay(t *testing.T) {
	t.Parallel()
	g := payment.NewSandbox()
	for number, want := range map[string]struct {
		status payment.ChargeStatus
		says   string
	}{
		"4242424242424242": {payment.ChargeSucceeded, ""},
		"4000000000000002": {payment.ChargeDeclined, "declined"},
		"4000000000009995": {payment.ChargeDeclined, "insufficient funds"},
		"4000000000000069": {payment.ChargeDeclined, "expired"},
		"4000000000000127": {payment.ChargeDeclined, "CVC"},
		"4000002500003155": {payment.AuthenticationRequired, "3-D Secure"},
		"4000000000003220": {payment.AuthenticationRequired, "3-D Secure"},
		"5555555555554444": {payment.ChargeDeclined, "not a test card"},
	} {
		require.NoError(t, payment.Card{Number: secret.Text(number)}.Validate(now))
		c, err := g.Charge(t.Context(), charge("key "+number, "10", number))
		require.NoError(t, err)
		require.Equal(t, want.status, c.Status, number)
		require.Contains(t, c.Message, want.says)
		require.NotEmpty(t, c.Reference)
	}
}

func TestSandbox_chargesAKeyOnce(t *testing.T) {
	t.Parallel()
	g := payment.NewSandbox()
	_, found, err := g.Lookup(t.Context(), "k")
	require.NoError(t, err)
	require.False(t, found)
	first, err := g.Charge(t.Context(), charge("k", "10.00", "4000000000000002"))
	require.NoError(t, err)
	again, err := g.Charge(t.Context(), charge("k", "10", "4242424242424242"))
	require.NoError(t, err)
	require.Equal(t, first, again)
	known, found, err := g.Lookup(t.Context(), "k")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, first, known)
	_, err = g.Charge(t.Context(), charge("k", "11", "4242424242424242"))
	require.True(t, fault.Is(err, fault.Conflict), "%v", err)
}
