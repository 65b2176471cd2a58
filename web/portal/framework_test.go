package portal_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSignIn_wrongPasswordKeepsTheAddressAndSaysSo(t *testing.T) {
	m := setup(t)
	b := m.visitor()
	b.open("/sign-in?return=%2Faccount%2Ftokens")
	b.submit("form.form", url.Values{"email": {m.customer.Email}, "password": {"wrong"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.has("E-mail address or password is wrong.")
	require.Equal(t, m.customer.Email, b.doc.Find("input[name=email]").AttrOr("value", ""))
	require.Empty(t, b.doc.Find("input[name=password]").AttrOr("value", ""))
	b.submit("form.form", url.Values{"password": {password}})
	require.Equal(t, "/account/tokens", b.at.Path, "goes on to where it came from")
}

func TestCSRF_aFormWithoutItsTokenChangesNothing(t *testing.T) {
	m := setup(t)
	b := m.as(m.customer)
	for name, form := range map[string]url.Values{
		"none":    {},
		"another": {"csrf": {"made up"}},
	} {
		b.send(http.MethodPost, "/sign-out", form, nil)
		require.Equal(t, http.StatusForbidden, b.status, name)
		b.has("This form is no longer valid")
	}
	b.open("/account/tokens")
	require.Equal(t, http.StatusOK, b.status, "still signed in")
}
