package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Groups of roles. "stranger" and "other…" are in the marketplace of the sale and
// are not concerned by it, "foreign…" are in another one.
var (
	sellers   = []string{"operator", "vendor", "otherVendor", "foreignoperator", "foreignvendor", "foreignotherVendor"}
	resellers = []string{"reseller", "otherReseller", "foreignreseller", "foreignotherReseller"}
	buyers    = append([]string{"customer", "stranger", "resold", "otherResold", "foreigncustomer", "foreignstranger", "foreignresold", "foreignotherResold"}, resellers...)
	operators = []string{"operator", "foreignoperator"}
	everybody = slices.Concat(sellers, buyers)
)

// who may use each route, with the ids of the sale in its path and body. All
// others get 401, 403 or 404. A route that is missing here fails the test.
var allowed = map[string][]string{
	"getMe": everybody, "listTokens": everybody, "createToken": everybody, "revokeToken": {"customer"},
	"listProductTypes": sellers, "createProduct": sellers, "listProducts": sellers,
	"getProduct": {"operator", "vendor"}, "replaceProduct": {"operator", "vendor"}, "changeProduct": {"operator", "vendor"},
	"submitProduct": {"operator", "vendor"}, "approveProduct": {"operator"}, "rejectProduct": {"operator"},
	"importOpenAPI": {"operator", "vendor"}, "addEndpoints": {"operator", "vendor"}, "listEndpoints": {"operator", "vendor"},
	"replaceEndpoint": {"operator", "vendor"}, "createPlan": {"operator", "vendor"}, "getPlan": {"operator", "vendor"}, "revisePlan": {"operator", "vendor"},
	"searchCatalog": append(everybody, ""), "getOffer": append(home(everybody), ""),
	"createQuote": append(home(everybody), ""), "placeOrder": home(buyers),
	"listOrders": everybody, "getOrder": {"operator", "vendor", "customer"}, "approveOrder": {"operator", "vendor"}, "rejectOrder": {"operator", "vendor"},
	"listInvoices": everybody, "getInvoice": {"operator", "vendor", "customer"}, "getInvoicePDF": {"operator", "vendor", "customer"},
	"collectInvoice": {"operator"}, "replaceDraftLines": {"operator", "vendor"}, "finalizeInvoice": {"operator", "vendor"},
	"chargeSubscription": {"operator", "vendor"}, "getOneShotLines": {"operator", "vendor"}, "setOneShotLines": {"operator", "vendor"},
	"getRecurringLines": {"operator", "vendor"}, "setRecurringLines": {"operator", "vendor"},
	"renewSubscription": {"operator", "vendor", "customer"}, "upgradeSubscription": {"operator", "vendor", "customer"},
	"listMetrics": {"operator", "vendor", "customer"}, "listMetricFailures": sellers,
	"listParameterValues": home(everybody),
	"getOverdueRules":     operators, "setOverdueRules": operators,
	"payInvoice": {"operator", "customer"}, "recordPayment": {"operator"}, "listPayments": {"operator", "customer"},
	"listSubscriptions": everybody, "getSubscription": {"operator", "vendor", "customer"}, "getCredentials": {"operator", "customer"},
	"reportFulfilment": {"operator", "vendor"}, "setAddresses": {"operator", "vendor"}, "setInstructions": {"operator", "vendor"},
	"setCredentials": {"operator", "vendor"}, "getMetadata": {"operator", "vendor", "customer"}, "putMetadata": {"operator", "vendor"},
	"deleteMetadata": {"operator", "vendor"},
	"getUsage":       {"operator", "vendor", "customer"}, "suspendSubscription": {"operator", "vendor", "customer"},
	"resumeSubscription": {"operator", "vendor", "customer"}, "retrySubscription": {"operator", "vendor", "customer"},
	"resizeSubscription": {"operator", "customer"}, "quoteResize": {"operator", "customer"},
	"changePlan": {"operator", "customer"}, "changeSubscription": {"operator", "customer"}, "terminateSubscription": {"operator", "vendor", "customer"},
	"listEvents": everybody, "watchEvents": everybody, "listDeliveries": everybody, "getDelivery": {"operator", "vendor"}, "replayDelivery": {"operator", "vendor"},
	"replayDeliveries": {"operator", "vendor"}, "listWebhookEndpoints": everybody, "createWebhookEndpoint": everybody,
	"getWebhookEndpoint": {"operator", "vendor"}, "changeWebhookEndpoint": {"operator", "vendor"}, "deleteWebhookEndpoint": {"operator", "vendor"},
	"rotateWebhookSecret": {"operator", "vendor"}, "enableWebhookEndpoint": {"operator", "vendor"}, "testWebhookEndpoint": {"operator", "vendor"},
	"watchProvisioning": {"operator", "vendor", "customer"},
	"listAttempts":      operators, "cancelAttempt": {"operator"}, "retryAttempt": {"operator"},
	"listDrift": operators, "repairDrift": {"operator"}, "removeOrphan": {"operator"}, "acknowledgeDrift": {"operator"},
	"reconcile": {"operator"}, "listReconcileRuns": operators, "getReconcileRun": {"operator"},
	"listTroubledCollections": operators,
	"listProviders":           operators, "saveProvider": operators, "getProviderHealth": {"operator"},
	"listResellers": operators, "createReseller": operators, "acceptInvitation": append(everybody, ""),
	"getStorefront": append(operators, resellers...), "saveStorefront": append(operators, resellers...),
	"listResellerPrices": append(operators, resellers...), "setResellerPrice": append(home(resellers), operators...),
	"getResellerPrice": append(home(resellers), operators...), "listResellerSales": append(operators, resellers...),
	"listCustomers": append(operators, resellers...), "createCustomer": append(operators, resellers...), "getCustomer": {"operator", "reseller"},
	"listAudit": operators, "getClock": everybody, "advanceClock": everybody,
}

