package api_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// hosted is a subscription to a product that its vendor sets up: ordered, and
// waiting for approval.
func (w *world) hosted() (order, subscription int64) {
	w.t.Helper()
	vendor := w.as("vendor")
	in := hosting()
	in["configuration"] = nil
	product := fmt.Sprintf("/products/%d", vendor.post("/products", in).want(201).num("id"))
	plan := vendor.post(product+"/plans", obj{"name": "Quay", "currency": "EUR", "recurringPrice": "9.00"}).want(201).num("id")
	vendor.post(product+"/submit", nil).want(200)
	w.as("operator").post(product+"/approve", nil).want(200)
	placed := w.as("customer").post("/orders", obj{"planId": plan, "externalReference": "PO-17"}).want(201)
	require.Equal(w.t, "requiresApproval", placed.at("status"))
	require.Equal(w.t, "PO-17", placed.at("externalReference"))
	require.Nil(w.t, placed.at("invoiceId"))
	require.Equal(w.t, []string{"externalReference"}, w.as("customer").post("/orders", obj{"planId": plan, "externalReference": "PO-17"}).want(409).fields())
	return placed.num("id"), placed.num("subscriptionId")
}

func TestFulfilment_isReportedByItsVendorFromTheOrderToTheEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		order, id := w.hosted()
		vendor, customer := w.as("vendor"), w.as("customer")
		at := fmt.Sprintf("/subscriptions/%d", id)
		report := func(status string, want int) answer {
			t.Helper()
			return vendor.post(at+"/fulfilment", obj{"status": status}).want(want)
		}
		w.as("otherVendor").post(fmt.Sprintf("/orders/%d/approve", order), nil).want(404)
		customer.post(fmt.Sprintf("/orders/%d/approve", order), nil).want(403)
		require.Contains(t, report("deployed", 409).raw, "waits for approval")
		require.Equal(t, float64(order), vendor.get("/orders").want(200).at("items.0.id"))
		approved := vendor.post(fmt.Sprintf("/orders/%d/approve", order), nil).want(200)
		require.Equal(t, "awaitingPayment", approved.at("status"))
		require.Contains(t, approved.at("approvedBy"), "The vendor company")
		vendor.post(fmt.Sprintf("/orders/%d/reject", order), nil).want(409)
		require.Contains(t, report("deployed", 409).raw, "not paid")
		customer.post(fmt.Sprintf("/invoices/%d/pay", approved.num("invoiceId")), obj{"card": "4242424242424242"}).want(200)

		require.Equal(t, []string{"status"}, vendor.post(at+"/fulfilment", obj{"status": "ready"}).want(422).fields())
		w.as("otherVendor").post(at+"/fulfilment", obj{"status": "deployed"}).want(404)
		require.Equal(t, "active", report("deployed", 200).at("status"))
		report("deployed", 200)
		vendor.post(at+"/terminate", nil).want(200)
		require.Equal(t, "terminated", report("undeployed", 200).at("status"))
		report("undeployed", 200)
	})
}

func TestFulfilment_givesAccessThatTheVendorNeverReadsAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		order, id := w.hosted()
		vendor, customer := w.as("vendor"), w.as("customer")
		at := fmt.Sprintf("/subscriptions/%d", id)
		vendor.post(fmt.Sprintf("/orders/%d/approve", order), nil).want(200)
		given := []answer{
			vendor.put(at+"/fulfilment/endpoints", obj{"endpoints": []obj{{"url": "https://acme.example.com"}}}).want(200),
			vendor.put(at+"/fulfilment/instructions", obj{"instructions": obj{"en": "Sign in."}}).want(200),
			vendor.put(at+"/fulfilment/credentials", obj{"credentials": []obj{{"key": "password", "value": "r3mo", "description": obj{"en": "Key"}}}}).want(200),
			vendor.get(at).want(200), vendor.get("/subscriptions").want(200), vendor.get("/events").want(200), vendor.get("/orders").want(200),
			vendor.get(at + "/credentials").want(403), w.as("stranger").get(at + "/credentials").want(404), w.as("operator").get("/audit").want(200),
		}
		for _, a := range given {
			require.NotContains(t, a.raw, "r3mo", a.what)
		}
		seen := customer.get(at).want(200)
		require.Equal(t, "https://acme.example.com", seen.at("endpoints.0.url"))
		require.Equal(t, "APP", seen.at("endpoints.0.category"))
		require.Equal(t, "Sign in.", seen.at("instructions.en"))
		keys := customer.get(at + "/credentials").want(200)
		require.Equal(t, "r3mo", keys.at("password"))
		require.Equal(t, "Key", keys.at("items.0.label"))
		require.NotContains(t, w.log.String(), "r3mo")

		require.Equal(t, []string{"endpoints[0].url"}, vendor.put(at+"/fulfilment/endpoints", obj{"endpoints": []obj{{"url": "ftp://x"}}}).want(422).fields())
		require.Equal(t, []string{"credentials[0].key"}, vendor.put(at+"/fulfilment/credentials", obj{"credentials": []obj{{"value": "x"}}}).want(422).fields())
	})
}

func TestSubscription_isNamedAndNotedOnByAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, id := w.hosted()
	at := fmt.Sprintf("/subscriptions/%d", id)
	require.Equal(t, "acme-17", w.as("vendor").patch(at, obj{"name": "acme-17"}).want(200).at("name"))
	require.Equal(t, "Staging", w.as("customer").patch(at, obj{"name": "Staging", "autoRenew": false}).want(200).at("name"))
	require.Equal(t, "Staging", w.as("vendor").patch(at, obj{"name": "acme-17"}).want(200).at("name"))
	w.as("vendor").patch(at, obj{"autoRenew": true}).want(403)
	require.Equal(t, []string{"autoRenew"}, w.as("customer").patch(at, obj{}).want(422).fields())

	w.as("vendor").put(at+"/metadata", obj{"number": "A-17", "region": "north"}).want(200)
	require.Equal(t, "north", w.as("vendor").put(at+"/metadata", obj{"number": "A-18"}).want(200).at("region"))
	w.as("vendor").send("DELETE", at+"/metadata/region", nil).want(204)
	require.JSONEq(t, `{"number":"A-18"}`, w.as("customer").get(at+"/metadata").want(200).raw)
	w.as("stranger").get(at + "/metadata").want(404)
	w.as("customer").put(at+"/metadata", obj{"number": "B"}).want(403)
}
