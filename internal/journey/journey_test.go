// Package journey holds the main job as tests: what a newcomer does with the
// demo, over the network, with real plugin processes.
package journey

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const openAPI = `
openapi: 3.1.0
info: {title: Gondola API, version: "1"}
paths:
  /items/{id}:
    get: {operationId: getItem, summary: One item, responses: {"200": {description: ok}}}
  /search:
    get: {operationId: search, summary: Search, responses: {"200": {description: ok}}}
  /admin/reindex:
    post: {operationId: reindex, summary: Not for sale, responses: {"200": {description: ok}}}
`

// TestJourney_aVendorSellsACustomerBuysAndTheBillIsRight is the main job, from
// nothing to the last 401.
func TestJourney_aVendorSellsACustomerBuysAndTheBillIsRight(t *testing.T) {
	d := startDemo(t)
	vendor, operator, customer := d.as("vendor"), d.as("operator"), d.as("customer")
	upstream, hooks := newUpstream(t), newHookSink(t, "journey-secret")

	// The vendor describes the product, imports its endpoints and prices a plan.
	product := vendor.post("/products", obj{"name": "Gondola", "sku": "gondola", "type": "api", "category": "maps",
		"shortDescription":    "Where every gondola is.",
		"api":                 obj{"upstreamUrl": upstream.URL + "/base", "authHeader": obj{"name": "X-Upstream-Secret", "value": "s3cret"}},
		"syndicationEndpoint": obj{"url": hooks.URL + "/hook", "secret": "journey-secret"}}).want(201)
	id := product.num("id")
	proposed := vendor.postRaw(path("/products/%d/openapi", id), "application/yaml", openAPI).want(200).list("proposed")
	require.Len(t, proposed, 3)
	vendor.post(path("/products/%d/endpoints", id), obj{"endpoints": proposed[:2]}).want(201)
	plan := vendor.post(path("/products/%d/plans", id), starter(proposed)).want(201)
	vendor.post(path("/products/%d/submit", id), nil).want(200)

	// Before the operator approves, nobody can buy.
	customer.post("/orders", obj{"planId": plan.num("id")}).want(409)
	operator.post(path("/products/%d/approve", id), nil).want(200)
	require.Equal(t, "Gondola", customer.get("/catalog/gondola").want(200).str("name"))

	// The customer sees the price, orders and pays.
	quote := customer.post("/quotes", obj{"planId": plan.num("id")}).want(200)
	require.Equal(t, "39.00", quote.at("total").str("amount"))
	order := customer.post("/orders", obj{"planId": plan.num("id")}).want(201)
	sub := order.num("subscriptionId")
	require.Equal(t, "waitingPayment", customer.get(path("/subscriptions/%d", sub)).want(200).str("status"))
	first := path("/invoices/%d", order.num("invoiceId"))
	customer.post(first+"/pay", obj{"card": obj{"number": "4000000000000002"}}).want(422)
	customer.post(first+"/pay", obj{"card": obj{"number": "4242424242424242", "expMonth": 12, "expYear": 2031, "cvc": "123"}}).want(200)
	customer.post(first+"/pay", obj{"card": obj{"number": "4242424242424242"}}).want(409)
	require.Equal(t, "39.00", customer.get(first).want(200).at("total").str("amount"))

	// The plugin makes it real: a key and the endpoints of the plan.
	customer.eventually(path("/subscriptions/%d", sub), func(s answer) bool { return s.str("status") == "active" })
	key := customer.get(path("/subscriptions/%d/credentials", sub)).want(200).str("apiKey")
	access := customer.get(path("/subscriptions/%d", sub)).want(200).byIdentifier("endpoints")
	item := strings.ReplaceAll(access["get-item"].str("url"), "{id}", "7")

	// Five calls are included; the sixth is refused as the gateway's clients expect.
	for range 5 {
		require.Equal(t, http.StatusOK, d.call(item, key).StatusCode)
	}
	refused := d.call(item, key)
	require.Equal(t, http.StatusTooManyRequests, refused.StatusCode)
	require.Equal(t, "5", refused.Header.Get("X-RateLimit-Limit-Month"))
	require.Equal(t, "0", refused.Header.Get("X-RateLimit-Remaining-Month"))
	require.Contains(t, refused.body, `"message":"API rate limit exceeded"`)
	require.Equal(t, http.StatusUnauthorized, d.call(item, "wrong").StatusCode)

	// The vendor sees who calls, with its secret and without the customer's key.
	seen := upstream.last()
	require.Equal(t, "/base/items/7", seen.URL.Path)
	require.Equal(t, path("%d", sub), seen.Header.Get("X-Consumer-Username"))
	require.NotEmpty(t, seen.Header.Get("X-Consumer-ID"))
	require.Equal(t, "s3cret", seen.Header.Get("X-Upstream-Secret"))
	require.Empty(t, seen.Header.Get("apikey"))

	// 23 calls of the endpoint that is paid per use are metered, each once.
	for range 23 {
		require.Equal(t, http.StatusOK, d.call(access["search"].str("url")+"?q=ponte", key).StatusCode)
	}
	usage := path("/subscriptions/%d/usage", sub)
	customer.eventually(usage, func(u answer) bool { return u.total("search") == "23" && u.total("get-item") == "5" })

	// A month later: 29.00 for the next period and 1.65 for what was used.
	now, err := time.Parse(time.RFC3339, customer.get(path("/subscriptions/%d", sub)).want(200).at("period").str("end"))
	require.NoError(t, err)
	customer.post("/sandbox/clock", obj{"advanceTo": now.Format(time.RFC3339Nano)}).want(200)
	invoices := customer.get(path("/invoices?subscriptionId=%d", sub)).want(200).list("items")
	require.Len(t, invoices, 2)
	second := customer.get(path("/invoices/%d", invoices[0].num("id"))).want(200)
	require.Equal(t, "30.65", second.at("total").str("amount"))
	require.Equal(t, map[string]string{"recurring": "29.00", "usage": "1.65"}, second.amountsByKind())
	require.Contains(t, second.line("usage").at("explanation").str("formula"), "10 × 0.10 + 13 × 0.05 = 1.65")
	require.Equal(t, "%PDF-", customer.get(path("/invoices/%d/pdf", invoices[0].num("id"))).want(200).raw[:5])

	// The new month has new limits; the key stays over suspend and resume.
	require.Equal(t, http.StatusOK, d.call(item, key).StatusCode)
	search := access["search"].str("url")
	customer.post(path("/subscriptions/%d/suspend", sub), nil).want(200)
	d.eventuallyCall(search, key, http.StatusForbidden)
	customer.post(path("/subscriptions/%d/resume", sub), nil).want(200)
	d.eventuallyCall(search, key, http.StatusOK)

	// The end: the key stops working, and the vendor was told everything.
	customer.post(path("/subscriptions/%d/terminate", sub), nil).want(200)
	d.eventuallyCall(search, key, http.StatusUnauthorized)
	customer.eventually(path("/subscriptions/%d", sub), func(s answer) bool { return s.str("status") == "terminated" })
	hooks.eventually(func(events []hookEvent) bool {
		return len(events) > 0 && events[0].Type == "CREATED" && events[len(events)-1].Type == "DELETED"
	})
	for _, e := range hooks.events() {
		require.NoError(t, e.signatures)
		require.Equal(t, "Subscription", e.Entity)
		require.Equal(t, sub, e.ID)
		require.Equal(t, path("subscription/%d", sub), e.EntityURL)
	}
	deliveries := vendor.get(path("/webhook-deliveries?subscriptionId=%d", sub)).want(200).list("items")
	require.GreaterOrEqual(t, len(deliveries), 6)
}

// starter is the plan of the specification: five calls of one endpoint
// included, the other one paid per use.
func starter(endpoints []answer) obj {
	return obj{"name": "Starter", "currency": "EUR", "setupPrice": "10.00", "recurringPrice": "29.00", "periodMonths": 1,
		"timing": "prepaid", "anchor": "anniversary", "endpoints": []obj{
			{"identifier": endpoints[0].str("identifier"), "mode": "prepaid", "limits": obj{"month": 5}},
			{"identifier": endpoints[1].str("identifier"), "mode": "payPerUse", "tiers": []obj{
				{"upTo": 10, "unitPrice": "0.10"}, {"upTo": nil, "unitPrice": "0.05"}}},
		}}
}