// ofResold are the routes, with the ids of a sale in them, that the reseller of
// the sale may use beside those that its customer may.
var ofResold = []string{"getOrder", "getInvoice", "getInvoicePDF", "getSubscription", "getUsage", "watchProvisioning",
	"suspendSubscription", "resumeSubscription", "retrySubscription", "resizeSubscription", "quoteResize", "changePlan", "changeSubscription", "terminateSubscription",
	"getMetadata", "renewSubscription", "upgradeSubscription", "listMetrics"}

// mayUse says who may use the route when the sale is this one.
func (s sale) mayUse(id string) []string {
	roles := slices.Clone(allowed[id])
	if s.buyer == "customer" || slices.Contains(roles, s.buyer) {
		return roles
	}
	if i := slices.Index(roles, "customer"); i >= 0 {
		roles[i] = s.buyer
	}
	if slices.Contains(ofResold, id) {
		roles = append(roles, "reseller")
	}
	if id == "approveOrder" || id == "rejectOrder" { // the vendor has no say there
		roles = []string{"operator", "reseller"}
	}
	return roles
}

// home are the roles in the marketplace of the sale.
func home(roles []string) []string {
	return slices.DeleteFunc(slices.Clone(roles), func(role string) bool { return strings.HasPrefix(role, "foreign") })
}

// theirs are words that only those concerned by the sale may read outside the
// storefront.
func (s sale) theirs() []string {
	return []string{"The " + s.buyer + " company", "up-s3cret", "hook-s3cret", "127.0.0.1", "4242"}
}

// everySale runs a test once for each way to sell: by the marketplace, and by a
// reseller.
func everySale(t *testing.T, run func(t *testing.T, w *world, s sale)) {
	t.Parallel()
	for _, buyer := range []string{"customer", "resold"} {
		t.Run(buyer, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				for i, role := range resellers {
					w.as(role).put("/storefront", obj{"host": fmt.Sprintf("shop%d.example", i), "name": "Shop", "contact": "a@b.example"}).want(200)
				}
				run(t, w, w.soldTo(buyer))
			})
		})
	}
}

