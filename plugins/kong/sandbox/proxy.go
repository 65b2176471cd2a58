package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/clock"
)

// exchange is one request on its way through the proxy.
type exchange struct {
	g     *Gateway
	table *table
	w     *recorder
	in    *http.Request
	id    string

	match      match
	service    entity // nil when the route has none
	consumer   entity
	credential entity

	header     http.Header // as the upstream will see it
	path       string      // percent-encoded, as the upstream will see it
	query      string
	kongHeader http.Header // what plugins add to the answer

	startedAt time.Time // the wall's, for the log
	start     time.Time // the machine's, for latencies
	sentAt    time.Time // to the upstream; zero when it was not
	headAt    time.Time // the upstream's header came
	upstream  int       // its status
	tried     bool
}

// refusal is an answer that Kong gives itself.
type refusal struct {
	status  int
	message string
	header  http.Header
	exact   bool // compact JSON of the message alone
}

// serveProxy answers a consumer.
func (g *Gateway) serveProxy(w http.ResponseWriter, r *http.Request) {
	end := g.inflight.begin()
	defer end()
	x := g.newExchange(w, r)
	m, ok := x.table.find(r)
	if !ok {
		x.refuse(&refusal{status: http.StatusNotFound, message: "no Route matched with those values"})
		return
	}
	x.match = m
	x.service = x.table.services[m.route.ref("service")]
	x.path, x.query = x.upstreamPath(), r.URL.RawQuery
	defer x.log() // also when the client or the upstream went away half-way
	if refused := x.access(); refused != nil {
		x.refuse(refused)
		return
	}
	if x.service == nil {
		x.refuse(&refusal{status: http.StatusServiceUnavailable, message: "no Service found with those values"})
		return
	}
	x.forward()
}

func (g *Gateway) newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	var id [16]byte
	_, _ = rand.Read(id[:])
	return &exchange{
		g: g, table: g.current(), w: &recorder{ResponseWriter: w}, in: r, id: hex.EncodeToString(id[:]),
		header: r.Header.Clone(), kongHeader: http.Header{}, startedAt: g.cfg.Wall.Now(), start: tick(),
	}
}

// tick is the machine's time, for durations; dates come from the Wall.
func tick() time.Time { return clock.System{}.Now() }

// upstreamPath is the service's path plus the request's, without the route's
// prefix when the route strips it.
func (x *exchange) upstreamPath() string {
	path := x.in.URL.EscapedPath()
	if x.match.route.is("strip_path") {
		path = strings.TrimPrefix(path, x.match.prefix)
	}
	base := strings.TrimSuffix(x.service.str("path"), "/")
	if base == "" && path == "" {
		return "/"
	}
	if path != "" && !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return base + path
}

// forward sends the request to the vendor and streams the answer back.
func (x *exchange) forward() {
	if !x.service.is("enabled") {
		x.refuse(&refusal{status: http.StatusServiceUnavailable, message: "no Service found with those values"})
		return
	}
	x.tried, x.sentAt = true, tick()
	proxy := &httputil.ReverseProxy{
		Rewrite:        x.rewrite,
		Transport:      x.g.transport,
		FlushInterval:  -1, // streams pass as they come
		ModifyResponse: x.modify,
		ErrorHandler:   x.failed,
		ErrorLog:       log.New(logWriter{x.g.cfg.Log}, "", 0),
	}
	proxy.ServeHTTP(x.w, x.in)
}

func (x *exchange) rewrite(p *httputil.ProxyRequest) {
	host := net.JoinHostPort(x.service.str("host"), strconv.Itoa(int(x.service.num("port"))))
	p.Out.URL.Scheme, p.Out.URL.Host = x.service.str("protocol"), host
	p.Out.URL.RawPath = x.path
	p.Out.URL.Path, _ = url.PathUnescape(x.path) // an invalid escape cannot have been parsed
	p.Out.URL.RawQuery = x.query
	p.Out.Host = host
	if x.match.route.is("preserve_host") {
		p.Out.Host = x.in.Host
	}
	p.Out.Header = x.endToEnd(p.Out.Header)
	x.forwardedHeaders(p.Out.Header)
}

