package portal

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// estimate is the price calculator of a product: expected use in, a bill for
// each plan out. It is computed by the functions that will bill.
type estimate struct {
	Form   ui.Form
	Inputs []estimateInput
	Bills  []estimateBill
	Asked  bool // numbers were given
}

// estimateInput is something whose quantity decides what some plan costs: an
// endpoint or a meter that is billed per use, or a quantity that is bought.
type estimateInput struct {
	Name  string // of the form field: "calls.search", "meters.coreHours", "buy.cores"
	Label string
	Unit  string // "calls a month"
	Usual string // what is meant when nothing is typed
	Mode  string // "numeric", "decimal" for what is measured
}

// estimateBill is what a plan would cost for one period.
type estimateBill struct {
	PlanID int64
	Bill   ui.Bill
}

// maxExpected bounds the calculator's input.
const maxExpected = 1_000_000_000_000

// estimate prices every plan of the listing with the quantities in the query
// ("calls.search=23").
func (w words) estimate(l catalog.Listing, q url.Values, tax money.Decimal, now time.Time) estimate {
	e := estimate{Form: ui.Form{Values: q}, Inputs: w.estimateInputs(l)}
	use, err := e.read(q)
	if err != nil {
		e.Form = ui.FormError(q, err)
	}
	for _, p := range l.Plans {
		bill, err := w.estimatePlan(l, p, use, tax, now)
		if err != nil {
			continue // a plan that cannot be rated is not shown rather than shown wrong
		}
		e.Bills = append(e.Bills, estimateBill{PlanID: p.ID, Bill: bill})
	}
	return e
}

func (w words) estimateInputs(l catalog.Listing) []estimateInput {
	var out []estimateInput
	for _, ep := range l.Endpoints {
		if slices.ContainsFunc(l.Plans, func(p catalog.Plan) bool {
			pe, ok := p.Revision.Content.Endpoint(ep.Identifier)
			return ok && pe.Mode == catalog.PayPerUse
		}) {
			out = append(out, estimateInput{Name: "calls." + ep.Identifier, Label: orElse(ep.Name, ep.Identifier), Unit: w.T("calls a month"), Usual: "0", Mode: "numeric"})
		}
	}
	seen := map[string]bool{}
	for _, p := range l.Plans {
		for _, r := range p.Revision.Content.Resources {
			in := estimateInput{Name: "buy." + r.Parameter, Label: w.T(r.Name), Unit: w.T(unitOf(r.Unit).many), Usual: number(r.Default), Mode: "numeric"}
			if !seen[in.Name] {
				out = append(out, in)
			}
			seen[in.Name] = true
		}
	}
	for _, p := range l.Plans {
		for _, m := range p.Revision.Content.Meters {
			in := estimateInput{Name: "meters." + m.Meter, Label: w.T(m.Name), Unit: w.T("%s a month", w.T(unitOf(m.Unit).many)), Usual: "0", Mode: "decimal"}
			if !seen[in.Name] {
				out = append(out, in)
			}
			seen[in.Name] = true
		}
	}
	return out
}

// read takes the quantities from the query, by the names of the inputs. What is
// left out is not in it; a point or comma between digits of a thousand is not
// guessed at.
func (e *estimate) read(q url.Values) (map[string]money.Decimal, error) {
	use := map[string]money.Decimal{}
	var c fault.Check
	for _, in := range e.Inputs {
		text := strings.TrimSpace(q.Get(in.Name))
		if text == "" {
			continue
		}
		e.Asked = true
		d, err := money.Parse(strings.ReplaceAll(text, ",", ""))
		if err != nil || d.Sign() < 0 || in.Mode == "numeric" && d.Decimals() > 0 || money.Int(maxExpected).Less(d) {
			c.Add(in.Name, in.wrong())
			continue
		}
		use[in.Name] = d
	}
	return use, c.Err()
}

func (in estimateInput) wrong() string {
	switch {
	case strings.HasPrefix(in.Name, "calls."):
		return "Give a whole number of calls, such as 1000."
	case in.Mode == "numeric":
		return "Give a whole number, such as 4."
	}
	return "Give a number, such as 730 or 12.5."
}

