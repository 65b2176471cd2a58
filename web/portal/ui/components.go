package ui

import (
	"math"
	"time"
)

// Step is one step of a stepper. The one without Done that is Current is where
// the person is; Href leads back to a step that is done.
type Step struct {
	Label   string
	Note    string
	Href    string
	Done    bool
	Current bool
	Failed  bool
}

// Bill is a price that explains itself, line by line.
type Bill struct {
	Title  string
	Lines  []BillLine
	Totals []BillLine // net, tax, total; the last is the one that counts
	Note   string     // what happens next, in a sentence
	Live   bool       // announce changes to screen readers
}

// BillLine is one line: what, why this much, how much. Amount is anything
// Locale.Money reads.
type BillLine struct {
	Label  string
	Detail string
	Amount any
	Off    bool // a reduction, shown as such
}

// Meter is usage against a limit. Limit 0 means there is none.
type Meter struct {
	ID     string // element id, when the meter is updated live
	Label  string
	Used   int64
	Limit  int64
	One    string // unit, one and many: "call", "calls"
	Many   string
	Resets time.Time      // zero: it never resets
	Zone   *time.Location // reader's zone
	Soft   bool           // over the limit is billed, not refused
}

// meterView is a Meter with the picture's numbers, in percent of its width.
type meterView struct {
	Meter
	Fill, Over, Mark string
	Level            string // "", "near" from 80 percent, "full" at the limit, "over" past it
	Left             int64
	Percent          int64
}

// view places the limit line at 92 percent of the width, so that what goes
// over it is still to be seen.
func (m Meter) view() meterView {
	v := meterView{Meter: m, Left: max(m.Limit-m.Used, 0)}
	if m.Limit <= 0 {
		return v
	}
	scale := math.Max(float64(m.Limit)/0.92, float64(m.Used))
	v.Mark = percent(float64(m.Limit) / scale)
	v.Fill = percent(float64(min(m.Used, m.Limit)) / scale)
	v.Percent = m.Used * 100 / m.Limit
	if m.Used > m.Limit {
		v.Over = percent(float64(m.Used-m.Limit) / scale)
	}
	switch {
	case m.Used > m.Limit:
		v.Level = "over"
	case m.Used == m.Limit:
		v.Level = "full"
	case v.Percent >= 80:
		v.Level = "near"
	}
	return v
}

// Event is one entry of a timeline, newest first.
type Event struct {
	Tone   Tone
	Text   string
	Detail string
	Actor  string
	At     time.Time
	Zone   *time.Location
}

// Secret is a value that is shown on request. Value is empty until the person
// asked at RevealURL; a page must not carry it before.
type Secret struct {
	ID        string
	Label     string
	Mask      string // what is shown instead, such as the last four characters
	Value     string
	RevealURL string // POST gives the page with the value
	HideURL   string // the page without it
	// Swap is the id of the part of the page that changes with the value; the
	// secret alone when empty.
	Swap      string
	RotateURL string // page that asks before a new value replaces this one
	CSRF      string
}

// Code is text to copy, such as a curl line.
type Code struct {
	Title string
	Lang  string
	Text  string
}

// Empty is what stands where nothing is yet: what this is, why it is empty,
// the one thing to do.
type Empty struct {
	Title  string
	Text   string
	Action *Link
}

// Dialog asks once before something that cannot be undone. The button that
// opens it is a link to Href, a page that asks the same, so it works without
// JavaScript.
type Dialog struct {
	ID      string
	Href    string
	Open    string // words on the opening button
	Kind    string // of both buttons: "danger" or "primary"
	Title   string // names the thing
	Text    string
	Details []string // consequences, one sentence each
	Action  string   // where the form posts
	Confirm string   // verb of the confirming button
	Keep    string   // words of the link that leaves things as they are
	Back    string   // where that link leads on a page of its own
	CSRF    string
}

// Pager leads through a list by cursor.
type Pager struct {
	First string // address of the first page; "" on it
	Next  string // "" on the last page
	Note  string // "Rows 1 to 50"
}

// Tabs are links that look like tabs.
type Tabs struct {
	Label string
	Items []NavItem
}
