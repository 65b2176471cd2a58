package portal_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/stretchr/testify/require"
)

// chromium is a tab of a real browser. Anything its console complains about,
// such as a breach of the content security policy, fails the test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is needed under CI")
		}
		t.Skip("no chromium on this machine: the workspaces are not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	// chromedp reports protocol events newer than itself as errors; they are none.
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *cdplog.EventEntryAdded:
			// Chromium calls any answer of 422 an error; a form given back is none.
			if e.Entry.Level == cdplog.LevelError && !strings.Contains(e.Entry.Text, "status of 422") {
				t.Errorf("console: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *cdpruntime.EventExceptionThrown:
			t.Errorf("script: %s", e.ExceptionDetails.Error())
		}
	})
	require.NoError(t, chromedp.Run(ctx, cdplog.Enable()))
	return ctx
}

// signedIn gives the tab the session of the person.
func (m *market) signedIn(who account.Actor) chromedp.Action {
	m.t.Helper()
	b := m.as(who)
	at, err := url.Parse(m.url)
	require.NoError(m.t, err)
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for _, c := range b.client.Jar.Cookies(at) {
			if err := network.SetCookie(c.Name, c.Value).WithURL(m.url).Do(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestChromium_onboardingByClicking(t *testing.T) {
	m := setup(t)
	ctx := chromium(t)
	var preview, status string
	var tiersBefore, tiersAfter string
	display := func(id string, into *string) chromedp.Action {
		return chromedp.Evaluate(`getComputedStyle(document.getElementById("`+id+`")).display`, into)
	}
	require.NoError(t, chromedp.Run(ctx, m.signedIn(m.vendor), chromedp.Navigate(m.url+"/vendor"),
		chromedp.Click(`//a[text()="Create a product"]`),
		chromedp.SendKeys(`#f-name`, "Lagoon Tides"), chromedp.SendKeys(`#f-category`, "weather"),
		chromedp.SendKeys(`#f-shortDescription`, "Tides, five days ahead."), chromedp.SendKeys(`#f-api-upstreamUrl`, "http://127.0.0.1:9/tides\r"),
		chromedp.WaitVisible(`#document`),
		chromedp.SetValue(`#f-document`, tides), chromedp.Click(`button[value=read]`),
		chromedp.WaitVisible(`#proposal`), chromedp.Click(`.actions button[value=pick]`),
		chromedp.WaitVisible(`#plan`), display("f-endpoints-1-tiers", &tiersBefore),
		chromedp.SendKeys(`#f-name`, "Starter"), chromedp.SetValue(`#f-recurringPrice`, "29.00"),
		chromedp.SetValue(`#f-endpoints-0-mode`, "prepaid"), chromedp.SetValue(`#f-endpoints-0-limits-month`, "1000"),
		chromedp.SetValue(`#f-endpoints-1-mode`, "payPerUse"), display("f-endpoints-1-tiers", &tiersAfter),
		chromedp.SendKeys(`#f-endpoints-1-tiers-0-unitPrice`, "0.10"),
		chromedp.Click(`button[value=look]`), chromedp.WaitVisible(`.plan-preview-name`), chromedp.Text(`#plan-preview`, &preview),
		chromedp.Click(`.actions button[value=save]`),
		chromedp.WaitVisible(`.submit-box`), chromedp.Click(`.submit-box button`),
		chromedp.WaitVisible(`.title-row .pill-pending`), chromedp.Text(`.title-row .pill`, &status),
	))
	require.Equal(t, "none", tiersBefore, "prices are hidden until they are needed")
	require.NotEqual(t, "none", tiersAfter)
	require.Contains(t, preview, "every call: €0.10 each")
	require.Equal(t, "In review", strings.TrimSpace(status))
	require.Equal(t, catalog.Review, m.find("lagoon-tides").Status)
}

func TestChromium_workspacesFitAPhone(t *testing.T) {
	m := used(t)
	ctx := chromium(t)
	vendorPages, operatorPages := workspacePages()
	for who, paths := range map[account.Actor][]string{m.vendor: vendorPages, m.operator: operatorPages} {
		require.NoError(t, chromedp.Run(ctx, network.ClearBrowserCookies(), m.signedIn(who), emulation.SetDeviceMetricsOverride(360, 800, 2, true)))
		for _, path := range paths {
			if strings.HasSuffix(path, "/pdf") {
				continue
			}
			m.fitsAPhone(ctx, path)
		}
	}
}

// fitsAPhone requires that nothing of a page is wider than 360 pixels.
func (m *market) fitsAPhone(ctx context.Context, path string, first ...chromedp.Action) {
	m.t.Helper()
	var width int
	var over []string
	require.NoError(m.t, chromedp.Run(ctx, chromedp.Navigate(m.url+path)))
	require.NoError(m.t, chromedp.Run(ctx, first...))
	require.NoError(m.t, chromedp.Run(ctx, chromedp.Evaluate(`document.documentElement.scrollWidth`, &width),
		chromedp.Evaluate(`[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > 361 && !e.closest(".tabs, pre, .scroll, .sr, thead, caption, dialog")).map(e => e.outerHTML.slice(0, 90))`, &over)))
	require.Equal(m.t, 360, width, path)
	require.Empty(m.t, over, path)
}

func TestChromium_pagesOfACloudFitAPhone(t *testing.T) {
	m := setup(t)
	sub := m.project()
	m.cloud.set(sub.ID, &project{Cores: 8, MemoryGb: 8})
	m.compareNow(m.as(m.operator))
	ctx := chromium(t)
	product := "/vendor/products/" + id(sub.ProductID)
	for who, paths := range map[account.Actor][]string{
		m.vendor:   {"/vendor/products/new?type=cloud", product, product + "/edit", product + "/plans/new", product + "/plans", product + "/integration"},
		m.operator: {"/operator", "/operator/drift", "/operator/drift/runs", "/operator/provisioning", "/operator/providers/2", "/operator/providers/new?plugin=cloud", "/operator/plugins/cloud"},
		m.customer: {"/products/lagoon-cloud", "/checkout?plan=" + id(sub.PlanID), pathOf(sub) + "/size?parameters.cores=8&parameters.memoryGb=4"},
	} {
		require.NoError(t, chromedp.Run(ctx, network.ClearBrowserCookies(), m.signedIn(who), emulation.SetDeviceMetricsOverride(360, 800, 2, true)))
		for _, path := range paths {
			m.fitsAPhone(ctx, path)
		}
	}
	require.NoError(t, chromedp.Run(ctx, network.ClearBrowserCookies(), m.signedIn(m.customer)))
	m.fitsAPhone(ctx, pathOf(sub), chromedp.Click(`#key button`), chromedp.WaitVisible(`#access form[action$="openrc"]`))
}

func TestChromium_billFollowsAsOneTypesAndSetupAsItMoves(t *testing.T) {
	m := setup(t)
	m.withScripts()
	hold := make(chan struct{})
	m.cloud.change(func(c *cloud) { c.hold = hold })
	_, plan, _ := m.clouds()
	ctx := chromium(t)
	var bill, wrong, address, steps string
	require.NoError(t, chromedp.Run(ctx, m.signedIn(m.customer), chromedp.Navigate(m.url+"/checkout?plan="+id(plan.ID)),
		chromedp.WaitVisible(`#f-parameters-cores`), chromedp.SetValue(`#f-parameters-cores`, ""), chromedp.SendKeys(`#f-parameters-cores`, "4"),
		chromedp.WaitVisible(`//button[text()="Place order for €37.82"]`), chromedp.Text(`#checkout-bill`, &bill), chromedp.Location(&address),
		chromedp.SendKeys(`#f-parameters-cores`, "4"), chromedp.WaitVisible(`.bill-wrong`), chromedp.Text(`.bill-wrong`, &wrong),
		chromedp.SetValue(`#f-parameters-cores`, ""), chromedp.SendKeys(`#f-parameters-cores`, "4"), chromedp.WaitVisible(`//button[text()="Place order for €37.82"]`),
		chromedp.Click(`#f-terms`), chromedp.Click(`#checkout-button button`),
		chromedp.WaitVisible(`#f-card-number`), chromedp.SendKeys(`#f-card-number`, "4242424242424242\r"),
		chromedp.WaitVisible(`//*[@id="progress"]//*[contains(text(), "Setting quotas")]`), chromedp.Text(`#progress`, &steps)))
	require.Contains(t, bill, "3 × 5.00 = 15.00")
	require.Contains(t, wrong, "At most 16.")
	require.Contains(t, address, "parameters.cores=4", "the choice can be shared")
	require.Contains(t, steps, "Step 2 of 3")
	close(hold)
	require.NoError(t, chromedp.Run(ctx, chromedp.WaitVisible(`.title-row .pill-good`), chromedp.WaitNotPresent(`#progress section`)))
}
