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

// Groups of roles. "own" roles are those that the sale of newWorld concerns;
// "stranger" and "otherVendor" are in the same marketplace, "foreign…" in
// another one.
var (
	sellers   = []string{"operator", "vendor", "otherVendor", "foreignoperator", "foreignvendor", "foreignotherVendor"}
	buyers    = []string{"customer", "reseller", "stranger", "foreigncustomer", "foreignreseller", "foreignstranger"}
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
	"searchCatalog": append(everybody, ""), "getOffer": {"", "operator", "vendor", "otherVendor", "customer", "reseller", "stranger"},
	"createQuote": {"", "operator", "vendor", "otherVendor", "customer", "reseller", "stranger"}, "placeOrder": {"customer", "reseller", "stranger"},
	"listOrders": everybody, "getOrder": {"operator", "vendor", "customer"}, "approveOrder": {"operator", "vendor"}, "rejectOrder": {"operator", "vendor"},
	"listInvoices": append(operators, buyers...), "getInvoice": {"operator", "customer"}, "getInvoicePDF": {"operator", "customer"},
	"payInvoice": {"operator", "customer"}, "recordPayment": {"operator"}, "listPayments": {"operator", "customer"},
	"listSubscriptions": everybody, "getSubscription": {"operator", "vendor", "customer"}, "getCredentials": {"operator", "customer"},
	"reportFulfilment": {"operator", "vendor"}, "setAddresses": {"operator", "vendor"}, "setInstructions": {"operator", "vendor"},
	"setCredentials": {"operator", "vendor"}, "getMetadata": {"operator", "vendor", "customer"}, "putMetadata": {"operator", "vendor"},
	"deleteMetadata": {"operator", "vendor"},
	"getUsage":       {"operator", "vendor", "customer"}, "suspendSubscription": {"operator", "vendor", "customer"},
	"resumeSubscription": {"operator", "vendor", "customer"}, "retrySubscription": {"operator", "vendor", "customer"},
	"resizeSubscription": {"operator", "customer"}, "quoteResize": {"operator", "customer"},
	"changePlan": {"operator", "customer"}, "changeSubscription": {"operator", "customer"}, "terminateSubscription": {"operator", "customer"},
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
	"listAudit": operators, "getClock": everybody, "advanceClock": everybody,
}

// theirs are words that only those concerned by the sale may read outside the
// storefront.
var theirs = []string{"The customer company", "up-s3cret", "hook-s3cret", "127.0.0.1", "4242"}

// concrete puts the ids of the sale into a route's path and body.
func (o operation) concrete(s sale, token, delivery, endpoint int64) (path string, body any) {
	ids := map[string]int64{"products": s.product, "plans": s.plan, "orders": s.order, "invoices": s.invoice,
		"subscriptions": s.subscription, "webhook-deliveries": delivery, "webhook-endpoints": endpoint, "tokens": token, "providers": 1,
		"provisioning-attempts": 1, "drift": 1, "reconcile-runs": 1}
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
	each(t, func(t *testing.T, w *world) {
		s := w.sold()
		w.drifted(s)
		delivery := w.delivery()
		token, endpoint := w.as("customer").get("/tokens").want(200).num("items.0.id"), w.endpoint()
		w.settled(s)
		before := w.picture(s)
		for _, o := range w.operations() {
			require.Contains(t, allowed, o.id, "%s %s: say in this test who may use it", o.method, o.path)
			path, body := o.concrete(s, token, delivery, endpoint)
			for _, role := range append(everybody, "") {
				if slices.Contains(allowed[o.id], role) {
					continue
				}
				a := w.as(role).send(o.method, path, body)
				require.Contains(t, []int{401, 403, 404}, a.status, "%s: %s", a.what, a.raw)
				require.Equal(t, role == "" && !o.public, a.status == 401, "%s: %s", a.what, a.raw)
				require.Equal(t, a.status == 401, a.header.Get("WWW-Authenticate") != "", a.what)
				w.leaksNothing(a)
			}
			wrong := w.as("").with("Authorization", "Bearer fdk_unknown").send(o.method, path, body)
			require.Equal(t, 401, wrong.status, "%s: %s", wrong.what, wrong.raw)
		}
		require.Equal(t, before, w.picture(s), "somebody who was refused has changed something")
	})
}

func TestAccess_listsShowNothingOfOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.sold()
		w.drifted(s)
		w.settled(s)
		for _, o := range w.operations() {
			if o.method != "GET" || o.id == "watchEvents" || strings.Contains(o.path, "{") {
				continue
			}
			for _, role := range []string{"stranger", "otherVendor", "foreigncustomer", "foreignvendor", "foreignoperator"} {
				if slices.Contains(allowed[o.id], role) {
					w.leaksNothing(w.as(role).get(o.path).want(200))
				}
			}
		}
		require.Empty(t, w.as("stranger").get(fmt.Sprintf("/events?subscriptionId=%d", s.subscription)).want(200).list("items"))
		require.Empty(t, w.as("foreigncustomer").get("/catalog").want(200).list("items"))
	})
}

func TestAccess_isGivenToEverybodyWhoIsAllowed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.sold()
		w.drifted(s)
		delivery := w.delivery()
		for _, o := range w.operations() {
			token := w.as("customer").post("/tokens", obj{"name": "x"}).want(201).num("id")
			for _, role := range allowed[o.id] {
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

func (w *world) leaksNothing(a answer) {
	w.t.Helper()
	said := strings.ReplaceAll(a.raw, a.header.Get("X-Request-Id"), "") // random letters and digits: any word may be in them
	for _, word := range theirs {
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
		sub := w.as("customer").get(fmt.Sprintf("/subscriptions/%d", s.subscription)).want(200)
		return sub.at("status") == "active" && sub.at("progress.status") == "done"
	}, 20*time.Second, 20*time.Millisecond)
}

// picture is what a refused request must not change.
func (w *world) picture(s sale) []string {
	w.t.Helper()
	return []string{
		w.as("vendor").get(fmt.Sprintf("/products/%d", s.product)).want(200).raw,
		w.as("customer").get(fmt.Sprintf("/subscriptions/%d", s.subscription)).want(200).raw,
		w.as("customer").get(fmt.Sprintf("/invoices/%d", s.invoice)).want(200).raw,
		w.as("customer").get("/orders").want(200).raw,
		w.as("operator").get("/audit?limit=3").want(200).raw,
	}
}
