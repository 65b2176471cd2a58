package ui

import (
	"net/url"
	"strings"
	"time"
)

// Space is the part of the portal a page belongs to; it picks the layout.
type Space string

// The spaces.
const (
	Storefront Space = "storefront"
	Account    Space = "account"
	Vendor     Space = "vendor"
	Reseller   Space = "reseller"
	Operator   Space = "operator"
	SignIn     Space = "signin"
)

// Page is what every page knows; page data embeds it.
type Page struct {
	Title       string
	Space       Space
	URL         *url.URL       // the address asked for; nil means "/"
	Lang        string         // "en" when empty
	Zone        *time.Location // the reader's zone; UTC when nil
	Theme       string         // "light", "dark", or "" for the device's own
	User        *User          // nil for a visitor
	Marketplace Marketplace
	Nav         []NavItem // side navigation of a workspace
	Spaces      []NavItem // the spaces this person may enter
	Crumbs      []NavItem // the way here, without the page itself
	Banners     []Banner
	Flash       []Toast
	Query       string // what was searched, kept in the search field
	CSRF        string // token for forms; empty in tests without one
	RequestID   string
}

// User is the signed-in person as the header shows them.
type User struct {
	Name         string
	Email        string
	Organization string
}

// Initials are up to two letters that stand for the person.
func (u User) Initials() string {
	var out []rune
	for word := range strings.FieldsSeq(u.Name) {
		out = append(out, []rune(strings.ToUpper(word))[0])
		if len(out) == 2 {
			break
		}
	}
	if len(out) == 0 && u.Email != "" {
		return strings.ToUpper(u.Email[:1])
	}
	return string(out)
}

// Marketplace is the tenant the page is shown in.
type Marketplace struct {
	Name     string
	LogoURL  string    // its own logo beside the name; the house's mark when empty
	StyleURL string    // stylesheet with its own accent; none when empty
	Support  string    // address people write to; the footer shows it
	Sandbox  bool      // play money and a clock that can be advanced
	Now      time.Time // the marketplace's time
	// CanAdvance shows the clock's control to this person.
	CanAdvance bool
}

// NavItem is a link of a navigation; Count is shown beside it when positive.
type NavItem struct {
	Label   string
	Href    string
	Current bool
	Count   int
	// Group starts a titled group before this item.
	Group string
}

// Tone says how something stands; every tone has a colour and a shape.
type Tone string

// The tones.
const (
	Good    Tone = "good"    // active, paid, delivered
	Pending Tone = "pending" // under way, waiting for somebody
	Warn    Tone = "warn"    // near a limit, overdue soon
	Bad     Tone = "bad"     // failed, blocked, overdue
	Off     Tone = "off"     // ended, draft, disabled
	Info    Tone = "info"    // neither good nor bad
)

// Toast is one line of news after an action.
type Toast struct {
	Tone Tone
	Text string
}

// Banner is a line across the page that stays until its reason is gone.
type Banner struct {
	Tone   Tone
	Title  string
	Text   string
	Action *Link
}

// Link is a link or, with Post, a button that posts to Href.
type Link struct {
	Label string
	Href  string
	Post  bool
	// Kind is "primary", "danger", "quiet" or "" for a plain button.
	Kind string
}

// Path is the path asked for.
func (p Page) Path() string {
	if p.URL == nil {
		return "/"
	}
	return p.URL.Path
}

// Here is path and query, to come back to this page.
func (p Page) Here() string {
	if p.URL == nil {
		return "/"
	}
	return p.URL.RequestURI()
}

// Param is a query parameter of this page's address.
func (p Page) Param(name string) string {
	if p.URL == nil {
		return ""
	}
	return p.URL.Query().Get(name)
}

// With is this page's address with one query parameter set, or removed when
// value is empty. Anything but the cursor itself starts again at the first page.
func (p Page) With(name, value string) string {
	q := url.Values{}
	if p.URL != nil {
		q = p.URL.Query()
	}
	if name != "after" {
		q.Del("after")
	}
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return p.Path()
	}
	return p.Path() + "?" + q.Encode()
}

// Column is the head of a table column that can be sorted; the query
// parameter "sort" holds its key, with "-" before it for descending.
type Column struct {
	Label string
	Href  string
	Sort  string // "ascending", "descending", or "" when not sorted by it
	Num   bool   // right-aligned numbers
}

// Column is a sortable column of this page's table.
func (p Page) Column(key, label string) Column {
	c := Column{Label: label, Href: p.With("sort", key)}
	switch p.Param("sort") {
	case key:
		c.Sort, c.Href = "ascending", p.With("sort", "-"+key)
	case "-" + key:
		c.Sort, c.Href = "descending", p.With("sort", key)
	}
	return c
}

// NumColumn is Column for numbers.
func (p Page) NumColumn(key, label string) Column {
	c := p.Column(key, label)
	c.Num = true
	return c
}

// Workspace reports whether the page has the workspace layout.
func (p Page) Workspace() bool { return p.Space != Storefront && p.Space != SignIn }

// page makes every struct that embeds Page renderable.
func (p Page) page() Page { return p }
