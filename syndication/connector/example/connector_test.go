package example_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/syndication/connector/example"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
	"github.com/stretchr/testify/require"
)

const theSecret = "a secret of nobody"

// bench is a connector beside a marketplace that answers from a script.
type bench struct {
	t         *testing.T
	connector *example.Connector
	mu        sync.Mutex
	status    string
	paid      bool
	seats     int
	broken    bool     // answers 503
	calls     []string // "PATCH subscription/7 {...}", without what is only read
	sent      int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, status: "PENDING", paid: true, seats: 3}
	market := httptest.NewServer(http.HandlerFunc(b.market))
	t.Cleanup(market.Close)
	var err error
	b.connector, err = example.New(example.Config{API: market.URL + "/connector/api", Token: "tok", Secrets: []string{theSecret},
		URL: "https://quaderno.test", File: filepath.Join(t.TempDir(), "wikis.json")})
	require.NoError(t, err)
	return b
}

func (b *bench) market(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	path := strings.TrimPrefix(r.URL.Path, "/connector/api/")
	switch {
	case b.status == "":
		http.NotFound(w, r)
	case b.broken || r.Header.Get("CMW-Auth-Token") != "tok" || r.URL.Query().Get("apiVersion") != "20250109":
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Method == http.MethodGet && path == "productVersion/4":
		_, _ = io.WriteString(w, `{"id":4,"name":"Workshop"}`)
	case r.Method == http.MethodGet:
		_, _ = fmt.Fprintf(w, `{"id":7,"deploymentStatus":%q,"paid":%t,"productVersion":{"url":"productVersion/4"},
			"billingItems":[{"identifier":"seats","value":%d}],
			"configurationParameters":[{"code":"address","value":"squero"},{"code":"region","value":"venezia"}]}`, b.status, b.paid, b.seats)
	default:
		b.calls = append(b.calls, r.Method+" "+path+" "+string(body))
		w.WriteHeader(http.StatusNoContent)
	}
}

// tell sends a signed event and returns the status.
func (b *bench) tell(kind string) int {
	b.sent++
	return b.tellAs(kind, fmt.Sprintf("evt_%d", b.sent))
}

func (b *bench) tellAs(kind, webhookID string) int {
	body := sign.Event{Date: time.Now(), Entity: "Subscription", EntityURL: "subscription/7", ID: 7, Type: kind}.Body()
	return b.send(body, sign.Headers(theSecret, webhookID, time.Now(), body))
}

func (b *bench) send(body []byte, h http.Header) int {
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "/event", strings.NewReader(string(body)))
	r.Header = h
	return b.serve(r).Code
}

func (b *bench) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.connector.ServeHTTP(w, r)
	return w
}

// page opens the wiki with a password.
func (b *bench) page(password string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, "/wikis/7", http.NoBody)
	r.SetBasicAuth("admin", password)
	return b.serve(r)
}

// password is the one that was told to the marketplace last.
func (b *bench) password() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, call := range b.calls {
		if raw, ok := strings.CutPrefix(call, "POST subscription/7/credentials "); ok {
			var all []struct{ Key, Value string }
			require.NoError(b.t, json.Unmarshal([]byte(raw), &all))
			return all[1].Value
		}
	}
	return ""
}

func (b *bench) set(status string, paid bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status, b.paid = status, paid
}

func TestEvent_ofAPaidOrderMakesTheWikiAndTellsTheMarketplaceInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	require.Equal(t, http.StatusNoContent, b.tell(sign.Created))
	require.Len(t, b.calls, 5)
	require.Equal(t, `POST subscription/7/endpoints [{"category":"APP","description":"Your wiki","endpoint":"https://quaderno.test/wikis/7"}]`, b.calls[0])
	require.Contains(t, b.calls[1], "POST subscription/7/instructions ")
	require.Contains(t, b.calls[2], "POST subscription/7/credentials ")
	require.Equal(t, `PATCH subscription/7 {"action":"SET_NAME","name":"squero"}`, b.calls[3])
	require.Equal(t, `PATCH subscription/7 {"deploymentStatus":"DEPLOYED"}`, b.calls[4])
	require.Equal(t, http.StatusUnauthorized, b.page("guess").Code)
	require.Contains(t, b.page(b.password()).Body.String(), "A wiki for 3 people, plan Workshop, in venezia.")
}

func TestEvent_beforeThePaymentMakesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, status := range []string{"WAITING_PAYMENT", "PENDING", "REQUIRES_APPROVAL"} {
		b.set(status, false)
		require.Equal(t, http.StatusNoContent, b.tell(sign.Created))
	}
	require.Empty(t, b.calls)
	require.Equal(t, http.StatusNotFound, b.page("").Code)
}

func TestEvent_ofATestIsTakenAndDoesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("", false)
	require.Equal(t, http.StatusNoContent, b.tell(sign.Created))
	require.Empty(t, b.calls)
}

