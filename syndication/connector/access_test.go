package connector_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/fondaco/fondaco/syndication/connector"
	"github.com/stretchr/testify/require"
)

// concerned are those whom the customer's subscription concerns.
var concerned = []string{"customer", "vendor", "operator"}

// theirs are words that only those concerned may ever read.
var theirs = []string{"The customer company", email("customer"), "Ada customer", "sesame", "s3cret-oar", "Nina's boat"}

// everybody who may call, concerned or not; "" is nobody.
var everybody = []string{"", "customer", "stranger", "vendor", "otherVendor", "reseller", "operator", "foreigncustomer", "foreignvendor", "foreignoperator"}

// concrete puts the ids of the sale into a call's path.
func (w *world) concrete(path string, o order.Order) string {
	ids := map[string]int64{"subscription": *o.SubscriptionID, "order": o.ID, "invoice": *o.InvoiceID, "user": w.actors["customer"].UserID,
		"userCompany": w.actors["customer"].OrganizationID, "company": w.actors["vendor"].OrganizationID, "product": w.product.ID, "productVersion": w.plan.ID}
	resource := strings.Split(path, "/")[0]
	id := max(ids[resource], 1)
	return strings.NewReplacer("{id}", fmt.Sprint(id), "{email}", email("customer"), "{reference}", "ref-1", "{key}", "color").Replace(path)
}

// TestAccess_nobodySeesWhatIsAnothers makes every call as everybody with the ids
// of one customer's subscription.
func TestAccess_nobodySeesWhatIsAnothers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.soldAs(order.Input{PlanID: w.plan.ID, ExternalReference: "ref-1", Parameters: []byte(`{"color":"black","secretWord":"sesame"}`)})
		w.give(subscriptionPath(o))
		w.as("customer").patch(subscriptionPath(o), obj{"action": "SET_NAME", "name": "Nina's boat"}).want(204)
		before := w.as("operator").get(subscriptionPath(o)).want(200).object()
		seen := map[string]int{}
		for _, role := range everybody {
			if slices.Contains(concerned, role) {
				continue
			}
			for _, call := range connector.Calls() {
				a := w.as(role).send(call[0], w.concrete(call[1], o), bodyFor(call))
				for _, word := range theirs {
					require.NotContains(t, a.raw, word, "%s: %s", role, a.what)
				}
				require.Less(t, a.status, 500, "%s: %s: %s", role, a.what, a.raw)
				if about := strings.Split(call[1], "/")[0]; strings.Contains(call[1], "{id}") && slices.Contains([]string{"subscription", "order", "invoice"}, about) {
					require.Contains(t, []int{401, 403, 404, 422, 400}, a.status, "%s: %s: %s", role, a.what, a.raw)
					require.NotEmpty(t, a.key(), a.what)
				}
				seen[role]++
			}
		}
		require.Len(t, seen, len(everybody)-len(concerned))
		after := w.as("operator").get(subscriptionPath(o)).want(200).object()
		require.Equal(t, before, after, "nobody changed anything")
		for _, role := range concerned {
			w.as(role).get(subscriptionPath(o)).want(200)
		}
	})
}

// bodyFor is something to send, so that a call does not fail for want of it.
func bodyFor(call [2]string) any {
	switch {
	case call[0] == http.MethodGet || call[0] == http.MethodHead:
		return nil
	case strings.HasSuffix(call[1], "/endpoints"), strings.Contains(call[1], "/invoice"), strings.HasSuffix(call[1], "/credentials"):
		return `[]`
	case strings.HasSuffix(call[1], "/metadata"):
		return obj{"a": "b"}
	case call[1] == "subscription/{id}":
		return obj{"action": "KILL"}
	}
	return obj{"reference": "x", "name": "x"}
}

func TestAccess_credentialsAndSensitiveValuesHaveOneReaderEach(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.sold(w.plan)
		w.give(subscriptionPath(o))
		read := func(role string) string { return w.as(role).get(subscriptionPath(o)).want(200).raw }
		require.Contains(t, read("customer"), "s3cret-oar")
		require.NotContains(t, read("customer"), "sesame")
		require.Contains(t, read("vendor"), "sesame", "who sets it up needs it")
		require.NotContains(t, read("vendor"), "s3cret-oar", "nobody gives it back")
		for range 2 { // the second is a kept document
			require.NotContains(t, read("operator"), "sesame")
			require.NotContains(t, read("operator"), "s3cret-oar")
		}
		require.NotContains(t, w.as("customer").get("subscription").want(200).raw, "s3cret-oar")
	})
}

func TestAccess_whatALineCostsItsVendorIsItsVendors(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.sold(w.plan)
		w.pay(o)
		lines := []obj{{"price": obj{"price": 50}, "description": "Polish", "platformCost": obj{"price": "31.07"}}}
		path := subscriptionPath(o)
		made := w.as("vendor").post(path+"/invoice", lines).want(201).header.Get("Location")
		made = made[strings.Index(made, "/connector"):]
		w.as("vendor").post(path+"/invoice/recurring", lines).want(200)
		for _, document := range []string{made, path, "invoice"} {
			require.NotContains(t, w.as("customer").get(document).want(200).raw, "31.07", document)
		}
		require.Contains(t, w.as("vendor").get(made).want(200).raw, "31.07")
		require.Contains(t, w.as("vendor").get(path).want(200).raw, "31.07")
	})
}

func TestAccess_aStorefrontShowsWhatItsResellerSells(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, err := w.Storefronts.Save(t.Context(), w.actors["reseller"], storefront.Input{Host: "ponte.test", Name: "Ponte", Contact: "ciao@ponte.test"})
		require.NoError(t, err)
		_, err = w.Prices.Set(t.Context(), w.actors["reseller"], pricelist.Input{PlanID: w.plan.ID, Rule: pricelist.Rule{Kind: pricelist.Percent, Percent: new(dec("10"))}})
		require.NoError(t, err)
		prices := func(host string) (all []any) {
			for _, plan := range w.as("").at(host).get(fmt.Sprintf("productVersion?product=%d", w.product.ID)).want(200).list() {
				all = append(all, plan.(obj)["price"])
			}
			return all
		}
		require.Contains(t, prices("ponte.test"), 31.9)
		require.NotContains(t, prices("ponte.test"), 29.0)
		require.Contains(t, prices("rialto.test"), 29.0)
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(email("vendor")+":"+password))
		require.Equal(t, "ROLE_VENDOR", w.as("").at("ponte.test").with("Authorization", basic).get("user/me").want(200).object()["userRole"])
	})
}
