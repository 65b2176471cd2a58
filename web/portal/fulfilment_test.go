package portal_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

// byHand puts a service that its vendor does by hand on sale.
func (m *market) byHand(approval bool) catalog.Plan {
	m.t.Helper()
	p, err := m.Catalog.CreateProduct(m.ctx, m.vendor, catalog.ProductInput{Name: "Caulking", SKU: "caulking", Type: catalog.VendorService,
		Category: "care", ShortDescription: "By hand", SubscriptionApproval: approval,
		Configuration: json.RawMessage(`{"endUserInstructions":"Ask for Siro.","terminationMessage":"Take your boat away."}`)})
	require.NoError(m.t, err)
	plan, err := m.Catalog.CreatePlan(m.ctx, m.vendor, p.ID, catalog.PlanInput{Name: "Yearly", Terms: price.Terms{Currency: "EUR", PeriodMonths: 12}})
	require.NoError(m.t, err)
	_, err = m.Catalog.Submit(m.ctx, m.vendor, p.ID)
	require.NoError(m.t, err)
	_, err = m.Catalog.Approve(m.ctx, m.operator, p.ID)
	require.NoError(m.t, err)
	return plan
}

func TestSubscription_thatItsVendorSetUpShowsWhatTheVendorGave(t *testing.T) {
	m := setup(t)
	o, err := m.Orders.Place(m.ctx, m.customer, order.Input{PlanID: m.byHand(false).ID})
	require.NoError(t, err)
	sub := m.sub(*o.SubscriptionID)
	b := m.as(m.customer)
	b.open(pathOf(sub))
	b.has("Being set up", "Lagoon Maps is setting it up.")
	require.Zero(t, b.doc.Find("#access").Length())

	require.NoError(t, m.Fulfilment.SetEndpoints(m.ctx, m.vendor, sub.ID, []fulfilment.EndpointInput{{URL: "https://squero.example/acme"},
		{URL: "https://squero.example/help", Category: fulfilment.Documentation}}))
	require.NoError(t, m.Fulfilment.SetInstructions(m.ctx, m.vendor, sub.ID, map[string]string{"en": "Bring the boat <on> Monday."}))
	require.NoError(t, m.Fulfilment.SetCredentials(m.ctx, m.vendor, sub.ID, []fulfilment.CredentialInput{{Key: "gate", Value: "r3mo", Description: fulfilment.Text{"en": "Gate code"}}}))
	require.NoError(t, m.Fulfilment.Report(m.ctx, m.vendor, sub.ID, fulfilment.Report{Status: fulfilment.Deployed}))
	b.open(pathOf(sub))
	b.has("Active", "Access", "Documentation", "Bring the boat <on> Monday.", "Credentials")
	require.Equal(t, 1, b.doc.Find("#access a[href='https://squero.example/acme']").Length())
	require.NotContains(t, b.html(), "r3mo")
	b.submit("#key form", nil)
	b.accessible()
	b.has("Gate code", "r3mo")

	operator := m.as(m.operator)
	operator.open("/operator/subscriptions/" + id(sub.ID))
	operator.has("https://squero.example/acme")
	require.NotContains(t, operator.html(), "r3mo")
	vendor := m.as(m.vendor)
	vendor.open("/vendor/subscriptions/" + id(sub.ID))
	require.NotContains(t, vendor.html(), "r3mo")
}

func TestSubscription_showsWhatItsProductSaysOfUseAndEnd(t *testing.T) {
	m := setup(t)
	_, sub := m.handSale(false)
	b := m.as(m.customer)
	b.open(pathOf(sub))
	require.NotContains(t, b.html(), "Ask for Siro.", "it is not there yet")
	require.NoError(t, m.Fulfilment.Report(m.ctx, m.vendor, sub.ID, fulfilment.Report{Status: fulfilment.Deployed}))
	b.open(pathOf(sub))
	b.has("Ask for Siro.")
	b.open(pathOf(sub) + "/terminate")
	b.has("Take your boat away.")
	require.NoError(t, m.Fulfilment.SetInstructions(m.ctx, m.vendor, sub.ID, map[string]string{"en": "Pier 4."}))
	b.open(pathOf(sub))
	b.has("Pier 4.")
	require.NotContains(t, b.html(), "Ask for Siro.", "what is said of this one counts")
}

func TestMetrics_thatCannotBeReadAreShownToThoseConcerned(t *testing.T) {
	m := setup(t)
	_, sub := m.handSale(false)
	require.NoError(t, m.Fulfilment.Report(m.ctx, m.vendor, sub.ID, fulfilment.Report{Status: fulfilment.Deployed}))
	_, err := m.DB.Writer().Exec(`INSERT INTO metric_state (marketplace_id, subscription_id, meter, due_at, booked_until, failures, last_error)
		SELECT marketplace_id, id, 'hulls', created_at, created_at, 3, 'The vendor answered 503.' FROM subscription`)
	require.NoError(t, err)
	for who, home := range map[account.Actor]string{m.vendor: "/vendor", m.operator: "/operator"} {
		b := m.as(who)
		b.open(home)
		b.has("Metric hulls of subscription "+id(sub.ID), "The vendor answered 503.")
	}
	rival := m.as(m.person(account.Vendor, "Rival Charts Limited"))
	rival.open("/vendor")
	require.NotContains(t, rival.html(), "hulls")
}

func TestSubscription_thatWaitsIsShownToEverybodyConcerned(t *testing.T) {
	m := setup(t)
	plan := m.byHand(true)
	b := m.as(m.customer)
	b.open("/checkout?plan=" + id(plan.ID))
	b.submit("#order", url.Values{"terms": {"true"}})
	require.Regexp(t, `^/account/subscriptions/\d+$`, b.at.Path)
	b.has("Waiting for approval", "It is set up when whoever sells it has approved the order.")
	b.accessible()
	own := b.at.Path
	b.open("/account/subscriptions")
	b.has("Waiting for approval")
	number := strings.TrimPrefix(own, "/account/subscriptions/")
	m.as(m.vendor).open("/vendor/subscriptions/" + number)
	m.as(m.operator).open("/operator/subscriptions/" + number)

	orders, err := m.Orders.List(m.ctx, m.vendor, page.Request{})
	require.NoError(t, err)
	_, err = m.Orders.Reject(m.ctx, m.vendor, orders.Items[0].ID)
	require.NoError(t, err)
	b.open(own)
	b.has("Rejected")
	require.Zero(t, b.doc.Find("#end").Length(), "there is nothing to end")
}
