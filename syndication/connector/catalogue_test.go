package connector_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

// anonymousBrowser is what the browser client sends when nobody signed in.
const anonymousBrowser = "Basic dW5kZWZpbmVkOnVuZGVmaW5lZA=="

// browsed asks as the browser client does.
func (w *world) browsed(path string) answer {
	w.t.Helper()
	return w.as("").with("Authorization", anonymousBrowser).get(path).want(http.StatusOK)
}

func productSchema() schema {
	s := schema{"id": "int", "self": "str", "name": "str", "slug": "str", "sku": "str", "company": "ref", "category": "ref", "type": "str",
		"productVersion": "[ref]", "configurationParameters": "[any]", "shortDescription": "str", "longDescription": "str",
		"endUserInstructions": "str", "terminationMessage": "str", "faq": "{str}", "extraData": "{str}", "tags": "[any]", "files": "[ref]",
		"averageRating": "dec", "numberOfRatings": "int", "destination": "str", "published": "date?", "recommendedVersion": "ref?",
		"weight": "int", "silent": "bool", "frameable": "bool", "drafted": "bool", "requestedForApproval": "bool",
		"subscriptionsPerProduct": "str", "subscriptionApproval": "bool", "cloudProviders": "[ref]", "cloudCredentialsSupport": "bool",
		"metrics": "[ref]", "minimumCost": "any?", "currencyConversion": "{dec}", "changelog": "[any]",
		"syndicationEndpoints": "[str]?", "syndicatedEndpoint": "str?", "notificationSecretToken": "str?", "apiUrl": "str?",
		"apiHeaderName": "str?", "orderValidationUrls": "[str]?", "orderValidationUrl": "str?"}
	for _, flag := range []string{"isApi", "isBundle", "isManaged", "isCloudService", "isCsp", "isService", "isSyndicated", "isVm", "isFeatured"} {
		s[flag] = "bool"
	}
	return s
}

func planSchema() schema {
	return schema{"id": "int", "self": "str", "name": "str", "identifier": "str", "externalId": "str?", "product": "ref", "price": "dec",
		"setupFee": "dec", "currency": "str", "billingPeriod": "int", "minimumDuration": "int", "trial": "str", "triable": "bool",
		"trialLength": "int", "autoRenewable": "bool", "published": "bool", "selfBilling": "bool", "upgradable": "bool", "unkillable": "bool",
		"description": "str", "label": "str", "weight": "int", "recommended": "bool", "couponConfiguration": "str", "unlockable": "bool",
		"billingItemValues": "[any]", "configurationParameters": "[ref]", "metadata": "{str}?", "paymentGateways": "[str]", "bundle": "{any}",
		"markedUp": "bool", "soldOut": "bool", "drafted": "bool"}
}

var itemSchema = schema{"id": "int", "self": "str", "name": "str", "identifier": "str", "unit": "str", "description": "str",
	"longDescription": "str", "type": "str", "valueType": "str", "presence": "str", "required": "bool", "downgradable": "bool",
	"owner": "ref", "endpoint": "any?", "weight": "int"}

var valueSchema = schema{"item": "ref", "start": "int", "end": "int?", "price": "dec", "setup": "dec", "proportionalSetup": "dec",
	"step": "int", "description": "str"}

var parameterSchema = schema{"id": "int", "self": "str", "name": "str", "code": "str", "description": "str", "hint": "str", "validation": "str?",
	"acceptedValues": "{str}?", "externalValuesUrl": "str?", "range": "any?", "required": "bool", "weight": "int", "sensitive": "bool"}

func TestSchema_catalogueDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := fmt.Sprintf("product/%d", w.product.ID)
	for _, role := range []string{"", "customer", "vendor", "operator"} {
		for _, v := range versions {
			doc := w.as(role).get(withVersion(path, v)).want(200).exact()
			conform(t, role+" "+v, doc, productSchema())
		}
	}
	plan := w.as("").get(fmt.Sprintf("productVersion/%d", w.plan.ID)).want(200).exact()
	conform(t, "plan", plan, planSchema())
	value := plan["billingItemValues"].([]any)[0].(obj)
	conform(t, "value", value, valueSchema)
	item := w.as("").get(value["item"].(obj)["url"].(string)).want(200).exact()
	conform(t, "item", item, itemSchema)
	require.Equal(t, []any{"seats", "PRE_PAID"}, []any{item["identifier"], item["valueType"]})
	parameter := plan["configurationParameters"].([]any)[0].(obj)["url"].(string)
	conform(t, "parameter", w.as("").get(parameter).want(200).exact(), parameterSchema)
	category := w.as("").get("category").want(200).list()[0].(obj)
	require.Equal(t, "boats", category["name"])
	w.as("").get(category["self"].(string)).want(200)
}

