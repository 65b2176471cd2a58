package connector_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/stretchr/testify/require"
)

var budgetSchema = schema{"configuration": "ref", "currency": "str", "vat": "dec", "priceExcludingVAT": "dec", "firstPriceExcludingVAT": "dec",
	"totalPrice": "dec", "vatSpunOff": "dec", "billingPeriod": "int", "minimumDuration": "int", "trialLength": "int", "selfBilled": "bool",
	"couponStatus": "str?", "downgrade": "bool", "upsoldLines": "[any]", "pricing": "any", "lines": "[any]", "postLines": "[any]", "resellerCatalog": "ref?"}

var cartSchema = schema{"id": "int", "self": "str", "name": "str", "notes": "str", "customer": "ref", "userCompany": "ref", "reseller": "ref?",
	"items": "[any]", "total": "dec?", "totalExcludingVAT": "dec?", "createdAt": "date", "updatedAt": "date", "checkoutAt": "date?", "metadata": "{str}"}

// item is the reference of something that the product prices or asks for.
func (w *world) item(kind catalog.ItemKind, identifier string) string {
	w.t.Helper()
	l, err := w.Catalog.Look(w.t.Context(), w.actors["vendor"], w.product.ID)
	require.NoError(w.t, err)
	resource := "billingItem"
	if kind == catalog.ParameterItem {
		resource = "configurationParameter"
	}
	id := l.ItemID(kind, identifier)
	require.Positive(w.t, id)
	return fmt.Sprintf("%s/%d", resource, id)
}

func (w *world) wish() obj {
	return obj{"type": "NORMAL", "productVersionId": w.plan.ID, "billingItems": obj{w.item(catalog.QuantityItem, "seats"): 10},
		"configurationParameters": obj{w.item(catalog.ParameterItem, "color"): "black"}}
}

func TestBudget_isWhatTheOrderCosts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, role := range []string{"", "customer", "vendor"} {
			budget := w.as(role).post("budgetEstimate", w.wish()).want(200).exact()
			conform(t, "budget", budget, budgetSchema)
			require.Equal(t, []string{"39.00", "47.58"}, []string{fmt.Sprint(budget["firstPriceExcludingVAT"]), fmt.Sprint(budget["totalPrice"])})
			w.as(role).post("budgetEstimate/validate", w.wish()).want(204)
		}
		o, err := w.Orders.Place(t.Context(), w.actors["customer"], orderInput(w.plan.ID, `{"seats":10,"color":"black"}`))
		require.NoError(t, err)
		inv, err := w.Invoices.Get(t.Context(), w.actors["customer"], *o.InvoiceID)
		require.NoError(t, err)
		require.Equal(t, "47.58", inv.Total.String())

		for field, value := range map[string]any{"hashCoupon": "SUMMER", "subscriptionId": 5} {
			wish := w.wish()
			wish[field] = value
			require.Equal(t, "feature.disabled", w.as("").post("budgetEstimate", wish).want(422).key())
		}
		wish := w.wish()
		wish["billingItems"] = obj{"billingItem/999": 1}
		w.as("").post("budgetEstimate", wish).want(422)
		wish["billingItems"] = obj{w.item(catalog.QuantityItem, "seats"): 1000}
		w.as("").post("budgetEstimate/validate", wish).want(422)
		w.as("").post("budgetEstimate", obj{}).want(422)
		w.as("foreigncustomer").post("budgetEstimate", w.wish()).want(404)
	})
}

func TestCart_isPutTogetherEstimatedAndCheckedOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		buyer := w.as("customer")
		item := obj{"productVersion": obj{"url": fmt.Sprintf("productVersion/%d", w.plan.ID)}, "quantity": 2,
			"billingItems": obj{w.item(catalog.QuantityItem, "seats"): 10}, "configurationParameters": obj{"secretWord": "sesame"}}
		made := buyer.post("cart", obj{"name": "Office", "items": []obj{item}}).want(201)
		doc := made.exact()
		conform(t, "cart", doc, cartSchema)
		require.Equal(t, "95.16", fmt.Sprint(doc["total"]))
		require.NotContains(t, made.raw, "sesame", "secrets are not shown again")
		path := doc["self"].(string)

		estimate := buyer.post("budgetEstimate/"+path, nil).want(200).exact()
		require.Equal(t, "78.00", fmt.Sprint(estimate["totalExcludingVAT"]))
		line := estimate["items"].([]any)[0].(obj)
		conform(t, "budget", line["budget"].(obj), budgetSchema)
		buyer.post(fmt.Sprintf("budgetEstimate/cart/item/%v", line["id"]), nil).want(200)

		buyer.send("PUT", path+"/metadata", obj{"po": "7"}).want(200)
		require.Len(t, buyer.get("cart?checkedOut=false&search=off").want(200).list(), 1)
		for _, role := range []string{"stranger", "foreigncustomer"} {
			require.Empty(t, w.as(role).get("cart").want(200).list())
			for _, call := range []string{"GET ", "DELETE ", "POST /checkout", "POST /copy", "GET /metadata"} {
				method, rest, _ := strings.Cut(call, " ")
				w.as(role).send(method, path+rest, nil).want(404)
			}
		}
		w.as("vendor").get("cart").want(403)
		w.as("").get("cart").want(401)

		bought := buyer.post(path+"/checkout", nil).want(200).exact()
		conform(t, "cart", bought, cartSchema)
		orders := bought["items"].([]any)[0].(obj)["orders"].([]any)
		require.Len(t, orders, 2)
		require.NotEmpty(t, bought["checkoutAt"])
		buyer.post(path+"/checkout", nil).want(409)
		buyer.send("PUT", path, obj{"name": "Other"}).want(409)
		copied := buyer.post(path+"/copy", nil).want(201).object()
		buyer.send("DELETE", copied["self"].(string), nil).want(204)
	})
}

