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
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
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

func TestPlanForm_saysWhatIsWrongBesideTheField(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	withEndpoints(b, "Tides")
	form := b.at.Path
	for name, c := range map[string]struct {
		typed url.Values
		field string
		words string
	}{
		"overlapping tiers": {url.Values{"endpoints[1].tiers[1].upTo": {"5"}, "endpoints[1].tiers[1].unitPrice": {"1"}, "endpoints[1].tiers[2].upTo": {""}, "endpoints[1].tiers[2].unitPrice": {"1"}},
			"endpoints[1].tiers[1].upTo", "Tiers overlap: this must be above 10"},
		"a gap of blank rows":   {url.Values{"endpoints[1].tiers[1].upTo": {""}, "endpoints[1].tiers[2].upTo": {"5"}, "endpoints[1].tiers[2].unitPrice": {"1"}}, "endpoints[1].tiers[2].upTo", "Tiers overlap"},
		"last tier with an end": {nil, "endpoints[1].tiers[0].upTo", "Leave the end of the last tier empty."},
		"no price":              {url.Values{"endpoints[1].tiers[0].unitPrice": {""}, "endpoints[1].tiers[0].upTo": {""}}, "endpoints[1].tiers[0].unitPrice", "Give a price; 0 is free."},
		"13 decimals":           {url.Values{"recurringPrice": {"1.1234567890123"}}, "recurringPrice", "This price has 13 decimals; at most 12 are kept."},
		"13 decimals in a tier": {url.Values{"endpoints[1].tiers[0].unitPrice": {"1.1234567890123"}}, "endpoints[1].tiers[0].unitPrice", "13 decimals"},
		"negative price":        {url.Values{"setupPrice": {"-1"}}, "setupPrice", "A price cannot be negative"},
		"no number":             {url.Values{"recurringPrice": {"cheap"}}, "recurringPrice", "is not a decimal number"},
		"decimal comma":         {url.Values{"recurringPrice": {"29,50"}}, "recurringPrice", "write 1250.50, with a point"},
		"no name":               {url.Values{"name": {" "}}, "name", "This is required."},
		"no currency":           {url.Values{"currency": {"LIRA"}}, "currency", "is not a currency"},
		"trial too long":        {url.Values{"trialDays": {"400"}}, "trialDays", "A trial has 0 to 365 days"},
		"trial is no number":    {url.Values{"trialDays": {"a week"}}, "trialDays", "Write a whole number"},
		"no limit":              {url.Values{"endpoints[0].limits.month": {""}}, "endpoints[0].limits.month", "Give at least one limit"},
		"limit of none":         {url.Values{"endpoints[0].limits.month": {"0"}}, "endpoints[0].limits.month", "A limit is at least 1."},
		"month below day":       {url.Values{"endpoints[0].limits.day": {"5000"}}, "endpoints[0].limits.month", "must be at least the day limit"},
		"half a number":         {url.Values{"endpoints[0].limits.month": {"1.5"}}, "endpoints[0].limits.month", "Write a whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			b := *b
			b.t = t
			b.open(form)
			typed := wholePlan()
			for field, value := range c.typed {
				typed[field] = value
			}
			b.submit("#plan", typed)
			require.Equal(t, http.StatusUnprocessableEntity, b.status)
			b.hasError(c.field, c.words)
			for field, value := range typed {
				require.Equal(t, value[0], b.value(field), "kept: %s", field)
			}
		})
	}
	b.open(form)
	b.submit("#plan", url.Values{"name": {"Empty"}})
	require.Contains(t, b.text("#f-endpoints > .error"), "Choose at least one endpoint")

	b.submit("#plan", with(wholePlan(), "endpoints[1].tiers[0].upTo", ""))
	b.has("Plan Starter is saved.")
	b.open(form)
	b.submit("#plan", with(with(wholePlan(), "endpoints[1].tiers[0].upTo", ""), "name", "STARTER"))
	b.hasError("name", "The product already has a plan")
}

