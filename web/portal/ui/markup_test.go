package ui_test

import (
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

type fsFS = fs.FS

// requireWellFormed checks that every element that is opened is closed, in
// order; the parser of browsers would silently mend it.
func requireWellFormed(t *testing.T, page string) {
	t.Helper()
	void := map[string]bool{"meta": true, "link": true, "input": true, "img": true, "br": true, "hr": true}
	z := html.NewTokenizer(strings.NewReader(page))
	var open []string
	for {
		switch z.Next() {
		case html.ErrorToken:
			require.ErrorIs(t, z.Err(), io.EOF)
			require.Empty(t, open, "elements never closed")
			return
		case html.StartTagToken:
			if name, _ := z.TagName(); !void[string(name)] {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			require.NotEmpty(t, open, "</%s> without a start", name)
			require.Equal(t, open[len(open)-1], string(name), "elements overlap: %v", open)
			open = open[:len(open)-1]
		}
	}
}

// requireAccessible checks what a screen reader needs of every page.
func requireAccessible(t *testing.T, doc *goquery.Document) {
	t.Helper()
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		require.False(t, ids[id], "id %q is there twice", id)
		ids[id] = true
	})
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		if _, labelled := s.Attr("aria-label"); labelled {
			return
		}
		id := s.AttrOr("id", "")
		require.NotEmpty(t, doc.Find(`label[for="`+id+`"]`).Text(), "control %q has no label", s.AttrOr("name", id))
	})
	for _, attr := range []string{"aria-describedby", "aria-labelledby"} {
		doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
			for id := range strings.FieldsSeq(s.AttrOr(attr, "")) {
				require.True(t, ids[id], "%s names %q, which is not there", attr, id)
			}
		})
	}
	doc.Find("button, a").Each(func(_ int, s *goquery.Selection) {
		require.NotEmpty(t, strings.TrimSpace(s.Text())+s.AttrOr("aria-label", "")+s.Find("img").AttrOr("alt", ""), "a button or link without words")
	})
	doc.Find("table.table tbody td:not(.pick):not(.end)").Each(func(_ int, s *goquery.Selection) {
		require.NotEmpty(t, s.AttrOr("data-label", ""), "cell %q has no label for phones", s.Text())
	})
	doc.Find("[role=img]").Each(func(_ int, s *goquery.Selection) {
		require.NotEmpty(t, s.AttrOr("aria-label", ""))
	})
	require.Equal(t, 1, doc.Find("main").Length())
	require.Equal(t, 1, doc.Find("a.skip[href='#main']").Length())
}