func TestCatalogue_theBrowserClientFindsWhatItLooksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	found := w.browsed("product?name=ond&pageNumber=1&pageSize=2&tag=undefined&ordering=undefined")
	require.Len(t, found.list(), 1)
	for header, want := range map[string]string{"CMW-TotalItems": "1", "CMW-TotalPages": "1", "CMW-PageSize": "2", "CMW-PageNumber": "1"} {
		require.Equal(t, []string{want}, found.header.Values(header), header)
	}
	require.Len(t, w.browsed("product?featured=true&category=boats").list(), 1)
	require.Empty(t, w.browsed("product?category=99").list())
	require.Empty(t, w.browsed("product?tag=fast").list())
	require.Len(t, w.browsed("product?productType=SYNDICATED,API").list(), 1)
	require.Empty(t, w.browsed("product?productType=CLOUD_SERVICE").list())
	require.Empty(t, w.browsed("product?productType=BUNDLE").list())
	require.Len(t, w.browsed(fmt.Sprintf("productVersion?product=%d", w.product.ID)).list(), 3)
	require.Len(t, w.browsed("category").list(), 1)
	require.Equal(t, "gondola", w.browsed("product/sku/gondola").object()["sku"])
	require.Equal(t, "paid", w.browsed("productVersion/identifier/paid").object()["identifier"])
	require.Empty(t, w.browsed("productTag").list())

	head := w.as("").send("HEAD", "product", nil).want(200)
	require.Empty(t, head.raw)
	require.Equal(t, "1", head.header.Get("CMW-TotalItems"))
	table := w.as("").with("Accept", "text/csv").get("product").want(200)
	require.Contains(t, table.raw, "gondola")
	require.Contains(t, table.header.Get("Content-Type"), "text/csv")
}

func TestCatalogue_showsAVendorsSystemsToThatVendorOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := fmt.Sprintf("product/%d", w.product.ID)
	require.Contains(t, w.as("vendor").get(path).raw, "127.0.0.1:9")
	for _, role := range []string{"", "customer", "reseller", "otherVendor"} {
		require.NotContains(t, w.as(role).get(path).want(200).raw, "127.0.0.1:9", role)
	}
	for _, role := range []string{"foreigncustomer", "foreignoperator"} {
		w.as(role).get(path).want(404)
		require.Empty(t, w.as(role).get("product").want(200).list())
		require.Empty(t, w.as(role).get("billingItem").want(200).list())
	}
	require.Len(t, w.as("vendor").get("product?ownCompany=true").want(200).list(), 1)
	require.Empty(t, w.as("otherVendor").get("product?ownCompany=true").want(200).list())
	w.as("customer").get("product?ownCompany=true").want(403)
	w.as("").get("product?ownCompany=true").want(401)
}

const tram = `{"name":"Tram","sku":"tram","type":"SYNDICATED","category":"Rails","shortDescription":"Rides","longDescription":"On rails",
"syndicationEndpoints":["http://127.0.0.1:9/event"],"notificationSecretToken":"hush","faq":{"How?":"So."},"termsOfService":"none",
"configurationParameters":[{"code":"line","description":"Which line","required":true,"range":{"min":1,"max":20}}],
"orderValidationUrls":["http://127.0.0.1:9/check"]}`