// endToEnd is the transformed header without the hop-by-hop fields, which the
// reverse proxy has removed from cleaned (but for those of an upgrade).
func (x *exchange) endToEnd(cleaned http.Header) http.Header {
	out := x.header.Clone()
	for name := range x.in.Header {
		if _, kept := cleaned[name]; !kept && !strings.Contains(name, "Forwarded") {
			out.Del(name)
		}
	}
	for _, name := range []string{"Connection", "Upgrade"} {
		if v := cleaned.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

// forwardedHeaders tells the upstream where the request came from.
func (x *exchange) forwardedHeaders(h http.Header) {
	host, port := x.authority()
	h.Set("Via", "1.1 kong/"+Version)
	h.Set("X-Forwarded-For", strings.Join(append(x.in.Header.Values("X-Forwarded-For"), x.clientIP()), ", "))
	h.Set("X-Forwarded-Proto", x.scheme())
	h.Set("X-Forwarded-Host", host)
	h.Set("X-Forwarded-Port", port)
	h.Set("X-Forwarded-Path", x.in.URL.EscapedPath())
	h.Del("X-Forwarded-Prefix")
	if x.match.route.is("strip_path") && x.match.prefix != "" {
		h.Set("X-Forwarded-Prefix", x.match.prefix)
	}
	h.Set("X-Real-Ip", x.clientIP())
	h.Set("X-Kong-Request-Id", x.id)
	if h.Get("User-Agent") == "" {
		h.Set("User-Agent", "") // do not add Go's own
	}
}

func (x *exchange) authority() (host, port string) {
	host, port, err := net.SplitHostPort(x.in.Host)
	if err != nil {
		return x.in.Host, map[string]string{"http": "80", "https": "443"}[x.scheme()]
	}
	return host, port
}

func (x *exchange) scheme() string {
	if x.in.TLS != nil {
		return "https"
	}
	return "http"
}

func (x *exchange) clientIP() string {
	host, _, err := net.SplitHostPort(x.in.RemoteAddr)
	if err != nil {
		return x.in.RemoteAddr
	}
	return host
}

// modify adds Kong's headers to the vendor's answer.
func (x *exchange) modify(res *http.Response) error {
	x.headAt, x.upstream = tick(), res.StatusCode
	for name, values := range x.kongHeader {
		res.Header[name] = values
	}
	x.proxiedHeaders(res.Header)
	return nil
}

func (x *exchange) proxiedHeaders(h http.Header) {
	waited := x.headAt.Sub(x.sentAt)
	h.Set("X-Kong-Upstream-Latency", millis(waited))
	h.Set("X-Kong-Proxy-Latency", millis(x.headAt.Sub(x.start)-waited))
	h.Set("Via", "1.1 kong/"+Version)
	h.Set("X-Kong-Request-Id", x.id)
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// failed answers for an upstream that did not.
func (x *exchange) failed(_ http.ResponseWriter, _ *http.Request, err error) {
	if errors.Is(err, context.Canceled) && x.in.Context().Err() != nil {
		x.w.status = 499 // the client went away; nobody reads this
		return
	}
	x.headAt = tick()
	r := &refusal{status: http.StatusBadGateway, message: "An invalid response was received from the upstream server"}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		r = &refusal{status: http.StatusServiceUnavailable, message: "name resolution failed"}
		x.g.cfg.Log.Warn("upstream has no address", "host", dns.Name)
	} else if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
		r = &refusal{status: http.StatusGatewayTimeout, message: "The upstream server is timing out"}
	}
	x.upstream = r.status
	x.proxiedHeaders(x.w.Header())
	x.refuse(r)
}

// refuse writes an answer of Kong's own.
func (x *exchange) refuse(r *refusal) {
	h := x.w.Header()
	for _, add := range []http.Header{x.kongHeader, r.header} {
		for name, values := range add {
			h[name] = values
		}
	}
	body := fmt.Appendf(nil, "{\n  \"message\":%s,\n  \"request_id\":%q\n}", quote(r.message), x.id)
	if r.exact {
		body = fmt.Appendf(nil, "{\"message\":%s}", quote(r.message))
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if !x.tried {
		h.Set("X-Kong-Response-Latency", millis(tick().Sub(x.start)))
	}
	h.Set("Server", "kong/"+Version)
	h.Set("X-Kong-Request-Id", x.id)
	x.w.WriteHeader(r.status)
	if x.in.Method != http.MethodHead {
		_, _ = x.w.Write(body)
	}
}

func quote(s string) []byte {
	raw, _ := json.Marshal(s)
	return raw
}
