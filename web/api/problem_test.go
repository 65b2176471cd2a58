package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProblem_namesEveryWrongFieldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, vendor := w.onSale(), w.as("vendor")
	plans := fmt.Sprintf("/products/%d/plans", s.product)
	endpoints := fmt.Sprintf("/products/%d/endpoints", s.product)
	for _, c := range []struct {
		name, path string
		body       any
		fields     []string
	}{
		{"required fields", "/products", obj{}, []string{"name", "sku", "type", "category", "api.upstreamUrl"}},
		{"a field that is not known", "/products", with(lagoon(), "sku", "other", "colour", "red"), []string{"colour"}},
		{"a nested one", "/products", with(lagoon(), "sku", "other", "api", obj{"upstreamUrl": "http://127.0.0.1", "authHeader": obj{"nam": "X"}}), []string{"api.authHeader.nam"}},
		{"wrong types and wrong values together", "/products", obj{"name": 7, "sku": "No Good", "type": "api", "category": "x", "api": "http://x"},
			[]string{"name", "api", "sku", "api.upstreamUrl"}},
		{"a character no database holds", "/products", with(lagoon(), "sku", "other", "name", "a\x00b"), []string{"name"}},
		{"an address that exists", "/products", lagoon(), []string{"sku"}},
		{"not an endpoint", endpoints, obj{"endpoints": []obj{{"identifier": "a b", "method": "FETCH", "path": "x"}}},
			[]string{"endpoints[0].identifier", "endpoints[0].method", "endpoints[0].path"}},
		{"under another name", endpoints, obj{"items": []obj{{"identifier": "ok", "method": "FETCH", "path": "/x"}}}, []string{"items[0].method"}},
		{"as an array", endpoints, []obj{{"identifier": "ok", "method": "GET", "path": "/x"}, {"identifier": "ok2", "method": "GET", "path": "x"}}, []string{"[1].path"}},
		{"one alone", endpoints, obj{"identifier": "get-item", "method": "GET", "path": "/new"}, []string{"identifier"}},
		{"an endpoint's shape", endpoints, obj{"endpoints": []any{obj{"identifier": 3, "color": 1}, "x"}},
			[]string{"endpoints[0].identifier", "endpoints[0].color", "endpoints[1]"}},
		{"prices", plans, with(starter(), "name", "X", "setupPrice", "-1", "recurringPrice", "0.1234567890123"), []string{"setupPrice", "recurringPrice"}},
		{"a price that is none, and another that is negative", plans, with(starter(), "name", "X", "setupPrice", "ten", "recurringPrice", -3), []string{"setupPrice", "recurringPrice"}},
		{"money of another currency", plans, with(starter(), "name", "X", "setupPrice", obj{"amount": "1", "currency": "USD"}), []string{"setupPrice"}},
		{"a plan's name", plans, starter(), []string{"name"}},
		{"tiers that overlap", plans, with(starter(), "name", "X", "endpoints", []obj{{"identifier": "search", "mode": "payPerUse",
			"tiers": []obj{{"upTo": 10, "unitPrice": 1}, {"upTo": 5, "unitPrice": 1}, {}}}}), []string{"endpoints[0].tiers[1].upTo"}},
		{"limits", plans, with(starter(), "name", "X", "endpoints", []obj{{"identifier": "get-item", "mode": "prepaid", "limits": obj{"month": 5, "day": 9, "week": 1}}}),
			[]string{"endpoints[0].limits.week", "endpoints[0].limits.month"}},
		{"an order of nothing", "/orders", obj{}, []string{"planId"}},
		{"an order with bad parameters", "/orders", obj{"planId": "5", "parameters": []int{1}}, []string{"planId", "parameters"}},
		{"a plan that cannot be one", "/quotes", obj{"planId": 99999999999}, []string{"planId"}},
		{"no reason", fmt.Sprintf("/products/%d/reject", s.product), obj{}, []string{"reason"}},
		{"no name", "/tokens", obj{"name": " "}, []string{"name"}},
	} {
		role := map[bool]string{true: "customer", false: "vendor"}[c.path == "/orders"]
		if strings.HasSuffix(c.path, "/reject") {
			role = "operator"
		}
		a := w.as(role).post(c.path, c.body)
		require.Contains(t, []int{409, 422}, a.status, "%s: %s", c.name, a.raw)
		require.ElementsMatch(t, c.fields, a.fields(), "%s: %s", c.name, a.raw)
	}
	require.Equal(t, []string{"identifier"}, vendor.put(endpoints+"/get-item", obj{"identifier": "other", "method": "GET", "path": "/x"}).want(422).fields())
	require.Contains(t, vendor.post(plans, with(starter(), "name", "X", "perodMonths", 1)).want(422).message("perodMonths"), "periodMonths")
}

func with(o obj, pairs ...any) obj {
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i].(string)] = pairs[i+1]
	}
	return o
}

func TestProblem_isTheOnlyShapeOfAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vendor := w.as("vendor")
	huge := `{"name":"` + strings.Repeat("x", 2<<20) + `"}`
	for _, c := range []struct {
		name   string
		answer answer
		status int
		code   string
		says   string
	}{
		{"malformed", vendor.post("/products", "{\n  \"name\": nope\n}"), 400, "invalid", "line 2"},
		{"cut off", vendor.post("/products", `{"name":`), 400, "invalid", "not JSON"},
		{"two values", vendor.post("/products", `{} {}`), 400, "invalid", "goes on"},
		{"not UTF-8", vendor.post("/products", "{\"name\":\"caf\xe9\"}"), 400, "invalid", "UTF-8"},
		{"empty", vendor.post("/products", nil), 400, "invalid", "empty"},
		{"an array", vendor.post("/products", "[]"), 422, "invalid", "object"},
		{"another type", vendor.with("Content-Type", "text/xml").post("/products", "<a/>"), 415, "invalid", "application/json"},
		{"too large", vendor.post("/products", huge), 413, "limited", "1 MiB"},
		{"no such address", vendor.get("/nothing"), 404, "not_found", "/api/v1/nothing"},
		{"no such method", vendor.send("DELETE", "/products", nil), 405, "invalid", "GET or POST"},
		{"an id that is none", vendor.get("/products/abc"), 404, "not_found", ""},
		{"an id that is too large", vendor.get("/products/99999999999"), 404, "not_found", ""},
		{"an id of nothing", vendor.get("/products/4711"), 404, "not_found", "no such product"},
		{"a parameter that is not known", vendor.get("/products?colour=red"), 422, "invalid", "colour"},
		{"parameters that are wrong", vendor.get("/products?limit=many&status=sold&cursor=x"), 422, "invalid", "limit"},
		{"a cursor", vendor.get("/products?cursor=x"), 422, "invalid", "cursor"},
		{"another scheme", w.as("").with("Authorization", "Basic eDp5").get("/me"), 401, "unauthenticated", "Bearer"},
		{"a NUL in the address", vendor.get("/catalog?q=a%00b"), 400, "invalid", "U+0000"},
		{"a product that is not complete", submit(vendor), 422, "invalid", "plans"},
	} {
		a := c.answer
		require.Equal(t, c.status, a.status, "%s: %s", c.name, a.raw)
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), c.name)
		require.Equal(t, c.code, a.at("code"), c.name)
		require.EqualValues(t, c.status, a.at("status"), c.name)
		require.Equal(t, a.header.Get("X-Request-Id"), a.at("requestId"), c.name)
		require.NotEmpty(t, a.at("title"), c.name)
		require.NotEmpty(t, a.at("detail"), c.name)
		require.Contains(t, a.at("type"), "/docs#problem-", c.name)
		require.Contains(t, a.raw, c.says, c.name)
	}
	require.Equal(t, "GET, POST", vendor.send("DELETE", "/products", nil).header.Get("Allow"))
}

func submit(vendor client) answer {
	p := vendor.post("/products", lagoon()).want(201).num("id")
	return vendor.post(fmt.Sprintf("/products/%d/submit", p), nil)
}

func TestProblem_ofAFailingDatabaseSaysOnlyTheRequestID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	operations, broken := w.operations(), 0
	w.breakDatabase()
	for _, o := range operations {
		path, body := o.concrete(sale{product: 1, plan: 1, bigger: 1, order: 1, subscription: 1, invoice: 1}, 1, 1, 1)
		a := w.as("operator").with("X-Request-Id", "my-request-1").send(o.method, path, body)
		for _, word := range []string{"sql", "SQL", "database", "SELECT", "no such table", "_gone", "logic error"} {
			require.NotContains(t, a.raw, word, a.what)
		}
		if a.status < 500 {
			continue
		}
		broken++
		require.Equal(t, "internal", a.at("code"), "%s: %s", a.what, a.raw)
		require.Equal(t, "my-request-1", a.at("requestId"))
		require.NotContains(t, a.raw, `"errors"`)
	}
	require.Greater(t, broken, 35, "this test breaks too little")
	require.Contains(t, w.log.String(), "requestId=my-request-1")
	require.Contains(t, w.log.String(), "no such table")
}

// breakDatabase takes away what the services read, but not who is asking.
func (w *world) breakDatabase() {
	w.t.Helper()
	for _, table := range []string{"product", "plan", "customer_order", "subscription", "invoice", "event", "audit_entry", "webhook_delivery"} {
		require.NoError(w.t, w.exec("ALTER TABLE "+table+" RENAME TO "+table+"_gone"))
	}
}

func TestRequestID_isTheCallersOwnWhenItLooksLikeOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, "abc-12345678", w.as("").with("X-Request-Id", "abc-12345678").get("/catalog").want(200).header.Get("X-Request-Id"))
	odd := w.as("").with("X-Request-Id", "a b\"c").get("/catalog").want(200).header.Get("X-Request-Id")
	require.NotContains(t, odd, " ")
	require.NotEmpty(t, odd)
}

func TestLog_holdsNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.sold()
	w.as("customer").get(fmt.Sprintf("/subscriptions/%d/credentials", s.subscription)).want(200)
	made := w.as("customer").post("/tokens", obj{"name": "x"}).want(201).at("token").(string)
	log := w.log.String()
	require.Contains(t, log, "path=/api/v1/orders")
	for _, secret := range []string{made, w.tokens["customer"], "up-s3cret", "hook-s3cret", "4242424242424242"} {
		require.NotContains(t, log, secret)
	}
	require.Equal(t, http.StatusNoContent, w.as("customer").send("DELETE", "/tokens/"+fmt.Sprint(w.as("customer").get("/tokens").num("items.0.id")), nil).status)
}
