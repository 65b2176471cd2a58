package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/stretchr/testify/require"
)

// closets is the example plugin, with a priced quantity and a meter.
type closets struct{ example.Provider }

func (c *closets) Describe(ctx context.Context) (sdk.Description, error) {
	d, err := c.Provider.Describe(ctx)
	d.Name, d.ProductTypes = "closets", []string{"closet"}
	d.ProductSchema = json.RawMessage(`{"type":"object","required":["wood"],"additionalProperties":false,"properties":{"wood":{"enum":["oak","elm"]},"lock":{"type":"string","writeOnly":true}}}`)
	d.ParametersSchema = json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"shelves":{"title":"Shelves","type":"integer","minimum":1,"maximum":40}}}`)
	d.Meters = []sdk.Meter{{Name: "openings", Unit: "opening"}}
	return d, err
}

func closet() obj {
	return obj{"name": "Closets", "sku": "closets", "type": "closet", "category": "home", "shortDescription": "Closets with shelves.",
		"configuration": obj{"wood": "oak", "lock": "l0ck-s3cret"}, "driftPolicy": "repair"}
}

func closetPlan() obj {
	return obj{"name": "Standard", "currency": "EUR", "recurringPrice": "10.00", "configuration": obj{"size": 3}, "provider": "closet-works",
		"resources": []obj{{"parameter": "shelves", "unit": "shelf", "min": 2, "max": 12, "step": 2, "default": 4, "unitPrice": "2.50", "included": 2}},
		"meters":    []obj{{"meter": "openings", "name": "Opened", "unitPrice": "0.01"}}}
}

// closetWorks adds the provider of closets.
func (w *world) closetWorks() {
	w.t.Helper()
	_, err := w.app.Provision.SaveProvider(w.t.Context(), w.actors["operator"], provision.ProviderInput{Name: "closet-works", Plugin: "closets", ProductType: "closet",
		Settings: fmt.Appendf(nil, `{"file":%q}`, filepath.Join(w.t.TempDir(), "closets.json"))})
	require.NoError(w.t, err)
}

func TestConfiguredSale_isDoneByAPIFromItsSchemasToAnotherSize(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.work()
		w.closetWorks()
		vendor, customer := w.as("vendor"), w.as("customer")
		types := vendor.get("/product-types").want(200)
		require.Equal(t, "api", types.at("items.0.type"))
		require.Nil(t, types.at("items.0.productSchema"))
		require.Equal(t, "closet", types.at("items.2.type"))
		require.Equal(t, "Shelves", types.at("items.2.parametersSchema.properties.shelves.title"))
		require.Equal(t, "opening", types.at("items.2.meters.0.unit"))

		product := vendor.post("/products", closet()).want(201)
		require.Equal(t, obj{"wood": "oak"}, product.at("configuration"), "without the secret")
		require.Equal(t, "repair", product.at("driftPolicy"))
		require.Nil(t, product.at("api"))
		path := fmt.Sprintf("/products/%d", product.num("id"))
		changed := vendor.patch(path, obj{"configuration": obj{"wood": "elm"}, "driftPolicy": "bill"}).want(200)
		require.Equal(t, obj{"wood": "elm"}, changed.at("configuration"))
		require.Equal(t, "bill", vendor.patch(path, obj{"shortDescription": "Closets."}).want(200).at("driftPolicy"))

		plan := vendor.post(path+"/plans", closetPlan()).want(201)
		require.Equal(t, obj{"amount": "2.50", "currency": "EUR"}, plan.at("resources.0.unitPrice"))
		require.Equal(t, "Shelves", plan.at("resources.0.name"))
		require.Equal(t, obj{"size": 3.0}, plan.at("configuration"))
		require.Equal(t, "perUnit", plan.at("meters.0.model"))
		vendor.post(path+"/submit", nil).want(200)
		w.as("operator").post(path+"/approve", nil).want(200)
		page := w.as("").get("/catalog/closets").want(200)
		require.EqualValues(t, 12, page.at("plans.0.resources.0.max"))
		require.NotContains(t, page.raw, "l0ck-s3cret")

		order := obj{"planId": plan.num("id"), "parameters": obj{"shelves": 6}}
		quote := w.as("").post("/quotes", order).want(200)
		require.Equal(t, obj{"amount": "20.00", "currency": "EUR"}, quote.at("recurring"))
		require.Equal(t, "resource", quote.at("lines.1.kind"))
		placed := customer.post("/orders", order).want(201)
		customer.post(fmt.Sprintf("/invoices/%d/pay", placed.num("invoiceId")), obj{"card": "4242424242424242"}).want(200)
		w.active(placed.num("subscriptionId"))

		sub := fmt.Sprintf("/subscriptions/%d", placed.num("subscriptionId"))
		resize := obj{"parameters": obj{"shelves": 8}}
		require.Equal(t, obj{"amount": "5.00", "currency": "EUR"}, customer.post(sub+"/resize-quote", resize).want(200).at("net"))
		require.Equal(t, obj{"shelves": 8.0}, customer.post(sub+"/resize", resize).want(200).at("parameters"))
		require.Equal(t, obj{"shelves": 2.0}, customer.post(sub+"/resize", obj{"parameters": obj{"shelves": 2}}).want(200).at("nextParameters"))
	})
}

func TestConfiguredSale_namesEveryWrongFieldOfEverySchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.closetWorks()
	vendor, customer := w.as("vendor"), w.as("customer")
	require.ElementsMatch(t, []string{"configuration.wood", "configuration.colour", "driftPolicy"},
		vendor.post("/products", with(closet(), "configuration", obj{"wood": "tin", "colour": "red"}, "driftPolicy", "ignore")).want(422).fields())
	unknown := vendor.post("/products", with(closet(), "type", "wardrobe", "configuration", nil)).want(422)
	require.Contains(t, unknown.message("type"), "api, box, closet")

	product := vendor.post("/products", closet()).want(201)
	plans := fmt.Sprintf("/products/%d/plans", product.num("id"))
	wrong := with(closetPlan(), "configuration", obj{"size": "big"}, "provider", "nobody",
		"resources", []obj{{"parameter": "drawers", "unitPrice": obj{"amount": "1", "currency": "USD"}}})
	require.Equal(t, []string{"resources[0].unitPrice"}, vendor.post(plans, wrong).want(422).fields(), "before the plugin is asked")
	wrong["resources"] = []obj{{"parameter": "drawers", "unitPrice": "1"}}
	wrong["meters"] = []obj{{"meter": "knocks", "unitPrice": "1"}}
	require.ElementsMatch(t, []string{"configuration.size", "provider", "resources[0].parameter", "meters[0].meter"}, vendor.post(plans, wrong).want(422).fields())
	require.ElementsMatch(t, []string{"meters[0].knob", "meters[0].flatPrice", "resources[0].min"}, vendor.post(plans, with(closetPlan(), "meters", []obj{{"meter": "openings", "knob": 1}},
		"resources", []obj{{"parameter": "shelves", "min": "two"}})).want(422).fields())

	plan := vendor.post(plans, closetPlan()).want(201)
	vendor.post(fmt.Sprintf("/products/%d/submit", product.num("id")), nil).want(200)
	w.as("operator").post(fmt.Sprintf("/products/%d/approve", product.num("id")), nil).want(200)
	order := obj{"planId": plan.num("id"), "parameters": obj{"shelves": 7, "drawers": 1}}
	require.ElementsMatch(t, []string{"parameters.shelves", "parameters.drawers"}, customer.post("/orders", order).want(422).fields())
	require.ElementsMatch(t, []string{"parameters.shelves", "parameters.drawers"}, w.as("").post("/quotes", order).want(422).fields(), "the quote refuses the same")
	require.NotContains(t, w.log.String(), "l0ck-s3cret")
}
