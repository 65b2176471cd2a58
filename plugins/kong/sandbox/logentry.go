package sandbox

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// workspaceID is the id of the one workspace.
const workspaceID = "6e11f6d8-0dfa-4013-a693-2b9eed209a16"

// log queues the http-log entry of the exchange when its service or route has
// the plugin.
func (x *exchange) log() {
	p := x.plugin("http-log")
	if p == nil {
		return
	}
	raw, err := json.Marshal(x.entry())
	if err != nil {
		x.g.cfg.Log.Error("log entry not built", "request", x.id, "error", err)
		return
	}
	x.g.logs.add(logConfOf(p), raw)
}

// entry is the log entry in the shape of Kong's serializer.
func (x *exchange) entry() map[string]any {
	e := map[string]any{
		"client_ip": x.clientIP(), "started_at": x.startedAt.UnixMilli(),
		"workspace": workspaceID, "workspace_name": "default",
		"source": "kong", "upstream_status": "", "upstream_uri": x.upstreamURI(),
		"request": x.requestEntry(), "response": x.responseEntry(), "latencies": x.latencies(), "tries": x.tries(),
		"route": logged(x.match.route, true),
	}
	if x.tried {
		e["source"], e["upstream_status"] = "upstream", strconv.Itoa(x.upstream)
	}
	if x.service != nil {
		e["service"] = logged(x.service, true)
	}
	if x.consumer != nil {
		e["consumer"] = logged(x.consumer, false)
		e["authenticated_entity"] = map[string]any{"id": x.credential.id()}
	}
	return e
}

// logged is the entity without its null fields.
func logged(e entity, workspaced bool) map[string]any {
	out := map[string]any(maps.Clone(e))
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	if workspaced {
		out["ws_id"] = workspaceID
	}
	return out
}

func (x *exchange) upstreamURI() string {
	if x.query == "" {
		return x.path
	}
	return x.path + "?" + x.query
}

// requestEntry shows the request as the upstream saw it; a key in the query
// stays visible, as it does in Kong.
func (x *exchange) requestEntry() map[string]any {
	uri := x.in.URL.EscapedPath()
	if x.in.URL.RawQuery != "" {
		uri += "?" + x.in.URL.RawQuery
	}
	headers := loggedHeaders(x.header)
	headers["host"] = x.in.Host
	return map[string]any{
		"id": x.id, "method": x.in.Method, "uri": uri, "url": x.loggedURL(uri), "querystring": loggedQuery(x.in.URL.Query()),
		"headers": headers, "size": max(0, x.in.ContentLength) + headerSize(x.in.Header) + int64(len(uri)+len(x.in.Method)+11),
	}
}

func (x *exchange) loggedURL(uri string) string {
	host, port := x.authority()
	return x.scheme() + "://" + net.JoinHostPort(host, port) + uri
}

func (x *exchange) responseEntry() map[string]any {
	headers := loggedHeaders(x.w.header)
	headers["connection"] = "close"
	return map[string]any{"status": x.w.status, "headers": headers, "size": x.w.size + headerSize(x.w.header) + 15}
}

func loggedHeaders(h http.Header) map[string]any {
	out := map[string]any{}
	for name, values := range h {
		if len(values) == 1 {
			out[strings.ToLower(name)] = values[0]
			continue
		}
		out[strings.ToLower(name)] = values
	}
	return out
}

func loggedQuery(q url.Values) map[string]any {
	out := map[string]any{}
	for name, values := range q {
		if len(values) == 1 {
			out[name] = values[0]
			continue
		}
		out[name] = values
	}
	return out
}

func headerSize(h http.Header) (n int64) {
	for name, values := range h {
		for _, v := range values {
			n += int64(len(name) + len(v) + 4)
		}
	}
	return n
}

// latencies are in milliseconds; proxy is -1 when nothing was proxied.
func (x *exchange) latencies() map[string]any {
	total := tick().Sub(x.start)
	if !x.tried || x.headAt.IsZero() {
		return map[string]any{"proxy": -1, "kong": total.Milliseconds(), "receive": 0, "request": total.Milliseconds()}
	}
	wait := x.headAt.Sub(x.sentAt)
	receive := x.start.Add(total).Sub(x.headAt)
	return map[string]any{
		"proxy": wait.Milliseconds(), "receive": receive.Milliseconds(), "request": total.Milliseconds(),
		"kong": (total - wait - receive).Milliseconds(),
	}
}

func (x *exchange) tries() []any {
	if !x.tried {
		return []any{}
	}
	at := x.startedAt.Add(x.sentAt.Sub(x.start))
	return []any{map[string]any{
		"balancer_start": at.UnixMilli(), "balancer_start_ns": at.UnixNano(), "balancer_latency": 0,
		"balancer_latency_ns": int64(time.Microsecond), "ip": x.service.str("host"), "port": x.service.num("port"),
	}}
}