func TestEvent_thatComesTwiceIsDoneOnceAndOneThatFailedIsDoneAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.broken = true
	require.Equal(t, http.StatusInternalServerError, b.tellAs(sign.Created, "evt_a"))
	b.broken = false
	require.Equal(t, http.StatusNoContent, b.tellAs(sign.Created, "evt_a"))
	require.Equal(t, http.StatusNoContent, b.tellAs(sign.Created, "evt_a"))
	require.Len(t, b.calls, 5)

	// Another event of the same subscription repeats the work, with the same password.
	was := b.password()
	require.Equal(t, http.StatusNoContent, b.tell(sign.Modified))
	require.Len(t, b.calls, 10)
	require.Equal(t, b.calls[2], b.calls[7])
	require.NotEmpty(t, was)
}

func TestEvent_followsUpgradeOverdueAndTheEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	require.Equal(t, http.StatusNoContent, b.tell(sign.Created))
	b.set("DEPLOYED", true)
	b.seats = 9
	require.Equal(t, http.StatusNoContent, b.tell(sign.Modified))
	require.Contains(t, b.page(b.password()).Body.String(), "9 people")
	b.set("STOPPED", false)
	require.Equal(t, http.StatusNoContent, b.tell(sign.Modified))
	require.Equal(t, http.StatusServiceUnavailable, b.page(b.password()).Code)
	b.set("DEPLOYED", true)
	require.Equal(t, http.StatusNoContent, b.tell(sign.Modified))
	require.Equal(t, http.StatusOK, b.page(b.password()).Code)

	// The end is told once by us, and the DELETED that follows asks for nothing.
	b.set("UNDEPLOY_SENT", true)
	require.Equal(t, http.StatusNoContent, b.tell(sign.Modified))
	require.Equal(t, `PATCH subscription/7 {"deploymentStatus":"UNDEPLOYED"}`, b.calls[len(b.calls)-1])
	require.Equal(t, http.StatusNotFound, b.page(b.password()).Code)
	n := len(b.calls)
	b.set("UNDEPLOYED", true)
	require.Equal(t, http.StatusNoContent, b.tell(sign.Deleted))
	require.Len(t, b.calls, n)
}

func TestEvent_thatTheMarketplaceDidNotSignIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	now := time.Now()
	body := sign.Event{Date: now, Entity: "Subscription", EntityURL: "subscription/7", ID: 7, Type: sign.Created}.Body()
	without := func(name string) http.Header {
		h := sign.Headers(theSecret, "evt_1", now, body)
		h.Del(name)
		return h
	}
	for name, h := range map[string]http.Header{
		"unsigned":         {},
		"another secret":   sign.Headers("guess", "evt_1", now, body),
		"old":              sign.Headers(theSecret, "evt_1", now.Add(-time.Hour), body),
		"CMW only":         without("webhook-signature"),
		"no CMW signature": without("CMW-Event-Signature"),
		"another id": func() http.Header {
			h := sign.Headers(theSecret, "evt_1", now, body)
			h.Set("webhook-id", "evt_2")
			return h
		}(),
	} {
		require.Equal(t, http.StatusUnauthorized, b.send(body, h), name)
	}
	require.Equal(t, http.StatusUnauthorized, b.send(append(body, ' '), sign.Headers(theSecret, "evt_1", now, body)))
	require.Empty(t, b.calls)

	// While the secret is replaced, both are good.
	require.Equal(t, http.StatusNoContent, b.send(body, sign.Headers(theSecret, "evt_1", now, body, "older")))
}

func TestQuestions_areAnsweredAsTheContractSays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	require.Equal(t, http.StatusNoContent, b.tell(sign.Created))
	ask := func(path, body string) *httptest.ResponseRecorder {
		return b.serve(httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body)))
	}
	require.Equal(t, http.StatusNoContent, ask("/validate", `{"orderType":"NORMAL","configurationParameters":{"address":"arsenale"}}`).Code)
	taken := ask("/validate", `{"orderType":"NORMAL","configurationParameters":{"address":"squero"},"language":"it"}`)
	require.Equal(t, http.StatusOK, taken.Code)
	require.JSONEq(t, `{"errors":[{"message":"L'indirizzo squero è già in uso. Scegline un altro."}]}`, taken.Body.String())
	require.Equal(t, http.StatusNoContent, ask("/validate", `{"orderType":"SYNDICATED_UPGRADE","subscriptionId":7,"configurationParameters":{"address":"squero"}}`).Code)
	require.Equal(t, http.StatusNoContent, ask("/validate", `{"orderType":"TERMINATION","subscriptionId":7,"configurationParameters":{}}`).Code)

	require.Contains(t, ask("/values", `{"configurationParameter":"region"}`).Body.String(), `{"description":"Venezia","value":"venezia"}`)
	require.JSONEq(t, `{"values":null}`, ask("/values", `{"configurationParameter":"address"}`).Body.String())

	require.Equal(t, http.StatusOK, b.page(b.password()).Code)
	poll := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics/views", http.NoBody)
	poll.Header.Set("CD-Subscription-Id", "7")
	require.JSONEq(t, `{"value":1}`, b.serve(poll).Body.String())
}
