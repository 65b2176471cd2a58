package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
	"github.com/stretchr/testify/require"
)

const tides = `openapi: 3.1.0
info: {title: Lagoon Tides, version: "2"}
servers: [{url: https://tides.example/v2}]
paths:
  /forecast:
    get: {operationId: getForecast, summary: Forecast, responses: {"200": {description: ok}}}
  /stations/{id}:
    get: {operationId: getStation, summary: One station, responses: {"200": {description: ok}}}
  /old:
    get: {operationId: old, summary: Old, deprecated: true, responses: {"200": {description: ok}}}
`

// draft makes a product by the form and leaves the browser on its import page.
func draft(b *browser, name string) {
	b.t.Helper()
	b.open("/vendor/products/new")
	b.submit("form.form", url.Values{"name": {name}, "category": {"weather"}, "shortDescription": {"Tides, five days ahead."},
		"api.upstreamUrl": {"http://127.0.0.1:9/tides"}, "api.authHeader.name": {"X-Key"}, "api.authHeader.value": {"the-upstream-secret"},
		"syndicationEndpoint.url": {"http://127.0.0.1:9/events"}, "syndicationEndpoint.secret": {"the-signing-secret"}})
	require.Equal(b.t, http.StatusOK, b.status, b.text("#errors"))
	require.Contains(b.t, b.at.Path, "/import")
}

// withEndpoints makes a draft with the two endpoints of the document that are
// not deprecated, and leaves the browser on the form of its first plan.
func withEndpoints(b *browser, name string) {
	b.t.Helper()
	draft(b, name)
	b.submit("#document form", url.Values{"document": {tides}})
	b.submit("#proposal", nil)
	require.Contains(b.t, b.at.Path, "/plans/new", b.text("#errors"))
}

// wholePlan is a plan of both endpoints with a tier still to come.
func wholePlan() url.Values {
	return url.Values{"name": {"Starter"}, "recurringPrice": {"29.00"}, "setupPrice": {"10"}, "endpoints[0].mode": {"prepaid"},
		"endpoints[0].limits.month": {"1,000"}, "endpoints[1].mode": {"payPerUse"},
		"endpoints[1].tiers[0].upTo": {"10"}, "endpoints[1].tiers[0].unitPrice": {"0.10"}}
}

func TestOnboarding_throughFormsOnly(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	draft(b, "Lagoon Tides")
	b.has("Lagoon Tides is saved as a draft.")

	b.submit("#document form", url.Values{"document": {tides}})
	b.has("OpenAPI 3.1.0", "3 operations", "https://tides.example/v2")
	require.Equal(t, 2, b.doc.Find("#proposal input[name=pick][checked]").Length(), "what is deprecated is not ticked")
	b.submit("#proposal", url.Values{"endpoints[0].identifier": {"forecast"}, "endpoints[0].name": {"Tide forecast"}})
	b.has("2 endpoints were added.")

	b.submit("#plan", with(wholePlan(), "do", "addTier:endpoints[1]."))
	require.Equal(t, http.StatusOK, b.status)
	require.Equal(t, 2, b.doc.Find("#f-endpoints-1 .tiers tbody tr").Length())
	require.Equal(t, "0.10", b.value("endpoints[1].tiers[0].unitPrice"), "what was typed stays")
	b.submit("#plan", url.Values{"endpoints[1].tiers[1].unitPrice": {"0.05"}, "do": {"look"}})
	require.Contains(t, b.text("#plan-preview"), "first 10 calls: €0.10 each above 10: €0.05 each")
	b.submit("#plan", nil)
	b.has("Plan Starter is saved.", "Ready for review", "1,000 calls per month", "€10.00 once")
	b.submit("form[action$='/submit']", nil)
	b.has("Lagoon Tides was handed in", "In review")

	o := m.as(m.operator)
	o.open("/operator")
	o.has("Products to review", "Lagoon Tides")
	o.follow("Review")
	o.has("http://127.0.0.1:9/tides", "X-Key", "http://127.0.0.1:9/events", "above 10: €0.05 each", "GET /stations/{id}", "Tide forecast")
	require.NotContains(t, o.html(), "the-upstream-secret")
	require.NotContains(t, o.html(), "the-signing-secret")
	o.submit("form[action$='/approve']", nil)
	o.has("Lagoon Tides is published.")

	visitor := m.visitor()
	visitor.open("/products/lagoon-tides")
	require.Equal(t, http.StatusOK, visitor.status)
	visitor.has("Lagoon Tides", "Tide forecast", "1,000 calls per month")

	found, err := m.Catalog.Products(m.ctx, m.vendor, catalog.Filter{Query: "tides"}, page.Request{})
	require.NoError(t, err)
	l, err := m.Catalog.Product(m.ctx, m.vendor, found.Items[0].ID)
	require.NoError(t, err)
	require.Equal(t, []string{"forecast", "getstation"}, []string{l.Endpoints[0].Identifier, strings.ToLower(strings.ReplaceAll(l.Endpoints[1].Identifier, "-", ""))})
	content := l.Plans[0].Revision.Content
	require.Equal(t, map[string]int64{"month": 1000}, content.Endpoints[0].Limits)
	require.Equal(t, "0.05", content.Endpoints[1].Tiers[1].UnitPrice.String())
	require.Nil(t, content.Endpoints[1].Tiers[1].UpTo)
	require.True(t, content.AutoRenew)
	header, err := m.Catalog.AuthHeader(l.Product)
	require.NoError(t, err)
	require.Equal(t, "the-upstream-secret", header.Reveal())
}

