package connector_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/stretchr/testify/require"
)

func (w *world) soldAs(in order.Input) order.Order {
	w.t.Helper()
	o, err := w.Orders.Place(w.t.Context(), w.actors["customer"], in)
	require.NoError(w.t, err)
	return o
}

func (w *world) pay(o order.Order) {
	w.t.Helper()
	_, err := w.Payments.Pay(w.t.Context(), w.actors["customer"], *o.InvoiceID, payment.Card{Number: "4242424242424242"})
	require.NoError(w.t, err)
}

// state is what a connector looks at.
func (w *world) state(path string) string {
	w.t.Helper()
	d := w.as("vendor").get(path).want(200).object()
	return fmt.Sprintf("%s paid=%v", d["deploymentStatus"], d["paid"])
}

func TestLife_isSeenAtOnceAlthoughDocumentsAreKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.sold(w.plan)
		path := subscriptionPath(o)
		vendor := w.as("vendor")
		for range 2 {
			require.Equal(t, "WAITING_PAYMENT paid=false", w.state(path))
		}
		vendor.patch(path, `{"deploymentStatus":"DEPLOYED"}`).want(409)
		w.pay(o)
		require.Equal(t, "PENDING paid=true", w.state(path))
		w.give(path)
		require.Len(t, vendor.get(path).want(200).object()["endpoints"], 2)
		require.Equal(t, "Rema.", vendor.get(path + "?language=it").want(200).object()["endUserInstructions"])
		require.Equal(t, "Row.", vendor.get(path).want(200).object()["endUserInstructions"])
		for range 2 { // said twice, it is still 204
			a := vendor.patch(path, `{"deploymentStatus":"DEPLOYED"}`).want(204)
			require.Empty(t, a.raw)
		}
		require.Equal(t, "DEPLOYED paid=true", w.state(path))

		vendor.send("PUT", path+"/metadata", obj{"rack": "7"}).want(200)
		require.Equal(t, "7", w.as("customer").get(path + "/metadata").want(200).object()["rack"])
		require.Len(t, vendor.get("subscription?metadata%5Brack%5D=7").want(200).list(), 1)
		require.Empty(t, vendor.get("subscription?metadata%5Brack%5D=8").want(200).list())
		vendor.send("DELETE", path+"/metadata/rack", nil).want(204)

		one := vendor.post(path+"/invoice", []obj{{"price": obj{"price": "10.005"}, "description": "Polish", "quantity": 2}}).want(201)
		where := one.header.Get("Location")
		require.Regexp(t, `^http://rialto\.test/connector/api/invoice/\d+$`, where)
		require.Equal(t, "DEPLOYED paid=false", w.state(path), "an upsell is an open invoice")
		free := vendor.post(path+"/invoice", []obj{{"description": "Nobody said what it costs"}})
		require.Equal(t, 422, free.status, free.raw)
		require.Contains(t, free.raw, "lines[0].price")
		oneShot := vendor.post(path+"/invoice/oneshot", []obj{{"price": obj{"price": 5, "currency": "EUR"}, "description": "Ribbon"}}).want(200).object()
		require.Len(t, oneShot["oneshotCosts"], 1)
		require.Empty(t, vendor.post(path+"/invoice/oneshot", []obj{}).want(200).object()["oneshotCosts"])

		w.as("customer").patch(path, obj{"action": "autorenew", "autoRenew": false}).want(204)
		require.Equal(t, false, vendor.get(path).want(200).object()["autoRenew"])
		vendor.patch(path, `{"action":"KILL"}`)
		w.as("customer").patch(path, obj{"action": "KILL"})
		require.Equal(t, "UNDEPLOY_SENT", strings.Fields(w.state(path))[0])
		for range 2 {
			vendor.patch(path, `{"deploymentStatus":"UNDEPLOYED"}`).want(204)
		}
		require.Equal(t, "UNDEPLOYED", strings.Fields(w.state(path))[0])
	})
}

