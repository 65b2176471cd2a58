package send_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/syndication/webhook/send"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newSender returns a Sender on the machine's clock that is closed with the test.
func newSender(t *testing.T, cfg send.Config) *send.Sender {
	t.Helper()
	cfg.Clock = clock.System{}
	s, err := send.New(cfg)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// deliver makes one attempt to a sandbox target.
func deliver(t *testing.T, handler http.HandlerFunc) send.Attempt {
	t.Helper()
	return newSender(t, send.Config{}).Send(t.Context(), send.Request{URL: serve(t, handler), AllowPrivate: true, Body: []byte("{}")})
}

func answer(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

func TestSend_deliversTheSignedBytesUnchanged(t *testing.T) {
	t.Parallel()
	body := sign.Event{Date: time.Unix(0, 0), Entity: "Subscription", EntityURL: "subscription/7", ID: 7, Type: sign.Created}.Body()
	var got *http.Request
	var gotBody []byte
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		gotBody, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Request-Id", "theirs-1")
		w.Header().Set("Set-Cookie", "not=kept")
		_, _ = io.WriteString(w, "thank\x00s \xff")
	})
	header := sign.Headers("s3cret", "msg_1", clock.System{}.Now(), body)
	header.Set("Content-Type", "text/plain")

	a := newSender(t, send.Config{}).Send(t.Context(), send.Request{URL: url + "/in?token=1", Body: body, Header: header, AllowPrivate: true})

	require.Equal(t, send.Delivered, a.Outcome)
	require.Equal(t, 200, a.StatusCode)
	require.Equal(t, "thank\uFFFDs \uFFFD", a.ResponseBody)
	require.Equal(t, "theirs-1", a.ResponseHeader["X-Request-Id"])
	require.NotContains(t, a.ResponseHeader, "Set-Cookie")
	require.Empty(t, a.Err)
	require.Positive(t, a.Duration)
	require.Equal(t, "POST", got.Method)
	require.Equal(t, "/in?token=1", got.URL.String())
	require.Equal(t, "application/json; charset=utf-8", got.Header.Get("Content-Type"))
	require.Equal(t, "application/json", got.Header.Get("Accept"))
	require.Equal(t, "Fondaco-Webhooks/1", got.Header.Get("User-Agent"))
	require.Equal(t, body, gotBody)
	require.NoError(t, sign.VerifyEvent(got.Header, gotBody, "s3cret"))
	require.NoError(t, sign.VerifyStandard(got.Header, gotBody, clock.System{}.Now(), "s3cret"))
	require.Equal(t, "text/plain", header.Get("Content-Type"), "the caller's headers stay as they were")
}

func TestSend_countsOnly2xxAsDelivered(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]send.Outcome{
		200: send.Delivered, 202: send.Delivered, 204: send.Delivered, 299: send.Delivered,
		300: send.Retry, 304: send.Retry, 400: send.Retry, 404: send.Retry, 410: send.Retry, 429: send.Retry, 500: send.Retry, 503: send.Retry,
	} {
		a := deliver(t, answer(status))
		require.Equal(t, want, a.Outcome, status)
		require.Equal(t, status, a.StatusCode)
		require.Equal(t, want == send.Delivered, a.Err == "", a.Err)
	}
}

func TestSend_followsNoRedirect(t *testing.T) {
	t.Parallel()
	a := deliver(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("the redirect was followed")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
	})
	require.Equal(t, send.Retry, a.Outcome)
	require.Equal(t, 301, a.StatusCode)
	require.Contains(t, a.Err, "redirects are not followed")
	require.Equal(t, "/elsewhere", a.ResponseHeader["Location"])
}

func TestSend_givesUpOnAReceiverThatHangs(t *testing.T) {
	t.Parallel()
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	sender := newSender(t, send.Config{Timeout: 100 * time.Millisecond})
	a := sender.Send(t.Context(), send.Request{URL: url, AllowPrivate: true})
	require.Equal(t, send.Retry, a.Outcome)
	require.Zero(t, a.StatusCode)
	require.Equal(t, "No answer within 100ms.", a.Err)
	require.GreaterOrEqual(t, a.Duration, 100*time.Millisecond)
	require.Less(t, a.Duration, 5*time.Second)
}

func TestSend_stopsWithTheCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	a := newSender(t, send.Config{}).Send(ctx, send.Request{URL: url, AllowPrivate: true})
	require.Equal(t, send.Retry, a.Outcome)
	require.Contains(t, a.Err, "Stopped")
}

func TestSend_surviesADroppedConnection(t *testing.T) {
	t.Parallel()
	a := deliver(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	require.Equal(t, send.Retry, a.Outcome)
	require.Equal(t, "The connection was closed without an answer.", a.Err)
}

func TestSend_cutsAnEndlessAnswer(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	a := deliver(t, func(w http.ResponseWriter, _ *http.Request) {
		defer close(ended)
		for chunk := strings.Repeat("x", 1<<10); ; {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	})
	require.Equal(t, send.Delivered, a.Outcome, "the status counts, not the body")
	require.Equal(t, strings.Repeat("x", send.MaxResponse), a.ResponseBody)
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the connection was left open")
	}
}

func TestSend_refusesAnEndlessHeader(t *testing.T) {
	t.Parallel()
	a := deliver(t, answer(200, "X-Long", strings.Repeat("x", 1<<20)))
	require.Equal(t, send.Retry, a.Outcome)
	require.NotEmpty(t, a.Err)
}

func TestSend_holdsNothingThatACallbackInsideNeeds(t *testing.T) {
	t.Parallel()
	sender := newSender(t, send.Config{})
	inner := serve(t, answer(http.StatusNoContent))
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		back := sender.Send(r.Context(), send.Request{URL: inner, AllowPrivate: true})
		w.WriteHeader(back.StatusCode)
	})
	a := sender.Send(t.Context(), send.Request{URL: url, AllowPrivate: true})
	require.Equal(t, send.Delivered, a.Outcome)
	require.Equal(t, 204, a.StatusCode)
}

