package sandbox_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (b *bundle) logged(queue string) {
	b.must("PUT", "/services/s", `{"url":"`+b.upstream.URL+`"}`)
	b.must("PUT", "/routes/r", `{"service":{"name":"s"},"paths":["/r"]}`)
	b.must("POST", "/services/s/plugins", `{"name":"http-log","config":{"http_endpoint":"`+b.sink.server.URL+`","queue":`+queue+`}}`)
}

func TestHTTPLog_entriesHaveTheObservedShape(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.observedSetup()
	ok := b.call("/api/v1/x?q=1", "apikey", "secret-key-1", "X-Consumer-Username", "spoofed")
	b.flush()
	var e map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.sink.received()[0]), &e), "max_batch_size 1 sends a bare object")
	require.Equal(t, "Bearer s3", b.sink.headers[0].Get("Authorization"))
	require.Equal(t, "application/json", b.sink.headers[0].Get("Content-Type"))
	require.True(t, strings.HasPrefix(b.sink.headers[0].Get("User-Agent"), "lua-resty-http/"))

	require.Equal(t, "upstream", e["source"])
	require.Equal(t, "200", e["upstream_status"])
	require.Equal(t, "/base/v1/x?q=1", e["upstream_uri"])
	require.InDelta(t, time.Now().UnixMilli(), e["started_at"], 60000)
	request := e["request"].(map[string]any)
	require.Equal(t, ok.header.Get("X-Kong-Request-Id"), request["id"])
	require.Equal(t, b.proxy+"/api/v1/x?q=1", request["url"])
	require.Equal(t, "/api/v1/x?q=1", request["uri"])
	require.Equal(t, "alice", request["headers"].(map[string]any)["x-consumer-username"])
	require.Equal(t, "secret-key-1", request["headers"].(map[string]any)["apikey"], "it is not hidden here")
	response := e["response"].(map[string]any)
	require.Equal(t, 200.0, response["status"])
	require.Equal(t, "2", response["headers"].(map[string]any)["x-ratelimit-remaining-month"])
	require.Equal(t, "alice", e["consumer"].(map[string]any)["username"])
	require.NotEmpty(t, e["authenticated_entity"].(map[string]any)["id"])
	require.Equal(t, []any{"t1"}, e["route"].(map[string]any)["tags"])
	require.Equal(t, "svc1", e["service"].(map[string]any)["name"])
	require.NotContains(t, e["route"], "methods", "null fields are left out")
	require.Len(t, e["tries"], 1)
}

func TestHTTPLog_tellsWhatKongRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.observedSetup()
	b.call("/api")
	b.call("/nowhere")
	b.flush()
	require.Len(t, b.sink.received(), 1, "no route, no service, no log")
	var e map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.sink.received()[0]), &e))
	require.Equal(t, "kong", e["source"])
	require.Equal(t, "", e["upstream_status"])
	require.Equal(t, []any{}, e["tries"])
	require.Equal(t, -1.0, e["latencies"].(map[string]any)["proxy"])
	require.NotContains(t, e, "consumer")
	require.NotContains(t, e, "authenticated_entity")
}

func TestHTTPLog_batchesAreArrays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.logged(`{"max_batch_size":50,"max_coalescing_delay":30}`)
	for range 16 {
		b.call("/r")
	}
	b.flush()
	total := 0
	for _, body := range b.sink.received() {
		var batch []map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &batch))
		total += len(batch)
	}
	require.Equal(t, 16, total)
}

func TestHTTPLog_sendsAgainUntilTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sink.statuses = []int{500, 400, 302}
	b.logged(`{"max_batch_size":1}`)
	b.call("/r")
	b.flush()
	got := b.sink.received()
	require.Len(t, got, 4)
	for _, body := range got[1:] {
		require.JSONEq(t, got[0], body, "the same request each time")
	}
}

func TestHTTPLog_givesUpAfterItsTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sink.server.Close()
	b.logged(`{"max_batch_size":1,"max_retry_time":0.05}`)
	b.call("/r")
	b.flush()
}

func TestFlush_stopsWithItsContext(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sink.server.Close()
	b.logged(`{"max_batch_size":1}`)
	b.call("/r")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, b.gateway.Flush(ctx), context.DeadlineExceeded)
}
