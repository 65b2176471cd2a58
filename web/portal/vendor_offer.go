package portal

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/web/portal/schemaform"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// A plan of a product that a plugin makes holds the plugin's configuration,
// quantities that customers choose, and meters. The form has a part for every
// whole number of the plugin's order parameters ("resources[1].min") and for
// every meter ("meters[0].tiers[0].upTo"); the input holds those that are sold.

// planFormResource is one quantity of the form.
type planFormResource struct {
	At    string
	Title string
	Hint  string
	Min   string // the plugin's bounds
	Max   string
	Fresh bool // the vendor names it here
}

// ID is the id of the resource's part of the form.
func (r planFormResource) ID() string { return ui.FieldID(r.At) }

// Name is the name of one of its fields.
func (r planFormResource) Name(field string) string { return r.At + field }

func resourceAt(i int) string { return fmt.Sprintf("resources[%d].", i) }

func meterAt(i int) string { return fmt.Sprintf("meters[%d].", i) }

// formOf is the generated part of a form; a kind whose plugin never answered
// has none.
func (v *visit) formOf(prefix string, s *schema.Schema) schemaform.Form {
	f := schemaform.Form{Prefix: prefix, Words: v.words.Locale}
	if s != nil {
		f.Fields = s.Fields()
	}
	return f
}

// quantity is what can be sold in a plan; one that is fresh has no name yet.
type quantity struct {
	schema.Field
	fresh bool
}

// quantities are the whole numbers that can be sold of a kind. Where the vendor
// names them it is those of all plans of the product, what was typed, and one
// more.
func (d planDesk) quantities(typed url.Values) []quantity {
	var out []quantity
	if d.kind.Definition != nil {
		return d.ownQuantities(typed)
	}
	if d.kind.ParametersSchema == nil {
		return nil
	}
	for _, f := range d.kind.ParametersSchema.Fields() {
		if f.Type == schema.Integer {
			out = append(out, quantity{Field: f})
		}
	}
	return out
}

func (d planDesk) ownQuantities(typed url.Values) []quantity {
	var out []quantity
	for _, p := range d.l.Plans {
		for _, r := range p.Revision.Content.Resources {
			if !slices.ContainsFunc(out, func(q quantity) bool { return q.Name == r.Parameter }) {
				out = append(out, quantity{Field: schema.Field{Name: r.Parameter, Title: r.Name, Type: schema.Integer}})
			}
		}
	}
	for {
		name := strings.TrimSpace(typed.Get(resourceAt(len(out)) + "parameter"))
		out = append(out, quantity{Field: schema.Field{Name: name, Type: schema.Integer}, fresh: true})
		if name == "" {
			return out
		}
	}
}

// suggestOffers are the fields of a new plan: every quantity is sold.
func (d planDesk) suggestOffers(v url.Values) {
	for name, value := range d.configuration.Defaults() {
		v[name] = value
	}
	for i, f := range d.quantities(v) {
		at := resourceAt(i)
		if f.fresh {
			v.Set(at+"step", "1")
			continue
		}
		least := orElse(f.Min, "0")
		for field, value := range map[string]string{"sold": "true", "name": schemaform.Title(f.Field), "unit": unitIn(f.Name), "min": least, "max": f.Max, "step": orElse(f.Step, "1"),
			"default": orElse(f.Default, least), "included": "0"} {
			v.Set(at+field, value)
		}
	}
	for i, m := range d.kind.Meters {
		v.Set(meterAt(i)+"name", schemaform.Words(m.Name))
	}
}

