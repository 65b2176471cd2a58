package portal

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// A plan form names its fields as the service names the input's, so that an
// error finds its field: "endpoints[3].tiers[0].upTo" is the first tier of the
// product's fourth endpoint. The input holds fewer: only the endpoints that are
// in the plan and the tiers that are filled in.

// planForm is a plan as it is being typed.
type planForm struct {
	ui.Form
	Endpoints []planFormPart
	Long      bool // many endpoints: fields are shown for the chosen ones only
}

// planFormPart is one endpoint of the form. At is the beginning of its fields'
// names.
type planFormPart struct {
	catalog.Endpoint
	At    string
	Mode  string
	Open  bool // its fields are on the page
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
func newPlanValues(known []catalog.Endpoint, currency string) url.Values {
	v := url.Values{"currency": {currency}, "setupPrice": {"0"}, "periodMonths": {"1"}, "timing": {string(price.Prepaid)},
		"anchor": {string(price.Anniversary)}, "trialDays": {"0"}, "autoRenew": {"true"}}
	for i, e := range known {
		v.Set(at(i)+"identifier", e.Identifier)
	}
	return v
}

// planValues are the fields of a plan that exists.
func planValues(known []catalog.Endpoint, pl catalog.Plan) url.Values {
	c := pl.Revision.Content
	v := newPlanValues(known, c.Currency)
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
	for i, e := range known {
		if part, ok := c.Endpoint(e.Identifier); ok {
			partValues(v, at(i), part)
		}
	}
	return v
}

func at(i int) string { return fmt.Sprintf("endpoints[%d].", i) }

func partValues(v url.Values, at string, part catalog.PlanEndpoint) {
	v.Set(at+"mode", string(part.Mode))
	for window, n := range part.Limits {
		v.Set(at+"limits."+window, strconv.FormatInt(n, 10))
	}
	if part.Mode != catalog.PayPerUse || part.Charge == nil {
		return
	}
	tiers, ok := simple(*part.Charge)
	if !ok {
		v.Set(at+"mode", keep)
		return
	}
	if part.Charge.Model == price.Volume {
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
		part := planFormPart{Endpoint: e, At: name, Mode: form.Value(name + "mode")}
		part.Open = part.Mode != "" || !out.Long
		if part.Mode == keep && old != nil {
			kept, _ := old.Revision.Content.Endpoint(e.Identifier)
			part.Kept = w.endpoint(kept, old.Revision.Content.Currency)
		}
		for j := range max(tierRows(form.Values, name), 1) {
			part.Tiers = append(part.Tiers, planFormTier{At: fmt.Sprintf("%stiers[%d].", name, j)})
		}
		out.Endpoints = append(out.Endpoints, part)
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

// Modes are the choices of an endpoint.
func (p planFormPart) Modes() []ui.Option {
	out := []ui.Option{{Value: "", Label: "Not in this plan"}, {Value: string(catalog.Prepaid), Label: "Prepaid, up to limits"},
		{Value: string(catalog.PayPerUse), Label: "Pay per use"}}
	if p.Kept != nil {
		out = append(out, ui.Option{Value: keep, Label: "Keep its present price"})
	}
	return out
}

// Models are the ways tiers can be meant.
func (planFormPart) Models() []ui.Option {
	return []ui.Option{{Value: string(price.Graduated), Label: "Each call at the price of its own tier"},
		{Value: string(price.Volume), Label: "All calls at the price of the tier reached"}}
}

// editRows carries out a button that adds or removes a row, and says which
// endpoint it was on; false when it is another button.
func editRows(v url.Values, do string) (endpoint string, ok bool) {
	verb, rest, _ := strings.Cut(do, ":")
	at, row, _ := strings.Cut(rest, ":")
	switch verb {
	case "addTier":
		n := tierRows(v, at)
		v.Set(fmt.Sprintf("%stiers[%d].upTo", at, n), "")
		return at, true
	case "removeTier":
		j, err := strconv.Atoi(row)
		if err == nil {
			removeTier(v, at, j)
		}
		return at, true
	}
	return "", false
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

// planReader turns typed fields into a plan, remembers what could not be
// read, and which field of the form each part of the input came from.
type planReader struct {
	values url.Values
	check  fault.Check
	names  map[string]string // beginning of an input's path -> of the field's name
}

// readPlan is the plan that was typed. Fields that are no numbers, and those
// that only the form demands, are in err by the names of the form.
func readPlan(values url.Values, known []catalog.Endpoint, old *catalog.Plan) (catalog.PlanInput, *planReader) {
	r := &planReader{values: values, names: map[string]string{}}
	renew := values.Get("autoRenew") != ""
	in := catalog.PlanInput{Name: strings.TrimSpace(values.Get("name")), AutoRenew: &renew, Hidden: values.Get("hidden") != "",
		Terms: price.Terms{Currency: strings.ToUpper(strings.TrimSpace(values.Get("currency"))), SetupPrice: r.price("setupPrice", "0"),
			RecurringPrice: r.price("recurringPrice", "0"), PeriodMonths: int(r.whole("periodMonths", 1)),
			Timing: price.Timing(values.Get("timing")), Anchor: price.Anchor(values.Get("anchor")), TrialDays: int(r.whole("trialDays", 0))}}
	for i, e := range known {
		name := at(i)
		mode := values.Get(name + "mode")
		if mode == "" || values.Get(name+"identifier") != e.Identifier {
			continue
		}
		path := at(len(in.Endpoints))
		r.names[path] = name
		in.Endpoints = append(in.Endpoints, r.part(name, path, mode, e.Identifier, old))
	}
	return in, r
}

func (r *planReader) part(name, path, mode, identifier string, old *catalog.Plan) catalog.PlanEndpoint {
	part := catalog.PlanEndpoint{Identifier: identifier, Mode: catalog.Mode(mode)}
	switch mode {
	case string(catalog.Prepaid):
		part.Limits = r.limits(name)
	case string(catalog.PayPerUse):
		part.Charge = r.tiers(name, path)
	case keep:
		if old != nil {
			part, _ = old.Revision.Content.Endpoint(identifier)
		}
	}
	return part
}

func (r *planReader) limits(name string) map[string]int64 {
	limits := map[string]int64{}
	for _, window := range catalog.Windows {
		if field := name + "limits." + window; strings.TrimSpace(r.values.Get(field)) != "" {
			limits[window] = r.whole(field, 1)
		}
	}
	if len(limits) == 0 {
		r.check.Add(name+"limits.month", "Give at least one limit: how many calls are included.")
	}
	return limits
}

func (r *planReader) tiers(name, path string) *price.Charge {
	charge := price.Charge{Model: price.Graduated}
	if r.values.Get(name+"model") == string(price.Volume) {
		charge.Model = price.Volume
	}
	rows := tierRows(r.values, name)
	for j := range rows {
		row := fmt.Sprintf("%stiers[%d].", name, j)
		if r.blank(row) && (j > 0 || rows > 1) {
			continue
		}
		r.names[fmt.Sprintf("%stiers[%d].", path, len(charge.Tiers))] = row
		charge.Tiers = append(charge.Tiers, r.tier(row))
	}
	if len(charge.Tiers) == 0 {
		r.check.Add(name+"tiers[0].unitPrice", "Give a price; 0 is free.")
	}
	return &charge
}

func (r *planReader) blank(row string) bool {
	for _, field := range []string{"upTo", "unitPrice", "flatPrice"} {
		if strings.TrimSpace(r.values.Get(row+field)) != "" {
			return false
		}
	}
	return true
}

func (r *planReader) tier(row string) price.Tier {
	var t price.Tier
	if text := ungrouped(r.values.Get(row + "upTo")); text != "" {
		bound := r.number(row+"upTo", text)
		t.UpTo = &bound
	}
	t.FlatPrice = r.price(row+"flatPrice", "0")
	fallback := ""
	if strings.TrimSpace(r.values.Get(row+"flatPrice")) != "" {
		fallback = "0"
	}
	t.UnitPrice = r.price(row+"unitPrice", fallback)
	return t
}

// price reads a decimal; an empty field is the fallback, or must be filled.
func (r *planReader) price(field, fallback string) money.Decimal {
	text := strings.TrimSpace(r.values.Get(field))
	if text == "" {
		text = fallback
	}
	if text == "" {
		r.check.Add(field, "Give a price; 0 is free.")
		return money.Decimal{}
	}
	return r.number(field, text)
}

func (r *planReader) number(field, text string) money.Decimal {
	d, err := money.Parse(text)
	if err != nil {
		r.check.Add(field, sentence(err.Error()))
	}
	return d
}

// whole reads a whole number.
func (r *planReader) whole(field string, fallback int64) int64 {
	text := ungrouped(r.values.Get(field))
	if text == "" {
		return fallback
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		r.check.Add(field, "Write a whole number like 1000.")
		return fallback
	}
	return n
}

// ungrouped takes out the separators of "1,000" and "1 000".
func ungrouped(text string) string {
	text = strings.TrimSpace(text)
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\u00a0' })
	for i, p := range parts {
		if i > 0 && len(p) != 3 {
			return text
		}
	}
	return strings.Join(parts, "")
}

// sentence makes an error's text one.
func sentence(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// wrong are all wrong fields by the names of the form: what could not be read
// and what err, which names the input, says of the rest.
func (r *planReader) wrong(err error) *fault.Error {
	f := fault.As(err)
	if r.check.OK() && len(f.Fields) == 0 {
		return f
	}
	var fields []fault.Field
	if !r.check.OK() {
		fields = fault.As(r.check.Err()).Fields
	}
	for _, e := range f.Fields {
		e.Name, e.Message = r.name(e.Name), formWords(e.Message)
		if !slices.ContainsFunc(fields, func(have fault.Field) bool { return have.Name == e.Name || strings.HasPrefix(have.Name, e.Name) }) {
			fields = append(fields, e)
		}
	}
	out := fault.InvalidFields(fields...)
	return out
}

// name is the form's name of an input's path.
func (r *planReader) name(path string) string {
	longest := ""
	for from := range r.names {
		if strings.HasPrefix(path, from) && len(from) > len(longest) {
			longest = from
		}
	}
	if longest == "" {
		return path
	}
	return r.names[longest] + path[len(longest):]
}

// formWords replaces what only the API offers by what the form does.
func formWords(message string) string {
	return strings.NewReplacer(
		"Leave upTo out, or set overflow to lastTier or free.", "Leave the end of the last tier empty.",
		"A plan holds at least one endpoint.", "Choose at least one endpoint: prepaid or pay per use.").Replace(message)
}