// with is the values with one more.
func with(values url.Values, name string, value ...string) url.Values {
	values[name] = value
	return values
}

func TestReview_sentBackWithAReasonAndSubmittedAgain(t *testing.T) {
	m := setup(t)
	b, o := m.as(m.vendor), m.as(m.operator)
	withEndpoints(b, "Tides")
	b.submit("#plan", with(wholePlan(), "endpoints[1].tiers[0].upTo", ""))
	b.submit("form[action$='/submit']", nil)

	o.open("/operator/reviews")
	o.follow("Tides")
	o.submit("#reject", url.Values{"reason": {" "}})
	require.Equal(t, http.StatusUnprocessableEntity, o.status)
	o.hasError("reason", "Say what the vendor should change.")
	o.submit("#reject", url.Values{"reason": {"Say which stations."}})
	o.has("Tides was sent back to Lagoon Maps.")

	b.open("/vendor")
	b.has("The reviewer wrote: Say which stations.")
	b.follow("Change and resubmit")
	b.has("The reviewer sent this back.", "Say which stations.")
	b.follow("Edit product")
	b.submit("form.form", url.Values{"shortDescription": {"Tides at eight stations."}})
	b.has("Your changes are saved.")
	b.submit("form[action$='/submit']", nil)
	b.has("In review")
	o.open("/operator/reviews")
	o.has("Tides")
	header, err := m.Catalog.AuthHeader(m.find("tides"))
	require.NoError(t, err)
	require.Equal(t, "the-upstream-secret", header.Reveal(), "a secret that was not typed again stays")
}

// find is the vendor's product of the SKU.
func (m *market) find(sku string) catalog.Product {
	m.t.Helper()
	found, err := m.Catalog.Products(m.ctx, m.vendor, catalog.Filter{Query: sku}, page.Request{})
	require.NoError(m.t, err)
	for _, p := range found.Items {
		if p.SKU == sku {
			return p
		}
	}
	require.Fail(m.t, "no product", sku)
	return catalog.Product{}
}

func TestSubmit_saysWhatIsMissing(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	b.open("/vendor/products/new")
	b.submit("form.form", url.Values{"name": {"Bare"}, "category": {"x"}, "api.upstreamUrl": {"https://bare.example"}})
	b.open(fmt.Sprintf("/vendor/products/%d", m.find("bare").ID))
	b.has("Before you can submit", "Write a short description", "Choose endpoints", "Set prices")
	b.submit("form[action$='/submit']", nil) // the button is off; a form sent anyway is answered
	b.has("Add at least one endpoint first. Add at least one plan first. This is required.")
	require.Equal(t, catalog.Draft, m.find("bare").Status)
}

func TestProductForm_keepsWhatWasTypedButSecrets(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	b.open("/vendor/products/new")
	b.submit("form.form", url.Values{"name": {"Second Lagoon"}, "sku": {"lagoon"}, "category": {"maps"}, "api.upstreamUrl": {"not a url"},
		"api.authHeader.name": {"Bad Header"}, "api.authHeader.value": {"typed-secret"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.hasError("api.upstreamUrl", "Give a full URL")
	b.hasError("api.authHeader.name", "not an HTTP header name")
	require.Equal(t, "Second Lagoon", b.value("name"))
	require.Equal(t, "not a url", b.value("api.upstreamUrl"))
	require.NotContains(t, b.html(), "typed-secret")
	b.submit("form.form", url.Values{"api.upstreamUrl": {"https://two.example"}, "api.authHeader.name": {""}})
	b.hasError("sku", "There is already a product with the SKU")
	b.submit("form.form", url.Values{"sku": {""}})
	require.Equal(t, "second-lagoon", m.find("second-lagoon").SKU)
}

func TestEditProduct_featuresAndQuestionsRow(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	b.open(fmt.Sprintf("/vendor/products/%d/edit", m.product.ID))
	b.submit("form.form", url.Values{"features": {"Fast\n\n Exact "}, "faq[0].question": {"Why?"}, "faq[0].answer": {"Because."}, "do": {"addQuestion"}})
	require.Equal(t, "Why?", b.value("faq[0].question"))
	b.submit("form.form", url.Values{"faq[1].question": {"When?"}, "faq[1].answer": {"Now."}, "do": {""}})
	b.has("Your changes are saved.")
	p := m.find("lagoon")
	require.Equal(t, []string{"Fast", "Exact"}, p.Content.Features)
	require.Equal(t, []catalog.Question{{Question: "Why?", Answer: "Because."}, {Question: "When?", Answer: "Now."}}, p.Content.FAQ)
	b.open(fmt.Sprintf("/vendor/products/%d/edit", m.product.ID))
	b.submit("form.form", url.Values{"sku": {"other"}})
	require.Equal(t, "lagoon", m.find("lagoon").SKU, "a SKU never changes")
}

func TestVendorHome_ofSomebodyNewSaysWhatToDo(t *testing.T) {
	m := setup(t)
	b := m.as(m.person(account.Vendor, "New Vendor Company"))
	b.open("/vendor")
	b.has("Sell your first API")
	b.open("/vendor/products")
	b.has("No products yet")
}
