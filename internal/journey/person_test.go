package journey

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long people wait for a page to show something.
const patience = 20 * time.Second

// chromium is the browser's executable; without one the test is skipped.
func chromium(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath(cmp.Or(os.Getenv("FONDACO_CHROMIUM"), "chromium"))
	if err != nil && os.Getenv("FONDACO_REQUIRE_SERVICES") != "" {
		t.Fatalf("FONDACO_REQUIRE_SERVICES is set, but there is no Chromium: %v", err)
	}
	if err != nil {
		t.Skip("no Chromium on this machine: the main job is not tried by clicking (install chromium, or name it in FONDACO_CHROMIUM)")
	}
	return path
}

// person is somebody at a browser of their own: it finds things by the words
// that are to be seen on the page, as people do.
type person struct {
	t    *testing.T
	name string
	ctx  context.Context
	base string
}

// newPerson starts a browser with nothing remembered. Whatever its console
// complains about, such as a breach of the content security policy, fails the
// test; when it fails, a picture of the page is kept.
func newPerson(t *testing.T, chromium, base, name string) *person {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	// chromedp reports protocol events newer than itself as errors; they are none.
	ctx, _ = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(func() {
		end()
		chromedp.FromContext(ctx).Allocator.Wait() // its process and its profile are gone
	})
	require.NoError(t, chromedp.Run(ctx), "start %s", chromium)
	p := &person{t: t, name: name, ctx: ctx, base: base}
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *cdplog.EventEntryAdded:
			if e.Entry.Level == cdplog.LevelError && e.Entry.Source != cdplog.SourceNetwork {
				t.Errorf("%s's console: %s %s", name, e.Entry.Text, e.Entry.URL)
			}
		case *cdpruntime.EventExceptionThrown:
			t.Errorf("%s's page: %s", name, e.ExceptionDetails.Error())
		}
	})
	t.Cleanup(p.pictureOfFailure)
	p.must(cdplog.Enable())
	return p
}

// signIn takes the button of the demo's sign-in page.
func (p *person) signIn() {
	p.t.Helper()
	p.open("/sign-in")
	p.follow("Sign in as " + p.name)
}

func (p *person) withoutJavaScript() { p.must(emulation.SetScriptExecutionDisabled(true)) }

func (p *person) open(path string) {
	p.t.Helper()
	p.must(chromedp.Navigate(p.base + path))
}

// follow clicks what leads to another page, and waits for that page.
func (p *person) follow(words string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(clickable(words), chromedp.ByJSPath))
	require.NoError(p.t, err, "%s follows %q", p.name, words)
}

// press clicks what changes this page.
func (p *person) press(words string) {
	p.t.Helper()
	p.try("presses "+words, chromedp.Click(clickable(words), chromedp.ByJSPath))
}

// fill replaces what is in the field of that label.
func (p *person) fill(label, text string) {
	p.t.Helper()
	p.try("fills in "+label, chromedp.WaitVisible(field(label), chromedp.ByJSPath),
		chromedp.Evaluate(field(label)+".select()", nil), chromedp.SendKeys(field(label), text, chromedp.ByJSPath))
}

// choose types the beginning of a choice into the list of that label.
func (p *person) choose(label, words string) {
	p.t.Helper()
	first, _, _ := strings.Cut(words, " ")
	p.try("chooses "+words, chromedp.SendKeys(field(label), first, chromedp.ByJSPath))
	require.Contains(p.t, p.evaluate(field(label)+".selectedOptions[0].text"), words)
}

// upload chooses a file with that content in the field of that label.
func (p *person) upload(label, content string) {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "openapi.yaml")
	require.NoError(p.t, os.WriteFile(file, []byte(content), 0o600))
	p.try("uploads to "+label, chromedp.SetUploadFiles(field(label), []string{file}, chromedp.ByJSPath))
}

// sees waits until the page shows all the words.
func (p *person) sees(words ...string) {
	p.t.Helper()
	p.seesIn("body", words...)
}

