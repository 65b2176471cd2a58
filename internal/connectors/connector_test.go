package connectors_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/fondaco/fondaco/internal/connectors"
	"github.com/stretchr/testify/require"
)

// stub is a marketplace that knows one subscription.
type stub struct {
	*httptest.Server
	mu     sync.Mutex
	status string
	shape  string // of billingItems and configurationParameters
}

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{status: "PENDING", shape: "[]"}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

func (s *stub) set(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *stub) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case strings.HasSuffix(r.URL.Path, "/login"):
		_, _ = io.WriteString(w, `"tok"`)
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusNoContent)
	case strings.Contains(r.URL.Path, "/user/"):
		_, _ = io.WriteString(w, `{"id":3,"userName":"carlo@bottega.example","userRole":"ROLE_USER","userCompany":{"url":"userCompany/4"}}`)
	case strings.Contains(r.URL.Path, "/userCompany/"):
		_, _ = io.WriteString(w, `{"id":4,"name":"Bottega"}`)
	case !strings.HasSuffix(r.URL.Path, "/subscription/7"):
		http.Error(w, `{"errorHolders":[]}`, http.StatusNotFound)
	default:
		_, _ = fmt.Fprintf(w, `{"id":7,"deploymentStatus":%q,"paid":true,"buyer":{"url":"user/3"},"billingItems":%s,"configurationParameters":null}`, s.status, s.shape)
	}
}

func newConnector(base string, kind connectors.Kind) *connectors.Connector {
	return connectors.New(connectors.Config{Kind: kind, Base: base + "/api", User: "giulia@squero.example", Password: "pw", Token: "tok"})
}

// tell sends an event and returns the status; 0 for a dropped connection.
func tell(t *testing.T, c *connectors.Connector, body string) int {
	t.Helper()
	server := httptest.NewServer(c)
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+c.Path(), strings.NewReader(body))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	return res.StatusCode
}

func event(id, kind, date string) string {
	return fmt.Sprintf(`{"date":%q,"entity":"Subscription","entityUrl":"subscription/7","id":%s,"type":%q}`, date, id, kind)
}

const someDate = "2015-01-12T11:19:30Z"

func lines(c *connectors.Connector) []string {
	var out []string
	for _, e := range c.Exchanges() {
		if !e.Event {
			out = append(out, e.Line())
		}
	}
	return out
}

// The table of what each kind takes, as the contract has it.
func TestKinds_readAnEventAsStrictlyAsTheirOriginals(t *testing.T) {
	t.Parallel()
	events := map[string]string{
		"number":       event("7", "CREATED", someDate),
		"text":         event(`"7"`, "CREATED", someDate),
		"old offset":   event("7", "CREATED", "2015-01-12T11:19:30+0000"),
		"unknown type": event("7", "UPDATED", someDate),
	}
	want := map[connectors.Kind]map[string]int{
		connectors.PHP:    {"number": 204, "text": 204, "old offset": 204, "unknown type": 204},
		connectors.Go:     {"number": 204, "text": 400, "old offset": 400, "unknown type": 204},
		connectors.Python: {"number": 204, "text": 204, "old offset": 204, "unknown type": 422},
		connectors.Rust:   {"number": 204, "text": 400, "old offset": 204, "unknown type": 400},
		connectors.Spring: {"number": 204, "text": 204, "old offset": 204, "unknown type": 400},
	}
	for _, kind := range connectors.Kinds {
		for name, body := range events {
			require.Equal(t, want[kind][name], tell(t, newConnector(newStub(t).URL, kind), body), "%s: %s", kind, name)
		}
	}
}

