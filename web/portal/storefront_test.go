package portal_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/stretchr/testify/require"
)

func TestCalculator_isTheBillOfAPeriod(t *testing.T) {
	m := setup(t)
	b := m.visitor()
	b.open("/products/lagoon")
	b.submit("form.calc", url.Values{"calls.search": {"23"}})
	require.Equal(t, 2, b.doc.Find("#estimate .bill").Length(), "a bill for each plan")
	first := b.doc.Find("#estimate .bill").First().Text()
	for _, words := range []string{"€29.00", "10 × 0.10 + 13 × 0.05 = 1.65", "€30.65", "€37.39"} {
		require.Contains(t, first, words)
	}
	b.submit("form.calc", url.Values{"calls.search": {"1,000"}})
	require.Contains(t, b.text("#estimate"), "990 × 0.05")
	b.submit("form.calc", url.Values{"calls.search": {"0"}})
	require.NotContains(t, b.text("#estimate"), "refused")
	for _, bad := range []string{"-1", "a lot", "1.5", "1e40"} {
		b.submit("form.calc", url.Values{"calls.search": {bad}})
		require.Equal(t, http.StatusOK, b.status, bad)
		require.Equal(t, "Give a whole number of calls, such as 1000.", b.text("#f-calls-search-error"), bad)
		require.Equal(t, bad, b.doc.Find("#f-calls-search").AttrOr("value", ""), "what was typed stays")
	}
	b.send(http.MethodGet, "/products/lagoon?calls.search=23", nil, http.Header{"Hx-Request": {"true"}})
	require.Zero(t, b.doc.Find("header.top").Length(), "only the part that changed")
	require.Contains(t, b.text("#estimate"), "€30.65")
}

func TestProduct_marksWhatDiffersBetweenPlans(t *testing.T) {
	m := setup(t)
	b := m.visitor()
	b.open("/products/lagoon")
	require.Contains(t, b.text(".compare tr.differs"), "Get an item")
	require.NotContains(t, b.text(".compare tr.differs"), "Search", "both plans have the same price for it")
	b.has("5,000 calls per month", "10 calls per second", "€99.00 per month", "Prices are net of VAT.")
}

func TestCatalog_keepsTheSearchInTheAddress(t *testing.T) {
	m := setup(t)
	m.publish("tides", "Tides")
	b := m.visitor()
	b.open("/catalog?category=maps&q=tid")
	b.has("Results for “tid”", "Tides", "in maps")
	require.Equal(t, 1, b.doc.Find(".shelf li").Length())
	require.Equal(t, "tid", b.doc.Find("#q").AttrOr("value", ""))
	b.open("/catalog?q=nothing-like-it")
	b.has("Nothing found", "Show all products")
	b.open("/catalog?after=made-up")
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
}

func TestCheckout_asksAgainWhenThePriceChanged(t *testing.T) {
	m := setup(t)
	b := m.as(m.customer)
	b.open("/checkout?plan=" + id(m.plan.ID))
	dearer := starter()
	dearer.Terms.RecurringPrice = dec("31.00")
	_, err := m.Catalog.RevisePlan(m.ctx, m.vendor, m.plan.ID, dearer)
	require.NoError(t, err)
	b.submit("#order", url.Values{"terms": {"true"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.has("The bill has changed since the page was opened.", "€31.00")
	b.submit("#order", nil)
	require.Regexp(t, `/pay$`, b.at.Path, "seen now, ordered")
}

func TestCheckout_swapsTheBillForAnotherPlan(t *testing.T) {
	m := setup(t)
	b := m.as(m.customer)
	b.open("/checkout?plan=" + id(m.plan.ID))
	b.send(http.MethodGet, "/checkout?plan="+id(m.big.ID), nil, http.Header{"Hx-Request": {"true"}})
	require.Contains(t, b.text("#checkout-bill"), "€99.00")
	require.Equal(t, "true", b.doc.Find("#checkout-button").AttrOr("hx-swap-oob", ""))
	require.Contains(t, b.text("#checkout-button"), "€132.98")
}

func TestSignUp_makesACompanyAndKeepsWhatWasTyped(t *testing.T) {
	m := setup(t)
	b := m.visitor()
	b.open("/sign-up?return=%2Fcheckout%3Fplan%3D" + id(m.plan.ID))
	b.submit("form.form", url.Values{"company": {"Nuova"}, "name": {"Ada"}, "email": {"ada"}, "password": {"short"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.has("This is not an e-mail address.", "Use at least 10 characters.")
	require.Equal(t, "Nuova", b.doc.Find("#f-company").AttrOr("value", ""))
	b.submit("form.form", url.Values{"email": {m.customer.Email}, "password": {password}})
	b.has("There is already an account with this e-mail address.")
	b.submit("form.form", url.Values{"email": {"ada@nuova.example"}, "password": {password}})
	require.Equal(t, "/checkout", b.at.Path)
	b.has("Your account is ready.", "Nuova")

	v := m.visitor()
	v.open("/sign-up")
	v.submit("form.form", url.Values{"company": {"Vende"}, "name": {"Bo"}, "email": {"bo@vende.example"}, "password": {password}, "wants": {"sell"}})
	require.Equal(t, "/vendor", v.at.Path)
}

func TestSignIn_offersDemoPeopleInASandbox(t *testing.T) {
	m := setup(t)
	b := m.visitor()
	b.open("/sign-in")
	b.submit(".demo-people form", nil)
	require.Equal(t, "/account", b.at.Path)
	require.Equal(t, m.customer.Name, b.text(".menu-name"))
}

func TestPreferences_rememberTheTheme(t *testing.T) {
	m := setup(t)
	b := m.visitor()
	b.open("/catalog?q=lagoon")
	b.submit("form[action='/preferences']", nil)
	require.Equal(t, "/catalog?q=lagoon", b.at.RequestURI())
	require.Equal(t, "dark", b.doc.Find("html").AttrOr("data-theme", ""))
}

func TestCalculator_saysWhatAPlanDoesNotGive(t *testing.T) {
	m := setup(t)
	capped := starter()
	capped.Name, capped.Endpoints[1] = "Capped", catalog.PlanEndpoint{Identifier: "search", Mode: catalog.Prepaid, Limits: map[string]int64{"month": 100}}
	_, err := m.Catalog.CreatePlan(m.ctx, m.vendor, m.product.ID, capped)
	require.NoError(t, err)
	without := starter()
	without.Name, without.Endpoints = "Without", without.Endpoints[:1]
	_, err = m.Catalog.CreatePlan(m.ctx, m.vendor, m.product.ID, without)
	require.NoError(t, err)
	b := m.visitor()
	b.open("/products/lagoon?calls.search=101")
	require.Contains(t, b.text("#estimate"), "Search: calls above 100 a month are refused.")
	require.Contains(t, b.text("#estimate"), "Search is not included.")
	b.open("/products/lagoon?calls.search=100")
	require.NotContains(t, b.text("#estimate"), "refused")
}
