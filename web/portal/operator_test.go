package portal_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/reconcile"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/stretchr/testify/require"
)

// workspacePages are all pages of both spaces, of a marketplace in which the
// first of everything exists.
func workspacePages() (vendor, operator []string) {
	vendor = []string{"/vendor", "/vendor/products", "/vendor/products/new", "/vendor/products/1", "/vendor/products/1/edit",
		"/vendor/products/1/import", "/vendor/products/1/endpoints", "/vendor/products/1/endpoints/search", "/vendor/products/1/plans",
		"/vendor/products/1/plans/new", "/vendor/products/1/plans/1", "/vendor/products/1/integration", "/vendor/products/1/subscribers",
		"/vendor/products/1/deliveries", "/vendor/subscribers", "/vendor/subscribers/1", "/vendor/subscribers/1/suspend",
		"/vendor/deliveries", "/vendor/deliveries/1", "/vendor/webhooks", "/vendor/webhooks/new", "/vendor/webhooks/1", "/vendor/webhooks/1/delete"}
	operator = []string{"/operator", "/operator/reviews", "/operator/reviews/1", "/operator/reviews/1/approve", "/operator/subscriptions",
		"/operator/subscriptions/1", "/operator/subscriptions/1?compare=now", "/operator/subscriptions/1/terminate", "/operator/customers",
		"/operator/customers/3", "/operator/invoices", "/operator/invoices/1", "/operator/invoices/1/pdf", "/operator/deliveries",
		"/operator/deliveries/1", "/operator/webhooks", "/operator/webhooks/new", "/operator/webhooks/1", "/operator/webhooks/1/delete", "/operator/providers", "/operator/providers/new", "/operator/providers/new?plugin=cloud", "/operator/providers/1",
		"/operator/plugins", "/operator/plugins/example", "/operator/plugins/example/restart", "/operator/provisioning", "/operator/provisioning/1/again", "/operator/drift", "/operator/drift?state=all",
		"/operator/drift/runs", "/operator/drift/compare", "/operator/drift/1/repair", "/operator/mail", "/operator/audit", "/operator/styleguide"}
	return vendor, operator
}

// used is a marketplace with a subscription, a difference from what was sold,
// and a delivery that fails.
func used(t *testing.T) *market {
	t.Helper()
	m := setup(t)
	m.deliverTo("http://127.0.0.1:1/nobody-listens")
	m.buy(m.plan.ID)
	m.drifted()
	require.Eventually(t, func() bool { return len(m.deliveries()) > 0 && m.deliveries()[0].LastError != "" }, 20*time.Second, 20*time.Millisecond)
	return m
}

// drifted puts a box into the example's file that nobody bought, and finds it.
func (m *market) drifted() {
	m.t.Helper()
	text, err := os.ReadFile(m.boxes)
	require.NoError(m.t, err)
	text = bytes.Replace(text, []byte(`"boxes":{`), []byte(`"boxes":{"999":{"plan":"{}","key":"k"},`), 1)
	require.NoError(m.t, os.WriteFile(m.boxes, text, 0o600))
	_, err = m.Reconcile.ReconcileNow(m.ctx, m.operator, reconcile.Scope{})
	require.NoError(m.t, err)
	m.idle()
}

// deliverTo sends the product's events to the address.
func (m *market) deliverTo(address string) {
	m.t.Helper()
	_, err := m.Catalog.UpdateProduct(m.ctx, m.vendor, m.product.ID, catalog.ProductInput{Name: "Lagoon", Category: "maps",
		ShortDescription: "Maps of the lagoon", UpstreamURL: "http://127.0.0.1:9/base", SyndicationURL: address, SyndicationSecret: "the-signing-secret"})
	require.NoError(m.t, err)
}

func (m *market) deliveries() []webhook.Delivery {
	m.t.Helper()
	found, err := m.Webhooks.Deliveries(m.ctx, m.vendor, webhook.Filter{}, page.Request{})
	require.NoError(m.t, err)
	return found.Items
}

func TestWorkspaces_areClosedToOthers(t *testing.T) {
	m := used(t)
	vendorPages, operatorPages := workspacePages()
	visitor, customer, rival, vendor := m.visitor(), m.as(m.customer), m.as(m.person(account.Vendor, "Rival Charts Limited")), m.as(m.vendor)
	for _, path := range append(vendorPages, operatorPages...) {
		visitor.open(path)
		require.Equal(t, "/sign-in", visitor.at.Path, path)
		customer.open(path)
		require.Equal(t, http.StatusForbidden, customer.status, path)
	}
	for _, path := range operatorPages {
		vendor.open(path)
		require.Equal(t, http.StatusForbidden, vendor.status, path)
	}
	for _, path := range vendorPages {
		vendor.open(path)
		require.Equal(t, http.StatusOK, vendor.status, path)
		if strings.Contains(path, "/1") {
			rival.open(path)
			require.Equal(t, http.StatusNotFound, rival.status, path)
		}
	}
}