func TestPlanForm_anEndpointLeftOutDoesNotMoveErrors(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	withEndpoints(b, "Tides")
	b.submit("#plan", with(with(wholePlan(), "endpoints[0].mode", ""), "endpoints[1].tiers[0].unitPrice", "-1"))
	b.hasError("endpoints[1].tiers[0].unitPrice", "A price cannot be negative")
}

func TestPlanForm_setsAllEndpointsAtOnceAndRemovesTiers(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	withEndpoints(b, "Tides")
	b.submit("#plan", url.Values{"all.mode": {"prepaid"}, "all.limit": {"500"}, "all.window": {"day"}, "do": {"setAll"}})
	for i := range 2 {
		require.Equal(t, "prepaid", b.value(fmt.Sprintf("endpoints[%d].mode", i)))
		require.Equal(t, "500", b.value(fmt.Sprintf("endpoints[%d].limits.day", i)))
	}
	b.submit("#plan", url.Values{"all.mode": {"payPerUse"}, "all.unitPrice": {"0.20"}, "do": {"setAll"}})
	require.Equal(t, "0.20", b.value("endpoints[1].tiers[0].unitPrice"))
	b.submit("#plan", url.Values{"do": {"addTier:endpoints[1]."}})
	b.submit("#plan", url.Values{"endpoints[1].tiers[1].unitPrice": {"0.10"}, "do": {"removeTier:endpoints[1].:0"}})
	require.Equal(t, "0.10", b.value("endpoints[1].tiers[0].unitPrice"))
	require.Equal(t, 1, b.doc.Find("#f-endpoints-1 .tiers tbody tr").Length())
}

func TestRevisePlan_showsWhatIsThereAndKeepsWhatItHasNoFieldsFor(t *testing.T) {
	m := setup(t)
	in := starter()
	in.Name, in.Position = "Rich", 2
	in.Endpoints[0] = catalog.PlanEndpoint{Identifier: "get-item", Mode: catalog.PayPerUse, Charge: &price.Charge{
		Model: price.Package, UnitPrice: new(dec("5")), PackageSize: new(money.Int(1000)), FreeUnits: new(money.Int(100))}}
	rich, err := m.Catalog.CreatePlan(m.ctx, m.vendor, m.product.ID, in)
	require.NoError(t, err)
	b := m.as(m.vendor)
	b.open(fmt.Sprintf("/vendor/products/%d/plans/%d", m.product.ID, rich.ID))
	require.Equal(t, "keep", b.value("endpoints[0].mode"))
	b.has("€5.00 per started package of 1,000 calls")
	require.Equal(t, "29.00", b.value("recurringPrice"))
	require.Equal(t, "10", b.value("endpoints[1].tiers[0].upTo"))
	b.submit("#plan", url.Values{"recurringPrice": {"31"}})
	b.has("Plan Rich is saved.")

	l, err := m.Catalog.Product(m.ctx, m.vendor, m.product.ID)
	require.NoError(t, err)
	revised := l.Plans[2]
	require.Equal(t, 2, revised.Revision.Number)
	require.Equal(t, 2, revised.Position)
	require.Equal(t, "31", revised.Revision.Content.RecurringPrice.String())
	require.Equal(t, rich.Revision.Content.Endpoints, revised.Revision.Content.Endpoints)
}

func TestImport_whatCannotBeReadIsToldBesideTheDocument(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	draft(b, "Tides")
	for doc, words := range map[string]string{
		"":                               "The document is empty.",
		"{\"openapi\": \"3.1.0\", \"in":  "",
		"just words":                     "",
		strings.Repeat("x", 20<<20+1000): "at most 20 MiB can be imported",
	} {
		b.submit("#document form", url.Values{"document": {doc}})
		require.Equal(t, http.StatusUnprocessableEntity, b.status)
		b.hasError("document", words)
	}
	latin := strings.Replace(tides, "One station", "Una citt\xe0", 1)
	b.submit("#document form", url.Values{"document": {latin}})
	require.Equal(t, "Una città", b.value("endpoints[1].name"))
}

