package ui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/web/portal/static"
	"github.com/fondaco/fondaco/web/portal/ui"
)

func renderer(t *testing.T, pages ...fstest.MapFS) *ui.Renderer {
	t.Helper()
	cfg := ui.Config{Static: static.Files, Catalogs: map[string]ui.Catalog{"it": {"Sign in": "Accedi", "Nov": "nov", "calls": "chiamate"}}}
	for _, p := range pages {
		cfg.Pages = append(cfg.Pages, p)
	}
	r, err := ui.New(cfg)
	require.NoError(t, err)
	return r
}

func examplePage() ui.Page {
	return ui.Page{
		Space: ui.Operator, URL: &url.URL{Path: "/operator/styleguide", RawQuery: "q=a&after=x"}, CSRF: "token", RequestID: "req-1",
		User:        &ui.User{Name: "Giulia Marin", Email: "giulia@example.org"},
		Marketplace: ui.Marketplace{Name: "Fondaco", Sandbox: true, CanAdvance: true, Now: time.Date(2026, 11, 23, 15, 22, 0, 0, time.UTC)},
		Nav:         []ui.NavItem{{Label: "Queue", Href: "/operator", Count: 4}, {Label: "Style guide", Href: "/operator/styleguide", Current: true}},
		Spaces:      []ui.NavItem{{Label: "Operator", Href: "/operator", Current: true}},
		Flash:       []ui.Toast{{Tone: ui.Good, Text: "Plan saved."}},
	}
}

func body(t *testing.T, r *ui.Renderer, name string, data any) (*goquery.Document, string) {
	t.Helper()
	w := httptest.NewRecorder()
	require.NoError(t, r.Render(w, http.StatusOK, name, data))
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	require.NoError(t, err)
	return doc, w.Body.String()
}

func TestRender_styleguideIsWellFormedAndLabelled(t *testing.T) {
	t.Parallel()
	doc, html := body(t, renderer(t), "styleguide", ui.Styleguide(examplePage()))
	requireWellFormed(t, html)
	requireAccessible(t, doc)
	require.Equal(t, 1, doc.Find("nav.side a[aria-current=page]").Length())
	require.Equal(t, "descending", doc.Find("th[aria-sort]").AttrOr("aria-sort", ""))
	require.NotContains(t, html, "NaN")
	require.NotContains(t, html, "ZgotmplZ")
}

func TestRender_layoutsOfEverySpace(t *testing.T) {
	t.Parallel()
	r := renderer(t)
	for _, space := range []ui.Space{ui.Storefront, ui.Account, ui.Vendor, ui.Reseller, ui.Operator, ui.SignIn} {
		p := examplePage()
		p.Space, p.Title = space, "Not found"
		doc, html := body(t, r, "error", ui.ErrorPage{Page: p, Status: 404, Message: "There is no such page."})
		requireWellFormed(t, html)
		requireAccessible(t, doc)
		require.Equal(t, p.Workspace(), doc.Find("nav.side").Length() == 1, space)
		require.Equal(t, "Not found – Fondaco", doc.Find("title").Text())
		require.Equal(t, "Plan saved.", strings.TrimSpace(doc.Find("[role=status] .toast p").Text()))
	}
}

func TestRender_neverSendsHalfAPage(t *testing.T) {
	t.Parallel()
	r := renderer(t, fstest.MapFS{"broken.html": {Data: []byte(`<p>begun</p>{{.NoSuchField}}`)}})
	w := httptest.NewRecorder()
	err := r.Render(w, http.StatusOK, "broken", examplePage())
	require.ErrorContains(t, err, "NoSuchField")
	require.Zero(t, w.Body.Len())
	require.Empty(t, w.Header())
	require.ErrorContains(t, r.Render(w, http.StatusOK, "missing", examplePage()), `no page "missing"`)
}

func TestNew_namesTheTemplateThatDoesNotParse(t *testing.T) {
	t.Parallel()
	bad := fstest.MapFS{"vendor/plans.html": {Data: []byte(`{{if}}`)}}
	_, err := ui.New(ui.Config{Static: static.Files, Pages: []fsFS{bad}})
	require.ErrorContains(t, err, "vendor/plans")
}

func TestFragment_isTheBlockAlone(t *testing.T) {
	t.Parallel()
	r := renderer(t, fstest.MapFS{
		"_shared.html":   {Data: []byte(`{{define "hello"}}Hello{{end}}`)},
		"usage/one.html": {Data: []byte(`<h1>Usage</h1>{{template "now" .}}{{define "now"}}<p>{{template "hello"}} {{.Title}}</p>{{end}}`)},
	})
	p := examplePage()
	p.Title = "<b>"
	w := httptest.NewRecorder()
	require.NoError(t, r.Fragment(w, http.StatusOK, "usage/one", "now", p))
	require.Equal(t, "<p>Hello &lt;b&gt;</p>", w.Body.String())
}

func TestRender_speaksTheReadersLanguage(t *testing.T) {
	t.Parallel()
	r := renderer(t, fstest.MapFS{"p.html": {Data: []byte(`<p>{{plural 1200 "call" "calls"}}, {{money "12345.5 EUR"}}, {{date .Zone .Marketplace.Now}}</p>`)}})
	p := examplePage()
	p.Lang, p.User, p.Space = "it", nil, ui.Storefront
	doc, _ := body(t, r, "p", p)
	require.Equal(t, "it", doc.Find("html").AttrOr("lang", ""))
	require.Contains(t, doc.Find(".top").Text(), "Accedi")
	require.Equal(t, "1.200 chiamate, 12.345,50\u00a0€, 23 nov 2026", doc.Find("main p").Text())
	p.Lang = "xx"
	doc, _ = body(t, r, "p", p)
	require.Equal(t, "en", doc.Find("html").AttrOr("lang", ""))
}

func TestRender_works_withoutVendoredScripts(t *testing.T) {
	t.Parallel()
	own := fstest.MapFS{}
	for _, name := range []string{"fondaco.css", "fondaco.js", "icons.svg", "mark.svg"} {
		data, err := static.Files.ReadFile(name)
		require.NoError(t, err)
		own[name] = &fstest.MapFile{Data: data}
	}
	bare, err := ui.New(ui.Config{Static: own})
	require.NoError(t, err)
	doc, _ := body(t, bare, "styleguide", ui.Styleguide(examplePage()))
	require.Equal(t, 1, doc.Find("script").Length())

	own["vendor/htmx.min.js"] = &fstest.MapFile{Data: []byte("// htmx")}
	full, err := ui.New(ui.Config{Static: own})
	require.NoError(t, err)
	doc, _ = body(t, full, "styleguide", ui.Styleguide(examplePage()))
	require.Equal(t, 2, doc.Find("script").Length())
	require.Contains(t, doc.Find("meta[name=htmx-config]").AttrOr("content", ""), `"allowEval":false`)
}

func TestRender_keepsToItsContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	require.NoError(t, renderer(t).Render(w, http.StatusOK, "styleguide", ui.Styleguide(examplePage())))
	require.Equal(t, ui.ContentSecurityPolicy, w.Header().Get("Content-Security-Policy"))
	doc, err := goquery.NewDocumentFromReader(w.Body)
	require.NoError(t, err)
	require.Zero(t, doc.Find("[style], style, script:not([src])").Length(), "inline styles and scripts are forbidden")
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			require.False(t, strings.HasPrefix(a.Key, "on"), "inline handler %s", a.Key)
			if a.Key == "src" || (a.Key == "href" && s.Is("link, use")) {
				require.True(t, strings.HasPrefix(a.Val, "/static/"), a.Val)
			}
		}
	})
}