func TestCart_namesTheItemsThatCannotBeOrdered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := func(p catalog.Plan) obj {
		return obj{"productVersion": obj{"url": fmt.Sprintf("productVersion/%d", p.ID)}}
	}
	cart := w.as("customer").post("cart", obj{"items": []obj{plan(w.free), plan(w.plan)}}).want(201).object()["self"].(string)
	_, err := w.Catalog.Retire(t.Context(), w.actors["vendor"], w.product.ID)
	require.NoError(t, err)
	a := w.as("customer").post(cart+"/checkout", nil).want(409)
	require.Contains(t, a.raw, `"field":"items[0]"`)
	require.Contains(t, a.raw, `"field":"items[1]"`)
	_, err = w.Catalog.Restore(t.Context(), w.actors["vendor"], w.product.ID)
	require.NoError(t, err)
	w.as("customer").post(cart+"/checkout", nil).want(200)
}

func TestEvents_theLogShowsOnesOwnAndATestGoesToOnesOwnAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		test := obj{"entityName": "Subscription", "entityId": 7, "type": "MODIFIED", "endpoint": "http://127.0.0.1:9/event"}
		sent := w.as("vendor").post("event", test).want(201).exact()
		conform(t, "event", sent, schema{"id": "int", "self": "str", "entityName": "str", "entityId": "int", "entityUrl": "ref", "type": "str",
			"recipient": "str", "endpoint": "str", "notified": "bool", "date": "date", "nextRetry": "date?", "lastError": "str?", "payload": "any",
			"product": "ref?", "vendor": "ref?"})
		require.Equal(t, "PRODUCT", sent["recipient"])
		require.Equal(t, json.Number("7"), sent["payload"].(obj)["id"])
		require.Len(t, w.as("vendor").get("event?entity=Subscription&id=7&type=false").want(200).list(), 1)
		require.Empty(t, w.as("vendor").get("event?type=true").want(200).list())
		require.Equal(t, "1", w.as("vendor").get("event").want(200).header.Get("CMW-TotalItems"))
		require.Empty(t, w.as("otherVendor").get("event").want(200).list())
		require.Empty(t, w.as("foreignoperator").get("event").want(200).list())
		w.as("otherVendor").post("event", test).want(422)
		test["endpoint"] = "http://169.254.169.254/latest"
		w.as("vendor").post("event", test).want(422)
	})
}

func TestAbsent_readsAreEmptyAndWritesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"coupon", "distributorCatalog", "distributorPricing", "resellerCatalog", "resellerPricing", "proceedsReport", "costs", "comment", "file", "cloudCredential", "bulk/result"} {
		a := w.as("vendor").get(path + "?pageSize=50").want(200)
		require.Equal(t, "[]", a.raw)
		require.Equal(t, []string{"0", "0", "50", "1"}, []string{a.header.Get("CMW-TotalItems"), a.header.Get("CMW-TotalPages"), a.header.Get("CMW-PageSize"), a.header.Get("CMW-PageNumber")})
		w.as("").get(path).want(401)
	}
	for _, call := range []string{"POST coupon", "DELETE coupon/5", "POST resellerPricing", "POST proceedsReport", "POST applicationMetric", "POST category", "PUT bulk/plans"} {
		method, path, _ := strings.Cut(call, " ")
		require.Equal(t, "feature.disabled", w.as("vendor").send(method, path, nil).want(422).key(), call)
	}
	w.as("").get("category/me").want(404)
}

