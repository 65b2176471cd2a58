package portal_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/stretchr/testify/require"
)

// endpoint is the customer's endpoint for events, made when there is none.
func (m *market) endpoint() webhook.Endpoint {
	m.t.Helper()
	found, err := m.Webhooks.Endpoints(m.ctx, m.customer, webhook.EndpointFilter{}, page.Request{})
	require.NoError(m.t, err)
	if len(found.Items) > 0 {
		return found.Items[0]
	}
	e, _, err := m.Webhooks.CreateEndpoint(m.ctx, m.customer, webhook.EndpointInput{URL: "http://127.0.0.1:1/nobody-listens"})
	require.NoError(m.t, err)
	return e
}

// tested is a test event on its way to the customer's endpoint.
func (m *market) tested() webhook.Delivery {
	m.t.Helper()
	d, err := m.Webhooks.SendTest(m.ctx, m.customer, m.endpoint().ID, webhook.TestInput{})
	require.NoError(m.t, err)
	return d
}

// receiver is a system of somebody's that keeps what it is told.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	told []string
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.told = append(r.told, string(body))
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) times(words string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, body := range r.told {
		if strings.Contains(body, words) {
			n++
		}
	}
	return n
}

func (r *receiver) waits(t *testing.T, words string, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return r.times(words) >= n }, 20*time.Second, 20*time.Millisecond)
}

func TestWebhooks_areAddedTestedChangedAndDeletedInEverySpace(t *testing.T) {
	m := setup(t)
	for who, space := range map[account.Actor]string{m.customer: "/account", m.vendor: "/vendor", m.operator: "/operator", m.person(account.Reseller, "Ponte Resale"): "/reseller"} {
		told := newReceiver(t)
		b := m.as(who)
		b.open(space + "/webhooks")
		b.has("No webhooks yet")
		b.follow("Add endpoint")
		b.accessible()
		b.submit("main form", url.Values{"url": {"not an address"}, "description": {"books"}})
		require.Equal(t, http.StatusUnprocessableEntity, b.status)
		b.hasError("url", "")
		require.Equal(t, "books", b.value("description"))
		b.submit("main form", url.Values{"url": {told.URL}, "format": {"cloudevents"}})
		b.has("Copy the signing secret now", "CloudEvents, structured", "whsec_")
		key := strings.TrimSpace(b.doc.Find("#new-secret code, #new-secret output").First().Text())
		require.NotEmpty(t, key)

		b.open(space + "/webhooks")
		b.follow(told.URL)
		require.Equal(t, "books", b.value("description"))
		require.NotContains(t, b.html(), key, "the secret is shown once")
		b.accessible()
		here := b.at.Path
		b.submit("form[action$='/test']", url.Values{"payload": {"[1]"}})
		b.hasError("payload", "Give a JSON object.")
		require.Equal(t, "[1]", b.value("payload"))
		b.submit("form[action$='/test']", url.Values{"entity": {"Invoice"}, "type": {"DELETED"}, "payload": {`{"seen":"` + space + `"}`}})
		b.has("Test: a test", "The test event is being sent.", "DELETED")
		b.accessible()
		told.waits(t, space, 1)
		b.open(space + "/deliveries")
		b.has("a test")

		b.open(here)
		b.submit("form[action='"+here+"']", url.Values{"url": {told.URL + "/new"}})
		b.has("The endpoint is saved.", told.URL+"/new")
		b.submit("form[action$='/disable']", nil)
		b.has("Disabled", "Switched off by hand.")
		b.submit("form[action$='/enable']", nil)
		b.has("Enabled")
		b.submit("form[action$='/rotate']", url.Values{"keepHours": {"9999"}})
		b.hasError("keepHours", "720")
		b.submit("form[action$='/rotate']", url.Values{"keepHours": {"2"}})
		b.has("Copy the signing secret now", "Earlier secret valid until")
		b.open(here)
		b.follow("Delete endpoint")
		b.has("What waits for it is given up.")
		b.submit("main form", nil)
		b.has("The endpoint is deleted.", "No webhooks yet")
	}
}

func TestWebhooks_sendAgainWhatWasSentSinceATime(t *testing.T) {
	m := setup(t)
	told := newReceiver(t)
	b := m.as(m.customer)
	b.open("/account/webhooks/new")
	b.submit("main form", url.Values{"url": {told.URL}})
	m.buy(m.plan.ID)
	told.waits(t, "Subscription", 1)
	require.Eventually(t, func() bool {
		found, err := m.Webhooks.Deliveries(m.ctx, m.customer, webhook.Filter{Status: webhook.Pending}, page.Request{})
		return err == nil && len(found.Items) == 0
	}, 20*time.Second, 20*time.Millisecond)
	before := told.times("")
	b.open("/account/webhooks")
	b.follow(told.URL)
	b.submit("form[action$='/replay']", nil)
	b.hasError("since", "Say since when")
	b.submit("form[action$='/replay']", url.Values{"since": {"soon"}})
	b.hasError("since", "2026-03-01T09:30")
	b.submit("form[action$='/replay']", url.Values{"since": {"2020-01-01T00:00"}, "until": {"2021-01-01T00:00"}})
	b.has("0 deliveries are sent again.")
	b.submit("form[action$='/replay']", url.Values{"since": {"2020-01-01T00:00"}})
	b.has("sent again.")
	told.waits(t, "", before+1)
}

func TestWebhooks_ofOthersDoNotExist(t *testing.T) {
	m := setup(t)
	e := m.endpoint()
	b := m.as(m.stranger)
	b.open("/account/webhooks/" + id(e.ID))
	require.Equal(t, http.StatusNotFound, b.status)
	b.open("/account/webhooks")
	require.NotContains(t, b.html(), "nobody-listens")
	b.open("/vendor/webhooks")
	require.Equal(t, http.StatusForbidden, b.status)
	b.open("/account/deliveries/" + id(m.tested().ID))
	require.Equal(t, http.StatusNotFound, b.status)
}
