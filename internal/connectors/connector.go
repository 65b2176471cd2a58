// Package connectors holds connectors with the exact behaviour of those that
// vendors have written against the connector API, for tests. See README.md.
package connectors

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Kind is what a connector was written in.
type Kind string

// The kinds.
const (
	PHP    Kind = "php"
	Go     Kind = "go"
	Python Kind = "python"
	Rust   Kind = "rust"
	Spring Kind = "spring"
)

// Kinds lists them.
var Kinds = []Kind{PHP, Go, Python, Rust, Spring}

// Config is what a vendor types in.
type Config struct {
	Kind     Kind
	Base     string // base URL of the connector API, without a slash at the end
	User     string // the vendor's e-mail address, where the kind signs in
	Password string
	Token    string // the vendor's token, where the kind has one
	// AsPublished gives the Python kind the address that its template calls by
	// mistake when it reports a status.
	AsPublished bool
}

// Tenant is what a connector did for a subscription.
type Tenant string

// What can become of a tenant.
const (
	Running   Tenant = "running"
	Suspended Tenant = "suspended"
	Gone      Tenant = "gone"
)

// Connector takes events as its kind does. It is an http.Handler and safe for
// concurrent use.
type Connector struct {
	*Recording
	cfg     Config
	wire    wire
	mu      sync.Mutex
	tenants map[int64]Tenant
}

// New returns a connector that has nothing yet.
func New(cfg Config) *Connector {
	r := &Recording{}
	return &Connector{Recording: r, cfg: cfg, wire: wire{record: r}, tenants: map[int64]Tenant{}}
}

// Path is where the kind wants to be told.
func (c *Connector) Path() string {
	switch c.cfg.Kind {
	case PHP:
		return "/index.php"
	case Spring:
		return "/api/event"
	}
	return "/event"
}

// Tenant says what the connector did for the subscription; "" for nothing.
func (c *Connector) Tenant(subscription int64) Tenant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tenants[subscription]
}

func (c *Connector) becomes(subscription int64, t Tenant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tenants[subscription] = t
}

// dropped is answered by a connector that dies of an event.
const dropped = 0

// ServeHTTP takes an event. What the kind dies of drops the connection.
func (c *Connector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.URL.Path != c.Path() {
		http.NotFound(w, r)
		return
	}
	status := c.take(r.Context(), body)
	c.keep(Exchange{Event: true, Request: eventBytes(r, body), Status: status})
	if status == dropped {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
}

// take does what the kind does and returns the status to answer.
func (c *Connector) take(ctx context.Context, body []byte) int {
	switch c.cfg.Kind {
	case PHP:
		return c.php(ctx, body)
	case Go:
		return c.golang(ctx, body)
	case Python:
		return c.python(ctx, body)
	case Rust:
		return c.rust(ctx, body)
	case Spring:
		return c.spring(ctx, body)
	}
	return http.StatusNotImplemented
}

// eventBytes is the event as it came, with the headers that say something.
func eventBytes(r *http.Request, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", r.Method, r.URL.RequestURI())
	for _, name := range []string{"Accept", "Content-Type", "User-Agent", "Cmw-Event-Signature", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
		if v := r.Header.Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}
