package journey

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDemo_aWikiIsSoldSetUpByTheVendorsOwnSystemAndRemoved buys what the
// example connector sets up, as a customer with the API does.
func TestDemo_aWikiIsSoldSetUpByTheVendorsOwnSystemAndRemoved(t *testing.T) {
	d := startDemo(t)
	customer, vendor := d.as("customer"), d.as("vendor")
	plans := plansOf(customer, "quaderno")
	order := func(address, region string) answer {
		return customer.post("/orders", obj{"planId": plans["Workshop"], "parameters": obj{"seats": 5, "address": address, "region": region}})
	}
	require.Contains(t, order("arsenale", "milano").want(422).raw, "parameters.region", "the vendor has no such region")
	sub := buy(customer, plans["Workshop"], obj{"seats": 5, "address": "arsenale", "region": "venezia"})
	require.Contains(t, order("arsenale", "venezia").want(422).raw, "The address arsenale is taken.")

	// The customer has address, instructions and password; the vendor, who
	// made the password, cannot read it here again.
	got := customer.get(path("/subscriptions/%d", sub)).want(200)
	require.Equal(t, "arsenale", got.str("name"))
	page := got.list("endpoints")[0].str("url")
	require.Equal(t, path("%s/wikis/%d", d.file.Quaderno, sub), page)
	password := customer.get(path("/subscriptions/%d/credentials", sub)).want(200).str("password")
	require.NotContains(t, vendor.get(path("/subscriptions/%d", sub)).want(200).raw, password)
	require.NotContains(t, vendor.get(path("/subscriptions/%d/credentials", sub)).raw, password)
	status, body := visit(t, page, password)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "A wiki for 5 people, plan Workshop, in venezia.")
	status, _ = visit(t, page, "guess")
	require.Equal(t, http.StatusUnauthorized, status)

	// More seats are there at once.
	customer.post(path("/subscriptions/%d/resize", sub), obj{"parameters": obj{"seats": 9}}).want(200)
	require.Eventually(t, func() bool {
		_, body := visit(t, page, password)
		return strings.Contains(body, "9 people")
	}, 20*time.Second, 50*time.Millisecond)

	customer.post(path("/subscriptions/%d/terminate", sub), nil).want(200)
	customer.eventually(path("/subscriptions/%d", sub), func(s answer) bool { return s.str("status") == "terminated" })
	status, _ = visit(t, page, password)
	require.Equal(t, http.StatusNotFound, status)
	vendor.eventually(path("/webhook-deliveries?subscriptionId=%d", sub), func(log answer) bool {
		all := log.list("items")
		return all[0].str("eventType") == "DELETED" && all[0].str("status") == "delivered"
	})
}

// visit opens a wiki with the password.
func visit(t *testing.T, page, password string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	require.NoError(t, err)
	req.SetBasicAuth("admin", password)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}