func TestProduct_aVendorMakesOneAndSendsBackWhatItRead(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		vendor := w.as("vendor")
		w.as("customer").post("product", tram).want(403)
		made := vendor.post("product", tram).want(201)
		doc := made.object()
		require.Contains(t, made.header.Get("Location"), "/connector/api/"+doc["self"].(string))
		require.Equal(t, "hush", doc["notificationSecretToken"])
		require.Equal(t, obj{"How?": "So."}, doc["faq"])
		require.Equal(t, []any{"http://127.0.0.1:9/check"}, doc["orderValidationUrls"])
		require.Equal(t, true, doc["drafted"])
		path := doc["self"].(string)
		w.as("").get(path).want(404)
		w.as("otherVendor").get(path).want(404)

		doc["shortDescription"] = "Many rides"
		again := vendor.send("PUT", path, doc).want(200).object()
		require.Equal(t, doc, again, "what was read can be sent back")
		vendor.send("PUT", path, obj{"sku": "other"}).want(422)
		require.Equal(t, "feature.disabled", vendor.send("PUT", path, obj{"subscriptionsPerProduct": "ONE_PER_USER"}).want(422).key())
		require.Equal(t, "feature.disabled", vendor.post("product", obj{"type": "BUNDLE"}).want(422).key())

		vendor.send("PUT", path+"/metadata", obj{"crm": "7"}).want(200)
		require.Equal(t, obj{"crm": "7"}, vendor.get(path+"/metadata").want(200).object())
		w.as("customer").get(path + "/metadata").want(403)
		require.Empty(t, vendor.send("DELETE", path+"/metadata/crm", nil).want(200).object())

		vendor.post("productVersion", obj{"product": obj{"url": path}, "name": "Day", "price": "5.00", "billingPeriod": 1}).want(201)
		require.Equal(t, true, vendor.patch(path, obj{"action": "ENABLED"}).want(200).object()["requestedForApproval"])
		vendor.patch(path, obj{"action": "APPROVE"}).want(403)
		w.as("operator").patch(path, obj{"action": "approve"}).want(200)
		w.as("").get(path).want(200)
		vendor.send("DELETE", path, nil).want(204)
		require.Len(t, w.as("").get("product").want(200).list(), 1, "the other one")
		vendor.patch(path, obj{"action": "ENABLED"}).want(200)
		require.Len(t, w.as("").get("product").want(200).list(), 2)
	})
}

func TestPlan_isPricedByItsItemsAndSentBackUnchanged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		vendor := w.as("vendor")
		made := vendor.post("productVersion", obj{"product": obj{"url": "/" + fmt.Sprint("product/", w.product.ID)}, "name": "Team", "identifier": "TEAM-1",
			"price": 49, "setupFee": "5.25", "billingPeriod": 12, "trial": "ALLOWED", "trialLength": 14, "unkillable": true, "selfBilling": true, "billingItemValues": []obj{
				{"item": obj{"identifier": "boxes", "name": "Boxes", "unit": "box", "valueType": "PRE_PAID"}, "start": 0, "end": 2, "price": 0},
				{"item": obj{"identifier": "boxes"}, "start": 3, "end": 50, "price": "1.25", "step": 1},
			}}).want(201)
		plan := made.exact()
		conform(t, "plan", plan, planSchema())
		require.Equal(t, "TEAM-1", plan["identifier"])
		require.Equal(t, "49", fmt.Sprint(plan["price"]))
		require.Len(t, plan["billingItemValues"], 2)
		path := plan["self"].(string)

		stored, err := w.Catalog.Plan(t.Context(), w.actors["vendor"], int64(made.object()["id"].(float64)))
		require.NoError(t, err)
		boxes, sold := stored.Revision.Content.Resource("boxes")
		require.True(t, sold)
		require.Equal(t, []int64{0, 50, 2}, []int64{boxes.Min, boxes.Max, boxes.Included})
		require.Equal(t, "1.25", boxes.UnitPrice.String())
		require.True(t, stored.Revision.Content.SelfBilling)

		require.Equal(t, made.object(), vendor.send("PUT", path, made.object()).want(200).object())
		after, err := w.Catalog.Plan(t.Context(), w.actors["vendor"], stored.ID)
		require.NoError(t, err)
		require.Equal(t, stored.Revision.Content, after.Revision.Content, "what was read can be sent back, and costs the same")

		require.Equal(t, false, vendor.patch(path, obj{"published": false}).want(200).object()["published"])
		hidden, err := w.Catalog.Plan(t.Context(), w.actors["vendor"], stored.ID)
		require.NoError(t, err)
		require.Equal(t, after.Revision.Number, hidden.Revision.Number, "hiding is no new revision")
		require.Len(t, w.as("").get(fmt.Sprintf("productVersion?product=%d", w.product.ID)).want(200).list(), 3)
		require.Len(t, vendor.get(fmt.Sprintf("productVersion?withUnpublished=true&product=%d", w.product.ID)).want(200).list(), 4)
		w.as("otherVendor").patch(path, obj{"published": true}).want(404)
		w.as("customer").send("DELETE", path, nil).want(403)
	})
}

