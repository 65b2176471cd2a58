package portal_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

// handSale is a sale that its vendor is to set up.
func (m *market) handSale(approval bool) (path string, sub subscription.Subscription) {
	m.t.Helper()
	o, err := m.Orders.Place(m.ctx, m.customer, order.Input{PlanID: m.byHand(approval).ID})
	require.NoError(m.t, err)
	sub = m.sub(*o.SubscriptionID)
	return "/vendor/subscribers/" + id(sub.ID), sub
}

func TestVendor_setsUpWhatItSoldByForms(t *testing.T) {
	m := setup(t)
	path, sub := m.handSale(false)
	b := m.as(m.vendor)
	b.open("/vendor")
	b.has("Caulking for Acme", "The customer waits for you.")
	b.open(path)
	b.has("Being set up", "Mark as set up", "Setup failed", "None given yet.")
	b.accessible()
	b.submit("form[action$='/addresses']", url.Values{"endpoints[0].url": {"nowhere"}, "endpoints[0].description": {"The yard"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.hasError("endpoints[0].url", "https://")
	require.Equal(t, "The yard", b.value("endpoints[0].description"))
	b.submit("form[action$='/addresses']", url.Values{"endpoints[0].url": {"https://squero.example/acme"}})
	b.has("The addresses are saved.")
	require.Equal(t, "https://squero.example/acme", b.value("endpoints[0].url"))
	b.has("In English", "In Italian")
	b.submit("form[action$='/instructions']", url.Values{"instructions.en": {"Bring the boat."}})
	b.submit("form[action$='/credentials']", url.Values{"credentials[0].key": {"gate"}, "credentials[0].value": {"r3mo"}})
	b.has("Given: gate .")
	require.NotContains(t, b.html(), "r3mo")

	b.send(http.MethodPost, path+"/report", url.Values{"csrf": {b.value("csrf")}, "status": {"failed"}, "message": {"No oak."}}, nil)
	b.has("Setup failed", "No oak.")
	b.send(http.MethodPost, path+"/report", url.Values{"csrf": {b.value("csrf")}, "status": {"deployed"}}, nil)
	require.Equal(t, subscription.Active, m.sub(sub.ID).Status)
	b.send(http.MethodPost, path+"/report", url.Values{"csrf": {b.value("csrf")}, "status": {"failed"}}, nil)
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	c := m.as(m.customer)
	c.open(pathOf(sub))
	c.has("Bring the boat.", "https://squero.example/acme")
}

func TestVendor_billsLinesOfItsOwn(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	b := m.as(m.vendor)
	b.open("/vendor/subscribers/" + id(sub.ID))
	b.has("No line of yours waits to be billed.")
	b.submit("form[action$='/lines']", url.Values{"description": {"Training"}, "price": {"a lot"}, "when": {"recurring"}})
	b.hasError("price", "is not a decimal number")
	require.Equal(t, "Training", b.value("description"))
	b.submit("form[action$='/lines']", url.Values{"price": {"12.50"}, "quantity": {"0"}})
	b.hasError("quantity", "above 0")
	b.submit("form[action$='/lines']", url.Values{"quantity": {"2"}})
	b.has("The line is added.", "Training", "with every invoice")
	b.submit("form[action$='/lines']", url.Values{"description": {"Visit"}, "price": {"80"}, "when": {"oneShot"}})
	b.has("Visit", "with the next invoice")
	b.submit("form[action$='/lines']", url.Values{"description": {"Repair"}, "price": {"40"}, "when": {"now"}})
	require.NotContains(t, b.text("#lines + div table"), "Repair")
	c := m.as(m.customer)
	c.open(pathOf(sub))
	c.has("€48.80")
	b.submit("form[action$='/lines/remove']", nil)
	require.NotContains(t, b.text("table"), "Visit")
	require.Contains(t, b.text("table"), "Training")
}

func TestVendor_decidesAboutOrders(t *testing.T) {
	m := setup(t)
	path, sub := m.handSale(true)
	b := m.as(m.vendor)
	b.open("/vendor/subscribers?status=requiresApproval")
	b.has("Waiting for approval")
	b.open(path)
	b.submit("form[action$='/approve']", nil)
	b.has("The order is approved.", "Being set up")
	require.Equal(t, subscription.Pending, m.sub(sub.ID).Status)
}

func TestVendor_formsOfOthersSetUpNothing(t *testing.T) {
	m := setup(t)
	path, sub := m.handSale(true)
	b := m.as(m.person(account.Vendor, "Rival Charts Limited"))
	b.open("/vendor")
	token := url.Values{"csrf": {b.doc.Find("input[name=csrf]").First().AttrOr("value", "")}, "status": {"deployed"}, "description": {"x"}, "price": {"1"},
		"endpoints[0].url": {"https://rival.example"}, "instructions.en": {"x"}, "credentials[0].key": {"x"}}
	for _, form := range []string{"approve", "reject", "report", "addresses", "instructions", "credentials", "lines", "lines/remove"} {
		b.send(http.MethodPost, path+"/"+form, token, nil)
		require.Equal(t, http.StatusNotFound, b.status, form)
	}
	require.Equal(t, subscription.RequiresApproval, m.sub(sub.ID).Status)
}