func TestLife_anUpgradeSaysWhatItCameTo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.sold(w.plan)
		path := subscriptionPath(o)
		w.pay(o)
		w.as("vendor").patch(path, obj{"deploymentStatus": "DEPLOYED"}).want(204)
		upgrades := w.as("vendor").get(path).want(200).object()["possibleUpgrades"].([]any)
		require.NotEmpty(t, upgrades)
		done := w.as("vendor").patch(path+"?apiVersion=20250109", obj{"action": "SYNDICATED_UPGRADE", "productVersion": upgrades[0]}).want(200).object()
		require.Equal(t, "PAID", done["upgrade"])
		require.Regexp(t, `^invoice/\d+$`, done["invoice"].(obj)["url"])
		for _, entry := range w.as("vendor").get(done["invoice"].(obj)["url"].(string)).want(200).object()["entries"].([]any) {
			line := entry.(obj)
			require.InDelta(t, line["subtotal"], line["price"].(obj)["price"].(float64)*line["quantity"].(float64), 0.01, "a unit has its part of the line")
		}
		sub := w.as("vendor").get(path).want(200).object()
		require.Equal(t, upgrades[0], sub["productVersion"])
		orders := sub["orders"].([]any)
		last := w.as("vendor").get(orders[len(orders)-1].(obj)["url"].(string)).want(200).object()
		require.Equal(t, "SYNDICATED_UPGRADE", last["type"], "the last order says what happened last")

		items := sub["billingItems"].(obj)
		require.Len(t, items, 1)
		for item := range items {
			more := w.as("customer").patch(path, obj{"action": "BILLING_ITEM_UPGRADE", "billingItems": obj{item: "6"}}).want(200).object()
			require.Equal(t, "PAID", more["upgrade"])
			require.Equal(t, 6.0, w.as("vendor").get(path).want(200).object()["billingItems"].(obj)[item])
			less := w.as("customer").patch(path, obj{"action": "BILLING_ITEM_UPGRADE", "billingItems": obj{item: 2}}).want(200).object()
			require.Equal(t, "DEFERRED", less["upgrade"])
			require.Regexp(t, `^order/\d+$`, less["order"].(obj)["url"])
		}
		w.as("vendor").patch(path, obj{"action": "RENEW"}).want(204)
		w.as("stranger").patch(path, obj{"action": "RENEW"}).want(404)
	})
}

func TestLists_pageAndFilter(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 3 {
			w.sold(w.free)
		}
		w.sold(w.plan)
		first := w.as("vendor").get("subscription?pageSize=3&sortDirection=ASC&tag=undefined&ordering=undefined").want(200)
		require.Len(t, first.list(), 3)
		for name, want := range map[string]string{"CMW-PageSize": "3", "CMW-PageNumber": "1", "CMW-TotalItems": "4", "CMW-TotalPages": "2"} {
			require.Equal(t, []string{want}, first.header.Values(name), name)
		}
		require.Len(t, w.as("vendor").get("subscription?pageSize=3&pageNumber=2").want(200).list(), 1)
		w.as("vendor").get("subscription?pageNumber=0").want(422)
		for query, n := range map[string]int{"status=PENDING": 3, "status=PENDING,WAITING_PAYMENT": 4, "status=UNKNOWN": 0, "type=NORMAL": 4, "type=TRIAL": 0,
			"product=" + strconv.FormatInt(w.product.ID, 10): 4, "product=product/99": 0, "productType=SYNDICATED": 4, "productType=API": 0, "search=gondola": 4,
			"search=nothing": 0, "configuration%5Bcolor%5D=black": 4, "configuration%5Bcolor%5D=bl": 0, "pageSize=5000": 4} {
			require.Len(t, w.as("vendor").get("subscription?"+query).want(200).list(), n, query)
		}
		head := w.as("vendor").send("HEAD", "subscription", nil).want(200)
		require.Empty(t, head.raw)
		require.Equal(t, "4", head.header.Get("CMW-TotalItems"))
		csv := w.as("vendor").with("Accept", "text/csv").get("subscription").want(200)
		require.Contains(t, csv.header.Get("Content-Type"), "text/csv")
		require.Len(t, strings.Split(strings.TrimSpace(csv.raw), "\n"), 5)
		require.Contains(t, csv.raw, "deploymentStatus")
		for preference, keys := range map[string][]string{"minimal": {"id", "self", "name"}, "priced": {"id", "self", "name", "cost"},
			"deployment": {"id", "buyer", "type", "productVersion", "billingItems", "configurationParameters"}} {
			for _, item := range w.as("vendor").with("Prefer", "response="+preference).get("subscription").want(200).list() {
				require.Len(t, item, len(keys), preference)
				for _, key := range keys {
					require.Contains(t, item, key)
				}
			}
		}
	})
}

