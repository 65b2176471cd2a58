package portal_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

// browser is a person's browser without JavaScript: it follows redirects,
// keeps cookies, and sends forms as they stand on the page.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
	at     *url.URL // the page that is open
	status int
	header http.Header
	doc    *goquery.Document
}

// visitor is a browser of nobody.
func (m *market) visitor() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(m.t, err)
	return &browser{t: m.t, base: m.url, client: &http.Client{Jar: jar}}
}

// as is a browser in which the actor has signed in by the form.
func (m *market) as(actor account.Actor) *browser {
	m.t.Helper()
	b := m.visitor()
	b.open("/sign-in")
	b.submit("form.form", url.Values{"email": {actor.Email}, "password": {password}})
	require.Equal(m.t, actor.Name, b.text(".menu-name"), "signed in")
	return b
}

// open goes to a page and returns it.
func (b *browser) open(path string) *goquery.Document {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil, nil)
}

func (b *browser) send(method, path string, form url.Values, header http.Header) *goquery.Document {
	b.t.Helper()
	if header == nil {
		header = http.Header{}
	}
	if form == nil {
		return b.sendBody(method, path, nil, header)
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.sendBody(method, path, strings.NewReader(form.Encode()), header)
}

// sendBody is send with a body of any kind.
func (b *browser) sendBody(method, path string, body io.Reader, header http.Header) *goquery.Document {
	b.t.Helper()
	target, err := url.Parse(b.base + "/")
	require.NoError(b.t, err)
	if b.at != nil {
		target = b.at
	}
	target, err = target.Parse(path)
	require.NoError(b.t, err)
	req, err := http.NewRequestWithContext(b.t.Context(), method, target.String(), body)
	require.NoError(b.t, err)
	if b.at != nil {
		req.Header.Set("Referer", b.at.String())
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer res.Body.Close()
	b.status, b.header, b.at = res.StatusCode, res.Header, res.Request.URL
	b.doc, err = goquery.NewDocumentFromReader(res.Body)
	require.NoError(b.t, err)
	return b.doc
}

// submit sends the form that the selector finds, with the fields as they
// stand, changed by values.
func (b *browser) submit(selector string, values url.Values) *goquery.Document {
	b.t.Helper()
	form := b.doc.Find(selector).First()
	require.Equal(b.t, 1, form.Length(), "form %q on %s", selector, b.at)
	fields := fieldsOf(form)
	for name, v := range values {
		fields[name] = v
	}
	action := form.AttrOr("action", b.at.RequestURI())
	if strings.EqualFold(form.AttrOr("method", "get"), "post") {
		return b.send(http.MethodPost, action, fields, nil)
	}
	path, _, _ := strings.Cut(action, "#")
	return b.send(http.MethodGet, path+"?"+fields.Encode(), nil, nil)
}

// fieldsOf are the values that a browser would send.
func fieldsOf(form *goquery.Selection) url.Values {
	fields := url.Values{}
	form.Find("input[name], textarea[name], button[name]").Each(func(_ int, f *goquery.Selection) {
		_, checked := f.Attr("checked")
		switch kind := f.AttrOr("type", "text"); {
		case goquery.NodeName(f) == "textarea":
			fields.Add(f.AttrOr("name", ""), strings.TrimPrefix(f.Text(), "\n"))
		case (kind == "checkbox" || kind == "radio") && !checked:
		default:
			fields.Add(f.AttrOr("name", ""), f.AttrOr("value", ""))
		}
	})
	form.Find("select[name]").Each(func(_ int, f *goquery.Selection) {
		chosen := f.Find("option[selected]")
		if chosen.Length() == 0 {
			chosen = f.Find("option").First()
		}
		fields.Add(f.AttrOr("name", ""), chosen.AttrOr("value", ""))
	})
	return fields
}

// text is the words of what the selector finds, with single spaces.
func (b *browser) text(selector string) string {
	var words []string
	var walk func(int, *goquery.Selection)
	walk = func(_ int, s *goquery.Selection) {
		if goquery.NodeName(s) == "#text" {
			words = append(words, strings.Fields(s.Text())...)
		}
		s.Contents().Each(walk)
	}
	b.doc.Find(selector).Each(walk)
	return strings.Join(words, " ")
}

// has requires that the page shows the words.
func (b *browser) has(words ...string) {
	b.t.Helper()
	all := b.text("body")
	for _, w := range words {
		require.Contains(b.t, all, w, "page %s", b.at)
	}
}

// submitStale posts what a page that is still open elsewhere would post.
func (b *browser) submitStale(path, says string) {
	b.t.Helper()
	b.send(http.MethodPost, path, url.Values{"csrf": {b.doc.Find("input[name=csrf]").First().AttrOr("value", "")}}, nil)
	b.has(says)
}

func pathOf(s subscription.Subscription) string { return "/account/subscriptions/" + id(s.ID) }

func id(n int64) string { return strconv.FormatInt(n, 10) }

// value is what stands in a field of the page.
func (b *browser) value(name string) string {
	b.t.Helper()
	f := b.doc.Find(fmt.Sprintf("main [name=%q]", name)).First()
	require.Equal(b.t, 1, f.Length(), "field %s on %s", name, b.at)
	switch goquery.NodeName(f) {
	case "textarea":
		return strings.TrimPrefix(f.Text(), "\n")
	case "select":
		if chosen := f.Find("option[selected]"); chosen.Length() > 0 {
			return chosen.AttrOr("value", "")
		}
		return f.Find("option").First().AttrOr("value", "")
	}
	return f.AttrOr("value", "")
}

// hasError requires that the field says what is wrong with it, beside it and
// to screen readers.
func (b *browser) hasError(name, words string) {
	b.t.Helper()
	f := b.doc.Find(fmt.Sprintf("main [name=%q]", name)).First()
	require.Equal(b.t, "true", f.AttrOr("aria-invalid", ""), "field %s on %s; errors: %s", name, b.at, b.text(".error"))
	require.Contains(b.t, b.text("#"+f.AttrOr("id", "")+"-error"), words)
}

// follow clicks the first link of the page's main part with the words.
func (b *browser) follow(words string) {
	b.t.Helper()
	var href string
	b.doc.Find("main a[href]").EachWithBreak(func(_ int, a *goquery.Selection) bool {
		if strings.Join(strings.Fields(a.Text()), " ") == words {
			href = a.AttrOr("href", "")
		}
		return href == ""
	})
	require.NotEmpty(b.t, href, "link %q on %s", words, b.at)
	b.open(href)
}

// html is the source of the page.
func (b *browser) html() string {
	b.t.Helper()
	html, err := b.doc.Html()
	require.NoError(b.t, err)
	return html
}

// accessible requires what a screen reader needs: ids that are unique, labels
// on all controls, a heading, and nothing that the content policy forbids.
func (b *browser) accessible() {
	b.t.Helper()
	ids := map[string]bool{}
	b.doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		require.False(b.t, ids[id], "id %q is there twice on %s", id, b.at)
		ids[id] = true
	})
	b.doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		label := s.AttrOr("aria-label", "") + b.doc.Find(`label[for="`+id+`"]`).Text()
		require.NotEmpty(b.t, strings.TrimSpace(label), "control %q on %s has no label", s.AttrOr("name", id), b.at)
	})
	b.doc.Find("[aria-describedby], [aria-labelledby]").Each(func(_ int, s *goquery.Selection) {
		for id := range strings.FieldsSeq(s.AttrOr("aria-describedby", "") + " " + s.AttrOr("aria-labelledby", "")) {
			require.True(b.t, ids[id], "%q on %s refers to nothing", id, b.at)
		}
	})
	require.NotZero(b.t, b.doc.Find("main h1, main h2").Length(), "%s has no heading", b.at)
	require.Zero(b.t, b.doc.Find("[style], script:not([src]), [onclick]").Length(), "%s is against the content policy", b.at)
}
