package portal_test

import (
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
	target, err := url.Parse(b.base + "/")
	require.NoError(b.t, err)
	if b.at != nil {
		target = b.at
	}
	target, err = target.Parse(path)
	require.NoError(b.t, err)
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, target.String(), body)
	require.NoError(b.t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
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
