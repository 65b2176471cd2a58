package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/stretchr/testify/require"
)

func TestProductForm_ofAPluginsTypeAsksWhatItsSchemaSays(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	b.open("/vendor/products/new")
	require.Equal(t, 1, b.doc.Find("[name='api.upstreamUrl']").Length(), "an API by default")
	b.follow("cloud")
	require.Zero(t, b.doc.Find("[name='api.upstreamUrl']").Length())
	b.accessible()
	b.submit("form.form", url.Values{"name": {""}, "category": {"compute"}, "configuration.image": {"debian-13"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.hasError("name", "This is required.")
	require.Equal(t, "debian-13", b.value("configuration.image"), "what was typed stays")
	b.submit("form.form", url.Values{"name": {"Lagoon Cloud"}, "driftPolicy": {"repair"}, "do": {"save"}})
	require.Regexp(t, `/plans/new$`, b.at.Path)
	product := m.find("lagoon-cloud")
	require.Equal(t, catalog.Type("cloud"), product.Type)
	require.JSONEq(t, `{"image":"debian-13"}`, product.Configuration)
	require.Equal(t, catalog.RepairDrift, product.DriftPolicy)

	b.open(fmt.Sprintf("/vendor/products/%d/integration", product.ID))
	b.has("Default image debian-13", "What was sold is made real again by itself.")
	require.NotContains(t, b.text(".tabs"), "Endpoints")
	b.open("/vendor/products/new?type=none")
	require.Equal(t, http.StatusNotFound, b.status)
}

// typedCloudPlan are the fields of a plan of the cloud plugin, as typed.
func typedCloudPlan() url.Values {
	return url.Values{"name": {"Prepaid"}, "recurringPrice": {"10"}, "configuration.cloud": {"main"}, "configuration.billing": {"prepaid"},
		"resources[0].unit": {"core"}, "resources[0].unitPrice": {"5"}, "resources[0].max": {"16"}, "resources[1].unit": {"GB"}, "resources[1].unitPrice": {"1.50"},
		"meters[0].mode": {"payPerUse"}, "meters[0].name": {"Computing"}, "meters[0].tiers[0].unitPrice": {"0.02"}, "do": {"save"}}
}

// draftCloud is a product of the cloud plugin without plans.
func (m *market) draftCloud() catalog.Product {
	m.t.Helper()
	p, err := m.Catalog.CreateProduct(m.ctx, m.vendor, catalog.ProductInput{Name: "Lagoon Cloud", SKU: "lagoon-cloud", Type: "cloud", Category: "compute"})
	require.NoError(m.t, err)
	return p
}

func TestPlanForm_ofAPluginsTypeSellsQuantitiesAndMeters(t *testing.T) {
	m := setup(t)
	m.clouds() // its provider can be named
	p, err := m.Catalog.CreateProduct(m.ctx, m.vendor, catalog.ProductInput{Name: "Second", SKU: "second", Type: "cloud", Category: "compute"})
	require.NoError(t, err)
	b := m.as(m.vendor)
	b.open(fmt.Sprintf("/vendor/products/%d/plans/new", p.ID))
	b.accessible()
	require.Equal(t, "CPU cores", b.value("resources[0].name"), "quantities are suggested")
	require.Equal(t, "core", b.value("resources[0].unit"))
	require.Equal(t, "GB", b.value("resources[1].unit"))
	require.Equal(t, "32", b.value("resources[0].max"), "within what the plugin can make")
	require.Contains(t, b.text("main"), "It is shown to the operator, who decides what to do.")

	b.submit("#plan", with(typedCloudPlan(), "do", "addTier:meters[0]."))
	b.submit("#plan", url.Values{"meters[0].tiers[0].upTo": {"100"}, "meters[0].tiers[1].unitPrice": {"0.01"}, "provider": {"clouds"}, "do": {"save"}})
	b.has("Plan Prepaid is saved.")
	l, err := m.Catalog.Product(m.ctx, m.vendor, p.ID)
	require.NoError(t, err)
	c := l.Plans[0].Revision.Content
	require.JSONEq(t, `{"cloud":"main","billing":"prepaid"}`, string(c.Configuration))
	require.Equal(t, "clouds", c.Provider)
	require.Equal(t, "5", c.Resources[0].UnitPrice.String())
	require.Equal(t, int64(16), c.Resources[0].Max)
	require.Len(t, c.Meters, 1)
	require.Len(t, c.Meters[0].Tiers, 2)

	b.open(fmt.Sprintf("/vendor/products/%d/plans", p.ID))
	b.has("CPU cores", "1 to 16 cores", "€5.00 per core, per month", "Computing", "first 100 core-hours: €0.02 each", "above 100: €0.01 each")
	b.open(fmt.Sprintf("/vendor/products/%d/plans/%d", p.ID, l.Plans[0].ID))
	require.Equal(t, "1.50", b.value("resources[1].unitPrice"))
	require.Equal(t, "payPerUse", b.value("meters[0].mode"))
	b.submit("#plan", url.Values{"recurringPrice": {"12"}, "do": {"save"}})
	b.has("Plan Prepaid is saved.")
}

func TestPlanForm_ofAPluginsTypeSaysWhatIsWrongBesideTheField(t *testing.T) {
	m := setup(t)
	p := m.draftCloud()
	b := m.as(m.vendor)
	form := fmt.Sprintf("/vendor/products/%d/plans/new", p.ID)
	for name, c := range map[string]struct{ field, value, words string }{
		"configuration":       {"configuration.cloud", "", "This is required."},
		"more than is made":   {"resources[0].max", "64", "The plugin makes 1 to 32."},
		"suggested too much":  {"resources[0].default", "17", "At most 16."},
		"no price":            {"resources[1].unitPrice", "", "Give a price; 0 is free."},
		"no number":           {"resources[1].min", "few", "Write a whole number"},
		"no price of a meter": {"meters[0].tiers[0].unitPrice", "", "Give a price; 0 is free."},
		"a negative price":    {"meters[0].tiers[0].unitPrice", "-1", "cannot be negative"},
	} {
		t.Run(name, func(t *testing.T) {
			b := *b
			b.t = t
			b.open(form)
			b.submit("#plan", with(typedCloudPlan(), c.field, c.value))
			require.Equal(t, http.StatusUnprocessableEntity, b.status)
			b.hasError(c.field, c.words)
			require.Equal(t, c.value, b.value(c.field), "what was typed stays")
		})
	}
	b.open(form)
	b.submit("#plan", with(with(with(typedCloudPlan(), "resources[1].min", "5"), "resources[1].max", "3"), "resources[0].sold", ""))
	b.hasError("resources[1].max", "The most is at least the least") // named by its own row although the first is left out
}
