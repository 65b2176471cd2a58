package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/stretchr/testify/require"
)

type storeTx = store.Tx

func dec(s string) money.Decimal { return money.MustParse(s) }

const document = `
openapi: 3.1.0
info: {title: Lagoon, version: "1.4"}
paths:
  /items/{id}:
    get: {operationId: getItem, responses: {"200": {description: ok}}}
  /search:
    get: {operationId: search, responses: {"200": {description: ok}}}
`

func lagoon() obj {
	return obj{"name": "Lagoon", "sku": "lagoon", "type": "api", "category": "maps", "shortDescription": "Maps of the lagoon.",
		"api":                 obj{"upstreamUrl": "http://127.0.0.1:9/base", "authHeader": obj{"name": "X-Key", "value": "up-s3cret"}},
		"syndicationEndpoint": obj{"url": "http://127.0.0.1:9/hook", "secret": "hook-s3cret"}}
}

func starter() obj {
	return obj{"name": "Starter", "currency": "EUR", "setupPrice": "10.00", "recurringPrice": 29.00, "periodMonths": 1,
		"timing": "prepaid", "anchor": "anniversary", "endpoints": []obj{
			{"identifier": "get-item", "mode": "prepaid", "limits": obj{"month": 5, "day": 4}},
			{"identifier": "search", "mode": "payPerUse", "tiers": []obj{{"upTo": 10, "unitPrice": "0.10"}, {"upTo": nil, "unitPrice": "0.05"}}},
		}}
}

// sale is a product for sale and a subscription of it.
type sale struct {
	product, plan, bigger, order, subscription, invoice int64
	resold                                              int64  // the organization that is the reseller's customer
	buyer                                               string // a role
}

// onSale publishes a product by API.
func (w *world) onSale() sale {
	w.t.Helper()
	vendor, operator := w.as("vendor"), w.as("operator")
	s := sale{buyer: "customer", resold: w.actors["resold"].OrganizationID}
	s.product = vendor.post("/products", lagoon()).want(201).num("id")
	proposed := vendor.with("Content-Type", "application/yaml").post(fmt.Sprintf("/products/%d/openapi", s.product), document).want(200)
	require.Equal(w.t, "Lagoon", proposed.at("title"))
	vendor.post(fmt.Sprintf("/products/%d/endpoints", s.product), obj{"endpoints": proposed.list("proposed")}).want(201)
	s.plan = vendor.post(fmt.Sprintf("/products/%d/plans", s.product), starter()).want(201).num("id")
	big := starter()
	big["name"], big["recurringPrice"] = "Big", "59.00"
	s.bigger = vendor.post(fmt.Sprintf("/products/%d/plans", s.product), big).want(201).num("id")
	vendor.post(fmt.Sprintf("/products/%d/submit", s.product), nil).want(200)
	operator.post(fmt.Sprintf("/products/%d/approve", s.product), nil).want(200)
	return s
}

// sold publishes, orders and pays, and waits until it is active.
func (w *world) sold() sale {
	w.t.Helper()
	return w.soldTo("customer")
}

// soldTo is sold with another customer.
func (w *world) soldTo(role string) sale {
	w.t.Helper()
	w.work()
	s, customer := w.onSale(), w.as(role)
	s.buyer = role
	o := customer.post("/orders", obj{"planId": s.plan}).want(201)
	s.order, s.subscription, s.invoice = o.num("id"), o.num("subscriptionId"), o.num("invoiceId")
	customer.post(fmt.Sprintf("/invoices/%d/pay", s.invoice), obj{"card": "4242424242424242"}).want(200)
	w.active(s.subscription)
	return s
}

func (w *world) active(subscription int64) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		return w.as("operator").get(fmt.Sprintf("/subscriptions/%d", subscription)).want(200).at("status") == "active"
	}, 20*time.Second, 20*time.Millisecond)
}

