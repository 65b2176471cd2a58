package journey

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBrowser_theMainJobByClicking is the main job as three people see it:
// everything but the calls of the API itself is clicked and typed.
func TestBrowser_theMainJobByClicking(t *testing.T) {
	chromium := chromium(t)
	d := startDemo(t)
	upstream, hooks := newUpstream(t), newHookSink(t, "journey-secret")
	vendor := newPerson(t, chromium, d.file.Portal, "Giulia Marangon")
	operator := newPerson(t, chromium, d.file.Portal, "Olga Venier")
	customer := newPerson(t, chromium, d.file.Portal, "Carlo Bon")

	// The vendor describes the product.
	vendor.signIn()
	vendor.follow("Create a product")
	vendor.fill("Name", "Gondola")
	vendor.fill("Category", "maps")
	vendor.fill("Short description", "Where every gondola is.")
	vendor.fill("Upstream URL", upstream.URL+"/base")
	vendor.fill("Endpoint for events", hooks.URL+"/hook")
	vendor.fill("Signing secret", "journey-secret")
	vendor.follow("Save and choose endpoints")

	// Of the three operations of its document, two are for sale.
	vendor.upload("File", openAPI)
	vendor.follow("Read document")
	vendor.sees("Gondola API", "3 operations")
	vendor.press("POST /admin/reindex")
	vendor.follow("Add ticked endpoints")

	// The plan: five calls of one included, the other paid per use in two tiers.
	vendor.fill("Plan name", "Starter")
	vendor.fill("Recurring price", "29.00")
	vendor.fill("Setup, once", "10.00")
	vendor.choose("How is it sold: One item", "Prepaid, up to limits")
	vendor.fill("per month", "5")
	vendor.choose("How is it sold: Search", "Pay per use")
	vendor.fill("Tier 1: up to", "10")
	vendor.fill("Tier 1: price of each call", "0.10")
	vendor.follow("Add a tier")
	vendor.fill("Tier 2: price of each call", "0.05")
	vendor.follow("Refresh this preview")
	vendor.seesIn("#plan-preview", "€29.00 per month", "setup €10.00 once", "5 calls per month", "first 10 calls: €0.10 each", "above 10: €0.05 each")
	vendor.follow("Save plan")
	vendor.sees("What customers see")
	vendor.follow("Submit for review")
	vendor.sees("In review")

	// The operator finds it in the queue, looks and approves.
	operator.signIn()
	operator.follow("Review: Gondola")
	operator.sees("What the vendor entered", upstream.URL+"/base", "5 calls per month")
	operator.press("Approve product")
	operator.sees("Approve Gondola?")
	operator.follow("Approve product")
	operator.sees("Gondola is published.")

	// The customer finds it, sees the price and orders.
	customer.signIn()
	customer.open("/")
	customer.fill("Search products", "gondola")
	customer.follow("Search")
	customer.follow("Gondola")
	customer.seesIn(".compare", "€29.00 per month", "5 calls per month", "first 10 calls: €0.10 each")
	customer.follow("Choose Starter")
	customer.seesIn(".bill", "Setup €10.00", "Recurring price €29.00", "Total €39.00")
	customer.press("I accept the terms")
	customer.follow("Place order for €39.00")

	// One card is declined, the next one is good.
	customer.fill("Card number", "4000 0000 0000 0002")
	customer.follow("Pay €39.00")
	customer.seesIn("#f-card-number-error", "The card was declined. Use another card.")
	customer.fill("Card number", "4242 4242 4242 4242")
	customer.follow("Pay €39.00")

	// The page follows the setup along by itself; then the key is there.
	customer.seesIn(".title-row", "Gondola Active")
	customer.press("Show")
	customer.seesIn("#access", "Hide")
	key := customer.text("#key code")
	item := strings.ReplaceAll(customer.readyRequest(1, key), "{id}", "7")
	customer.press("Search GET")
	search := customer.readyRequest(2, key)

	// The customer's program calls.
	for range 5 {
		require.Equal(t, http.StatusOK, d.call(item, key).StatusCode)
	}
	require.Equal(t, http.StatusTooManyRequests, d.call(item, key).StatusCode)
	for range 23 {
		require.Equal(t, http.StatusOK, d.call(search, key).StatusCode)
	}
	customer.looksAgain("main", "One item per month 5 of 5 calls", "Limit reached", "Search, 23 calls", "10 × 0.10 + 13 × 0.05 = 1.65")

	// A period later the bill is right, and says why.
	customer.choose("Advance the clock", "to the next billing day")
	customer.follow("Advance")
	customer.sees("Everything due until then has happened.")
	newest, _, _ := strings.Cut(customer.text("tbody th a"), " ")
	customer.follow(newest)
	customer.seesIn(".table.invoice", "Total €30.65", "€29.00", "€1.65")
	customer.press("How it is computed")
	customer.seesIn(".why[open]", "10 × 0.10 + 13 × 0.05 = 1.65")
	require.Equal(t, "%PDF-", string(customer.download("Download PDF")[:5]))

	// The vendor was told.
	vendor.follow("Deliveries")
	vendor.looksAgain("main .table", "Created subscription 1 CREATED Gondola Delivered", "Renewed subscription 1 MODIFIED Gondola Delivered")

	// The end: the key stops working.
	customer.follow("Gondola, Starter")
	customer.press("Terminate")
	customer.sees("Terminate Gondola, plan Starter?", "The access key stops working at once.")
	customer.follow("Terminate subscription")
	customer.seesIn(".title-row", "Gondola Terminated")
	require.Equal(t, http.StatusUnauthorized, d.call(search, key).StatusCode)
}

var lastShellWord = regexp.MustCompile(`'([^']*)'$`)

// readyRequest is the address in the n-th request that is ready to be copied;
// it is to hold the key.
func (p *person) readyRequest(n int, key string) string {
	p.t.Helper()
	line := p.text(path(".request:nth-child(%d) pre", n))
	require.Contains(p.t, line, "curl --globoff --header 'apikey: "+key+"'")
	return lastShellWord.FindStringSubmatch(line)[1]
}

// TestBrowser_buyingAndLeavingWithoutJavaScript shows that scripts only make
// pages smoother: forms, links and pages that load themselves do the rest.
func TestBrowser_buyingAndLeavingWithoutJavaScript(t *testing.T) {
	chromium := chromium(t)
	d := startDemo(t)
	customer := newPerson(t, chromium, d.file.Portal, "Carlo Bon")
	customer.withoutJavaScript()

	customer.signIn()
	customer.open("/catalog?q=lagoon+shop")
	customer.follow("Lagoon Shop")
	customer.follow("Choose Starter")
	customer.press("I accept the terms")
	customer.follow("Place order for €39.00")
	customer.fill("Card number", "4242 4242 4242 4242")
	customer.follow("Pay €39.00")
	customer.seesIn(".title-row", "Active")

	customer.follow("Show")
	key := customer.text("#key code")
	address := customer.readyRequest(1, key)
	require.Equal(t, http.StatusOK, d.call(address, key).StatusCode)
	customer.follow("Hide")
	customer.seesIn("#access", "YOUR_KEY")

	customer.follow("Terminate")
	customer.sees("The access key stops working at once.")
	customer.follow("Terminate subscription")
	customer.seesIn(".title-row", "Terminated")
	require.Equal(t, http.StatusUnauthorized, d.call(address, key).StatusCode)
}
