package connectors

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Exchange is one request and what was answered, as bytes.
type Exchange struct {
	Event    bool   // the marketplace's request to the connector, not the other way round
	Request  []byte // as it was on the wire
	Response []byte // of the connector's calls only, as it was on the wire
	Status   int    // what was answered; 0: the connection was dropped
}

// Line is the first line of the request.
func (e Exchange) Line() string {
	line, _, _ := strings.Cut(string(e.Request), "\r\n")
	return strings.TrimSuffix(line, " HTTP/1.1")
}

// Body is the request's body.
func (e Exchange) Body() string {
	_, body, _ := strings.Cut(string(e.Request), "\r\n\r\n")
	return body
}

// Recording keeps everything that a connector got and sent. It is safe for
// concurrent use.
type Recording struct {
	mu  sync.Mutex
	all []Exchange
}

// Exchanges returns what was kept, in the order in which it was answered.
func (r *Recording) Exchanges() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Exchange(nil), r.all...)
}

func (r *Recording) keep(e Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, e)
}

// Answer is what the marketplace answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// patience bounds a call, as the clients' own time-outs do.
const patience = 20 * time.Second

// wire sends requests as bytes, so that nothing is added, sorted or spelled
// differently on the way.
type wire struct{ record *Recording }

// send writes the request and reads the answer. Redirects are not followed.
func (w wire) send(ctx context.Context, base string, request []byte) (Answer, error) {
	raw, answer, err := Replay(ctx, base, request)
	if err != nil {
		return answer, err
	}
	w.record.keep(Exchange{Request: request, Response: raw, Status: answer.Status})
	return answer, nil
}

// Replay writes a request, byte for byte, to the host of the URL and returns
// what came back, as bytes and read.
func Replay(ctx context.Context, base string, request []byte) ([]byte, Answer, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, Answer{}, err
	}
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, Answer{}, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write(request); err != nil {
		return nil, Answer{}, err
	}
	var raw bytes.Buffer
	method, _, _ := strings.Cut(string(request), " ")
	res, err := http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &raw)), &http.Request{Method: method})
	if err != nil {
		return nil, Answer{}, fmt.Errorf("answer to %.60q: %w", request, err)
	}
	defer res.Body.Close()
	body, err := read(res)
	return raw.Bytes(), Answer{Status: res.StatusCode, Header: res.Header, Body: body}, err
}

func read(res *http.Response) ([]byte, error) {
	if res.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(res.Body)
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// request writes a request down: its headers in the order given, each as
// "Name: value". HOST stands for the host, LENGTH for the body's length.
func request(method, address, body string, headers ...string) []byte {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // only test data
	}
	target := strings.TrimPrefix(address, u.Scheme+"://"+u.Host)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, target)
	for _, h := range headers {
		h = strings.Replace(h, "HOST", u.Host, 1)
		h = strings.Replace(h, "LENGTH", fmt.Sprint(len(body)), 1)
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// basic is the header of RFC 7617.
func basic(user, password string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return "Authorization: " + r.Header.Get("Authorization")
}