func TestSandbox_answersAConnectorThatIsTriedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"test/user/5", "test/userCompany/5", "test/invoicePaid/5"} {
		doc := w.as("vendor").get(path).want(200).exact()
		require.Equal(t, json.Number("5"), doc["id"], path)
		w.as("").get(path).want(401)
	}
	require.Equal(t, true, w.as("vendor").get("test/invoicePaid/5").object()["paid"])
	require.Equal(t, obj{"a": "b"}, w.as("vendor").send("PUT", "test/user/5/metadata", obj{"a": "b"}).want(200).object())
	require.Empty(t, w.as("vendor").get("test/user/5/metadata").want(200).object())
	w.as("vendor").patch("test/subscription/5", `{"deploymentStatus":"DEPLOYED"}`).want(204)
}

func TestWords_enumsCountriesAndSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Contains(t, w.as("").get("enum/DeploymentStatus").want(200).list(), "WAITING_PAYMENT")
	w.as("").get("enum/Shoes").want(404)
	require.JSONEq(t, `"EUR"`, w.as("").get("environment/currency").want(200).raw)
	require.Equal(t, "Rialto", w.as("").get("environment").want(200).object()["name"])
	w.as("").get("environment/secretKey").want(404)
	countries := w.as("").get("countryCodes?language=it").want(200).list()
	require.Contains(t, countries, obj{"code": "DE", "name": "Germania"})
	require.Greater(t, len(countries), 190)
	require.Less(t, len(countries), 260)
}

func TestSwagger_describesEveryRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.as("").get("v2/api-docs").want(200).object()
	require.Equal(t, "2.0", all["swagger"])
	paths := all["paths"].(obj)
	require.Contains(t, paths["/subscription/{id}"], "patch")
	catalogue := w.as("").get("v2/api-docs?group=catalog").want(200).object()["paths"].(obj)
	require.Contains(t, catalogue, "/product/{id}")
	require.NotContains(t, catalogue, "/subscription/{id}")
	seen := map[string]bool{}
	for path, operations := range paths {
		for method, o := range operations.(obj) {
			id := o.(obj)["operationId"].(string)
			require.False(t, seen[id], id)
			seen[id] = true
			if method == http.MethodHead {
				continue
			}
			require.Equal(t, strings.Count(path, "{"), strings.Count(fmt.Sprint(o), "in:path"), path)
		}
	}
}

func orderInput(plan int64, parameters string) order.Input {
	return order.Input{PlanID: plan, Parameters: json.RawMessage(parameters)}
}

func TestReselling_aResellerReadsItsOwnPrices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Prices.Set(t.Context(), w.actors["reseller"], pricelist.Input{PlanID: w.plan.ID, Rule: pricelist.Rule{Kind: pricelist.Percent, Percent: new(dec("10"))}})
	require.NoError(t, err)
	path := fmt.Sprintf("resellerPricing?productVersionId=%d", w.plan.ID)
	prices := w.as("reseller").get(path).want(200).list()
	require.Len(t, prices, 1)
	doc := prices[0].(obj)
	require.Equal(t, []any{29.0, 31.9, 10.0, "PERCENTAGE", "PRICED"}, []any{doc["price"].(obj)["sellin"], doc["price"].(obj)["sellout"],
		doc["price"].(obj)["markup"], doc["price"].(obj)["markupType"], doc["visibility"]})
	list := w.as("reseller").get("resellerCatalog").want(200).list()
	require.Len(t, list[0].(obj)["pricings"], 3)
	for _, role := range []string{"vendor", "customer", "foreignreseller"} {
		require.NotContains(t, w.as(role).get(path).want(200).raw, "31.9", role)
	}
	asked := fmt.Sprintf("%s&resellerId=%d", path, w.actors["reseller"].OrganizationID)
	require.Contains(t, w.as("operator").get(asked).want(200).raw, "31.9")
	require.NotContains(t, w.as("foreignoperator").get(asked).raw, "31.9")
	require.NotContains(t, w.as("foreignreseller").get(asked).raw, "31.9")
}

func TestParameter_valuesAreAnyUnlessTheyAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wish := obj{"productVersion": obj{"url": fmt.Sprintf("productVersion/%d", w.plan.ID)}, "configurationParameters": obj{}}
	path := w.item(catalog.ParameterItem, "color") + "/values"
	require.JSONEq(t, `{"values":null}`, w.as("customer").post(path, wish).want(200).raw)
	w.as("").post(path, wish).want(401)
	w.as("customer").post(path, obj{}).want(422)
	require.Len(t, w.as("").get(fmt.Sprintf("configurationParameter?productId=%d", w.product.ID)).want(200).list(), 2)
	w.as("customer").get(strings.Replace(w.item(catalog.QuantityItem, "seats"), "billingItem", "configurationParameter", 1)).want(404)
}
