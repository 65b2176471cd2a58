package kong

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPath_becomesAnAnchoredExpressionAndAnUpstreamURI(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][2]string{
		"/":                     {`~/shop/$`, `/base/`},
		"/items":                {`~/shop/items$`, `/base/items`},
		"/items/{item-id}":      {`~/shop/items/(?<p1>[^/]+)$`, `/base/items/$(uri_captures.p1)`},
		"/a.b/{x}.json":         {`~/shop/a\.b/(?<p1>[^/]+)\.json$`, `/base/a.b/$(uri_captures.p1).json`},
		"/{a}/(x)/{b}":          {`~/shop/(?<p1>[^/]+)/\(x\)/(?<p2>[^/]+)$`, `/base/$(uri_captures.p1)/(x)/$(uri_captures.p2)`},
		"/users/{id}:activate$": {`~/shop/users/(?<p1>[^/]+):activate\$$`, `/base/users/$(uri_captures.p1):activate$`},
	} {
		p, err := parsePath(path)
		require.NoError(t, err, path)
		require.Equal(t, want, [2]string{p.regex("shop"), p.uri("/base/")}, path)
	}
	for _, path := range []string{"", "items", "/a b", "/a?b", "/a#b", "/{a}{b}", "/{a", "/a}", "/%zz", "/é", "/$(x)", "/{a/b}"} {
		_, err := parsePath(path)
		require.Error(t, err, path)
	}
}

func TestPath_theMoreLiteralTemplateComesFirst(t *testing.T) {
	t.Parallel()
	ordered := []string{"/a/b/c", "/a/b/x{c}", "/a/b/{c}", "/a/{b}/c", "/a/{b}/{c}", "/{a}/b/c", "/{a}/{b}/{c}"}
	var ranks []int
	for _, path := range ordered {
		p, err := parsePath(path)
		require.NoError(t, err)
		ranks = append(ranks, -p.priority())
	}
	require.True(t, slices.IsSorted(ranks), ranks)
	require.Len(t, slices.Compact(ranks), len(ordered))
	long, err := parsePath(strings.Repeat("/a", 40))
	require.NoError(t, err)
	require.Less(t, long.priority(), 1<<31)
}

// What the regular expression captures and the template puts back is what the
// client sent, whatever the path.
func TestPath_roundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		literal := rapid.StringMatching(`/[A-Za-z0-9._~!$&'*+,;=:@-]{1,6}`)
		var template, sent strings.Builder
		for range rapid.IntRange(1, 5).Draw(t, "segments") {
			if rapid.Bool().Draw(t, "param") {
				template.WriteString("/{p}")
				sent.WriteString("/" + rapid.StringMatching(`[A-Za-z0-9%._-]{1,6}`).Draw(t, "value"))
				continue
			}
			l := literal.Draw(t, "literal")
			template.WriteString(l)
			sent.WriteString(l)
		}
		p, err := parsePath(template.String())
		if err != nil {
			t.Fatal(err)
		}
		re := regexp.MustCompile("^" + strings.TrimPrefix(p.regex("shop"), "~"))
		m := re.FindStringSubmatch("/shop" + sent.String())
		if m == nil {
			t.Fatalf("%s does not match %s", re, sent.String())
		}
		uri := p.uri("")
		for i, name := range re.SubexpNames()[1:] {
			uri = strings.Replace(uri, "$(uri_captures."+name+")", m[i+1], 1)
		}
		if uri != sent.String() {
			t.Fatalf("%s became %s", sent.String(), uri)
		}
		if re.MatchString("/shop"+sent.String()+"/more") && !strings.HasSuffix(template.String(), "}") {
			t.Fatal("not anchored")
		}
	})
}