// estimatePlan is the bill of one full period with that use a month.
func (w words) estimatePlan(l catalog.Listing, p catalog.Plan, use map[string]money.Decimal, tax money.Decimal, now time.Time) (ui.Bill, error) {
	content := p.Revision.Content
	terms := content.Terms.WithDefaults()
	months := money.Int(int64(terms.PeriodMonths))
	var metered []rating.Metered
	for _, pe := range content.Metered() {
		metered = append(metered, rating.Metered{Meter: pe.Identifier, Name: endpointName(l.Endpoints, pe.Identifier),
			Charge: *pe.Charge, Quantity: use["calls."+pe.Identifier].Mul(months)})
	}
	for _, m := range content.Meters {
		metered = append(metered, rating.Metered{Meter: m.Meter, Name: m.Title(), Charge: m.Charge, Quantity: use["meters."+m.Meter].Mul(months)})
	}
	period, bought := rating.PeriodAt(terms, now, 1), content.Bought(buying(content, use))
	lines := rating.Renewal(terms, period, bought...)
	usage, err := rating.Arrears(terms, metered, period, false, bought...)
	if err != nil {
		return ui.Bill{}, err
	}
	bill := w.bill(p.Name+", "+w.per(terms.PeriodMonths), terms.Currency, append(lines, usage...), tax)
	bill.Note = strings.TrimSpace(w.shortOf(l, content, use) + " " + w.outOfBounds(content, use))
	return bill, nil
}

// buying are the parameters of an order of the quantities.
func buying(content catalog.PlanContent, use map[string]money.Decimal) json.RawMessage {
	chosen := map[string]json.Number{}
	for _, r := range content.Resources {
		if n, ok := use["buy."+r.Parameter]; ok {
			chosen[r.Parameter] = json.Number(n.Trim(0).String())
		}
	}
	raw, err := json.Marshal(chosen)
	if err != nil {
		return nil // whole numbers can be written
	}
	return raw
}

// outOfBounds names the quantities that a plan does not sell so few or so many of.
func (w words) outOfBounds(content catalog.PlanContent, use map[string]money.Decimal) string {
	var out []string
	for _, r := range content.Resources {
		n, ok := use["buy."+r.Parameter]
		if ok && (n.Less(money.Int(r.Min)) || r.Max > 0 && money.Int(r.Max).Less(n)) {
			out = append(out, w.T("%s: this plan sells %s.", w.T(r.Name), w.choice(r)))
		}
	}
	return strings.Join(out, " ")
}

// shortOf names what a plan does not give of the calls that are expected.
func (w words) shortOf(l catalog.Listing, content catalog.PlanContent, use map[string]money.Decimal) string {
	var out []string
	for _, ep := range l.Endpoints {
		want, asked := use["calls."+ep.Identifier]
		if !asked || want.Sign() == 0 {
			continue
		}
		name := endpointName(l.Endpoints, ep.Identifier)
		pe, given := content.Endpoint(ep.Identifier)
		limit, limited := pe.Limits["month"]
		switch {
		case !given:
			out = append(out, w.T("%s is not included.", name))
		case limited && money.Int(limit).Less(want):
			out = append(out, w.T("%s: calls above %s a month are refused.", name, w.Num(limit)))
		}
	}
	return strings.Join(out, " ")
}

// bill is lines with their arithmetic and what they sum to.
func (w words) bill(title, currency string, lines []rating.Line, tax money.Decimal) ui.Bill {
	b := ui.Bill{Title: title, Live: true}
	for _, l := range lines {
		b.Lines = append(b.Lines, ui.BillLine{Label: w.T(l.Description), Detail: w.why(l.Kind, l.Explanation),
			Amount: money.New(l.Amount, currency), Off: l.Amount.Sign() < 0})
	}
	return w.total(b, rating.Total(currency, lines, tax), tax)
}

// total ends a bill with net, tax and total; without tax with the total alone.
func (w words) total(b ui.Bill, t rating.Totals, tax money.Decimal) ui.Bill {
	if tax.Sign() > 0 {
		b.Totals = append(b.Totals, ui.BillLine{Label: w.T("Net"), Amount: t.Net},
			ui.BillLine{Label: w.T("VAT %s percent", w.Num(tax.Trim(0))), Amount: t.Tax})
	}
	b.Totals = append(b.Totals, ui.BillLine{Label: w.T("Total"), Amount: t.Total})
	return b
}

// why is the arithmetic of a line where it says more than the amount does.
func (w words) why(kind rating.Kind, e rating.Explanation) string {
	parts := slices.Clone(e.Notes)
	plain := (kind == rating.KindSetup || kind == rating.KindRecurring) && len(e.Notes) == 0
	if !plain && e.Formula != "" {
		parts = append([]string{e.Formula}, parts...)
	}
	return strings.Join(parts, " · ")
}

func endpointName(all []catalog.Endpoint, identifier string) string {
	for _, e := range all {
		if e.Identifier == identifier {
			return orElse(e.Name, identifier)
		}
	}
	return identifier
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
