package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/internal/bundled"
	"github.com/fondaco/fondaco/internal/demo"
	"github.com/stretchr/testify/require"
)

// TestMain makes the test binary its own plugin process, as fondaco is.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "plugin" && os.Args[2] == "serve" {
		if err := bundled.Serve(os.Args[3]); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

type obj = map[string]any

func path(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// demoServer is a running demo.
type demoServer struct {
	t    *testing.T
	dir  string
	file demo.File
}

func startDemo(t *testing.T) *demoServer {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	ready, ended := make(chan demo.File, 1), make(chan error, 1)
	go func() {
		ended <- demo.Run(ctx, demo.Config{Listen: "127.0.0.1:0", DataDir: dir, Executable: exe, Out: io.Discard,
			Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})), Ready: func(f demo.File) { ready <- f }})
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	select {
	case f := <-ready:
		return &demoServer{t: t, dir: dir, file: f}
	case err := <-ended:
		ended <- err
		t.Fatalf("the demo did not start: %v", err)
		return nil
	}
}

// as returns a client of the API with the role's token.
func (d *demoServer) as(role string) client {
	return client{t: d.t, base: d.file.API, token: d.file.Users[role].Token}
}

type reply struct {
	*http.Response
	body string
}

// call calls a product through the gateway, as the customer's program does.
func (d *demoServer) call(url, key string) reply {
	d.t.Helper()
	return call(d.t, url, key)
}

func (d *demoServer) eventuallyCall(url, key string, status int) {
	d.t.Helper()
	require.Eventually(d.t, func() bool { return d.call(url, key).StatusCode == status }, 15*time.Second, 50*time.Millisecond, "waiting for %d", status)
}

func do(t *testing.T, req *http.Request) reply {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return reply{res, strings.ReplaceAll(string(raw), `": "`, `":"`)}
}

// client speaks the REST API as one person.
type client struct {
	t           *testing.T
	base, token string
}

func (c client) get(p string) answer { c.t.Helper(); return c.send(http.MethodGet, p, "", nil) }

func (c client) post(p string, body any) answer {
	c.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(c.t, err)
	if body == nil {
		raw = nil
	}
	return c.send(http.MethodPost, p, "application/json", raw)
}

func (c client) postRaw(p, contentType, body string) answer {
	c.t.Helper()
	return c.send(http.MethodPost, p, contentType, []byte(body))
}

func (c client) send(method, p, contentType string, body []byte) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+p, bytes.NewReader(body))
	require.NoError(c.t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(c.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	a := answer{t: c.t, what: method + " " + p, status: res.StatusCode, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.value)
	return a
}

func (c client) eventually(p string, ok func(answer) bool) {
	c.t.Helper()
	var last answer
	require.Eventually(c.t, func() bool { last = c.get(p).want(200); return ok(last) }, 20*time.Second, 50*time.Millisecond)
}

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // only test data
	}
	return raw
}

func parse(t *testing.T, raw string) answer {
	t.Helper()
	a := answer{t: t, raw: raw}
	require.NoError(t, json.Unmarshal([]byte(raw), &a.value))
	return a
}

// answer is JSON that was answered, with short ways into it.
type answer struct {
	t      *testing.T
	what   string
	status int
	raw    string
	value  any
}

func (a answer) want(status int) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s answered %s", a.what, a.raw)
	return a
}

func (a answer) at(name string) answer {
	a.t.Helper()
	m, _ := a.value.(obj)
	require.Contains(a.t, m, name, "%s: %s", a.what, a.raw)
	a.value = m[name]
	return a
}

func (a answer) str(name string) string {
	a.t.Helper()
	return fmt.Sprint(a.at(name).value)
}

func (a answer) num(name string) int64 {
	a.t.Helper()
	n, ok := a.at(name).value.(float64)
	require.True(a.t, ok, "%s is no number in %s", name, a.raw)
	return int64(n)
}

func (a answer) list(name string) []answer {
	a.t.Helper()
	items, ok := a.at(name).value.([]any)
	require.True(a.t, ok, "%s is no list in %s", name, a.raw)
	out := make([]answer, len(items))
	for i, item := range items {
		out[i] = answer{t: a.t, what: a.what, raw: a.raw, value: item}
	}
	return out
}

// MarshalJSON sends a part of an answer back as it came.
func (a answer) MarshalJSON() ([]byte, error) { return json.Marshal(a.value) }

func (a answer) byIdentifier(name string) map[string]answer {
	a.t.Helper()
	out := map[string]answer{}
	for _, e := range a.list(name) {
		out[e.str("identifier")] = e
	}
	return out
}

// total is what a usage answer says was used of the meter; "" for none.
func (a answer) total(meter string) string {
	for _, item := range a.list("totals") {
		if item.str("meter") == meter {
			return item.str("quantity")
		}
	}
	return ""
}

func (a answer) amountsByKind() map[string]string {
	out := map[string]string{}
	for _, l := range a.list("lines") {
		out[l.str("kind")] = l.at("amount").str("amount")
	}
	return out
}

func (a answer) line(kind string) answer {
	a.t.Helper()
	for _, l := range a.list("lines") {
		if l.str("kind") == kind {
			return l
		}
	}
	a.t.Fatalf("no line of kind %s in %s", kind, a.raw)
	return answer{}
}
