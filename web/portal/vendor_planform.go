package portal

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// A plan form names its fields as the service names the input's, so that an
// error finds its field: "endpoints[3].tiers[0].upTo" is the first tier of the
// product's fourth endpoint: endpoints are never removed and keep their order.
// The input holds fewer: only the endpoints that are in the plan and the tiers
// that are filled in.

// planForm is a plan as it is being typed.
type planForm struct {
	ui.Form
	Endpoints []planFormPart
	Long      bool // many endpoints: fields are shown for the chosen ones only
	Resources []planFormResource
	Meters    []planFormPart
}

// planFormPart is one endpoint of the form, or a meter: then the endpoint has
// an identifier and a name only. At is the beginning of its fields' names.
type planFormPart struct {
	catalog.Endpoint
	Unit  unit
	Meter bool
	At    string
	Mode  string
	Limit bool // fields for limits are on the page
	Price bool // fields for prices are on the page
	Kept  []string
	Tiers []planFormTier
}

// planFormTier is one row of prices.
type planFormTier struct {
	At    string
	Focus bool
}

// keep is the mode of an endpoint whose price this form cannot show: it stays
// as it is.
const keep = "keep"

// longPlan is how many endpoints a plan form shows with all their fields.
const longPlan = 24

// newPlanValues are a new plan's fields.
func newPlanValues(currency string) url.Values {
	return url.Values{"currency": {currency}, "setupPrice": {"0"}, "periodMonths": {"1"}, "timing": {string(price.Prepaid)},
		"anchor": {string(price.Anniversary)}, "trialDays": {"0"}, "autoRenew": {"true"}}
}

// termValues are the fields of a plan that every plan has.
func termValues(pl catalog.Plan) url.Values {
	c := pl.Revision.Content
	v := newPlanValues(c.Currency)
	digits := money.Digits(c.Currency)
	for name, text := range map[string]string{"name": pl.Name, "setupPrice": c.SetupPrice.Trim(digits).String(),
		"recurringPrice": c.RecurringPrice.Trim(digits).String(), "periodMonths": strconv.Itoa(c.PeriodMonths),
		"timing": string(c.Timing), "anchor": string(c.Anchor), "trialDays": strconv.Itoa(c.TrialDays)} {
		v.Set(name, text)
	}
	if !c.AutoRenew {
		v.Del("autoRenew")
	}
	if pl.Hidden {
		v.Set("hidden", "true")
	}
	return v
}

// putEndpoints are the fields of what a plan says about endpoints.
func putEndpoints(v url.Values, known []catalog.Endpoint, c catalog.PlanContent) {
	for i, e := range known {
		if part, ok := c.Endpoint(e.Identifier); ok {
			partValues(v, at(i), part)
		}
	}
}

func at(i int) string { return fmt.Sprintf("endpoints[%d].", i) }

func partValues(v url.Values, at string, part catalog.PlanEndpoint) {
	v.Set(at+"mode", string(part.Mode))
	for window, n := range part.Limits {
		v.Set(at+"limits."+window, strconv.FormatInt(n, 10))
	}
	if part.Mode == catalog.PayPerUse && part.Charge != nil {
		chargeValues(v, at, *part.Charge)
	}
}

// chargeValues are the fields of a price per use.
func chargeValues(v url.Values, at string, c price.Charge) {
	tiers, ok := simple(c)
	if !ok {
		v.Set(at+"mode", keep)
		return
	}
	v.Set(at+"mode", string(catalog.PayPerUse))
	if c.Model == price.Volume {
		v.Set(at+"model", string(price.Volume))
	}
	for j, t := range tiers {
		row := fmt.Sprintf("%stiers[%d].", at, j)
		if t.UpTo != nil {
			v.Set(row+"upTo", t.UpTo.String())
		} else {
			v.Set(row+"upTo", "")
		}
		v.Set(row+"unitPrice", t.UnitPrice.Trim(2).String())
		if !t.FlatPrice.IsZero() {
			v.Set(row+"flatPrice", t.FlatPrice.Trim(2).String())
		}
	}
}

// simple gives a charge as the rows of the form; false when the form has no
// fields for all of it.
func simple(c price.Charge) ([]price.Tier, bool) {
	c = c.WithDefaults()
	plain := c.FreeUnits == nil && c.Minimum == nil && c.Maximum == nil && c.FlatPrice == nil && c.Overflow == "" &&
		c.ZeroUsage == price.ChargeFirstFlat && c.FractionalBound == price.ExactBound
	switch {
	case !plain:
		return nil, false
	case c.Model == price.PerUnit:
		return []price.Tier{{UnitPrice: price.Or(c.UnitPrice)}}, true
	}
	return c.Tiers, c.Model == price.Graduated || c.Model == price.Volume
}

