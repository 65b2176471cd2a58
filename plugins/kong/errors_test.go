package kong_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/kong"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func TestDescribe_schemasTakeWhatThePluginTakes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d, err := b.provider.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, "kong", d.Name)
	require.Equal(t, []string{"api"}, d.ProductTypes)
	check := func(schema json.RawMessage, v any) error {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
		require.NoError(t, err)
		c := jsonschema.NewCompiler()
		require.NoError(t, c.AddResource("schema.json", doc))
		compiled, err := c.Compile("schema.json")
		require.NoError(t, err)
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(plugintest.Raw(t, v)))
		require.NoError(t, err)
		return compiled.Validate(instance)
	}
	require.NoError(t, check(d.SettingsSchema, b.settings()))
	require.NoError(t, check(d.ProductSchema, b.shop()))
	require.NoError(t, check(d.PlanSchema, basic()))
	require.NoError(t, check(d.PlanSchema, planOf()))
	require.NoError(t, check(d.ParametersSchema, object{}))
	require.Error(t, check(d.PlanSchema, planOf(prepaid("x", object{}))))
	require.Error(t, check(d.PlanSchema, planOf(prepaid("x", object{"fortnight": 1}))))
	require.Error(t, check(d.SettingsSchema, object{"adminUrl": "http://x"}))
	for schema, secret := range map[string]string{string(d.SettingsSchema): "ingestSecret", string(d.ProductSchema): "value"} {
		require.Regexp(t, `"`+secret+`": \{[^}]*"writeOnly": true`, schema)
	}
}

