package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

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

func TestPlanForm_previewFollowsWhatIsTyped(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	withEndpoints(b, "Tides")
	typed := fieldsOf(b.doc.Find("#plan"))
	for name, value := range with(wholePlan(), "endpoints[1].tiers[0].upTo", "") {
		typed[name] = value
	}
	b.send(http.MethodPost, b.at.Path, with(typed, "do", "look"), http.Header{"Hx-Request": {"true"}})
	require.Zero(t, b.doc.Find("header.top").Length(), "only the preview")
	require.Contains(t, b.text("#plan-preview"), "€29.00 per month · setup €10.00 once")
	b.send(http.MethodPost, b.at.Path, with(typed, "recurringPrice", "2"), http.Header{"Hx-Request": {"true"}})
	require.Contains(t, b.text("#plan-preview"), "€2.00 per month")
	l, err := m.Catalog.Product(m.ctx, m.vendor, m.find("tides").ID)
	require.NoError(t, err)
	require.Empty(t, l.Plans, "looking saves nothing")
}