// readPlanForm turns the fields into rows to be shown. old is the plan that is
// revised, or nil.
func readPlanForm(w words, form ui.Form, known []catalog.Endpoint, old *catalog.Plan) planForm {
	out := planForm{Form: form, Long: len(known) > longPlan}
	for i, e := range known {
		name := at(i)
		part := planFormPart{Endpoint: e, Unit: calls(), At: name, Mode: form.Value(name + "mode")}
		part.Limit, part.Price = !out.Long || part.Mode == string(catalog.Prepaid), !out.Long || part.Mode == string(catalog.PayPerUse)
		if part.Mode == keep && old != nil {
			kept, _ := old.Revision.Content.Endpoint(e.Identifier)
			part.Kept = w.endpoint(kept, old.Revision.Content.Currency)
		}
		part.Tiers = formTiers(form.Values, name)
		out.Endpoints = append(out.Endpoints, part)
	}
	return out
}

// formTiers are the rows of prices; one is always there.
func formTiers(v url.Values, at string) []planFormTier {
	var out []planFormTier
	for j := range max(tierRows(v, at), 1) {
		out = append(out, planFormTier{At: fmt.Sprintf("%stiers[%d].", at, j)})
	}
	return out
}

func tierRows(v url.Values, at string) int {
	n := 0
	for v.Has(fmt.Sprintf("%stiers[%d].upTo", at, n)) {
		n++
	}
	return n
}

// Windows are the limits that a prepaid endpoint can have, shortest first.
func (planForm) Windows() []string { return catalog.Windows }

// Label says what a window's field is.
func (planForm) Label(window string) string { return "Per " + window }

// Chosen counts the endpoints that are in the plan.
func (f planForm) Chosen() int {
	n := 0
	for _, e := range f.Endpoints {
		if e.Mode != "" {
			n++
		}
	}
	return n
}

// ID is the id of the endpoint's part of the form, or of a group within it.
func (p planFormPart) ID(group string) string { return ui.FieldID(p.At + group) }

// Modes are the choices of an endpoint or a meter.
func (p planFormPart) Modes() []ui.Option {
	out := []ui.Option{{Value: "", Label: "Not in this plan"}, {Value: string(catalog.Prepaid), Label: "Prepaid, up to limits"},
		{Value: string(catalog.Included), Label: "Included, without limit"}, {Value: string(catalog.PayPerUse), Label: "Pay per use"}}
	if p.Meter {
		out = []ui.Option{{Value: "", Label: "Measured, not billed"}, {Value: string(catalog.PayPerUse), Label: "Pay per use"}}
	}
	if p.Kept != nil {
		out = append(out, ui.Option{Value: keep, Label: "Keep its present price"})
	}
	return out
}

// Models are the ways tiers can be meant.
func (p planFormPart) Models() []ui.Option {
	return []ui.Option{{Value: string(price.Graduated), Label: "Each " + p.Unit.one + " at the price of its own tier"},
		{Value: string(price.Volume), Label: "All " + p.Unit.many + " at the price of the tier reached"}}
}

// One and Many are the words of what is counted.
func (p planFormPart) One() string { return p.Unit.one }

// Many is One where there are several.
func (p planFormPart) Many() string { return p.Unit.many }

// editRows carries out a button that adds or removes a row; false when it is
// another button.
func editRows(v url.Values, do string) bool {
	verb, rest, _ := strings.Cut(do, ":")
	at, row, _ := strings.Cut(rest, ":")
	switch verb {
	case "addTier":
		n := tierRows(v, at)
		v.Set(fmt.Sprintf("%stiers[%d].upTo", at, n), "")
		return true
	case "removeTier":
		j, err := strconv.Atoi(row)
		if err == nil {
			removeTier(v, at, j)
		}
		return true
	}
	return false
}

func removeTier(v url.Values, at string, j int) {
	n := tierRows(v, at)
	for ; j < n; j++ {
		for _, field := range []string{"upTo", "unitPrice", "flatPrice"} {
			next, ok := v[fmt.Sprintf("%stiers[%d].%s", at, j+1, field)]
			v.Del(fmt.Sprintf("%stiers[%d].%s", at, j, field))
			if ok {
				v[fmt.Sprintf("%stiers[%d].%s", at, j, field)] = next
			}
		}
	}
}

// setAll puts the same offer on every endpoint: what the row above the
// endpoints says.
func setAll(v url.Values, known []catalog.Endpoint) {
	mode := v.Get("all.mode")
	for i := range known {
		name := at(i)
		v.Set(name+"mode", mode)
		switch mode {
		case string(catalog.Prepaid):
			if limit := v.Get("all.limit"); limit != "" && slices.Contains(catalog.Windows, v.Get("all.window")) {
				v.Set(name+"limits."+v.Get("all.window"), limit)
			}
		case string(catalog.PayPerUse):
			if unit := v.Get("all.unitPrice"); unit != "" {
				v.Set(name+"tiers[0].upTo", v.Get(name+"tiers[0].upTo"))
				v.Set(name+"tiers[0].unitPrice", unit)
			}
		}
	}
}
