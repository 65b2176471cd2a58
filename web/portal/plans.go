package portal

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// comparison is a product's plans side by side.
type comparison struct {
	Plans []planHead
	Rows  []compareRow
}

// planHead is the head of a plan's column.
type planHead struct {
	ID    int64
	Name  string
	Price money.Money
	Per   string
	Text  string // price and period in words
	Note  string // trial or pay later
	Free  bool
}

// compareRow is one thing that plans give. It differs when not all give the
// same of it.
type compareRow struct {
	Label   string
	Code    string // method and path of an endpoint
	Cells   []compareCell
	Differs bool
}

// empty reports whether no plan gives any of it.
func (r compareRow) empty() bool {
	return !slices.ContainsFunc(r.Cells, func(c compareCell) bool { return c.Lines != nil })
}

// compareCell is what one plan gives: lines of text, or nothing.
type compareCell struct {
	Plan  string
	Lines []string
}

// compare lays out the plans of a product.
func (w words) compare(l catalog.Listing) comparison {
	var c comparison
	for _, p := range l.Plans {
		c.Plans = append(c.Plans, w.planHead(p))
	}
	for _, e := range l.Endpoints {
		row := compareRow{Label: e.Name, Code: e.Method + " " + e.Path}
		if row.Label == "" {
			row.Label = e.Identifier
		}
		for _, p := range l.Plans {
			cell := compareCell{Plan: p.Name}
			if pe, ok := p.Revision.Content.Endpoint(e.Identifier); ok {
				cell.Lines = w.endpoint(pe, p.Revision.Content.Currency)
			}
			row.Cells = append(row.Cells, cell)
		}
		c.add(row)
	}
	w.compareOffers(&c, l.Plans)
	c.add(w.termRow(l.Plans, w.T("Setup"), func(t price.Terms) string {
		if t.SetupPrice.IsZero() {
			return w.T("none")
		}
		return w.T("%s once", w.price(t.SetupPrice, t.Currency))
	}))
	c.add(w.termRow(l.Plans, w.T("Billed"), w.timing))
	return c
}

// offered is something that a plan sells beside endpoints: a quantity that is
// bought, or one that is measured.
type offered struct {
	key, name string
	lines     []string
}

// offers are what a plan sells beside endpoints, in its order.
func (w words) offers(content catalog.PlanContent) []offered {
	t := content.Terms.WithDefaults()
	var out []offered
	for _, r := range content.Resources {
		out = append(out, offered{"resource " + r.Parameter, w.T(r.Name), w.resource(r, t.Currency, t.PeriodMonths)})
	}
	for _, m := range content.Meters {
		out = append(out, offered{"meter " + m.Meter, w.T(m.Name), w.meter(m, t.Currency)})
	}
	return out
}

// compareOffers adds a row for each thing that some plan offers.
func (w words) compareOffers(c *comparison, plans []catalog.Plan) {
	var rows []offered
	has := map[string]map[int][]string{}
	for i, p := range plans {
		for _, o := range w.offers(p.Revision.Content) {
			if has[o.key] == nil {
				rows, has[o.key] = append(rows, o), map[int][]string{}
			}
			has[o.key][i] = o.lines
		}
	}
	for _, o := range rows {
		row := compareRow{Label: o.name}
		for i, p := range plans {
			row.Cells = append(row.Cells, compareCell{Plan: p.Name, Lines: has[o.key][i]})
		}
		c.add(row)
	}
}

func (w words) planHead(p catalog.Plan) planHead {
	t := p.Revision.Content.Terms.WithDefaults()
	h := planHead{ID: p.ID, Name: p.Name, Price: money.New(t.RecurringPrice, t.Currency), Per: w.per(t.PeriodMonths)}
	suggested := fixedPrice(p.Revision.Content, nil)
	h.Free = suggested.Amount.IsZero()
	h.Text = w.price(t.RecurringPrice, t.Currency) + " " + h.Per
	if h.Free {
		h.Text = w.T("No fixed price")
	}
	if suggested.Amount.Cmp(t.RecurringPrice) > 0 {
		h.Note = w.T("%s with the suggested quantities", w.Money(suggested))
	}
	if t.TrialDays > 0 {
		h.Note = w.T("%s free to try", w.Plural(t.TrialDays, "day", "days"))
	}
	return h
}

// fixedPrice is what a plan costs for a period with the quantities that the
// parameters ask for, or with those it suggests, before usage and tax.
func fixedPrice(c catalog.PlanContent, parameters json.RawMessage) money.Money {
	t := c.Terms.WithDefaults()
	return money.New(rating.FixedPrice(t, c.Bought(parameters)...).Trim(money.Digits(t.Currency)), t.Currency)
}

func (w words) timing(t price.Terms) string {
	when, where := w.T("in advance"), w.T("from the day of the order")
	if t.Timing == price.Postpaid {
		when = w.T("afterwards")
	}
	if t.Anchor == price.Calendar {
		where = w.T("by calendar month")
	}
	return when + ", " + where
}

func (w words) termRow(plans []catalog.Plan, label string, say func(price.Terms) string) compareRow {
	row := compareRow{Label: label}
	for _, p := range plans {
		row.Cells = append(row.Cells, compareCell{Plan: p.Name, Lines: []string{say(p.Revision.Content.Terms.WithDefaults())}})
	}
	return row
}

func (c *comparison) add(row compareRow) {
	for _, cell := range row.Cells[min(1, len(row.Cells)):] {
		row.Differs = row.Differs || !slices.Equal(cell.Lines, row.Cells[0].Lines)
	}
	c.Rows = append(c.Rows, row)
}

// planGives is what one plan gives, with the names of what it leaves out.
type planGives struct {
	Rows    []compareRow
	Without string
}

// gives lays out one plan.
func (w words) gives(endpoints []catalog.Endpoint, p catalog.Plan) planGives {
	var g planGives
	var without []string
	for _, row := range w.compare(catalog.Listing{Endpoints: endpoints, Plans: []catalog.Plan{p}}).Rows {
		if row.Cells[0].Lines == nil {
			without = append(without, row.Label)
			continue
		}
		g.Rows = append(g.Rows, row)
	}
	g.Without = strings.Join(without, ", ")
	return g
}

// paragraphs splits a text at empty lines.
func paragraphs(text string) []string {
	var out []string
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