func TestWorkspaces_formsOfOthersChangeNothing(t *testing.T) {
	m := used(t)
	forms := map[string]url.Values{
		"/vendor/products/1/edit": {"name": {"Taken over"}}, "/vendor/products/1/submit": {}, "/vendor/products/1/import": {"do": {"hand"}, "method": {"GET"}, "path": {"/x"}},
		"/vendor/products/1/endpoints/search": {"name": {"Taken over"}}, "/vendor/products/1/plans/new": wholePlan(), "/vendor/products/1/plans/1": wholePlan(),
		"/vendor/subscribers/1/suspend": {}, "/vendor/deliveries/1/replay": {},
		"/vendor/webhooks/1": {"url": {"https://rival.example/"}}, "/vendor/webhooks/1/disable": {}, "/vendor/webhooks/1/enable": {}, "/vendor/webhooks/1/delete": {},
		"/vendor/webhooks/1/rotate": {}, "/vendor/webhooks/1/test": {}, "/vendor/webhooks/1/replay": {"status": {"dead"}}, "/operator/webhooks/new": {"url": {"https://rival.example/"}},
		"/operator/reviews/1/approve": {}, "/operator/reviews/1/reject": {"reason": {"no"}}, "/operator/subscriptions/1/terminate": {},
		"/operator/deliveries/1/replay": {}, "/operator/plugins/example/restart": {}, "/operator/providers/new": cloudForm("right"), "/operator/providers/1": {},
		"/operator/provisioning/1/cancel": {}, "/operator/provisioning/1/again": {}, "/operator/drift/compare": {}, "/operator/drift/1/repair": {}, "/operator/drift/1/leave": {},
	}
	before, err := m.Catalog.Product(m.ctx, m.vendor, m.product.ID)
	require.NoError(t, err)
	customer, rival, vendor := m.as(m.customer), m.as(m.person(account.Vendor, "Rival Charts Limited")), m.as(m.vendor)
	for path, form := range forms {
		send := func(b *browser) int {
			b.open("/")
			b.send(http.MethodPost, path, with(form, "csrf", b.doc.Find("input[name=csrf]").First().AttrOr("value", "")), nil)
			return b.status
		}
		require.Equal(t, http.StatusForbidden, send(customer), path)
		if strings.HasPrefix(path, "/vendor") {
			require.Equal(t, http.StatusNotFound, send(rival), path)
		} else {
			require.Equal(t, http.StatusForbidden, send(vendor), path)
		}
	}
	after, err := m.Catalog.Product(m.ctx, m.vendor, m.product.ID)
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Equal(t, subscription.Active, m.sub(1).Status)
}

func TestWorkspaces_pagesAreAccessible(t *testing.T) {
	m := used(t)
	vendorPages, operatorPages := workspacePages()
	for who, paths := range map[account.Actor][]string{m.vendor: vendorPages, m.operator: operatorPages} {
		b := m.as(who)
		for _, path := range paths {
			b.open(path)
			require.Equal(t, http.StatusOK, b.status, path)
			if strings.HasSuffix(path, "/pdf") {
				require.Equal(t, "application/pdf", b.header.Get("Content-Type"))
				continue
			}
			b.accessible()
		}
	}
}

func TestQueue_showsWhatIsBrokenAndItCanBeMended(t *testing.T) {
	m := setup(t)
	o := m.as(m.operator)
	o.open("/operator")
	o.has("The queue is empty")
	save := func(settings string) {
		_, err := m.Provision.SaveProvider(m.ctx, m.operator, provision.ProviderInput{Name: "main", Plugin: "example", ProductType: catalog.API,
			Settings: []byte(settings), IngestSecret: "0123456789abcdef", Force: true})
		require.NoError(t, err)
	}
	save(`{}`)
	placed, err := m.Orders.Place(m.ctx, m.customer, order.Input{PlanID: m.plan.ID})
	require.NoError(t, err)
	_, err = m.Payments.Pay(m.ctx, m.customer, *placed.InvoiceID, payment.Card{Number: "4242424242424242"})
	require.NoError(t, err)
	m.idle()

	o.open("/operator/providers")
	o.has("Does not work", "The settings name no file.")
	o.open("/operator")
	o.has("Setting up failed", "The settings name no file.")
	o.follow("Look at it")
	o.has("Setup failed", "Lagoon for Acme")
	save(fmt.Sprintf(`{"file":%q}`, filepath.Join(t.TempDir(), "boxes.json")))
	o.submit("form[action$='/retry']", nil)
	o.has("It is being set up again.")
	m.idle()
	o.open("/operator")
	o.has("The queue is empty")
	o.open("/operator/providers")
	o.has("Works")
}

