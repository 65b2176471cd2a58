package connector_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/stretchr/testify/require"
)

// walked is a call of the API with ids of things that belong to somebody.
type walked struct {
	method, path string
	public       bool
}

// calls are all calls there are, from the document that is made of the table of
// routes.
func (w *world) calls(ids map[string]int64) []walked {
	w.t.Helper()
	var all []walked
	for path, operations := range w.as("").get("v2/api-docs").want(200).object()["paths"].(obj) {
		resource, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		id := int64(1)
		if known, ok := ids[resource]; ok {
			id = known
		}
		concrete := strings.NewReplacer("{id}", fmt.Sprint(id), "{key}", "none", "{sku}", "none", "{identifier}", "none", "{email}", "none@example.test",
			"{reference}", "none", "{name}", "none").Replace(strings.TrimPrefix(path, "/"))
		for method, o := range operations.(obj) {
			_, secured := o.(obj)["security"]
			all = append(all, walked{strings.ToUpper(method), concrete, !secured})
		}
	}
	slices.SortFunc(all, func(a, b walked) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// TestWalk_nobodySeesOrChangesWhatIsNotTheirs sends every call as everybody who
// has nothing to do with a vendor's draft, its customer's subscription and cart.
func TestWalk_nobodySeesOrChangesWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.sold(w.plan)
	draft := w.as("vendor").post("product", strings.ReplaceAll(tram, "Tram", "Unheard-of")).want(201).object()
	plan := w.as("vendor").post("productVersion", obj{"product": obj{"url": draft["self"]}, "name": "Unheard-of plan", "price": 5}).want(201).object()
	cart := w.as("customer").post("cart", obj{"name": "Unheard-of cart", "items": []obj{{"productVersion": obj{"url": fmt.Sprintf("productVersion/%d", w.plan.ID)}}}}).want(201).object()
	number := func(doc obj) int64 { return int64(doc["id"].(float64)) }
	l, err := w.Catalog.Look(t.Context(), w.actors["vendor"], number(draft))
	require.NoError(t, err)
	ids := map[string]int64{"product": number(draft), "productVersion": number(plan), "cart": number(cart), "subscription": *o.SubscriptionID,
		"order": o.ID, "invoice": *o.InvoiceID, "user": w.actors["customer"].UserID, "userCompany": w.actors["customer"].OrganizationID,
		"configurationParameter": l.ItemID(catalog.ParameterItem, "line"), "billingItem": l.ItemID(catalog.ParameterItem, "line")}
	theirs := []string{"Unheard-of", "hush", "127.0.0.1:9", `"customer@example.test`, "The customer company", "sesame"}
	before := w.as("vendor").get(draft["self"].(string)).raw + w.as("customer").get(cart["self"].(string)).raw + w.as("customer").get(subscriptionPath(o)).raw

	calls := w.calls(ids)
	require.Greater(t, len(calls), 100)
	for _, call := range calls {
		for _, role := range []string{"", "stranger", "otherVendor", "reseller", "foreignoperator", "foreignvendor", "foreigncustomer"} {
			if strings.HasPrefix(call.path, "log") { // in and out is one's own
				continue
			}
			a := w.as(role).send(call.method, call.path, obj{})
			require.Less(t, a.status, 500, "%s as %q: %s", a.what, role, a.raw)
			require.Equal(t, role == "" && !call.public, a.status == http.StatusUnauthorized, "%s as %q: %d %s", a.what, role, a.status, a.raw)
			for _, word := range theirs {
				require.NotContains(t, a.raw, word, "%s as %q", a.what, role)
			}
		}
	}
	after := w.as("vendor").get(draft["self"].(string)).raw + w.as("customer").get(cart["self"].(string)).raw + w.as("customer").get(subscriptionPath(o)).raw
	require.Equal(t, before, after, "somebody has changed what is not theirs")
}
