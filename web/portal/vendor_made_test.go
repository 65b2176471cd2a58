package portal_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/stretchr/testify/require"
)

func TestProductForm_ofWhatAVendorSetsUpAsksRowByRow(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	b.open("/vendor/products/new")
	b.follow("Syndicated product")
	require.Zero(t, b.doc.Find("[name='driftPolicy']").Length(), "nothing of it can drift")
	b.submit("form.form", url.Values{"name": {"Hosting"}, "category": {"sites"}, "do": {"addEntry:configuration.parameters"}})
	require.Equal(t, "Hosting", b.value("name"), "what was typed stays")
	b.accessible()
	b.submit("form.form", url.Values{"configuration.parameters[0].value.code": {"1st"}, "do": {"save"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.hasError("configuration.parameters[0].value.code", "wrong form")
	b.submit("form.form", url.Values{"configuration.parameters[0].value.code": {"site"}, "configuration.parameters[0].value.required": {"true"},
		"configuration.orderValidationUrls": {"https://vendor.example.com/validate"}, "shortDescription": {"Sites"},
		"syndicationEndpoint.url": {"https://vendor.example.com/events"}, "subscriptionApproval": {"true"}, "do": {"addEntry:configuration.meters"}})
	b.submit("form.form", url.Values{"configuration.meters[0].value.name": {"visits"}, "do": {"save"}})
	require.Regexp(t, `/plans/new$`, b.at.Path)
	p := m.find("hosting")
	d, err := p.Definition()
	require.NoError(t, err)
	require.Equal(t, "site", d.Parameters[0].Code)
	require.True(t, d.Parameters[0].Required)
	require.Equal(t, []string{"https://vendor.example.com/validate"}, d.OrderValidationURLs)
	require.True(t, p.SubscriptionApproval)

	require.Zero(t, b.doc.Find("[name='provider']").Length())
	b.accessible()
	b.submit("#plan", url.Values{"name": {"Quay"}, "recurringPrice": {"9"}, "configuration.identifier": {"quay"}, "resources[0].parameter": {"seats"},
		"resources[0].unitPrice": {"3"}, "resources[0].max": {"20"}, "do": {"look"}})
	require.Equal(t, "seats", b.value("resources[0].parameter"))
	require.Equal(t, 1, b.doc.Find("[name='resources[1].parameter']").Length(), "there is room for one more")
	b.submit("#plan", url.Values{"meters[0].mode": {"payPerUse"}, "meters[0].tiers[0].unitPrice": {"0.01"}, "do": {"save"}})
	b.has("Plan Quay is saved.")
	l, err := m.Catalog.Product(m.ctx, m.vendor, p.ID)
	require.NoError(t, err)
	c := l.Plans[0].Revision.Content
	require.Len(t, c.Resources, 1)
	require.Equal(t, "seats", c.Resources[0].Parameter)
	require.Equal(t, "visits", c.Meters[0].Meter)
	b.open(fmt.Sprintf("/vendor/products/%d/edit", p.ID))
	require.Equal(t, "site", b.value("configuration.parameters[0].value.code"))
}

// hosted publishes a product whose vendor lists the values of a parameter.
func (m *market) hosted(values *string) catalog.Plan {
	m.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, *values)
	}))
	m.t.Cleanup(server.Close)
	p, err := m.Catalog.CreateProduct(m.ctx, m.vendor, catalog.ProductInput{Name: "Hosting", SKU: "hosting", Type: catalog.Syndicated, Category: "sites",
		ShortDescription: "Sites", SyndicationURL: server.URL, Configuration: json.RawMessage(`{"parameters":[{"code":"region","name":"Region","externalValuesUrl":"` + server.URL + `"},
			{"code":"size","acceptedValues":{"s":"Small boat","l":"Long boat"}},{"code":"pin","name":"PIN","sensitive":true}]}`)})
	require.NoError(m.t, err)
	plan, err := m.Catalog.CreatePlan(m.ctx, m.vendor, p.ID, catalog.PlanInput{Name: "Quay", Terms: starter().Terms})
	require.NoError(m.t, err)
	_, err = m.Catalog.Submit(m.ctx, m.vendor, p.ID)
	require.NoError(m.t, err)
	_, err = m.Catalog.Approve(m.ctx, m.operator, p.ID)
	require.NoError(m.t, err)
	return plan
}

func TestCheckout_offersWhatTheVendorListsAndKeepsSecretsOutOfAddresses(t *testing.T) {
	m := setup(t)
	values := `{"values":[{"value":"n","description":"North shore"},{"value":"s"}]}`
	plan := m.hosted(&values)
	b := m.as(m.customer)
	b.open(fmt.Sprintf("/checkout?plan=%d", plan.ID))
	b.accessible()
	require.Equal(t, "North shore", b.text("[name='parameters.region'] option[value='n']"))
	require.Equal(t, "Long boat", b.text("[name='parameters.size'] option[value='l']"))
	require.Zero(t, b.doc.Find("#quantities[hx-get], #quantities [formmethod='get']").Length(), "what is typed never stands in an address")
	b.submit("#order", url.Values{"parameters.region": {"s"}, "parameters.pin": {"1234"}, "do": {"look"}})
	require.Equal(t, "s", b.value("parameters.region"))
	require.NotContains(t, b.html(), "1234")

	values = `{"values":[]}`
	b.submit("#order", url.Values{"parameters.region": {"s"}, "terms": {"true"}, "do": {""}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.has("Nothing can be chosen here at the moment.")
	values = `no`
	b.open(fmt.Sprintf("/checkout?plan=%d", plan.ID))
	b.has("could not be asked")
}
