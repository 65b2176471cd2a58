package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// hosting is a product that its vendor sets up.
func hosting() obj {
	return obj{"name": "Lagoon Hosting", "sku": "lagoon-hosting", "type": "syndicated", "category": "Hosting", "shortDescription": "Sites on stilts.",
		"syndicationEndpoint": obj{"url": "https://hooks.example.com/events", "secret": "s1gn-s3cret"}, "subscriptionApproval": true,
		"configuration": obj{
			"parameters": []obj{
				{"code": "site", "name": "Site name", "description": "What it is called.", "required": true, "validation": "[a-z]{3,20}", "hint": "squero", "weight": 1},
				{"code": "region", "acceptedValues": obj{"n": "North", "s": "South"}},
				{"code": "workers", "min": 1, "max": 8},
				{"code": "adminPassword", "sensitive": true, "weight": 2}},
			"meters":  []obj{{"name": "visits", "unit": "visit"}},
			"metrics": []obj{{"meter": "visits", "endpoint": "/metrics/visits", "frequency": "EVERY_1_HOUR", "counter": true}}}}
}

func hostingPlan() obj {
	return obj{"name": "Quay", "currency": "EUR", "recurringPrice": "9.00", "configuration": obj{"identifier": "quay"},
		"resources": []obj{{"parameter": "seats", "name": "Seats", "unit": "seat", "min": 1, "max": 50, "default": 2, "unitPrice": "3.00"}},
		"meters":    []obj{{"meter": "visits", "unitPrice": "0.001"}}}
}

func TestSyndicatedProduct_isDescribedPublishedAndPricedByAPI(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		vendor := w.as("vendor")
		types := vendor.get("/product-types").want(200)
		require.Equal(t, "syndicated", types.at("items.3.type"))
		require.Equal(t, "service", types.at("items.4.type"))
		require.Equal(t, "Parameters", types.at("items.3.productSchema.properties.parameters.title"))

		product := vendor.post("/products", hosting()).want(201)
		require.Equal(t, true, product.at("subscriptionApproval"))
		require.Equal(t, true, product.at("syndicationEndpoint.hasSecret"))
		path := fmt.Sprintf("/products/%d", product.num("id"))
		require.Equal(t, false, vendor.patch(path, obj{"subscriptionApproval": false}).want(200).at("subscriptionApproval"))
		plan := vendor.post(path+"/plans", hostingPlan()).want(201)
		require.Equal(t, "visit", plan.at("meters.0.unit"), "that of the product's meter")
		vendor.post(path+"/submit", nil).want(200)
		w.as("operator").post(path+"/approve", nil).want(200)

		page := w.as("").get("/catalog/lagoon-hosting").want(200)
		require.Equal(t, "region", page.at("parameters.0.code"), "by weight")
		require.Equal(t, "North", page.at("parameters.0.acceptedValues.n"))
		require.Equal(t, "Site name", page.at("parameters.2.name"))
		require.Equal(t, true, page.at("parameters.3.sensitive"))
		require.NotContains(t, page.raw, "s1gn-s3cret")

		order := obj{"planId": plan.num("id"), "parameters": obj{"seats": 4, "site": "squero", "region": "n", "workers": "3", "adminPassword": "v3nice"}}
		quote := w.as("").post("/quotes", order).want(200)
		require.Equal(t, obj{"amount": "21.00", "currency": "EUR"}, quote.at("recurring"))
		require.Equal(t, obj{"seats": 4.0, "site": "squero", "region": "n", "workers": 3.0}, quote.at("parameters"), "without what is sensitive")
		require.NotContains(t, w.log.String(), "v3nice")
	})
}

