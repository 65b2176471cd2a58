package kong

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	paramPattern = regexp.MustCompile(`\{[^{}/]*\}`)
	// literalPattern is what a path may hold outside of its parameters.
	literalPattern = regexp.MustCompile(`^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$`)
)

// pathTemplate is an endpoint's path in its pieces: literal text and
// parameters in turns, literals[0] params[0] literals[1] ...
type pathTemplate struct {
	literals []string
	params   []string
}

// parsePath reads a path such as /items/{id}.
func parsePath(path string) (pathTemplate, error) {
	if !strings.HasPrefix(path, "/") {
		//lint:ignore ST1005 it is shown to people as it is
		return pathTemplate{}, errors.New(`The path must begin with "/".`)
	}
	var t pathTemplate
	rest := 0
	for _, at := range paramPattern.FindAllStringIndex(path, -1) {
		t.literals = append(t.literals, path[rest:at[0]])
		t.params = append(t.params, path[at[0]+1:at[1]-1])
		rest = at[1]
	}
	t.literals = append(t.literals, path[rest:])
	for i, l := range t.literals {
		if !literalPattern.MatchString(l) || strings.Contains(l, "$(") {
			return t, fmt.Errorf("%q cannot stand in a path; write it percent-encoded, and parameters as {name}", l)
		}
		if i > 0 && i < len(t.literals)-1 && l == "" {
			return t, errors.New("between two parameters there must be some text")
		}
	}
	return t, nil
}

// regex is the route's path: the product's prefix, then the template, up to
// the end. Parameters take one non-empty segment and are named p1, p2, ...
// because Kong's names are narrower than OpenAPI's.
func (t pathTemplate) regex(sku string) string {
	var b strings.Builder
	b.WriteString("~/" + regexp.QuoteMeta(sku))
	for i, l := range t.literals {
		b.WriteString(regexp.QuoteMeta(l))
		if i < len(t.params) {
			fmt.Fprintf(&b, "(?<p%d>[^/]+)", i+1)
		}
	}
	b.WriteByte('$')
	return b.String()
}

// uri is the path that the upstream sees, as a template of Kong's
// request-transformer: the upstream's base path and no product prefix.
func (t pathTemplate) uri(base string) string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(base, "/"))
	for i, l := range t.literals {
		b.WriteString(l)
		if i < len(t.params) {
			fmt.Fprintf(&b, "$(uri_captures.p%d)", i+1)
		}
	}
	return b.String()
}

// rankedSegments bounds how deep priority looks, so that it fits 32 bits.
const rankedSegments = 10

// priority puts the more literal of two templates that match the same path
// first: segment by segment, literal before mixed before parameter.
func (t pathTemplate) priority() int {
	var text strings.Builder
	for i, l := range t.literals {
		text.WriteString(l)
		if i < len(t.params) {
			text.WriteString("{}")
		}
	}
	rank := 0
	segments := strings.Split(text.String(), "/")[1:]
	for i := range rankedSegments {
		rank *= 3
		if i >= len(segments) {
			continue
		}
		switch s := segments[i]; {
		case s == "{}":
		case strings.Contains(s, "{}"):
			rank++
		default:
			rank += 2
		}
	}
	return rank
}
