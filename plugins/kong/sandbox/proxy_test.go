package sandbox_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProxy_answersAsObserved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.observedSetup()
	r := b.call("/api/v1/x?q=1", "apikey", "secret-key-1", "X-Drop", "d", "X-Consumer-Username", "spoofed", "X-Anonymous-Consumer", "true")
	require.Equal(t, 200, r.status, r.body)
	for name, want := range map[string]string{
		"RateLimit-Reset": "694238", "RateLimit-Limit": "3", "RateLimit-Remaining": "2",
		"X-Ratelimit-Remaining-Month": "2", "X-Ratelimit-Limit-Month": "3", "Server": "echo/1", "Via": "1.1 kong/3.9.3",
	} {
		require.Equal(t, want, r.header.Get(name), name)
	}
	require.Len(t, r.header.Get("X-Kong-Request-Id"), 32)
	require.NotEmpty(t, r.header.Get("X-Kong-Upstream-Latency"))
	require.NotEmpty(t, r.header.Get("X-Kong-Proxy-Latency"))
	require.Empty(t, r.header.Get("X-Kong-Response-Latency"))

	got := r.echoed(t)
	require.Equal(t, "/base/v1/x?q=1", got.URI)
	require.Equal(t, strings.TrimPrefix(b.upstream.URL, "http://"), got.Host)
	for name, want := range map[string]string{
		"X-Consumer-Username": "alice", "X-Consumer-Custom-Id": "cust-42", "X-Consumer-Groups": "gold", "X-Added": "hello",
		"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "127.0.0.1", "X-Forwarded-Path": "/api/v1/x",
		"X-Forwarded-Prefix": "/api", "X-Real-Ip": "127.0.0.1", "Apikey": "secret-key-1", "X-Kong-Request-Id": r.header.Get("X-Kong-Request-Id"),
	} {
		require.Equal(t, []string{want}, got.Header.Values(name), name)
	}
	require.Len(t, got.Header.Get("X-Consumer-Id"), 36)
	require.Len(t, got.Header.Get("X-Credential-Identifier"), 36)
	require.Empty(t, got.Header.Get("X-Drop"))
	require.Empty(t, got.Header.Get("X-Anonymous-Consumer"))
}

func TestProxy_refusesOverTheLimitAsObserved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.observedSetup()
	for range 3 {
		require.Equal(t, 200, b.call("/api", "apikey", "secret-key-1").status)
	}
	r := b.call("/api", "apikey", "secret-key-1")
	require.Equal(t, 429, r.status)
	require.Equal(t, fmt.Sprintf("{\n  \"message\":\"API rate limit exceeded\",\n  \"request_id\":\"%s\"\n}", r.header.Get("X-Kong-Request-Id")), r.body)
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Retry-After": "694238", "RateLimit-Reset": "694238", "RateLimit-Limit": "3",
		"RateLimit-Remaining": "0", "X-Ratelimit-Remaining-Month": "0", "X-Ratelimit-Limit-Month": "3", "Content-Length": "92", "Server": "kong/3.9.3",
	} {
		require.Equal(t, want, r.header.Get(name), name)
	}
	require.NotEmpty(t, r.header.Get("X-Kong-Response-Latency"))
	require.Empty(t, r.header.Get("Via"))
}

func TestProxy_refusalsSayWhatKongSays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.observedSetup()
	b.must("PUT", "/consumers/bob", `{}`)
	b.must("POST", "/consumers/bob/key-auth", `{"key":"bobs"}`)
	for _, c := range []struct {
		name, path, key string
		status          int
		message         string
	}{
		{"no key", "/api", "", 401, "No API key found in request"},
		{"wrong key", "/api", "wrong", 401, "Unauthorized"},
		{"not in the group", "/api", "bobs", 403, "You cannot consume this service"},
		{"no route", "/nowhere", "bobs", 404, "no Route matched with those values"},
	} {
		r := b.call(c.path, "apikey", c.key)
		require.Equal(t, c.status, r.status, c.name)
		require.Equal(t, fmt.Sprintf("{\n  \"message\":\"%s\",\n  \"request_id\":\"%s\"\n}", c.message, r.header.Get("X-Kong-Request-Id")), r.body, c.name)
		require.Equal(t, "kong/3.9.3", r.header.Get("Server"), c.name)
		require.Equal(t, c.status == 401, r.header.Get("WWW-Authenticate") == "Key", c.name)
		require.Empty(t, r.header.Get("Via"), c.name)
	}
}

func TestProxy_saysWhenTheUpstreamRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	dead := l.Addr().String()
	require.NoError(t, l.Close())
	b.must("PUT", "/services/dead", `{"url":"http://`+dead+`"}`)
	b.must("PUT", "/services/nowhere", `{"url":"http://no-such-host.invalid"}`)
	b.must("POST", "/services/dead/routes", `{"paths":["/dead"]}`)
	b.must("POST", "/services/nowhere/routes", `{"paths":["/nowhere"]}`)
	b.must("POST", "/routes", `{"paths":["/serviceless"]}`)

	r := b.call("/dead")
	require.Equal(t, 502, r.status)
	require.Contains(t, r.body, `"An invalid response was received from the upstream server"`)
	require.Equal(t, "1.1 kong/3.9.3", r.header.Get("Via"))
	require.NotEmpty(t, r.header.Get("X-Kong-Upstream-Latency"))
	require.Empty(t, r.header.Get("X-Kong-Response-Latency"))
	require.Equal(t, 503, b.call("/serviceless").status)
	require.Equal(t, 503, b.call("/nowhere").status)
}

