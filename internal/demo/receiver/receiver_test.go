package receiver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/internal/demo/receiver"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
	"github.com/stretchr/testify/require"
)

const body = `{"date":"2026-03-01T12:00:00Z","entity":"Subscription","entityUrl":"subscription/12","id":12,"type":"CREATED"}`

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func open(t *testing.T, file string) *receiver.Receiver {
	t.Helper()
	r, err := receiver.New(receiver.Config{Clock: clock.NewManual(noon()), File: file, Keep: 3, Secrets: map[string]string{"maps": "the key of maps"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func call(r *receiver.Receiver, method, path, body string, h http.Header) *http.Response {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	for name, values := range h {
		req.Header[name] = values
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Result()
}

// items reads GET /received as a stranger would.
func items(t *testing.T, r *receiver.Receiver) []map[string]any {
	t.Helper()
	res := call(r, "GET", "/received", "", nil)
	require.Equal(t, http.StatusOK, res.StatusCode)
	var out struct{ Items []map[string]any }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&out))
	require.NotNil(t, out.Items)
	return out.Items
}

func TestReceive_checksBothSignaturesWithTheSecretOfItsPath(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	require.Empty(t, items(t, r))
	signed := sign.Headers("the key of maps", "evt_1", noon(), []byte(body))
	require.Equal(t, http.StatusNoContent, call(r, "POST", "/hooks/maps", body, signed).StatusCode)
	got := items(t, r)[0]
	require.Equal(t, "/hooks/maps", got["path"])
	require.Equal(t, body, got["body"])
	require.Equal(t, float64(12), got["event"].(map[string]any)["id"])
	require.Equal(t, "evt_1", got["headers"].(map[string]any)["Webhook-Id"])
	require.Equal(t, []any{true, true}, []any{got["cmwSignatureValid"], got["standardSignatureValid"]})
	for name, wrong := range map[string]struct {
		path, body string
		h          http.Header
	}{
		"another body":   {"/hooks/maps", body + " ", signed},
		"another secret": {"/hooks/maps", body, sign.Headers("guessed", "evt_1", noon(), []byte(body))},
		"unknown path":   {"/hooks/other", body, signed},
		"unsigned":       {"/hooks/maps", body, nil},
	} {
		require.Equal(t, http.StatusNoContent, call(r, "POST", wrong.path, wrong.body, wrong.h).StatusCode)
		got := items(t, r)[0]
		require.Equal(t, []any{false, false}, []any{got["cmwSignatureValid"], got["standardSignatureValid"]}, name)
	}
	r.SetSecret("other", "the key of maps")
	call(r, "POST", "/hooks/other", body, signed)
	require.Equal(t, true, items(t, r)[0]["cmwSignatureValid"])
}

func TestControl_failsTheNextRequestsAndThenRecovers(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	require.Equal(t, http.StatusOK, call(r, "POST", "/control", `{"failNext":2}`, nil).StatusCode)
	for _, want := range []int{500, 500, 204} {
		require.Equal(t, want, call(r, "POST", "/hooks/maps", body, nil).StatusCode)
		require.EqualValues(t, want, items(t, r)[0]["answered"])
	}
	for _, wrong := range []string{`{"failNext":-1}`, `{"failNext":"2"}`, `{}`, `{"fail":1}`, `nonsense`} {
		res := call(r, "POST", "/control", wrong, nil)
		require.Equal(t, http.StatusUnprocessableEntity, res.StatusCode, wrong)
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Contains(t, string(text), "failNext")
	}
	require.Equal(t, 204, call(r, "POST", "/hooks/maps", body, nil).StatusCode)
}

func TestReceiver_keepsTheLastOnesOverARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "demo", "webhooks.jsonl")
	r := open(t, file)
	for _, text := range []string{`{"n":1}`, `{"n":2}`, `not json`, `{"n":4}`} {
		require.Equal(t, 204, call(r, "POST", "/hooks/maps", text, nil).StatusCode)
	}
	before := items(t, r)
	require.Len(t, before, 3)
	require.NoError(t, r.Close())
	require.Equal(t, http.StatusInternalServerError, call(r, "POST", "/hooks/maps", body, nil).StatusCode)
	require.Len(t, items(t, r), 3, "what is not kept is not acknowledged")
	require.Nil(t, before[1]["event"])
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"receivedAt":"2026-03-`) // a crash cut it short
	require.NoError(t, err)
	require.NoError(t, f.Close())
	again := open(t, file)
	require.Equal(t, before, items(t, again))
	require.Equal(t, 204, call(again, "POST", "/hooks/maps", body, nil).StatusCode)
	third := items(t, open(t, file))
	require.Len(t, third, 3)
	require.Equal(t, body, third[0]["body"])
}

func TestPage_showsEventsAndRunsNothingInThem(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	call(r, "POST", "/hooks/maps", body, sign.Headers("the key of maps", "evt_1", noon(), []byte(body)))
	call(r, "POST", "/hooks/stranger", `<script>alert(1)</script>`, nil)
	res := call(r, "GET", "/", "", http.Header{"Accept": {"text/html"}})
	require.Contains(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'")
	page, err := goquery.NewDocumentFromReader(res.Body)
	require.NoError(t, err)
	require.Zero(t, page.Find("script").Length())
	rows := page.Find("tbody tr")
	require.Equal(t, 2, rows.Length())
	require.Contains(t, rows.First().Text(), "no secret to check with")
	require.Contains(t, rows.Last().Text(), "CREATED subscription/12")
	require.Equal(t, 2, rows.Last().Find(".good").Length())
	require.NotContains(t, page.Text(), "the key of maps")
}

func TestReceive_refusesABodyThatIsTooLarge(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	res := call(r, "POST", "/hooks/maps", strings.Repeat("x", 1<<20+1), nil)
	require.Equal(t, http.StatusRequestEntityTooLarge, res.StatusCode)
	require.Empty(t, items(t, r))
}
