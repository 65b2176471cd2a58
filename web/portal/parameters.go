package portal

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/web/portal/schemaform"
)

// parameterForm asks for what a plan lets customers choose: first the
// quantities that it sells, with their prices, then what else the plugin wants
// to know. Quantities that the plan does not sell are not asked for.
func (v *visit) parameterForm(k catalog.Kind, c catalog.PlanContent) schemaform.Form {
	f := v.formOf("parameters", k.ParametersSchema)
	sold, other := v.quantityFields(f.Fields, c), []schema.Field{}
	for _, field := range f.Fields {
		if field.Type != schema.Integer {
			other = append(other, field)
		}
	}
	f.Fields = append(sold, other...)
	f.Units = units(c)
	return f
}

// quantityForm asks for the quantities alone.
func (v *visit) quantityForm(k catalog.Kind, c catalog.PlanContent) schemaform.Form {
	f := v.formOf("parameters", k.ParametersSchema)
	f.Fields, f.Units = v.quantityFields(f.Fields, c), units(c)
	return f
}

// quantityFields are the plan's quantities in its order, within its bounds.
func (v *visit) quantityFields(all []schema.Field, c catalog.PlanContent) []schema.Field {
	t := c.Terms.WithDefaults()
	var out []schema.Field
	for _, r := range c.Resources {
		f := schema.Field{Name: r.Parameter, Type: schema.Integer}
		if i := slices.IndexFunc(all, func(f schema.Field) bool { return f.Name == r.Parameter }); i >= 0 {
			f = all[i]
		}
		f.Title, f.Required, f.Enum = r.Name, true, nil
		f.Min, f.Step, f.Default = number(r.Min), number(r.Step), number(r.Default)
		if r.Max > 0 {
			f.Max = number(r.Max)
		}
		f.Description = strings.Join(append([]string{v.words.choice(r)}, v.words.unitPrice(r, t.Currency, t.PeriodMonths)...), " · ")
		out = append(out, f)
	}
	return out
}

// units are what the quantities of a plan are counted in.
func units(c catalog.PlanContent) map[string]string {
	out := map[string]string{}
	for _, r := range c.Resources {
		out[r.Parameter] = unitOf(r.Unit).many
	}
	return out
}

// chosen are what was chosen with an order in words, quantities first.
func (v *visit) chosen(k catalog.Kind, c catalog.PlanContent, parameters string) []compareRow {
	var out []compareRow
	for _, r := range c.Resources {
		out = append(out, textRow(v.words.T(r.Name), v.words.count(r.Quantity(json.RawMessage(parameters)), unitOf(r.Unit))))
	}
	for _, row := range v.facts(k.ParametersSchema, json.RawMessage(parameters)) {
		if _, sold := c.Resource(row.Code); !sold {
			row.Code = ""
			out = append(out, row)
		}
	}
	return out
}

// facts are a document in words, a row for each property that is not empty;
// Code is the property's name. Groups, maps and secrets are left out.
func (v *visit) facts(s *schema.Schema, document json.RawMessage) []compareRow {
	f := v.formOf("", s)
	values := f.Values(document)
	var out []compareRow
	for _, field := range f.Fields {
		if text := values.Get("." + field.Name); text != "" {
			row := textRow(v.words.T(schemaform.Title(field)), v.valueWord(field, text))
			row.Code = field.Name
			out = append(out, row)
		}
	}
	return out
}

// valueWord is a chosen value for people.
func (v *visit) valueWord(f schema.Field, text string) string {
	switch {
	case f.Type == schema.Boolean:
		return v.words.T("yes")
	case len(f.Enum) > 0:
		return v.words.T(schemaform.Words(text))
	}
	return text
}

func textRow(label, text string) compareRow {
	return compareRow{Label: label, Cells: []compareCell{{Lines: []string{text}}}}
}
