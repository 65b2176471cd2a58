package portal_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

func TestChromium_listsAndPagesFollowWhatHappens(t *testing.T) {
	m := setup(t)
	m.withScripts()
	sub := m.buy(m.plan.ID)
	ctx := chromium(t)
	require.NoError(t, chromedp.Run(ctx, m.signedIn(m.customer), chromedp.Navigate(m.url+"/account/invoices?state=unpaid"), chromedp.WaitVisible(`#list .empty`)))
	m.until(ctx, `document.querySelectorAll("#list tbody tr").length > 0`, func() {
		_, err := m.Orders.Place(m.ctx, m.customer, order.Input{PlanID: m.plan.ID})
		require.NoError(t, err)
	})
	require.NoError(t, chromedp.Run(ctx, chromedp.Navigate(m.url+pathOf(sub)), chromedp.WaitVisible(`#state .pill-good`)))
	m.until(ctx, `document.querySelector("#state").innerText.includes("Suspended")`, func() {
		change := m.Subscriptions.Suspend
		if m.sub(sub.ID).Status == subscription.Suspended {
			change = m.Subscriptions.Resume
		}
		_, err := change(m.ctx, m.customer, sub.ID)
		require.NoError(t, err)
	})
}

// until does something again and again, as the page's stream may open after the
// first time, until the page that is open shows it by itself.
func (m *market) until(ctx context.Context, shows string, do func()) {
	m.t.Helper()
	require.Eventually(m.t, func() bool {
		var seen bool
		require.NoError(m.t, chromedp.Run(ctx, chromedp.Evaluate(shows, &seen)))
		if !seen {
			do()
		}
		return seen
	}, 30*time.Second, 2500*time.Millisecond)
}

func TestChromium_webhooksAndVendorsSalesFitAPhone(t *testing.T) {
	m := setup(t)
	path, _ := m.handSale(false)
	hook := "/account/webhooks/" + id(m.endpoint().ID)
	delivery := "/account/deliveries/" + id(m.tested().ID)
	ctx := chromium(t)
	require.NoError(t, chromedp.Run(ctx, m.signedIn(m.customer), emulation.SetDeviceMetricsOverride(360, 800, 2, true)))
	for _, p := range []string{"/account/webhooks", "/account/webhooks/new", hook, delivery, "/account/deliveries"} {
		m.fitsAPhone(ctx, p)
	}
	require.NoError(t, chromedp.Run(ctx, network.ClearBrowserCookies(), m.signedIn(m.vendor)))
	m.fitsAPhone(ctx, path)
}

// withScripts skips the test where the portal's scripts from npm were not
// built, but fails where nothing may be missing.
func (m *market) withScripts() {
	m.t.Helper()
	visitor := m.visitor()
	visitor.open("/")
	if visitor.doc.Find("script[src*='vendor/sse']").Length() == 0 {
		require.Empty(m.t, os.Getenv("FONDACO_REQUIRE_NPM"), "the portal's scripts were not built")
		m.t.Skip("the portal's scripts from npm were not built: pages do not follow by themselves")
	}
}