func TestOperatorSubscription_comparesSuspendsResumesAndTerminates(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	o := m.as(m.operator)
	here := fmt.Sprintf("/operator/subscriptions/%d", sub.ID)
	o.open(here)
	o.follow("Ask the provider")
	o.has("Exists and works", "Nothing differs from what was sold.", "box-"+fmt.Sprint(sub.ID))

	o.open(here + "/suspend")
	o.has("Suspend Lagoon for Acme?")
	o.submit("main form", nil)
	o.has("The subscription is suspended.", "Suspended")
	m.idle()
	o.open(here + "?compare=now")
	o.has("Exists and is blocked")
	o.submit("form[action$='/resume']", nil)
	o.has("The subscription is resumed.")
	m.idle()
	o.open(here + "/terminate")
	o.has("This cannot be undone.")
	o.submit("main form", nil)
	m.idle()
	o.open(here + "?compare=now")
	o.has("Terminated", "Does not exist", "Everything was removed")
	require.Zero(t, o.doc.Find("form[action$='/terminate']").Length())
	o.open(here + "/explode")
	require.Equal(t, http.StatusNotFound, o.status)
}

func TestVendorSubscriber_mayBeSuspendedAndTerminatedByWhoSoldIt(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	m.use(sub.ID, "search", 23)
	b := m.as(m.vendor)
	b.open("/vendor/subscribers")
	b.has("Acme", "Starter")
	b.follow("Acme")
	b.has("Calls per day", "Ready to use")
	b.submit("form[action$='/suspend']", nil)
	require.Equal(t, subscription.Suspended, m.sub(sub.ID).Status)
	b.submit("form[action$='/terminate']", nil)
	b.has("The subscription is being removed.")
	m.idle()
	require.Equal(t, subscription.Terminated, m.sub(sub.ID).Status)
}

func TestDeliveries_areShownWithEachAttemptAndSentAgain(t *testing.T) {
	m := used(t)
	b := m.as(m.vendor)
	b.open("/vendor")
	b.has("was not delivered")
	b.open("/vendor/deliveries?status=pending")
	b.has("Trying again")
	newest := b.doc.Find("#list tbody th a").First().Text() // those before it are superseded, sooner or later
	b.follow(newest)
	b.has("http://127.0.0.1:1/nobody-listens", `"entity":"Subscription"`, "Attempt 1", "No answer", "Cmw-Event-Signature", "Next attempt")
	require.NotContains(t, b.html(), "the-signing-secret")

	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("thank you"))
	}))
	t.Cleanup(receiver.Close)
	m.deliverTo(receiver.URL)
	here := b.at.Path
	b.submit("form[action$='/replay']", nil)
	b.has("The delivery is being sent again.")
	require.Eventually(t, func() bool { b.open(here); return strings.Contains(b.text("h1 + .pill"), "Delivered") }, 20*time.Second, 50*time.Millisecond)
	b.has("thank you", "200")
	b.open("/vendor/deliveries?status=delivered")
	b.has(newest)
	b.open("/vendor/deliveries?status=lost")
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
}

func TestOperatorLists_filterAndLead(t *testing.T) {
	m := used(t)
	o := m.as(m.operator)
	o.open("/operator/customers?kind=vendor")
	o.has("Lagoon Maps")
	require.NotContains(t, o.text("main"), "Acme")
	o.follow("Lagoon Maps")
	o.has("What it sold", m.vendor.Email)
	o.open(fmt.Sprintf("/operator/subscriptions?customer=%d", m.stranger.OrganizationID))
	require.NotContains(t, o.text("main table"), "Acme")
	o.open("/operator/invoices?status=paid")
	o.follow("2026-00000001")
	o.has("€29.00", "€47.58", "Acme")
	o.open("/operator/audit?entity=product&q=approve")
	o.has("product.approved")
	require.NotContains(t, o.text("main table"), "product.create")
	o.open("/operator/audit?q=nobody-did-this")
	o.has("Nothing matches")
	o.open("/operator/audit")
	require.NotContains(t, o.html(), "the-signing-secret")
	o.open("/operator/customers?kind=king")
	require.Equal(t, http.StatusUnprocessableEntity, o.status)
	o.open("/operator/reviews?status=published")
	o.has("Lagoon")
}
