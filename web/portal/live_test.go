package portal_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/order"
	"github.com/stretchr/testify/require"
)

// follows opens the stream that the pages of the browser follow, calls do when
// it has begun, and gives the names of the events up to the wanted one; all of
// them when it never came.
func (b *browser) follows(seconds, want string, do func()) (names []string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+"/live?seconds="+seconds, nil)
	require.NoError(b.t, err)
	res, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer res.Body.Close()
	require.Equal(b.t, "text/event-stream", res.Header.Get("Content-Type"))
	require.Equal(b.t, "no-store", res.Header.Get("Cache-Control"))
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), ": follows") {
			do()
		}
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			if names = append(names, name); name == want {
				return names
			}
		}
	}
	return names
}

func TestLive_tellsThatAListChanged(t *testing.T) {
	m := setup(t)
	buyer, seller := m.as(m.customer), m.as(m.vendor)
	buyer.open("/account/invoices")
	require.Zero(t, buyer.doc.Find("#list table").Length())
	names := buyer.follows("20", "invoice", func() {
		_, err := m.Orders.Place(m.ctx, m.customer, order.Input{PlanID: m.plan.ID})
		require.NoError(t, err)
	})
	require.Contains(t, names, "invoice")
	buyer.open("/account/invoices")
	require.Equal(t, 1, buyer.doc.Find("#list table tbody tr").Length(), "what the event makes the page read")
	names = seller.follows("20", "subscription", func() { m.buy(m.plan.ID) })
	require.Contains(t, names, "subscription")
	names = buyer.follows("20", "delivery", func() { m.tested() })
	require.Contains(t, names, "delivery")
}

func TestLive_tellsNobodyElse(t *testing.T) {
	m := setup(t)
	m.endpoint()
	names := m.as(m.stranger).follows("2", "", func() {
		m.buy(m.plan.ID)
		m.tested()
	})
	require.Empty(t, names)
}

func TestLive_goesOnWhereItEnded(t *testing.T) {
	m := setup(t)
	b := m.as(m.customer)
	newest, err := m.Accounts.NewestEvent(m.ctx, m.customer)
	require.NoError(t, err)
	m.buy(m.plan.ID)
	b.send(http.MethodGet, "/live?seconds=2", nil, http.Header{"Last-Event-Id": {id(newest)}})
	require.Contains(t, b.text("body"), "event: subscription")
	b.send(http.MethodGet, "/live?seconds=2", nil, nil)
	require.NotContains(t, b.text("body"), "event:")
}
