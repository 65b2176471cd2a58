package api_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/fondaco/fondaco/web/problem"
	"github.com/stretchr/testify/require"
)

func TestDocs_describeEveryOperationAndLoadNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res := w.as("").get("/docs").want(200)
	require.Equal(t, "text/html; charset=utf-8", res.header.Get("Content-Type"))
	page, err := goquery.NewDocumentFromReader(strings.NewReader(res.raw))
	require.NoError(t, err)
	require.Zero(t, page.Find("script, link, img, iframe, [src]").Length())
	require.NotContains(t, res.raw, "url(")
	require.NotContains(t, res.raw, "@import")
	for _, o := range w.operations() {
		article := page.Find("article#" + o.id)
		require.Equal(t, 1, article.Length(), o.id)
		require.Contains(t, article.Text(), o.path, o.id)
		require.NotContains(t, article.Find("pre").First().Text(), "{id}", "%s: the example has no id", o.id)
	}
	for _, code := range problem.Codes {
		require.Equal(t, 1, page.Find("#problem-"+string(code)).Length(), "a problem's type leads here")
	}
	page.Find("a[href^='#']").Each(func(_ int, a *goquery.Selection) {
		require.Equal(t, 1, page.Find(a.AttrOr("href", "")).Length(), a.AttrOr("href", ""))
	})
	require.Contains(t, page.Find("article#createPlan").Text(), "endpoints[].tiers[].upTo")
}