func TestValidate_namesEveryWrongField(t *testing.T) {
	t.Parallel()
	b := setup(t)
	endpoints := func(list ...object) object {
		p := b.shop()
		p["endpoints"] = list
		return p
	}
	e := func(identifier, method, path string) object {
		return object{"identifier": identifier, "method": method, "path": path}
	}
	header := func(name, value string) object {
		p := b.shop()
		p["api"] = object{"upstreamUrl": "http://127.0.0.1:1", "authHeader": object{"name": name, "value": value}}
		return p
	}
	setting := func(name string, value any) object {
		s := b.settings()
		s[name] = value
		return s
	}
	for name, c := range map[string]struct {
		sub   sdk.Subscription
		field string
	}{
		"no scheme":          {sdk.Subscription{Settings: plugintest.Raw(t, setting("adminUrl", "kong:8001"))}, "settings.adminUrl"},
		"no secret":          {sdk.Subscription{Settings: plugintest.Raw(t, setting("ingestSecret", ""))}, "settings.ingestSecret"},
		"unknown policy":     {sdk.Subscription{Settings: plugintest.Raw(t, setting("rateLimitPolicy", "none"))}, "settings.rateLimitPolicy"},
		"redis without one":  {sdk.Subscription{Settings: plugintest.Raw(t, setting("rateLimitPolicy", "redis"))}, "settings.redis.host"},
		"wrong type":         {sdk.Subscription{Settings: plugintest.Raw(t, setting("proxyUrl", 7))}, "settings.proxyUrl"},
		"not an object":      {sdk.Subscription{Settings: json.RawMessage(`{"adminUrl"`)}, "settings"},
		"no slash":           {sdk.Subscription{Product: plugintest.Raw(t, endpoints(e("a", "GET", "items")))}, "product.endpoints[0].path"},
		"a query in a path":  {sdk.Subscription{Product: plugintest.Raw(t, endpoints(e("a", "GET", "/items?x=1")))}, "product.endpoints[0].path"},
		"an open brace":      {sdk.Subscription{Product: plugintest.Raw(t, endpoints(e("a", "GET", "/items/{id")))}, "product.endpoints[0].path"},
		"Lua in a path":      {sdk.Subscription{Product: plugintest.Raw(t, endpoints(e("a", "GET", "/$(os.exit())")))}, "product.endpoints[0].path"},
		"unknown method":     {sdk.Subscription{Product: plugintest.Raw(t, endpoints(e("a", "FETCH", "/")))}, "product.endpoints[0].method"},
		"identifier twice":   {sdk.Subscription{Product: plugintest.Raw(t, endpoints(e("a", "GET", "/a"), e("a", "GET", "/b")))}, "product.endpoints[1].identifier"},
		"same path twice":    {sdk.Subscription{Product: plugintest.Raw(t, endpoints(e("a", "GET", "/{x}"), e("b", "GET", "/{y}")))}, "product.endpoints[1].path"},
		"no endpoint":        {sdk.Subscription{Product: plugintest.Raw(t, endpoints())}, "product.endpoints"},
		"header name":        {sdk.Subscription{Product: plugintest.Raw(t, header("X Y", "v"))}, "product.api.authHeader.name"},
		"header of ours":     {sdk.Subscription{Product: plugintest.Raw(t, header("ApiKey", "v"))}, "product.api.authHeader.name"},
		"header line break":  {sdk.Subscription{Product: plugintest.Raw(t, header("X-Y", "v\r\nX-Z: 1"))}, "product.api.authHeader.value"},
		"Lua in a header":    {sdk.Subscription{Product: plugintest.Raw(t, header("X-Y", "$(headers.host)"))}, "product.api.authHeader.value"},
		"unknown endpoint":   {sdk.Subscription{Product: plugintest.Raw(t, b.shop()), Plan: plugintest.Raw(t, planOf(payPerUse("nope")))}, "plan.endpoints[0].identifier"},
		"unknown mode":       {sdk.Subscription{Plan: plugintest.Raw(t, planOf(object{"identifier": "a", "mode": "gift"}))}, "plan.endpoints[0].mode"},
		"prepaid, no limit":  {sdk.Subscription{Plan: plugintest.Raw(t, planOf(prepaid("a", object{})))}, "plan.endpoints[0].limits"},
		"zero limit":         {sdk.Subscription{Plan: plugintest.Raw(t, planOf(prepaid("a", object{"month": 0})))}, "plan.endpoints[0].limits.month"},
		"unknown window":     {sdk.Subscription{Plan: plugintest.Raw(t, planOf(prepaid("a", object{"week": 1})))}, "plan.endpoints[0].limits.week"},
		"year below minute":  {sdk.Subscription{Plan: plugintest.Raw(t, planOf(prepaid("a", object{"minute": 9, "year": 8})))}, "plan.endpoints[0].limits.year"},
		"listed twice":       {sdk.Subscription{Plan: plugintest.Raw(t, planOf(payPerUse("a"), payPerUse("a")))}, "plan.endpoints[1].identifier"},
		"parameters a list":  {sdk.Subscription{Parameters: json.RawMessage(`[]`)}, "parameters"},
		"sku with a slash":   {sdk.Subscription{Product: json.RawMessage(strings.Replace(string(plugintest.Raw(t, b.shop())), "shop-", "a/b", 1))}, "product.sku"},
		"upstream with user": {sdk.Subscription{Product: json.RawMessage(strings.Replace(string(plugintest.Raw(t, b.shop())), "http://", "http://u:p@", 1))}, "product.api.upstreamUrl"},
	} {
		problems, err := b.provider.Validate(t.Context(), sdk.Check{Subscription: c.sub})
		require.NoError(t, err, name)
		var fields []string
		for _, p := range problems {
			fields = append(fields, p.Field)
			require.NotEmpty(t, p.Message, name)
		}
		require.Equal(t, []string{c.field}, fields, "%s: %v", name, problems)
	}
	problems, err := b.provider.Validate(t.Context(), sdk.Check{Subscription: b.sub(1, basic())})
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestHealth_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	health := func(adminURL string) sdk.Health {
		s := b.settings()
		s["adminUrl"] = adminURL
		h, err := b.provider.Health(t.Context(), plugintest.Raw(t, s))
		require.NoError(t, err)
		return h
	}
	h := health(b.adminURL)
	require.True(t, h.OK, h.Message)
	require.Regexp(t, `^Kong 3\.\S+ at http://`, h.Message)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	h = health("http://" + l.Addr().String())
	require.False(t, h.OK)
	require.Contains(t, h.Message, "cannot be reached")

	denied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"message":"Unauthorized"}`)
	}))
	defer denied.Close()
	h = health(denied.URL)
	require.False(t, h.OK)
	require.Contains(t, h.Message, "does not accept the admin token")
	require.NotContains(t, h.Message, adminToken)

	h = health(b.proxyURL)
	require.False(t, h.OK)
	require.Contains(t, h.Message, "not as Kong's Admin API does")
	h = health("nonsense")
	require.Contains(t, h.Message, "settings.adminUrl")
}

// answering is an Admin API that always says the same.
func answering(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && status < 500 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestProvision_saysHowToGoOnAfterAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status  int
		body    string
		code    sdk.Code
		message string
	}{
		"schema":  {400, `{"message":"schema violation (tags: ` + vendorSecret + ` is bad)"}`, sdk.CodePermanent, "schema violation (tags: (secret) is bad)"},
		"token":   {403, `{"message":"no"}`, sdk.CodePermanent, "does not accept the admin token"},
		"trouble": {500, `{"message":"An unexpected error occurred"}`, sdk.CodeTransient, "had trouble"},
		"busy":    {429, `{"message":"slow down"}`, sdk.CodeTransient, "had trouble"},
		"garbage": {200, `<html>`, sdk.CodeTransient, "did not answer well"},
	} {
		b := setup(t)
		b.adminURL = answering(t, c.status, c.body)
		_, err := b.provider.Provision(t.Context(), sdk.Request{Key: "k", Subscription: b.sub(b.id(), basic())}, nil)
		require.Equal(t, c.code, sdk.CodeOf(err), "%s: %v", name, err)
		require.ErrorContains(t, err, c.message, name)
		require.NotContains(t, err.Error(), vendorSecret)
	}
}

func TestProvision_honoursItsContext(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer s.Close()
	defer close(hang)
	b := setup(t)
	b.adminURL = s.URL
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := b.provider.Provision(ctx, sdk.Request{Key: "k", Subscription: b.sub(b.id(), basic())}, nil)
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestProvision_refusesIncompleteRequests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	whole := b.sub(b.id(), basic())
	for name, change := range map[string]func(*sdk.Request){
		"idempotency key":    func(r *sdk.Request) { r.Key = "" },
		"no number":          func(r *sdk.Request) { r.Subscription.ID = 0 },
		"settings":           func(r *sdk.Request) { r.Subscription.Settings = nil },
		"product is missing": func(r *sdk.Request) { r.Subscription.Product = nil },
		"plan is missing":    func(r *sdk.Request) { r.Subscription.Plan = json.RawMessage("null") },
	} {
		req := sdk.Request{Key: "k", Subscription: whole}
		change(&req)
		_, err := b.provider.Provision(t.Context(), req, nil)
		require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err), name)
		require.ErrorContains(t, err, name)
	}
}

func TestNothing_secretReachesTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var log bytes.Buffer
	b.provider.Close()
	b.provider = kong.New(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	defer b.provider.Close()
	key := keyOf(t, b.provision(b.id(), basic()))
	b.suspend(b.id(), "s")
	for _, secret := range []string{key, adminToken, ingestSecret, vendorSecret} {
		require.NotContains(t, log.String(), secret)
	}
}
