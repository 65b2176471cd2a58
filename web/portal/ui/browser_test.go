package ui_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/web/portal/ui"
)

// browser starts Chromium on a server that shows the style guide, and returns
// a tab and the page's address. Anything the console complains about, such as
// a breach of the content security policy, fails the test.
func browser(t *testing.T) (context.Context, string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("FONDACO_REQUIRE_SERVICES") != "" {
			t.Fatal("FONDACO_REQUIRE_SERVICES is set, but there is no chromium")
		}
		t.Skip("no chromium on this machine: the style guide is not tried in a browser")
	}
	srv := httptest.NewServer(styleguideServer(t))
	t.Cleanup(srv.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	// chromedp reports protocol events newer than itself as errors; they are none.
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *cdplog.EventEntryAdded:
			if e.Entry.Level == cdplog.LevelError {
				t.Errorf("console: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *cdpruntime.EventExceptionThrown:
			t.Errorf("script: %s", e.ExceptionDetails.Error())
		}
	})
	return ctx, srv.URL + "/operator/styleguide"
}

func styleguideServer(t *testing.T) http.Handler {
	r := renderer(t)
	mux := http.NewServeMux()
	mux.Handle("/static/", r.Assets())
	mux.HandleFunc("/operator/styleguide", func(w http.ResponseWriter, req *http.Request) {
		p := examplePage()
		p.URL, p.Theme = req.URL, ui.ThemeOf(req)
		page := ui.Styleguide(p)
		if req.Method == http.MethodPost && req.FormValue("csrf") == "token" {
			page.Hidden.Value = "revealed-key"
		}
		if err := r.Render(w, http.StatusOK, "styleguide", page); err != nil {
			t.Errorf("render: %v", err)
		}
	})
	return mux
}

func TestScript_secretDialogKeysAndTheme(t *testing.T) {
	ctx, page := browser(t)
	var focused, theme, kept, hidden string
	var open, asked bool
	require.NoError(t, chromedp.Run(ctx, cdplog.Enable(), chromedp.Navigate(page),
		chromedp.Text("#key-hidden .secret-value", &hidden),
		chromedp.Click("#key-hidden form button"),
		chromedp.WaitVisible("#key-hidden [data-copy-text]"),
		chromedp.Click("[data-dialog]"),
		chromedp.WaitVisible("#dialog-terminate[open]"),
		chromedp.Click("#dialog-terminate [data-close]"),
		chromedp.Evaluate(`document.querySelector("#dialog-terminate").open`, &open),
		chromedp.Evaluate(`document.activeElement.blur(); document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "?", bubbles: true})); document.querySelector("#keys").open`, &asked),
		chromedp.Evaluate(`document.querySelector("#keys").close(); document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true})); document.activeElement.id`, &focused),
		chromedp.Click("[data-theme-form] button"),
		chromedp.Evaluate(`document.documentElement.dataset.theme`, &theme),
		chromedp.Reload(),
		chromedp.Evaluate(`document.documentElement.dataset.theme`, &kept),
	))
	require.NotContains(t, hidden, "revealed")
	require.False(t, open, "the dialog closes")
	require.True(t, asked, "? shows the keys")
	require.Equal(t, "filter-q", focused)
	require.Equal(t, "dark", theme)
	require.Equal(t, "dark", kept)
}

func TestStyleguide_fitsAPhoneWithoutSidewaysScrolling(t *testing.T) {
	ctx, page := browser(t)
	var width int
	var offenders []string
	require.NoError(t, chromedp.Run(ctx, cdplog.Enable(), emulation.SetDeviceMetricsOverride(360, 800, 2, true), chromedp.Navigate(page),
		chromedp.Evaluate(`document.documentElement.scrollWidth`, &width),
		chromedp.Evaluate(`[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > 361 && !e.closest(".tabs, pre, .scroll, .sr, thead, caption")).map(e => e.outerHTML.slice(0, 80))`, &offenders),
	))
	require.Equal(t, 360, width)
	require.Empty(t, offenders)
}
