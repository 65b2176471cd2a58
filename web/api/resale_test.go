package api_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestResale_isDoneByAPIFromTheStorefrontToTheFirstSale(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.work()
		s, reseller := w.onSale(), w.as("reseller")
		reseller.get("/storefront").want(404)
		var logo bytes.Buffer
		require.NoError(t, png.Encode(&logo, image.NewGray(image.Rect(0, 0, 2, 2))))
		shop := reseller.put("/storefront", obj{"host": "cloud.ponte.example", "name": "Ponte Cloud", "contact": "hello@ponte.example", "accent": "#7a1f3d",
			"logo": base64.StdEncoding.EncodeToString(logo.Bytes())}).want(200)
		require.Equal(t, "standard", shop.at("mode"))
		require.Equal(t, true, shop.at("hasLogo"))
		require.Equal(t, shop.raw, reseller.get("/storefront").want(200).raw)
		require.Equal(t, []string{"host"}, w.as("otherReseller").put("/storefront", obj{"host": "cloud.ponte.example", "name": "X", "contact": "a@b.example"}).want(409).fields())
		require.ElementsMatch(t, []string{"host", "name", "contact", "accent", "logo"}, reseller.put("/storefront", obj{"host": "", "name": "", "contact": "", "accent": "#ffffff", "logo": "-"}).want(422).fields())

		priced := reseller.put("/reseller-prices", obj{"planId": s.plan, "rule": "percent", "percent": 15}).want(200)
		require.Equal(t, obj{"amount": "33.35", "currency": "EUR"}, priced.at("sells.recurringPrice"))
		require.Equal(t, obj{"amount": "29.00", "currency": "EUR"}, priced.at("buys.recurringPrice"))
		reseller.put("/reseller-prices", obj{"planId": s.bigger, "rule": "excluded"}).want(200)
		require.Equal(t, []string{"percent", "recurringPrice"}, reseller.put("/reseller-prices", obj{"planId": s.plan, "rule": "absolute", "percent": 1}).want(422).fields())
		list := reseller.get("/reseller-prices").want(200)
		require.Equal(t, false, list.at("items.0.sold"))
		require.Equal(t, "percent", list.at("items.1.rule.rule"))
		require.Len(t, reseller.get(fmt.Sprintf("/reseller-prices/%d", s.plan)).want(200).list("history"), 1)

		// Who looks around on the storefront's host sees its catalog and prices.
		visitor := w.as("").with("Host", "cloud.ponte.example:8443")
		offer := visitor.get("/catalog/lagoon").want(200)
		require.Len(t, offer.list("plans"), 1)
		require.Equal(t, obj{"amount": "33.35", "currency": "EUR"}, offer.at("plans.0.recurringPrice"))
		require.Equal(t, obj{"amount": "44.85", "currency": "EUR"}, visitor.post("/quotes", obj{"planId": s.plan}).want(200).at("net"))
		visitor.post("/quotes", obj{"planId": s.bigger}).want(409)
		require.Len(t, w.as("").get("/catalog/lagoon").want(200).list("plans"), 2)

		customer := reseller.post("/customers", obj{"company": "Bottega", "email": "office@bottega.example", "person": obj{"name": "Bea"}}).want(201)
		require.Contains(t, customer.at("invitation.path"), "/invitation/fdi_")
		require.Len(t, reseller.get("/customers").want(200).list("items"), 2)
		require.Len(t, reseller.get(fmt.Sprintf("/customers/%d", customer.num("id"))).want(200).list("people"), 1)

		order := reseller.post("/orders", obj{"planId": s.plan, "customerId": customer.num("id")}).want(201)
		require.Equal(t, customer.num("id"), order.num("customerId"))
		w.as("operator").post(fmt.Sprintf("/invoices/%d/mark-paid", order.num("invoiceId")), obj{"reference": "x"}).want(200)
		w.active(order.num("subscriptionId"))
		sales := reseller.get("/reseller-sales").want(200)
		require.Equal(t, obj{"amount": "4.35", "currency": "EUR"}, sales.at("items.0.margin"))
		require.Equal(t, order.num("subscriptionId"), sales.num("items.0.subscription.id"))
		require.Len(t, reseller.get(fmt.Sprintf("/invoices?customerId=%d", customer.num("id"))).want(200).list("items"), 1)
		require.Len(t, w.as("operator").get(fmt.Sprintf("/invoices?resellerId=%d", sales.num("items.0.subscription.resellerId"))).want(200).list("items"), 1)
		require.Empty(t, w.as("otherReseller").get("/reseller-sales").want(200).list("items"))
		require.Equal(t, []string{"customerId"}, w.as("otherReseller").post("/orders", obj{"planId": s.plan, "customerId": customer.num("id")}).want(422).fields())
	})
}

func TestStorefront_aListingTakesNoOrdersAndAShowcaseTellsNoPrices(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s, reseller, resold := w.onSale(), w.as("reseller"), w.as("resold")
		mode := func(m string) {
			reseller.put("/storefront", obj{"host": "cloud.ponte.example", "name": "Ponte", "contact": "hello@ponte.example", "mode": m}).want(200)
		}
		visitor := w.as("").with("Host", "cloud.ponte.example")
		mode("listing")
		require.Len(t, visitor.get("/catalog/lagoon").want(200).list("plans"), 2)
		resold.post("/quotes", obj{"planId": s.plan}).want(200)
		require.Contains(t, resold.post("/orders", obj{"planId": s.plan}).want(403).at("detail"), "hello@ponte.example")
		reseller.post("/orders", obj{"planId": s.plan, "customerId": s.resold}).want(201)

		mode("showcase")
		for _, c := range []client{visitor, resold} {
			found := c.get("/catalog").want(200)
			require.Len(t, found.list("items"), 1)
			require.NotContains(t, found.raw, "29.00")
			require.Empty(t, c.get("/catalog/lagoon").want(200).list("plans"))
			c.post("/quotes", obj{"planId": s.plan}).want(403)
		}
		resold.post("/orders", obj{"planId": s.plan}).want(403)
		reseller.post("/orders", obj{"planId": s.plan, "customerId": s.resold}).want(409)
		require.Len(t, w.as("customer").get("/catalog/lagoon").want(200).list("plans"), 2, "the marketplace's own customers see its catalog")
	})
}