// concrete puts the ids of the sale into a route's path and body.
func (o operation) concrete(s sale, token, delivery, endpoint int64) (path string, body any) {
	ids := map[string]int64{"products": s.product, "plans": s.plan, "orders": s.order, "invoices": s.invoice,
		"subscriptions": s.subscription, "webhook-deliveries": delivery, "webhook-endpoints": endpoint, "tokens": token, "providers": 1,
		"provisioning-attempts": 1, "drift": 1, "reconcile-runs": 1, "reseller-prices": s.plan, "customers": s.resold}
	if o.id == "watchEvents" {
		return o.path + "?seconds=1", nil // it would go on for long
	}
	noun := strings.Split(o.path, "/")[1]
	path = strings.NewReplacer("{id}", fmt.Sprint(ids[noun]), "{name}", "customerNumber", "{identifier}", "get-item", "{sku}", "lagoon").Replace(o.path)
	if o.example == "" {
		return path, nil
	}
	var v any
	example := strings.NewReplacer("get-tile", "get-item", "get-route", "search").Replace(o.example)
	_ = json.Unmarshal([]byte(example), &v)
	if m, ok := v.(obj); ok && m["planId"] != nil {
		m["planId"] = s.bigger
	}
	if m, ok := v.(obj); ok && m["endpointId"] != nil {
		m["endpointId"] = endpoint
	}
	return path, v
}

func TestAccess_isRefusedToEverybodyWhoIsNotAllowed(t *testing.T) {
	everySale(t, func(t *testing.T, w *world, s sale) {
		w.drifted(s)
		delivery := w.delivery()
		token, endpoint := w.as(s.buyer).get("/tokens").want(200).num("items.0.id"), w.endpoint()
		w.settled(s)
		before := w.picture(s)
		for _, o := range w.operations() {
			require.Contains(t, allowed, o.id, "%s %s: say in this test who may use it", o.method, o.path)
			path, body := o.concrete(s, token, delivery, endpoint)
			for _, role := range append(everybody, "") {
				if slices.Contains(s.mayUse(o.id), role) {
					continue
				}
				a := w.as(role).send(o.method, path, body)
				require.Contains(t, []int{401, 403, 404}, a.status, "%s: %s", a.what, a.raw)
				require.Equal(t, role == "" && !o.public, a.status == 401, "%s: %s", a.what, a.raw)
				require.Equal(t, a.status == 401, a.header.Get("WWW-Authenticate") != "", a.what)
				w.leaksNothing(s, a)
			}
			wrong := w.as("").with("Authorization", "Bearer fdk_unknown").send(o.method, path, body)
			require.Equal(t, 401, wrong.status, "%s: %s", wrong.what, wrong.raw)
		}
		require.Equal(t, before, w.picture(s), "somebody who was refused has changed something")
	})
}

func TestAccess_listsShowNothingOfOthers(t *testing.T) {
	everySale(t, func(t *testing.T, w *world, s sale) {
		w.drifted(s)
		w.settled(s)
		unconcerned := []string{"stranger", "otherVendor", "otherReseller", "otherResold", "foreigncustomer", "foreignvendor", "foreignoperator", "foreignreseller"}
		if s.buyer == "customer" {
			unconcerned = append(unconcerned, "reseller", "resold")
		} else {
			unconcerned = append(unconcerned, "customer")
		}
		for _, o := range w.operations() {
			if o.method != "GET" || o.id == "watchEvents" || strings.Contains(o.path, "{") {
				continue
			}
			for _, role := range unconcerned {
				if !slices.Contains(s.mayUse(o.id), role) {
					continue
				}
				a := w.as(role).get(o.path)
				require.Contains(t, []int{200, 422}, a.status, "%s: %s", a.what, a.raw) // 422: operators name the reseller
				w.leaksNothing(s, a)
			}
		}
		require.Empty(t, w.as("stranger").get(fmt.Sprintf("/events?subscriptionId=%d", s.subscription)).want(200).list("items"))
		require.Empty(t, w.as("foreigncustomer").get("/catalog").want(200).list("items"))
	})
}