// orderSchema is the contract's order in a version.
func orderSchema(version string) schema {
	s := schema{"id": "int", "self": "str", "type": "str", "orderType": "str", "status": "str", "deferred": "bool", "buyer": "ref", "creator": "ref",
		"subscription": "ref?", "productVersion": "ref", "invoice": "ref?", "date": "date", "startDate": "date?", "endOfPeriod": "date?", "currency": "str",
		"totalPrice": "dec", "externalReference": "str?", "reseller": "str?", "billingItems": "[any]", "billingItemValues": "[any]",
		"availableOperations": "[str]", "approvedBy": "str?", "approvedAt": "date?", "approve": "any?"}
	if version >= "20181126" {
		s["reseller"] = "ref?"
	}
	return s
}

var invoiceSchema = schema{"id": "int", "self": "str", "number": "str", "company": "ref", "date": "date", "expirationDate": "date", "nominee": "ref", "total": "any",
	"status": "str", "paid": "bool", "selfBilled": "bool", "stampDuty": "bool", "cashed": "bool", "type": "str", "product": "str", "productVersion": "str",
	"subscription": "ref", "order": "ref?", "reseller": "ref?", "entries": "[any]", "paymentReference": "str?", "paymentReceived": "date?",
	"currencyConversion": "{dec}", "availableOperations": "[str]", "totalPrice": "dec", "priceExcludingVAT": "dec", "vatSpunOff": "dec", "vat": "dec"}

var lineSchema = schema{"id": "int?", "type": "str", "invoice": "ref?", "description": "str", "identifier": "str?", "quantity": "dec", "unit": "str", "price": "any",
	"purchased": "date?", "tags": "{str}", "tag": "str?", "setup": "bool", "discount": "dec", "originalCurrency": "str", "subtotal": "dec",
	"priceExcludingVAT": "dec", "vatSpunOff": "dec", "totalPrice": "dec", "platformCost": "any?", "cost": "any?"}

func TestSchema_ordersInvoicesAndCompaniesInEveryVersion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		customer, ref := w.as("customer"), "web-1"
		item := ""
		w.sold(w.plan) // so that items are known
		for key := range w.as("vendor").get("subscription").want(200).list()[0].(obj)["billingItems"].(obj) {
			item = key
		}
		placed := customer.post("order", obj{"type": "NORMAL", "productVersion": obj{"url": "/productVersion/" + strconv.FormatInt(w.plan.ID, 10)},
			"externalReference": ref, "billingItems": obj{item: 7}, "configurationParameters": obj{}, "hashCoupon": nil}).want(201)
		require.Equal(t, "http://rialto.test/connector/api/"+placed.object()["self"].(string), placed.header.Get("Location"))
		invoice := placed.object()["invoice"].(obj)["url"].(string)
		for _, v := range versions {
			for _, role := range concerned {
				o := w.as(role).get(withVersion("order/externalReference="+ref, v)).want(200).exact()
				conform(t, "order", o, orderSchema(v))
				require.Equal(t, "order/"+fmt.Sprint(o["id"]), o["self"])
				i := w.as(role).get(withVersion(invoice, v)).want(200).exact()
				conform(t, "invoice", i, invoiceSchema)
				require.NotEmpty(t, i["entries"])
				for _, l := range i["entries"].([]any) {
					conform(t, "line", l.(obj), lineSchema)
				}
				for _, path := range []string{"userCompany/" + strconv.FormatInt(w.actors["customer"].OrganizationID, 10), "company/" + strconv.FormatInt(w.actors["vendor"].OrganizationID, 10)} {
					conform(t, path, w.as(role).get(withVersion(path, v)).want(200).exact(), schema{"id": "int", "self": "str", "name": "str", "slug": "str",
						"emailAddress": "str", "language": "str", "enabled": "bool", "address": "any", "taxCode": "str", "companyDescription": "str", "users": "[ref]",
						"reseller": "ref?", "vatExemption": "bool", "publicAdministration": "bool", "delayedPayment": "bool", "trusted": "bool"})
				}
			}
		}
		require.Equal(t, "43.92", fmt.Sprint(placed.exact()["totalPrice"]), "29 and 7 seats at 1, with 22 percent on top")
		require.Len(t, customer.get("order?status=PAID&type=NORMAL").want(200).list(), 2)
		require.Len(t, customer.get("invoice?paid=false&subscriptionId="+strings.TrimPrefix(placed.object()["subscription"].(obj)["url"].(string), "subscription/")).want(200).list(), 1)
		require.Empty(t, customer.get("invoice?status=PAID").want(200).list())
		w.as("operator").patch(invoice+"/pay", obj{"reference": "bank 7"}).want(204)
		require.Len(t, customer.get("invoice?status=PAID").want(200).list(), 1)
		pdf := customer.get(invoice + "/pdf").want(200)
		require.Equal(t, "application/pdf", pdf.header.Get("Content-Type"))
		require.True(t, strings.HasPrefix(pdf.raw, "%PDF"))
		customer.post("order", obj{"type": "NORMAL", "productVersion": obj{"url": "productVersion/" + strconv.FormatInt(w.plan.ID, 10)}, "externalReference": ref}).want(409)
	})
}