// seesIn waits until the part of the page shows all the words.
func (p *person) seesIn(selector string, words ...string) {
	p.t.Helper()
	require.True(p.t, waitFor(func() bool { return p.shows(selector, words) }), "%s waits for %q; the page shows:\n%s", p.name, words, p.text(selector))
}

// looksAgain loads the page anew until the part of it shows all the words.
func (p *person) looksAgain(selector string, words ...string) {
	p.t.Helper()
	again := func() bool {
		p.must(chromedp.Reload())
		return p.shows(selector, words)
	}
	require.True(p.t, waitFor(again), "%s looks for %q; the page shows:\n%s", p.name, words, p.text(selector))
}

func (p *person) shows(selector string, words []string) bool {
	shown := p.text(selector)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(shown, w) })
}

// text is what the part of the page shows, with single spaces; "" while a page
// is on its way.
func (p *person) text(selector string) string {
	return p.evaluate(fmt.Sprintf(`[...document.querySelectorAll(%s)].map(e => e.innerText).join(" ").replace(/\s+/g, " ")`, quoted(selector)))
}

func (p *person) evaluate(expression string) (out string) {
	if chromedp.Run(p.ctx, chromedp.Evaluate(expression, &out)) != nil {
		return ""
	}
	return out
}

// download follows a link to a file and returns what is in the file.
func (p *person) download(words string) []byte {
	p.t.Helper()
	dir, done := p.t.TempDir(), make(chan string, 1)
	listening, cancel := context.WithCancel(p.ctx)
	defer cancel()
	chromedp.ListenTarget(listening, func(ev any) {
		if e, ok := ev.(*cdpbrowser.EventDownloadProgress); ok && e.State == cdpbrowser.DownloadProgressStateCompleted {
			done <- filepath.Join(dir, e.GUID)
		}
	})
	p.must(cdpbrowser.SetDownloadBehavior(cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName).WithDownloadPath(dir).WithEventsEnabled(true))
	p.press(words)
	select {
	case file := <-done:
		raw, err := os.ReadFile(file)
		require.NoError(p.t, err)
		return raw
	case <-time.After(patience):
		p.t.Fatalf("%s downloads %q in vain", p.name, words)
		return nil
	}
}

func (p *person) must(actions ...chromedp.Action) {
	p.t.Helper()
	p.try("uses the browser", actions...)
}

func (p *person) try(what string, actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Run(ctx, actions...), "%s %s", p.name, what)
}

func (p *person) pictureOfFailure() {
	if !p.t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	var png []byte
	if err := chromedp.Run(ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
		p.t.Logf("no picture of %s's page: %v", p.name, err)
		return
	}
	file, err := os.CreateTemp("", "fondaco-journey-*.png")
	if err == nil {
		_, err = file.Write(png)
		_ = file.Close()
		p.t.Logf("%s saw %s (%v)", p.name, file.Name(), err)
	}
}

// clickable is the script for the first thing to click that is to be seen and
// whose words begin with these. While a dialog is open it is looked for there.
func clickable(words string) string {
	return fmt.Sprintf(`[...(document.querySelector("dialog[open]") || document).querySelectorAll("a, button, summary, label")].find(e =>
		e.checkVisibility() && !e.ariaHidden && (!e.control || /checkbox|radio/.test(e.control.type)) && (e.ariaLabel || e.innerText).replace(/\s+/g, " ").trim().startsWith(%s))`, quoted(words))
}

// field is the script for the first control to be seen whose label begins so.
func field(label string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("label")].filter(e =>
		e.textContent.replace(/\s+/g, " ").trim().startsWith(%s)).map(e => e.control).find(c => c.checkVisibility())`, quoted(label))
}

func quoted(text string) string {
	raw, _ := json.Marshal(text) // a string always has its JSON
	return string(raw)
}

// waitFor asks until it is so; false when patience has ended.
func waitFor(so func() bool) bool {
	for end := time.After(patience); !so(); {
		select {
		case <-end:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
	return true
}