func TestKinds_endASubscriptionInTheFlowOfTheirs(t *testing.T) {
	t.Parallel()
	for _, kind := range connectors.Kinds {
		market := newStub(t)
		c := newConnector(market.URL, kind)
		require.Equal(t, http.StatusNoContent, tell(t, c, event("7", "CREATED", someDate)), kind)
		require.Equal(t, connectors.Running, c.Tenant(7), kind)
		market.set("UNDEPLOY_SENT")
		answered := tell(t, c, event("7", "MODIFIED", someDate))
		switch kind {
		case connectors.PHP:
			require.Equal(t, connectors.Gone, c.Tenant(7))
		case connectors.Rust:
			require.Zero(t, answered, "it dies of the status")
		default:
			require.Equal(t, connectors.Running, c.Tenant(7), kind)
		}
		market.set("UNDEPLOYED")
		require.Equal(t, http.StatusNoContent, tell(t, c, event("7", "DELETED", someDate)), kind)
		require.Equal(t, connectors.Gone, c.Tenant(7), kind)
	}
}

func TestSpring_failsOnAMapWhereAListShouldBe(t *testing.T) {
	t.Parallel()
	market := newStub(t)
	c := newConnector(market.URL, connectors.Spring)
	market.shape = `{"billingItem/1":100}`
	require.Equal(t, http.StatusInternalServerError, tell(t, c, event("7", "CREATED", someDate)))
	market.shape = "null"
	require.Equal(t, http.StatusNoContent, tell(t, c, event("7", "CREATED", someDate)))
}

func TestGo_asksForSubscriptionZeroWhenTheIDIsText(t *testing.T) {
	t.Parallel()
	c := newConnector(newStub(t).URL, connectors.Go)
	require.Equal(t, http.StatusBadRequest, tell(t, c, event(`"7"`, "CREATED", someDate)))
	require.Contains(t, lines(c), "GET /api/subscription/0")
}

func TestPython_asPublishedReportsToAnAddressOfNonsense(t *testing.T) {
	t.Parallel()
	c := connectors.New(connectors.Config{Kind: connectors.Python, Base: newStub(t).URL + "/api", Token: "tok", AsPublished: true})
	require.Equal(t, http.StatusNoContent, tell(t, c, event("7", "CREATED", someDate)))
	require.Equal(t, []string{"GET /api/subscription/7", "PATCH /api/subscription/%3Cbuilt-in%20function%20id%3E"}, lines(c))
}

func TestRequests_areTheBytesOfEachLibrary(t *testing.T) {
	t.Parallel()
	market := newStub(t)
	host := strings.TrimPrefix(market.URL, "http://")
	last := func(kind connectors.Kind) string {
		c := newConnector(market.URL, kind)
		require.Equal(t, http.StatusNoContent, tell(t, c, event("7", "CREATED", someDate)))
		var out string
		for _, e := range c.Exchanges() {
			if !e.Event {
				out = string(e.Request)
			}
		}
		return strings.ReplaceAll(strings.ReplaceAll(out, host, "HOST"), "\r\n", "\n")
	}
	require.Equal(t, "PATCH /api/subscription/7 HTTP/1.1\nHost: HOST\nUser-Agent: Go-http-client/1.1\nContent-Length: 32\nCmw-Auth-Token: tok\nAccept-Encoding: gzip\n\n"+
		`{"deploymentStatus": "DEPLOYED"}`, last(connectors.Go))
	require.Equal(t, "PATCH /api/subscription/7 HTTP/1.1\nHost: HOST\nAccept: */*\nContent-Type: application/json\nCMW-Auth-Token: tok\nCMW-Auth-User: giulia@squero.example\n"+
		"Content-Length: 31\n\n"+`{"deploymentStatus":"DEPLOYED"}`, last(connectors.PHP))
	require.Contains(t, last(connectors.Spring), "PATCH /api/subscription/7?apiVersion=20250109 HTTP/1.1\nContent-Type: application/json; charset=UTF-8\n")
}

func TestCatalogue_alwaysSendsABasicHeader(t *testing.T) {
	t.Parallel()
	market := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "undefined" || password != "undefined" || r.URL.RawQuery != "name=ess&category=2&tag=undefined&ordering=undefined" {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = io.WriteString(w, `[{"id":2,"name":"Essenze","productVersion":[{"url":"productVersion/3"}]}]`)
	}))
	defer market.Close()
	found, err := connectors.NewCatalogue(market.URL+"/api", "").SearchAndSort(context.Background(), "ess", 2)
	require.NoError(t, err)
	require.Equal(t, "Essenze", found[0].Name)
}
