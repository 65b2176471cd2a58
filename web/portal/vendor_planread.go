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
	"github.com/fondaco/fondaco/web/portal/schemaform"
)

// planReader turns typed fields into a plan, remembers what could not be
// read, and which field of the form each part of the input came from.
type planReader struct {
	values url.Values
	check  fault.Check
	names  map[string]string // beginning of an input's path -> of the field's name
	// configuration is what was typed for the plugin; nil for an API.
	configuration *schemaform.Reading
}

// readPlan is the plan that was typed. Fields that are no numbers, and those
// that only the form demands, are in err by the names of the form.
func readPlan(values url.Values, known []catalog.Endpoint, old *catalog.Plan) (catalog.PlanInput, *planReader) {
	r := &planReader{values: values, names: map[string]string{}}
	in := r.terms()
	for i, e := range known {
		name := at(i)
		mode := values.Get(name + "mode")
		if mode == "" {
			continue
		}
		path := at(len(in.Endpoints))
		r.names[path] = name
		in.Endpoints = append(in.Endpoints, r.part(name, path, mode, e.Identifier, old))
	}
	return in, r
}

// terms are what every plan has.
func (r *planReader) terms() catalog.PlanInput {
	values := r.values
	renew := values.Get("autoRenew") != ""
	return catalog.PlanInput{Name: strings.TrimSpace(values.Get("name")), AutoRenew: &renew, Hidden: values.Get("hidden") != "",
		Terms: price.Terms{Currency: strings.ToUpper(strings.TrimSpace(values.Get("currency"))), SetupPrice: r.price("setupPrice", "0"),
			RecurringPrice: r.price("recurringPrice", "0"), PeriodMonths: int(r.whole("periodMonths", 1)),
			Timing: price.Timing(values.Get("timing")), Anchor: price.Anchor(values.Get("anchor")), TrialDays: int(r.whole("trialDays", 0))}}
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
	if text := schemaform.Ungrouped(r.values.Get(row + "upTo")); text != "" {
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
	text := schemaform.Ungrouped(r.values.Get(field))
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
	if r.configuration != nil {
		path = r.configuration.Name(path)
	}
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