func TestSend_honoursRetryAfter(t *testing.T) {
	t.Parallel()
	const date, later = "Mon, 12 Jan 2015 11:00:00 GMT", "Mon, 12 Jan 2015 11:02:00 GMT"
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    *time.Duration
	}{
		"seconds":            {answer(429, "Retry-After", "120"), new(2 * time.Minute)},
		"unavailable":        {answer(503, "Retry-After", "7"), new(7 * time.Second)},
		"date":               {answer(429, "Retry-After", later, "Date", date), new(2 * time.Minute)},
		"date gone by":       {answer(429, "Retry-After", date, "Date", later), new(time.Duration(0))},
		"capped":             {answer(429, "Retry-After", "4294967295"), new(24 * time.Hour)},
		"not a time":         {answer(429, "Retry-After", "soon"), nil},
		"negative":           {answer(429, "Retry-After", "-5"), nil},
		"absent":             {answer(429), nil},
		"not with a 500":     {answer(500, "Retry-After", "120"), nil},
		"not when delivered": {answer(200, "Retry-After", "120"), nil},
	} {
		require.Equal(t, c.want, deliver(t, c.handler).RetryAfter, name)
	}
}

func TestSend_refusesLoopbackUnlessAllowed(t *testing.T) {
	t.Parallel()
	calls := make(chan struct{}, 10)
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls <- struct{}{} }))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	sender := newSender(t, send.Config{RootCAs: roots, Resolver: resolveTo(t, "127.0.0.1")})
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	named := "https://example.com:" + port // what the test server's certificate is for

	// An allowed delivery leaves an open connection to the same name, which the
	// refused one must not take.
	a := sender.Send(t.Context(), send.Request{URL: named, AllowPrivate: true})
	require.Equal(t, send.Delivered, a.Outcome, a.Err)
	require.Len(t, calls, 1)

	require.Contains(t, sender.Send(t.Context(), send.Request{URL: named}).Err, "private or local network")
	require.Contains(t, sender.Send(t.Context(), send.Request{URL: server.URL}).Err, "reachable from the internet")
	require.Len(t, calls, 1)
}

func TestSend_refusesANameThatLeadsToAPrivateAddress(t *testing.T) {
	t.Parallel()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(serve(t, answer(200)), "http://"))
	require.NoError(t, err)
	for _, target := range []string{"127.0.0.1", "10.1.2.3", "169.254.169.254", "0.0.0.0"} {
		sender := newSender(t, send.Config{Resolver: resolveTo(t, target)})
		a := sender.Send(t.Context(), send.Request{URL: fmt.Sprintf("https://hooks.example.com:%s/", port)})
		require.Equal(t, send.Retry, a.Outcome)
		require.Contains(t, a.Err, "private or local network", target)
		require.NotContains(t, a.Err, target)
	}
	// The same name passes when the marketplace allows it: the resolver works.
	sender := newSender(t, send.Config{Resolver: resolveTo(t, "127.0.0.1")})
	a := sender.Send(t.Context(), send.Request{URL: fmt.Sprintf("http://hooks.example.com:%s/", port), AllowPrivate: true})
	require.Equal(t, send.Delivered, a.Outcome, a.Err)
}

func TestSend_usesNoProxyOfTheEnvironment(t *testing.T) {
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") })
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("http_proxy", proxy)
	url := serve(t, answer(204))
	sender := newSender(t, send.Config{Resolver: resolveTo(t, "127.0.0.1")})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	// A name, because the environment's proxy is never asked for 127.0.0.1.
	a := sender.Send(t.Context(), send.Request{URL: "http://hooks.example.com:" + port, AllowPrivate: true})
	require.Equal(t, send.Delivered, a.Outcome, a.Err)
}

func TestSend_saysWhyThereWasNoAnswer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	tlsServer := httptest.NewUnstartedServer(answer(200))
	tlsServer.Config.ErrorLog = log.New(io.Discard, "", 0)
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	plain := serve(t, answer(200))
	sender := newSender(t, send.Config{Resolver: resolveTo(t, "")})
	for url, want := range map[string]string{
		"http://" + listener.Addr().String() + "/?token=hidden": "refused",
		"http://nowhere.example.com/?token=hidden":              "host name was not found",
		tlsServer.URL + "/?token=hidden":                        "certificate was not accepted",
		strings.Replace(plain, "http:", "https:", 1):            "not TLS",
		"ftp://example.com":                                     "must start with https://",
		"http://user:hidden@example.com":                        "user name and password",
	} {
		a := sender.Send(t.Context(), send.Request{URL: url, AllowPrivate: true})
		require.Equal(t, send.Retry, a.Outcome)
		require.Contains(t, a.Err, want, url)
		require.NotContains(t, a.Err, "hidden")
	}
}

func TestAttempt_isPlainDataForALog(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(deliver(t, answer(500)))
	require.NoError(t, err)
	require.Contains(t, string(text), `"StatusCode":500`)
}

// resolveTo returns a resolver whose server, on loopback, answers every name
// with the IPv4 address, or with "no such name" when it is empty.
func resolveTo(t *testing.T, address string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(dnsAnswer(buffer[:n], address), from)
		}
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

func dnsAnswer(query []byte, address string) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) == 0 {
		return nil
	}
	m.Response, m.Additionals = true, nil
	if address == "" {
		m.RCode = dnsmessage.RCodeNameError
	} else if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
			Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(address).To4())},
		}}
	}
	packed, _ := m.Pack()
	return packed
}
