package journey

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/internal/connectors"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// TestLife_ofASubscriptionWithEachKindOfConnector is a whole life with
// connectors that were written for another marketplace: order, pay, deploy,
// renew, upgrade, overdue, terminate. The requests that each kind makes are
// compared, byte for byte, with those that it made when it was recorded.
func TestLife_ofASubscriptionWithEachKindOfConnector(t *testing.T) {
	for _, kind := range connectors.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			l := newLife(t, kind)
			l.orderAndPay()
			l.renew()
			l.upgrade()
			l.overdue()
			l.terminate()
			l.checkRequests()
		})
	}
}

// life is one subscription with one kind of connector.
type life struct {
	*market
	kind      connectors.Kind
	connector *connectors.Connector
	customer  client
	plans     map[string]int64
	sub       int64
}

func newLife(t *testing.T, kind connectors.Kind) *life {
	t.Helper()
	m := startMarket(t, app.Config{TerminationGrace: 300 * time.Millisecond})
	c, endpoint := m.connect(kind)
	return &life{market: m, kind: kind, connector: c, customer: m.as(account.Customer), plans: m.sell(hosting(endpoint, nil), hostingPlans())}
}

func (l *life) orderAndPay() {
	l.t.Helper()
	order := l.customer.post("/orders", obj{"planId": l.plans["Jetty"], "parameters": obj{"seats": 3, "site": "squero"}}).want(201)
	l.sub = order.num("subscriptionId")
	l.told("CREATED", 1)
	require.Equal(l.t, "waitingPayment", l.status())
	require.Empty(l.t, l.connector.Tenant(l.sub), "nothing is set up before it is paid")
	l.payAll(l.sub)
	l.becomes(l.sub, "active")
	l.tenant(connectors.Running)
}

func (l *life) renew() {
	l.t.Helper()
	before := l.count("MODIFIED")
	l.advancePeriod(l.sub)
	l.payAll(l.sub)
	l.toldMore("MODIFIED", before)
	require.Equal(l.t, "active", l.status())
	l.tenant(connectors.Running)
}

func (l *life) upgrade() {
	l.t.Helper()
	before := l.count("MODIFIED")
	l.customer.post(path("/subscriptions/%d/change-plan", l.sub), obj{"planId": l.plans["Quay"]}).want(200)
	l.payAll(l.sub)
	l.toldMore("MODIFIED", before)
	require.Equal(l.t, "Quay", l.customer.get(path("/subscriptions/%d", l.sub)).want(200).at("plan").str("name"))
	require.Equal(l.t, "active", l.status())
}

// overdue leaves a bill unpaid until the service stops, and pays it then.
func (l *life) overdue() {
	l.t.Helper()
	l.advancePeriod(l.sub)
	l.advance(untilOverdue)
	l.becomes(l.sub, "suspended")
	if l.kind != connectors.PHP { // which does nothing about it
		l.tenant(connectors.Suspended)
	}
	l.payAll(l.sub)
	l.becomes(l.sub, "active")
	l.tenant(connectors.Running)
}

func (l *life) terminate() {
	l.t.Helper()
	l.customer.post(path("/subscriptions/%d/terminate", l.sub), nil).want(200)
	l.becomes(l.sub, "terminated")
	l.told("DELETED", 1)
	l.tenant(connectors.Gone)
	l.quiet()
	require.Equal(l.t, 1, l.count("DELETED"), "it is told once, whoever reports what")
	require.Equal(l.t, "terminated", l.status())
}

func (l *life) status() string {
	l.t.Helper()
	return l.customer.get(path("/subscriptions/%d", l.sub)).want(200).str("status")
}

// tenant waits until the connector has come to this.
func (l *life) tenant(want connectors.Tenant) {
	l.t.Helper()
	require.Eventually(l.t, func() bool { return l.connector.Tenant(l.sub) == want }, 20*time.Second, 20*time.Millisecond, "waiting for %s", want)
}

// count is how many different events of the type came and were answered well.
func (l *life) count(kind string) int {
	seen := map[string]bool{}
	for _, e := range l.connector.Exchanges() {
		if e.Event && e.Status == http.StatusNoContent && strings.Contains(e.Body(), fmt.Sprintf(`"type":%q`, kind)) {
			seen[header(e.Request, "Webhook-Id")] = true
		}
	}
	return len(seen)
}

// told waits for so many events. The Rust kind dies of most of them, so what
// it was told is what it could read.
func (l *life) told(kind string, n int) {
	l.t.Helper()
	if l.kind == connectors.Rust && kind == "CREATED" {
		return
	}
	require.Eventually(l.t, func() bool { return l.count(kind) >= n }, 20*time.Second, 20*time.Millisecond, "waiting for %s", kind)
}

func (l *life) toldMore(kind string, before int) {
	l.t.Helper()
	l.told(kind, before+1)
}

// checkRequests compares what the kind sent, every request once, with the
// record of its kind.
func (l *life) checkRequests() {
	l.t.Helper()
	var got txtar.Archive
	seen := map[string]bool{}
	for _, e := range l.connector.Exchanges() {
		if e.Event {
			continue
		}
		request := l.normal(string(e.Request))
		if key := fmt.Sprint(request, e.Status); !seen[key] {
			seen[key] = true
			got.Files = append(got.Files, txtar.File{Name: fmt.Sprintf("%s -> %d", l.normal(e.Line()), e.Status), Data: []byte(request)})
		}
	}
	golden(l.t, fmt.Sprintf("testdata/life/%s.txtar", l.kind), &got)
}

// header reads a header of a request in bytes.
func header(request []byte, name string) string {
	for line := range strings.SplitSeq(string(request), "\r\n") {
		if key, value, ok := strings.Cut(line, ": "); ok && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}