func TestImport_aThousandOperationsPassThroughTheForms(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	draft(b, "Large")
	var doc strings.Builder
	doc.WriteString("openapi: 3.0.0\ninfo: {title: Large, version: '1'}\npaths:\n")
	for i := range 1000 {
		fmt.Fprintf(&doc, "  /things/%d:\n    get: {summary: Thing %d, responses: {}}\n", i, i)
	}
	b.submit("#document form", url.Values{"document": {doc.String()}})
	b.has("1,000 operations")
	b.submit("#proposal", url.Values{"do": {"none"}})
	require.Zero(t, b.doc.Find("#proposal input[name=pick][checked]").Length())
	b.submit("#proposal", nil)
	b.has("Tick at least one endpoint.")
	b.submit("#proposal", url.Values{"do": {"all"}})
	b.submit("#proposal", nil)
	b.has("1,000 endpoints were added.")
	b.submit("#plan", url.Values{"name": {"All"}, "all.mode": {"prepaid"}, "all.limit": {"10"}, "all.window": {"day"}, "do": {"setAll"}})
	b.submit("#plan", nil)
	b.has("Plan All is saved.")
}

func TestImport_existingAndDoubleIdentifiersAreToldInTheirRow(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	withEndpoints(b, "Tides")
	id := m.find("tides").ID
	b.open(fmt.Sprintf("/vendor/products/%d/import", id))
	b.submit("#document form", url.Values{"document": {strings.ReplaceAll(tides, "/forecast", "/forecast2")}})
	require.Contains(t, b.text("#proposal"), "sold already as")
	first := b.value("endpoints[0].identifier")
	b.submit("#proposal", url.Values{"pick": {"0"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.hasError("endpoints[0].identifier", "The product already has an endpoint")
	require.Equal(t, first, b.value("endpoints[0].identifier"))
	require.Equal(t, 1, b.doc.Find("#proposal input[name=pick][checked]").Length())
	b.submit("#proposal", url.Values{"endpoints[0].identifier": {"two words"}})
	b.hasError("endpoints[0].identifier", "Use letters, digits")
	b.submit("#proposal", url.Values{"pick": {"1"}, "endpoints[1].identifier": {"again"}})
	require.Contains(t, b.text("#proposal tr.wrong .error"), "is already sold as")
}

func TestEndpoints_byHandAndEdited(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	page := fmt.Sprintf("/vendor/products/%d/import", m.product.ID)
	b.open(page)
	b.submit("#by-hand form", url.Values{"method": {"POST"}, "path": {"items"}, "name": {"Add an item"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.hasError("path", "A path starts with a slash")
	require.Equal(t, "Add an item", b.value("name"))
	require.Equal(t, "POST", b.value("method"))
	b.submit("#by-hand form", url.Values{"path": {"/items"}, "identifier": {"search"}})
	b.hasError("identifier", "The product already has an endpoint")
	b.submit("#by-hand form", url.Values{"identifier": {""}})
	b.has("POST /items was added.")

	b.open(fmt.Sprintf("/vendor/products/%d/endpoints", m.product.ID))
	b.follow("Add an item")
	require.Equal(t, "post-items", b.value("identifier"))
	b.submit("form.form", url.Values{"name": {"Put an item"}, "identifier": {"renamed"}})
	b.hasError("identifier", "An identifier never changes")
	b.submit("form.form", url.Values{"identifier": {"post-items"}, "path": {"nope"}})
	b.hasError("path", "A path starts with a slash")
	b.submit("form.form", url.Values{"path": {"/items/new"}})
	b.has("Put an item is saved.", "/items/new")
	b.open(fmt.Sprintf("/vendor/products/%d/endpoints/none", m.product.ID))
	require.Equal(t, http.StatusNotFound, b.status)
}

func TestVendorHome_ofSomebodyNewSaysWhatToDo(t *testing.T) {
	m := setup(t)
	b := m.as(m.person(account.Vendor, "New Vendor Company"))
	b.open("/vendor")
	b.has("Sell your first API")
	b.open("/vendor/products")
	b.has("No products yet")
}