// putOffers are the fields of a plan that exists.
func (d planDesk) putOffers(v url.Values, c catalog.PlanContent) {
	for name, value := range d.configuration.Values(c.Configuration) {
		v[name] = value
	}
	v.Set("provider", c.Provider)
	digits := money.Digits(c.Currency)
	for i, f := range d.quantities(v) {
		r, sold := c.Resource(f.Name)
		if !sold || f.fresh {
			v.Set(resourceAt(i)+"name", schemaform.Title(f.Field))
			continue
		}
		for field, value := range map[string]string{"sold": "true", "name": r.Name, "unit": r.Unit, "min": number(r.Min), "step": number(r.Step),
			"default": number(r.Default), "included": number(r.Included), "unitPrice": r.UnitPrice.Trim(digits).String()} {
			v.Set(resourceAt(i)+field, value)
		}
		if r.Max > 0 {
			v.Set(resourceAt(i)+"max", number(r.Max))
		}
	}
	for i, m := range d.kind.Meters {
		v.Set(meterAt(i)+"name", schemaform.Words(m.Name))
		if sold, ok := meterOf(c, m.Name); ok {
			v.Set(meterAt(i)+"name", sold.Name)
			chargeValues(v, meterAt(i), sold.Charge)
		}
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func meterOf(c catalog.PlanContent, name string) (catalog.PlanMeter, bool) {
	i := slices.IndexFunc(c.Meters, func(m catalog.PlanMeter) bool { return m.Meter == name })
	if i < 0 {
		return catalog.PlanMeter{}, false
	}
	return c.Meters[i], true
}

// fillOffers draws the parts of the form that an API's plan does not have.
func (d planDesk) fillOffers(data *planData, form ui.Form) error {
	var err error
	if data.Configuration, err = d.configuration.Draw(form); err != nil {
		return err
	}
	names, err := d.Provision.ProviderNames(d.r.Context(), d.actor, d.l.Product.Type)
	if err != nil {
		return err
	}
	data.Providers = []ui.Option{{Value: "", Label: d.words.T("The first one of this type")}}
	for _, name := range names {
		data.Providers = append(data.Providers, ui.Option{Value: name, Label: name})
	}
	data.Plan = planForm{Form: form}
	for i, f := range d.quantities(form.Values) {
		data.Plan.Resources = append(data.Plan.Resources, planFormResource{At: resourceAt(i), Title: d.words.T(orElse(schemaform.Title(f.Field), "Another quantity")),
			Hint: d.words.T(f.Description), Min: f.Min, Max: f.Max, Fresh: f.fresh})
	}
	data.VendorMade = d.l.Product.Type.VendorProvisioned()
	for i, m := range d.kind.Meters {
		data.Plan.Meters = append(data.Plan.Meters, d.meterPart(form, i, m))
	}
	data.Drift, data.Unavailable = driftWords(d.l.Product.DriftPolicy), d.kind.Unavailable
	return nil
}

func (d planDesk) meterPart(form ui.Form, i int, m catalog.Meter) planFormPart {
	at := meterAt(i)
	part := planFormPart{Endpoint: catalog.Endpoint{Identifier: m.Name, Name: d.words.T(schemaform.Words(m.Name))}, Unit: unitOf(m.Unit), Meter: true, At: at,
		Mode: form.Value(at + "mode"), Price: true, Tiers: formTiers(form.Values, at)}
	if part.Mode == keep && d.old != nil {
		kept, _ := meterOf(d.old.Revision.Content, m.Name)
		part.Kept = d.words.meter(kept, d.old.Revision.Content.Currency)
	}
	return part
}

// readOffers is the plan that was typed.
func (d planDesk) readOffers(values url.Values) (catalog.PlanInput, *planReader) {
	r := &planReader{values: values, names: map[string]string{}}
	in := r.terms()
	read := d.configuration.Read(values)
	for _, wrong := range read.Wrong {
		r.check.Add(wrong.Name, wrong.Message)
	}
	r.configuration, in.Configuration, in.Provider = &read, read.Document, values.Get("provider")
	for i, f := range d.quantities(values) {
		if values.Get(resourceAt(i)+"sold") != "" || f.fresh && f.Name != "" {
			r.names[resourceAt(len(in.Resources))] = resourceAt(i)
			in.Resources = append(in.Resources, r.resource(resourceAt(i), f.Name))
		}
	}
	for i, m := range d.kind.Meters {
		if values.Get(meterAt(i)+"mode") != "" {
			r.names[meterAt(len(in.Meters))] = meterAt(i)
			in.Meters = append(in.Meters, r.meter(meterAt(i), meterAt(len(in.Meters)), m, d.old))
		}
	}
	return in, r
}

func (r *planReader) resource(at, parameter string) catalog.PlanResource {
	least := r.whole(at+"min", 0)
	return catalog.PlanResource{Parameter: parameter, Name: strings.TrimSpace(r.values.Get(at + "name")), Unit: strings.TrimSpace(r.values.Get(at + "unit")),
		Min: least, Max: r.whole(at+"max", 0), Step: r.whole(at+"step", 1), Default: r.whole(at+"default", least),
		Included: r.whole(at+"included", 0), UnitPrice: r.price(at+"unitPrice", "")}
}

func (r *planReader) meter(at, path string, m catalog.Meter, old *catalog.Plan) catalog.PlanMeter {
	out := catalog.PlanMeter{Meter: m.Name, Name: strings.TrimSpace(r.values.Get(at + "name")), Unit: m.Unit}
	if r.values.Get(at+"mode") != keep {
		out.Charge = *r.tiers(at, path)
		return out
	}
	if old != nil {
		kept, _ := meterOf(old.Revision.Content, m.Name)
		out.Charge = kept.Charge
	}
	return out
}