func TestSyndicatedProduct_namesEveryWrongField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vendor := w.as("vendor")
	wrong := func(key string, value any) []string {
		t.Helper()
		in := hosting()
		in["configuration"] = with(in["configuration"].(obj), key, value)
		return vendor.post("/products", in).want(422).fields()
	}
	require.Equal(t, []string{"configuration.parameters[0].code"}, wrong("parameters", []obj{{"code": "1st"}}))
	require.ElementsMatch(t, []string{"configuration.parameters[1].code", "configuration.parameters[0].validation", "configuration.parameters[1].max"},
		wrong("parameters", []obj{{"code": "a", "validation": "(?=x)"}, {"code": "a", "min": 3, "max": 2}}))
	require.ElementsMatch(t, []string{"configuration.metrics[0].meter", "configuration.metrics[0].function"},
		wrong("metrics", []obj{{"meter": "clicks", "endpoint": "/x", "frequency": "EVERY_WEEK", "function": "INCREASE"}}))
	require.Equal(t, []string{"configuration.orderValidationUrls[0]"}, wrong("orderValidationUrls", []string{"squero"}))
	require.ElementsMatch(t, []string{"configuration.metrics[0].frequency", "name"}, vendor.post("/products", with(hosting(), "name", "",
		"configuration", obj{"metrics": []obj{{"meter": "a", "endpoint": "/x", "frequency": "DAILY"}}})).want(422).fields())

	alone := with(hosting(), "syndicationEndpoint", nil)
	require.Equal(t, []string{"configuration.metrics[0].endpoint"}, vendor.post("/products", alone).want(422).fields(), "a path belongs to a host")
	alone["configuration"] = with(alone["configuration"].(obj), "metrics", []obj{})
	product := vendor.post("/products", alone).want(201)
	path := fmt.Sprintf("/products/%d", product.num("id"))
	require.ElementsMatch(t, []string{"resources[0].parameter", "meters[0].meter", "configuration.colour"}, vendor.post(path+"/plans", with(hostingPlan(),
		"resources", []obj{{"parameter": "site"}}, "meters", []obj{{"meter": "clicks", "unitPrice": "1"}}, "configuration", obj{"colour": "red"})).want(422).fields())
	plan := vendor.post(path+"/plans", hostingPlan()).want(201)
	require.Equal(t, []string{"syndicationEndpoint.url"}, vendor.post(path+"/submit", nil).want(422).fields())
	vendor.patch(path, obj{"syndicationEndpoint": obj{"url": "https://hooks.example.com/events"}}).want(200)
	vendor.post(path+"/submit", nil).want(200)
	w.as("operator").post(path+"/approve", nil).want(200)

	order := obj{"planId": plan.num("id"), "parameters": obj{"seats": 51, "site": "X", "region": "w", "workers": 9, "boats": 2}}
	require.ElementsMatch(t, []string{"parameters.seats", "parameters.site", "parameters.region", "parameters.workers", "parameters.boats"},
		w.as("").post("/quotes", order).want(422).fields())
	require.Equal(t, []string{"parameters.site"}, w.as("").post("/quotes", obj{"planId": plan.num("id")}).want(422).fields(), "what is required is missed")
}

func TestServiceProduct_needsNobodyToTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vendor := w.as("vendor")
	product := vendor.post("/products", obj{"name": "Caulking", "sku": "caulking", "type": "service", "category": "Care", "shortDescription": "By hand."}).want(201)
	path := fmt.Sprintf("/products/%d", product.num("id"))
	vendor.post(path+"/plans", obj{"name": "Once", "currency": "EUR", "setupPrice": "80.00"}).want(201)
	vendor.post(path+"/submit", nil).want(200)
}

func TestParameterValues_areTheVendorsOrTheProductsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var asked obj
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&asked)
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"values":[{"value":"q","description":"Quay"}]}`)
	}))
	t.Cleanup(server.Close)
	vendor, customer := w.as("vendor"), w.as("customer")
	in := hosting()
	in["configuration"] = obj{"parameters": []obj{{"code": "berth", "externalValuesUrl": server.URL}, {"code": "region", "acceptedValues": obj{"n": "North"}}, {"code": "site"}}}
	product := vendor.post("/products", in).want(201)
	path := fmt.Sprintf("/products/%d", product.num("id"))
	plan := vendor.post(path+"/plans", with(hostingPlan(), "meters", []obj{})).want(201)
	vendor.post(path+"/submit", nil).want(200)
	w.as("operator").post(path+"/approve", nil).want(200)

	values := func(code string) answer {
		return customer.with("Accept-Language", "it-IT,it;q=0.9").post("/parameter-values", obj{"planId": plan.num("id"), "code": code, "parameters": obj{"site": "squero", "seats": 4}})
	}
	berth := values("berth").want(200)
	require.Equal(t, false, berth.at("any"))
	require.Equal(t, obj{"value": "q", "description": "Quay"}, berth.at("values.0"))
	require.Equal(t, "it", asked["language"])
	require.Equal(t, obj{"site": "squero"}, asked["configurationParameters"])
	require.Equal(t, "North", values("region").want(200).at("values.0.description"))
	require.Equal(t, true, values("site").want(200).at("any"))
	require.Equal(t, []string{"code"}, values("nothing").want(422).fields())
	w.as("").post("/parameter-values", obj{"planId": plan.num("id"), "code": "berth"}).want(401)
	require.Equal(t, []string{"parameters.berth"}, customer.post("/orders", obj{"planId": plan.num("id"),
		"parameters": obj{"seats": 4, "site": "squero", "berth": "x"}}).want(422).fields(), "asked again with the order")
}