func TestSale_isDoneByAPIFromTheFirstDraftToTheTermination(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.work()
		s, customer, vendor := w.onSale(), w.as("customer"), w.as("vendor")

		// Anybody finds it, and nobody finds what is the vendor's own.
		found := w.as("").get("/catalog?q=lagoon").want(200)
		require.Equal(t, "lagoon", found.at("items.0.sku"))
		require.Equal(t, obj{"amount": "29.00", "currency": "EUR"}, found.at("items.0.plans.0.recurringPrice"))
		page := w.as("").get("/catalog/lagoon").want(200)
		require.Len(t, page.list("endpoints"), 2)
		require.Equal(t, obj{"amount": "0.10", "currency": "EUR"}, page.at("plans.0.endpoints.1.tiers.0.unitPrice"))
		require.Equal(t, "10", page.at("plans.0.endpoints.1.tiers.0.upTo"))
		require.NotContains(t, page.raw, "127.0.0.1")

		quote := w.as("").post("/quotes", obj{"planId": s.plan}).want(200)
		require.Equal(t, obj{"amount": "39.00", "currency": "EUR"}, quote.at("net"))
		require.Equal(t, obj{"amount": "47.58", "currency": "EUR"}, quote.at("total"))

		order := customer.post("/orders", obj{"planId": s.plan, "parameters": obj{}}).want(201)
		require.Equal(t, "awaitingPayment", order.at("status"))
		require.Equal(t, fmt.Sprintf("/api/v1/orders/%d", order.num("id")), order.header.Get("Location"))
		sub, invoice := fmt.Sprintf("/subscriptions/%d", order.num("subscriptionId")), fmt.Sprintf("/invoices/%d", order.num("invoiceId"))
		waiting := customer.get(sub).want(200)
		require.Equal(t, "waitingPayment", waiting.at("status"))
		require.Nil(t, waiting.at("progress"))
		require.Empty(t, waiting.list("endpoints"))

		declined := customer.post(invoice+"/pay", obj{"card": obj{"number": "4000000000000002"}}).want(422)
		require.Equal(t, []string{"card"}, declined.fields())
		paid := customer.post(invoice+"/pay", obj{"card": obj{"number": "4242424242424242", "expMonth": 12, "expYear": 2099, "cvc": "123"}}).want(200)
		require.Equal(t, "succeeded", paid.at("status"))
		require.Equal(t, "paid", paid.at("invoiceStatus"))
		require.Equal(t, "conflict", customer.post(invoice+"/pay", obj{"card": "4242424242424242"}).want(409).at("code"))
		require.Len(t, customer.get(invoice+"/payments").want(200).list("items"), 2)
		w.active(order.num("subscriptionId"))

		running := customer.get(sub).want(200)
		require.Equal(t, "done", running.at("progress.status"))
		require.NotEmpty(t, running.list("endpoints"))
		require.Equal(t, "lagoon", running.at("product.sku"))
		credentials := customer.get(sub + "/credentials").want(200)
		require.Equal(t, credentials.at("items.0.value"), credentials.at("boxKey"))

		bill := customer.get(invoice).want(200)
		require.Equal(t, "paid", bill.at("status"))
		require.Equal(t, "1", bill.at("lines.0.quantity"))
		require.Equal(t, obj{"amount": "10.00", "currency": "EUR"}, bill.at("lines.0.amount"))
		require.NotEmpty(t, bill.at("lines.0.explanation.formula"))
		pdf := customer.get(invoice + "/pdf").want(200)
		require.Equal(t, "application/pdf", pdf.header.Get("Content-Type"))
		require.Equal(t, "%PDF-", pdf.raw[:5])

		require.Equal(t, false, customer.patch(sub, obj{"autoRenew": false}).want(200).at("autoRenew"))
		changed := customer.post(sub+"/change-plan", obj{"planId": s.bigger}).want(200)
		require.Equal(t, "Big", changed.at("plan.name"))
		require.Equal(t, "suspended", vendor.post(sub+"/suspend", nil).want(200).at("status"))
		require.Equal(t, "active", customer.post(sub+"/resume", nil).want(200).at("status"))
		customer.post(sub+"/retry", nil).want(409)
		require.Equal(t, "terminating", customer.post(sub+"/terminate", nil).want(200).at("status"))
		require.NotEmpty(t, customer.get("/events").want(200).list("items"))
		require.NotEmpty(t, w.as("operator").get("/audit").want(200).list("items"))
		require.Positive(t, w.delivery())
	})
}

func TestUsage_showsWhatWasCountedAndWhatIsLeftOfTheLimits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.sold()
		var records []usage.Record
		for i := range 3 {
			records = append(records, usage.Record{EventID: fmt.Sprint(i), SubscriptionID: s.subscription, Meter: "get-item", Quantity: usage.Unit, Billable: i < 2, RealAt: time.Now()})
		}
		_, err := w.app.Usage.Ingest(t.Context(), w.actors["customer"].MarketplaceID, "test", records)
		require.NoError(t, err)
		u := w.as("customer").get(fmt.Sprintf("/subscriptions/%d/usage", s.subscription)).want(200)
		require.Equal(t, 2.0, u.at("totals.0.quantity"))
		require.Equal(t, 1.0, u.at("totals.0.refused"))
		require.Equal(t, "day", u.at("limits.0.window"))
		require.Equal(t, 4.0, u.at("limits.0.limit"))
		require.Equal(t, 2.0, u.at("limits.0.remaining"))
		require.Equal(t, 3.0, u.at("limits.1.remaining"))
		bad := w.as("customer").get(fmt.Sprintf("/subscriptions/%d/usage?from=yesterday&to=soon", s.subscription)).want(422)
		require.ElementsMatch(t, []string{"from", "to"}, bad.fields())
		w.as("customer").get(fmt.Sprintf("/subscriptions/%d/usage?from=2026-01-01&to=2026-02-01T00:00:00Z&step=hour", s.subscription)).want(200)
	})
}

func TestClock_isAdvancedInASandbox(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s, customer := w.sold(), w.as("customer")
		// Nothing listens at the endpoint, and the clock would wait for its retries.
		quiet := w.as("vendor").patch(fmt.Sprintf("/products/%d", s.product), obj{"syndicationEndpoint": nil}).want(200)
		require.Nil(t, quiet.at("syndicationEndpoint"))
		require.Equal(t, "X-Key", quiet.at("api.authHeader.name"), "what is left out stays")
		end := customer.get(fmt.Sprintf("/subscriptions/%d", s.subscription)).want(200).at("period.end").(string)
		now, err := time.Parse(time.RFC3339, customer.post("/sandbox/clock", obj{"advanceTo": end}).want(200).at("now").(string))
		require.NoError(t, err)
		until, err := time.Parse(time.RFC3339, end)
		require.NoError(t, err)
		require.WithinDuration(t, until, now, time.Minute)
		require.Len(t, customer.get(fmt.Sprintf("/invoices?subscriptionId=%d", s.subscription)).want(200).list("items"), 2)
		require.Equal(t, []string{"advanceTo"}, customer.post("/sandbox/clock", obj{"advanceTo": "2020-01-01"}).want(422).fields())
		require.Equal(t, []string{"advanceTo"}, customer.post("/sandbox/clock", obj{}).want(422).fields())
		require.NotEmpty(t, customer.get("/sandbox/clock").want(200).at("now"))
	})
}
