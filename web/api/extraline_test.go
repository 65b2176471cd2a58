package api_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCharges_aVendorBillsLinesOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.sold()
		vendor, customer := w.as("vendor"), w.as("customer")
		sub := fmt.Sprintf("/subscriptions/%d", s.subscription)
		line := obj{"price": obj{"amount": "0.12", "currency": "EUR"}, "quantity": 30, "unit": "GB", "description": "Storage", "identifier": "storage",
			"tags": obj{"month": "11"}, "platformCost": "0.05"}

		charged := vendor.post(sub+"/charges", obj{"lines": []obj{line}}).want(201)
		require.Equal(t, "upsell", charged.at("invoice.type"))
		require.Equal(t, obj{"amount": "3.60", "currency": "EUR"}, charged.at("invoice.net"))
		read := customer.get(fmt.Sprintf("/invoices/%d", charged.num("invoice.id"))).want(200)
		require.Equal(t, []any{"storage", "GB", obj{"month": "11"}}, []any{read.at("lines.0.identifier"), read.at("lines.0.unit"), read.at("lines.0.tags")})
		require.NotContains(t, read.raw, "0.05", "what the platform costs the vendor is not the customer's business")
		require.Nil(t, vendor.post(sub+"/charges", obj{"lines": []obj{{"price": "-2", "description": "Sorry"}}}).want(201).at("invoice"))

		draft := vendor.post(sub+"/charges", obj{"type": "chunked", "lines": []obj{}}).want(201)
		path := fmt.Sprintf("/invoices/%d", draft.num("invoice.id"))
		customer.get(path).want(404)
		vendor.put(path+"/lines", obj{"lines": []obj{line, line}}).want(200)
		issued := vendor.post(path+"/finalize", nil).want(200)
		require.Equal(t, []any{"unpaid", obj{"amount": "7.20", "currency": "EUR"}}, []any{issued.at("status"), issued.at("net")})
		require.Equal(t, "conflict", vendor.post(path+"/finalize", nil).want(409).at("code"))

		vendor.put(sub+"/one-shot-lines", obj{"lines": []obj{line}}).want(200)
		require.Equal(t, "30", vendor.get(sub+"/one-shot-lines").want(200).at("items.0.quantity"))
		require.Empty(t, vendor.put(sub+"/one-shot-lines", obj{"lines": []obj{}}).want(200).list("items"))
		require.Len(t, vendor.put(sub+"/recurring-lines", obj{"lines": []obj{line}}).want(200).list("items"), 1)
		wrong := vendor.put(sub+"/recurring-lines", obj{"lines": []obj{{"price": obj{"amount": "1", "currency": "USD"}, "quantity": -1}}}).want(422)
		require.Equal(t, []string{"lines[0].currency", "lines[0].quantity"}, wrong.fields())

		require.Equal(t, []any{"chunked", "upsell", "normal"}, types(customer.get("/orders").want(200)))
	})
}

func types(a answer) (all []any) {
	for _, o := range a.list("items") {
		all = append(all, o.(obj)["type"])
	}
	return all
}

func TestRenewal_andChangesByTheVendor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.sold()
		vendor := w.as("vendor")
		sub := fmt.Sprintf("/subscriptions/%d", s.subscription)
		changed := vendor.post(sub+"/change", obj{"planId": s.bigger}).want(200)
		require.Equal(t, "paid", changed.at("outcome"))
		require.Equal(t, "upgrade", vendor.get(fmt.Sprintf("/invoices/%d", changed.num("invoiceId"))).want(200).at("type"))
		require.EqualValues(t, 1, vendor.post(sub+"/renew", obj{}).want(200).num("renewedAhead"))
		require.Equal(t, []string{"from"}, vendor.post(sub+"/change", obj{"planId": s.plan, "from": "2999-01-01"}).want(422).fields())
		require.Equal(t, "deferred", vendor.post(sub+"/change", obj{"planId": s.plan}).want(200).at("outcome"))
	})
}

func TestOverdueRules_byAPI(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		operator := w.as("operator")
		require.Nil(t, operator.get("/overdue-rules").want(200).at("stopDays"))
		operator.put("/overdue-rules", obj{"stopDays": 2, "endDays": 3, "firstPaymentDays": nil}).want(200)
		rules := operator.get("/overdue-rules").want(200)
		require.Equal(t, []int64{2, 3}, []int64{rules.num("stopDays"), rules.num("endDays")})
		require.Equal(t, []string{"endDays"}, operator.put("/overdue-rules", obj{"endDays": 3}).want(422).fields())
	})
}
