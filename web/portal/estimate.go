package portal

import (
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

// estimate is the price calculator of a product: expected calls in, a bill for
// each plan out. It is computed by the functions that will bill.
type estimate struct {
	Form   ui.Form
	Inputs []estimateInput
	Bills  []estimateBill
	Asked  bool // numbers were given
}

// estimateInput is one endpoint that some plan bills per use.
type estimateInput struct {
	Name  string // of the form field
	Label string
}

// estimateBill is what a plan would cost for one period.
type estimateBill struct {
	PlanID int64
	Bill   ui.Bill
}

// maxExpected bounds the calculator's input.
const maxExpected = 1_000_000_000_000

// estimate prices every plan of the listing with the calls in the query
// ("calls.search=23").
func (w words) estimate(l catalog.Listing, q url.Values, tax money.Decimal, now time.Time) estimate {
	e := estimate{Form: ui.Form{Values: q}, Inputs: w.estimateInputs(l)}
	calls, err := e.read(q)
	if err != nil {
		e.Form = ui.FormError(q, err)
	}
	for _, p := range l.Plans {
		bill, err := w.estimatePlan(l, p, calls, tax, now)
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
		for _, p := range l.Plans {
			if pe, ok := p.Revision.Content.Endpoint(ep.Identifier); ok && pe.Mode == catalog.PayPerUse {
				out = append(out, estimateInput{Name: "calls." + ep.Identifier, Label: orElse(ep.Name, ep.Identifier)})
				break
			}
		}
	}
	return out
}

// read takes the calls per month from the query. What is left out is 0; a
// point or comma between digits of a thousand is not guessed at.
func (e *estimate) read(q url.Values) (map[string]money.Decimal, error) {
	calls := map[string]money.Decimal{}
	var c fault.Check
	for _, in := range e.Inputs {
		text := strings.TrimSpace(q.Get(in.Name))
		if text == "" {
			continue
		}
		e.Asked = true
		d, err := money.Parse(strings.ReplaceAll(text, ",", ""))
		if err != nil || d.Sign() < 0 || d.Decimals() > 0 || money.Int(maxExpected).Less(d) {
			c.Add(in.Name, "Give a whole number of calls, such as 1000.")
			continue
		}
		calls[strings.TrimPrefix(in.Name, "calls.")] = d
	}
	return calls, c.Err()
}

// estimatePlan is the bill of one full period with that many calls a month.
func (w words) estimatePlan(l catalog.Listing, p catalog.Plan, calls map[string]money.Decimal, tax money.Decimal, now time.Time) (ui.Bill, error) {
	content := p.Revision.Content
	terms := content.Terms.WithDefaults()
	months := money.Int(int64(terms.PeriodMonths))
	var metered []rating.Metered
	for _, pe := range content.Metered() {
		metered = append(metered, rating.Metered{Meter: pe.Identifier, Name: endpointName(l.Endpoints, pe.Identifier),
			Charge: *pe.Charge, Quantity: calls[pe.Identifier].Mul(months)})
	}
	period := rating.PeriodAt(terms, now, 1)
	lines := rating.Renewal(terms, period)
	usage, err := rating.Arrears(terms, metered, period, false)
	if err != nil {
		return ui.Bill{}, err
	}
	bill := w.bill(p.Name+", "+w.per(terms.PeriodMonths), terms.Currency, append(lines, usage...), tax)
	bill.Note = w.shortOf(l, content, calls)
	return bill, nil
}

// shortOf names what a plan does not give of the calls that are expected.
func (w words) shortOf(l catalog.Listing, content catalog.PlanContent, calls map[string]money.Decimal) string {
	var out []string
	for _, ep := range l.Endpoints {
		want, asked := calls[ep.Identifier]
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