func TestAccess_isGivenToEverybodyWhoIsAllowed(t *testing.T) {
	everySale(t, func(t *testing.T, w *world, s sale) {
		w.drifted(s)
		delivery := w.delivery()
		for _, o := range w.operations() {
			token := w.as(s.buyer).post("/tokens", obj{"name": "x"}).want(201).num("id")
			for _, role := range s.mayUse(o.id) {
				path, body := o.concrete(s, token, delivery, w.endpoint())
				a := w.as(role).send(o.method, path, body)
				require.NotContains(t, []int{401, 403, 404}, a.status, "%s: %s", a.what, a.raw)
				require.Less(t, a.status, 500, "%s: %s", a.what, a.raw)
			}
		}
	})
}

// drifted makes the sale's subscription differ from what exists, on record.
func (w *world) drifted(s sale) {
	w.t.Helper()
	w.as("operator").post("/reconcile", obj{}).want(202)
	w.until(func() bool { return w.as("operator").get("/reconcile-runs").want(200).at("items.0.finishedAt") != nil }) // it would find nothing wrong
	ctx := w.t.Context()
	require.NoError(w.t, w.app.DB.InTx(ctx, 1, func(tx *storeTx) error {
		_, err := tx.Insert(ctx, `INSERT INTO drift (marketplace_id, provider_id, subscription_id, kind, subject, want, have, first_seen, last_seen, action, resolution)
			VALUES (1, 1, ?, 'changed', '127.0.0.1', '4', '8', ?, ?, '', '')`, s.subscription, tx.Now(), tx.Now())
		return err
	}))
}

// delivery is the newest webhook delivery; it is made by a job after the sale.
func (w *world) delivery() (id int64) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		all := w.as("vendor").get("/webhook-deliveries").want(200)
		if len(all.list("items")) > 0 {
			id = all.num("items.0.id")
		}
		return id > 0
	}, 20*time.Second, 20*time.Millisecond)
	return id
}

// endpoint is a new webhook endpoint of the vendor.
func (w *world) endpoint() int64 {
	w.t.Helper()
	return w.as("vendor").post("/webhook-endpoints", obj{"url": "https://hooks.example.com/events"}).want(201).num("id")
}

func (w *world) leaksNothing(s sale, a answer) {
	w.t.Helper()
	said := strings.ReplaceAll(a.raw, a.header.Get("X-Request-Id"), "") // random letters and digits: any word may be in them
	for _, word := range s.theirs() {
		require.NotContains(w.t, said, word, a.what)
	}
}

func (w *world) until(ok func() bool) {
	w.t.Helper()
	require.Eventually(w.t, ok, 20*time.Second, 20*time.Millisecond)
}

// settled waits until nothing of the sale moves by itself any more.
func (w *world) settled(s sale) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		sub := w.as(s.buyer).get(fmt.Sprintf("/subscriptions/%d", s.subscription)).want(200)
		return sub.at("status") == "active" && sub.at("progress.status") == "done"
	}, 20*time.Second, 20*time.Millisecond)
}

// picture is what a refused request must not change.
func (w *world) picture(s sale) []string {
	w.t.Helper()
	return []string{
		w.as("vendor").get(fmt.Sprintf("/products/%d", s.product)).want(200).raw,
		w.as(s.buyer).get(fmt.Sprintf("/subscriptions/%d", s.subscription)).want(200).raw,
		w.as(s.buyer).get(fmt.Sprintf("/invoices/%d", s.invoice)).want(200).raw,
		w.as(s.buyer).get("/orders").want(200).raw,
		w.as("operator").get("/audit?limit=3").want(200).raw,
	}
}
