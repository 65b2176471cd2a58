// Package send makes one attempt to deliver a webhook over HTTP, safely: bounded
// in time and size, without redirects, and never to a private address unless
// the caller allows it. It also holds the schedule of attempts.
package send

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
)

const (
	// DefaultTimeout ends an attempt when Config does not say. Connectors call
	// back, several times, before they answer; the connector contract wants at
	// least 30 s for it. Who hangs that long holds up nobody but itself.
	DefaultTimeout = 30 * time.Second
	// MaxResponse is how much of an answer is kept, in bytes.
	MaxResponse = 4 << 10

	userAgent         = "Fondaco-Webhooks/1"
	maxResponseHeader = 64 << 10
	// keptConns are kept open between attempts, to one host: many endpoints
	// may be on it.
	keptConns = 256
)

// Config holds what a Sender needs. Clock is required; give it the machine's
// clock, also for sandbox marketplaces.
type Config struct {
	Clock    clock.Clock
	Timeout  time.Duration  // of a whole attempt; DefaultTimeout when 0
	Resolver *net.Resolver  // looks names up; the system's when nil
	RootCAs  *x509.CertPool // trusted issuers of certificates; the system's when nil
}

// Request is what to deliver. Header is sent as it is, but for Content-Type,
// Accept and User-Agent, which are the Sender's.
type Request struct {
	URL          string
	Body         []byte
	Header       http.Header
	ContentType  string // JSON when ""
	AllowPrivate bool   // lets the target be a private or local address
}

// Outcome says what an attempt came to.
type Outcome string

// The outcomes of an attempt.
const (
	Delivered Outcome = "delivered" // the receiver answered 2xx
	Retry     Outcome = "retry"     // anything else
)

// Attempt is what happened, ready for a delivery log: texts are valid UTF-8
// without NUL, and no secret of ours is in them.
type Attempt struct {
	Outcome        Outcome
	StatusCode     int               // 0 when there was no answer
	ResponseHeader map[string]string // a few telling ones
	ResponseBody   string            // at most MaxResponse bytes
	Duration       time.Duration
	Err            string         // what went wrong, for the vendor; "" when delivered
	RetryAfter     *time.Duration // the wait a busy receiver asked for
}

// Sender makes attempts over two connection pools, one for public targets and
// one for requests that allow private ones. It is safe for concurrent use.
type Sender struct {
	clock   clock.Clock
	timeout time.Duration
	public  *http.Client
	private *http.Client
}

// New returns a Sender, or an Internal fault when cfg lacks a clock. Close it
// when done.
func New(cfg Config) (*Sender, error) {
	if cfg.Clock == nil {
		return nil, fault.New(fault.Internal, "The webhook sender needs a clock.")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	open := &net.Dialer{Timeout: cfg.Timeout, Resolver: cfg.Resolver}
	guarded := &net.Dialer{Timeout: cfg.Timeout, Resolver: cfg.Resolver, Control: publicOnly}
	return &Sender{
		clock:   cfg.Clock,
		timeout: cfg.Timeout,
		public:  newClient(guarded, cfg.RootCAs),
		private: newClient(open, cfg.RootCAs),
	}, nil
}

// newClient never asks the environment for a proxy: a proxy would connect in
// our place, past the dialer's check.
func newClient(dialer *net.Dialer, roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConns:           1024,
			MaxIdleConnsPerHost:    keptConns,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxResponseHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close closes the idle connections. Attempts under way go on.
func (s *Sender) Close() {
	s.public.CloseIdleConnections()
	s.private.CloseIdleConnections()
}

// Send makes one attempt and tells what happened; a failure of any kind is an
// Attempt with Outcome Retry, never a panic or an error. It returns within the
// timeout, or earlier when ctx ends.
func (s *Sender) Send(ctx context.Context, in Request) Attempt {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	start := s.clock.Now()
	a := s.attempt(ctx, in)
	a.Duration = max(s.clock.Now().Sub(start), 0)
	return a
}

func (s *Sender) attempt(ctx context.Context, in Request) Attempt {
	req, err := newRequest(ctx, in)
	if err != nil {
		return Attempt{Outcome: Retry, Err: err.Error()}
	}
	client := s.public
	if in.AllowPrivate {
		client = s.private
	}
	res, err := client.Do(req)
	if err != nil {
		return Attempt{Outcome: Retry, Err: s.explain(ctx, err)}
	}
	defer res.Body.Close()
	return s.answered(res)
}

func newRequest(ctx context.Context, in Request) (*http.Request, error) {
	if message := wrongURL(in.URL, in.AllowPrivate); message != "" {
		return nil, fault.New(fault.Invalid, message)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, in.URL, bytes.NewReader(in.Body))
	if err != nil {
		return nil, fault.New(fault.Invalid, "The address cannot be called.")
	}
	if in.Header != nil {
		req.Header = in.Header.Clone()
	}
	req.Header.Set("Content-Type", cmp.Or(in.ContentType, "application/json; charset=utf-8"))
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	return req, nil
}

// answered judges an answer by its status alone. The body is for the log: when
// reading it fails, what came is kept.
func (s *Sender) answered(res *http.Response) Attempt {
	body, _ := io.ReadAll(io.LimitReader(res.Body, MaxResponse))
	a := Attempt{
		Outcome:        Retry,
		StatusCode:     res.StatusCode,
		ResponseHeader: tellingHeaders(res.Header),
		ResponseBody:   printable(string(body)),
		RetryAfter:     retryAfter(res.StatusCode, res.Header, s.clock.Now()),
	}
	if res.StatusCode >= 200 && res.StatusCode <= 299 {
		a.Outcome = Delivered
		return a
	}
	a.Err = explainStatus(res.StatusCode)
	return a
}

func tellingHeaders(h http.Header) map[string]string {
	kept := map[string]string{}
	for _, name := range []string{"Content-Type", "Date", "Location", "Retry-After", "Server", "X-Request-Id"} {
		if value := h.Get(name); value != "" {
			kept[name] = printable(value[:min(len(value), 256)])
		}
	}
	return kept
}

// printable makes outside bytes fit for a database text: valid UTF-8, no NUL.
func printable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