func TestKeyAuth_hidesTheKeyAndOverwritesASpoofedIdentity(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("PUT", "/services/s", `{"url":"`+b.upstream.URL+`"}`)
	b.must("POST", "/services/s/routes", `{"name":"open","paths":["/"]}`)
	b.must("POST", "/services/s/plugins", `{"name":"key-auth","config":{"hide_credentials":true}}`)
	b.must("PUT", "/consumers/12", `{}`)
	b.must("POST", "/consumers/12/key-auth", `{"key":"k"}`)
	h := b.call("/x", "apikey", "k", "X-Consumer-Custom-ID", "spoofed", "X-Consumer-ID", "spoofed", "X-Consumer-Groups", "spoofed").echoed(t).Header
	require.Empty(t, h.Get("apikey"))
	require.Empty(t, h.Get("X-Consumer-Custom-ID"))
	require.NotEqual(t, "spoofed", h.Get("X-Consumer-ID"))
	require.Equal(t, "spoofed", h.Get("X-Consumer-Groups"), "Kong lets it through on a route without acl")
	require.Equal(t, "/x?b=1", b.call("/x?apikey=k&b=1").echoed(t).URI)
}

func TestTransformer_rewritesTheURIAndGuardsTheVendorsHeader(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("PUT", "/services/s", `{"url":"`+b.upstream.URL+`/base"}`)
	b.must("PUT", "/routes/r", `{"service":{"name":"s"},"paths":["~/shop/items/(?<id>[^/]+)$"],"methods":["GET","POST"],"strip_path":false}`)
	b.must("POST", "/routes/r/plugins", `{"name":"request-transformer","config":{"replace":{"uri":"/base/items/$(uri_captures.id)"},
		"remove":{"headers":["X-Upstream-Secret","X-Consumer-Groups"]},"add":{"headers":["X-Upstream-Secret:s:e"]}}}`)
	got := b.call("/shop/items/4%202?a=b%20c&a=d", "X-Upstream-Secret", "forged", "X-Consumer-Groups", "gold").echoed(t)
	require.Equal(t, "/base/items/4%202?a=b%20c&a=d", got.URI)
	require.Equal(t, []string{"s:e"}, got.Header.Values("X-Upstream-Secret"))
	require.Empty(t, got.Header.Values("X-Consumer-Groups"))
	require.Empty(t, got.Header.Values("X-Forwarded-Prefix"))
	require.Equal(t, "body", b.do("POST", b.proxy+"/shop/items/7", "body").echoed(t).Body)
	require.Equal(t, 404, b.call("/shop/items/7/more").status)
	require.Equal(t, 404, b.do("DELETE", b.proxy+"/shop/items/7", "").status)
}

func TestTermination_blocksOneConsumerOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.observedSetup()
	b.must("PUT", "/consumers/bob", `{}`)
	b.must("POST", "/consumers/bob/key-auth", `{"key":"bobs"}`)
	b.must("POST", "/consumers/bob/acls", `{"group":"gold"}`)
	p := b.must("POST", "/consumers/alice/plugins", `{"name":"request-termination","config":{"status_code":403,"message":"Subscription suspended"}}`)
	r := b.call("/api", "apikey", "secret-key-1")
	require.Equal(t, 403, r.status)
	require.Equal(t, `{"message":"Subscription suspended"}`, r.body)
	require.Equal(t, 200, b.call("/api", "apikey", "bobs").status)
	require.Equal(t, 401, b.call("/api").status)
	b.must("DELETE", "/plugins/"+p["id"].(string), "")
	require.Equal(t, 200, b.call("/api", "apikey", "secret-key-1").status)
	b.must("DELETE", "/consumers/alice", "")
	require.Equal(t, 401, b.call("/api", "apikey", "secret-key-1").status)
}

func TestRoutes_triedInKongsOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("PUT", "/services/s", `{"url":"`+b.upstream.URL+`"}`)
	add := func(name, extra string) {
		b.must("PUT", "/routes/"+name, `{"service":{"name":"s"},"strip_path":false,`+extra+`}`)
		b.must("POST", "/routes/"+name+"/plugins", `{"name":"request-termination","config":{"status_code":299,"message":"`+name+`"}}`)
	}
	add("any", `"paths":["/"]`)
	add("long", `"paths":["/items/special"]`)
	add("param", `"paths":["~/items/(?<id>[^/]+)$"],"regex_priority":1`)
	add("literal", `"paths":["~/items/special$"],"regex_priority":2`)
	add("post", `"paths":["/items"],"methods":["POST"]`)
	require.Contains(t, b.call("/items/special").body, "literal")
	require.Contains(t, b.call("/items/7").body, "param")
	require.Contains(t, b.call("/items/special/x").body, "long")
	require.Contains(t, b.call("/other").body, "any")
	require.Contains(t, b.do("POST", b.proxy+"/items/special", "").body, "post")
}

func TestProxy_streamsWhatTheUpstreamSends(t *testing.T) {
	t.Parallel()
	b := setup(t)
	release := make(chan struct{})
	stream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("first "))
		w.(http.Flusher).Flush()
		<-release
		_, _ = w.Write([]byte("second"))
	}))
	defer stream.Close()
	b.must("PUT", "/services/s", `{"url":"`+stream.URL+`"}`)
	b.must("POST", "/services/s/routes", `{"paths":["/s"]}`)
	res, err := b.client.Get(b.proxy + "/s")
	require.NoError(t, err)
	defer res.Body.Close()
	buf := make([]byte, 6)
	n, err := res.Body.Read(buf)
	require.NoError(t, err)
	require.Equal(t, "first ", string(buf[:n]))
	close(release)
}