func TestLife_whatEndedBeforeItWasPaidIsNotPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := subscriptionPath(w.sold(w.plan))
	w.as("customer").patch(path, obj{"action": "KILL"}).want(204)
	require.Equal(t, "UNDEPLOYED paid=false", w.state(path))
	w.as("vendor").patch(path, `{"deploymentStatus":"DEPLOYED"}`).want(409)
	w.as("vendor").patch(path, `{"deploymentStatus":"UNDEPLOYED"}`).want(204)
}

func TestOrder_aNullInAMapIsAbsentAsAnyOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seats, color := w.item(catalog.QuantityItem, "seats"), w.item(catalog.ParameterItem, "color")
	o := w.as("customer").post("order", obj{"productVersion": obj{"url": fmt.Sprintf("productVersion/%d", w.plan.ID)}, "start": nil, "buyer": nil,
		"billingItems": obj{seats: nil}, "configurationParameters": obj{color: nil}}).want(201).object()
	path := o["subscription"].(obj)["url"].(string)
	sub := w.as("vendor").get(path).want(200).object()
	require.Equal(t, obj{seats: 4.0}, sub["billingItems"], "the default")
	require.Empty(t, sub["configurationParameters"])
	require.JSONEq(t, `{"a":"null"}`, w.as("vendor").send("PUT", path+"/metadata", `{"a":"null","b":null}`).want(200).raw)
	w.as("vendor").send("PUT", path+"/metadata", `{"a":null} {`).want(400)
}

func TestInvoices_areNarrowedByAllThatIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sold(w.plan)
	for query, n := range map[string]int{"paid=false": 1, "paid=false&status=UNPAID": 1, "paid=true&status=UNPAID": 0, "status=PAID,UNPAID": 1, "status=PAID&paid=false": 0} {
		require.Len(t, w.as("customer").get("invoice?"+query).want(200).list(), n, query)
	}
}

func TestCharge_aLineHasAPriceThatCanBeMeant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.sold(w.plan)
	w.pay(o)
	path := subscriptionPath(o) + "/invoice"
	for _, price := range []any{nil, obj{}, obj{"price": nil}, obj{"currency": "EUR"}, obj{"price": "99999999999999999999"}, obj{"price": -2_000_000_000}} {
		for _, suffix := range []string{"", "/oneshot", "/recurring", "?type=CHUNKED", "?type=CASHED", "?type=REFUND"} {
			refused := w.as("vendor").post(path+suffix, []obj{{"price": 1}, {"price": price, "description": "Polish"}}).want(422)
			require.Contains(t, refused.raw, "lines[1].price", suffix)
		}
	}
	w.as("vendor").post(path, []obj{{"price": 1, "quantity": "1000000000000"}}).want(422)
	w.as("vendor").post(path, []obj{{"price": "0", "description": "A gift"}}).want(204)
}