func TestPlan_whatCannotBeSoldIsRefusedByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := func(change obj) obj {
		in := obj{"product": obj{"url": fmt.Sprintf("product/%d", w.product.ID)}, "name": "New", "price": 1}
		for k, v := range change {
			in[k] = v
		}
		return in
	}
	values := func(values ...obj) obj { return plan(obj{"billingItemValues": values}) }
	seats := obj{"identifier": "seats"}
	for field, in := range map[string]obj{
		"price":                   {"product": obj{"url": fmt.Sprintf("product/%d", w.product.ID)}, "name": "Contact us"},
		"lifespan":                plan(obj{"lifespan": 24}),
		"bundle":                  plan(obj{"bundle": obj{"product/1": 10}}),
		"couponConfiguration":     plan(obj{"couponConfiguration": "MANDATORY"}),
		"minimumDuration":         plan(obj{"minimumDuration": 12}),
		"billingItemValues.setup": values(obj{"item": seats, "start": 1, "price": 1, "setup": 5}),
		"billingItemValues.price": values(obj{"item": seats, "start": 1, "end": 5, "price": 2}, obj{"item": seats, "start": 6, "price": 1}),
		"iaasBilling":             plan(obj{"iaasBilling": "PRE_PAID"}),
		"upgradable":              plan(obj{"upgradable": false}),
	} {
		a := w.as("vendor").post("productVersion", in).want(422)
		require.Equal(t, "feature.disabled", a.key(), a.raw)
		require.Contains(t, a.raw, `"field":"`+field+`"`)
	}
	for _, in := range []obj{
		values(obj{"item": seats, "start": 1, "end": 5, "price": 0}, obj{"item": seats, "start": 9, "price": 1}),
		values(obj{"item": obj{"url": "billingItem/999"}, "start": 1, "price": 0}),
		values(obj{"item": obj{}, "start": 1, "price": 0}),
		values(obj{"item": obj{"identifier": "what"}, "start": 1, "price": 0}),
		plan(obj{"trial": "ALLOWED"}),
		plan(obj{"price": -1}),
	} {
		a := w.as("vendor").post("productVersion", in).want(422)
		require.NotEqual(t, "feature.disabled", a.key(), a.raw)
	}
	w.as("vendor").post("billingItem", obj{"name": "x"}).want(422)
}

func TestItems_ofAnAPIShowTiersAndLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, vendor := t.Context(), w.actors["vendor"]
	p, err := w.Catalog.CreateProduct(ctx, vendor, catalog.ProductInput{Name: "Maps", SKU: "maps", Type: catalog.API, Category: "maps", UpstreamURL: "http://127.0.0.1:9"})
	require.NoError(t, err)
	_, err = w.Catalog.AddEndpoints(ctx, vendor, p.ID, []catalog.EndpointInput{{Identifier: "search", Method: "GET", Path: "/search"}, {Identifier: "tile", Method: "GET", Path: "/tile"}})
	require.NoError(t, err)
	charge := price.Charge{Tiers: []price.Tier{{UpTo: new(money.Int(10)), UnitPrice: dec("0.10")}, {UnitPrice: dec("0.05")}}}
	plan, err := w.Catalog.CreatePlan(ctx, vendor, p.ID, catalog.PlanInput{Name: "Metered", Terms: price.Terms{Currency: "EUR"}, Endpoints: []catalog.PlanEndpoint{
		{Identifier: "search", Mode: catalog.PayPerUse, Charge: &charge}, {Identifier: "tile", Mode: catalog.Prepaid, Limits: map[string]int64{"minute": 5, "month": 100}}}})
	require.NoError(t, err)
	path := fmt.Sprintf("productVersion/%d", plan.ID)
	shown := w.as("vendor").get(path).want(200).object()
	values := shown["billingItemValues"].([]any)
	require.Len(t, values, 3)
	require.Equal(t, []any{0.0, 10.0, 0.1}, []any{values[0].(obj)["start"], values[0].(obj)["end"], values[0].(obj)["price"]})
	require.Equal(t, []any{11.0, nil, 0.05}, []any{values[1].(obj)["start"], values[1].(obj)["end"], values[1].(obj)["price"]})
	require.Equal(t, []any{0.0, 100.0}, []any{values[2].(obj)["start"], values[2].(obj)["end"]})

	item := w.as("vendor").get("billingItem/identifier=search").want(200).object()
	require.Equal(t, []any{"TIERED", "PAY_AS_YOU_GO", obj{"method": "GET", "path": "/search"}}, []any{item["type"], item["valueType"], item["endpoint"]})
	w.as("customer").get(item["self"].(string)).want(404)

	w.as("vendor").send("PUT", path, shown).want(200)
	after, err := w.Catalog.Plan(ctx, vendor, plan.ID)
	require.NoError(t, err)
	require.Equal(t, plan.Revision.Content.Endpoints, after.Revision.Content.Endpoints, "shorter windows and tiers stay")
}
