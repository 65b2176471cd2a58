// Package schemaform makes form fields of a plugin's JSON Schema: it draws them
// with what was typed, reads a document from them, and knows which field of the
// form a part of the document came from. It checks nothing but what cannot be
// written down at all; the services check documents against their schemas.
package schemaform

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// Form is the generated part of a form.
type Form struct {
	// Prefix begins the names of all fields and the paths of all errors:
	// "settings" makes "settings.region".
	Prefix string
	Fields []schema.Field
	// Kept are the places of secrets that are stored, without the prefix: left
	// empty, they stay.
	Kept []string
	// Units are what quantities are counted in, by their names.
	Units map[string]string
	// Words are those of the reader's language.
	Words *ui.Locale
}

// place is where a property stands: the name of its field in the form, and its
// path in the document. They differ below the entries of a map.
type place struct{ name, path string }

func (f Form) root() place { return place{name: f.Prefix} }

func (p place) part(name string) place {
	return place{p.name + "." + name, strings.TrimPrefix(p.path+"."+name, ".")}
}

func (p place) entry(i int, key string) place {
	return place{fmt.Sprintf("%s[%d].value", p.name, i), p.path + "." + key}
}

// row is one of a list; its fields are named as those of a map's entry are.
func (p place) row(i, index int) place {
	return place{fmt.Sprintf("%s[%d].value", p.name, i), fmt.Sprintf("%s[%d]", p.path, index)}
}

// aRow is the key of a row: it says only that there is one.
const aRow = "row"

func keyName(of string, i int) string { return fmt.Sprintf("%s[%d].key", of, i) }

// entryCount counts the entries of a map in a form.
func entryCount(v url.Values, name string) int {
	n := 0
	for v.Has(keyName(name, n)) {
		n++
	}
	return n
}

// Draw are the controls, with what was typed and what was wrong with it.
func (f Form) Draw(typed ui.Form) ([]ui.SchemaField, error) {
	d := drawing{Form: f, typed: typed}
	out := d.parts(f.Fields, f.root(), true)
	return out, d.err
}

// drawing makes controls and remembers the first mistake.
type drawing struct {
	Form
	typed ui.Form
	err   error
}

// parts draws the properties of an object. Within an optional one nothing must
// be filled in: it may be left alone as a whole.
func (d *drawing) parts(all []schema.Field, at place, required bool) []ui.SchemaField {
	var out []ui.SchemaField
	for _, f := range all {
		if f.Required = f.Required && required; !f.ReadOnly {
			out = append(out, d.field(f, at.part(f.Name)))
		}
	}
	return out
}

func (d *drawing) field(f schema.Field, at place) ui.SchemaField {
	out := ui.SchemaField{Field: d.control(f, at, d.settings(f, at)...)}
	switch kindOf(f) {
	case group:
		out.Parts = d.parts(f.Fields, at, f.Required)
	case entries, rows:
		out.Map = d.entries(f, at)
	}
	return out
}

func (d *drawing) control(f schema.Field, at place, settings ...any) ui.Field {
	settings = append([]any{"hint", d.T(f.Description), "required", f.Required, "placeholder", cmp.Or(f.Example, f.Default)}, settings...)
	c, err := d.typed.Field(at.name, d.T(Title(f)), settings...)
	if err != nil && d.err == nil {
		d.err = err
	}
	return c
}

// T is text in the reader's language. What plugins say of themselves is
// translated where a catalog knows it.
func (f Form) T(text string, args ...any) string { return f.Words.T(text, args...) }

// hint is what the schema says of the property, and then what we say of its control.
func (f Form) hint(p schema.Field, more string) string {
	return strings.TrimSpace(f.T(p.Description) + " " + more)
}

// settings are how a property of its kind is typed.
func (d *drawing) settings(f schema.Field, at place) []any {
	switch kindOf(f) {
	case secret:
		return d.secret(f, at)
	case whole, number:
		return d.numeric(f)
	case yesNo:
		return []any{"kind", "checkbox", "required", false}
	case choice:
		return []any{"kind", "select", "options", d.options(f)}
	case lines:
		return []any{"kind", "textarea", "rows", 3, "hint", d.hint(f, d.T("One to a line."))}
	case code:
		return []any{"kind", "textarea", "rows", 4, "code", true, "hint", d.hint(f, d.T("Written as JSON."))}
	case long:
		return []any{"kind", "textarea", "rows", 5, "code", true}
	case text:
		return []any{"kind", textKind(f.Format), "autocomplete", "off"}
	}
	return nil // groups and maps have no control of their own
}

// secret is a password; one that is stored need not be typed again.
func (d *drawing) secret(f schema.Field, at place) []any {
	kept := slices.Contains(d.Kept, at.path)
	note := d.T("Kept encrypted and never shown again.")
	if kept {
		note = d.T("A value is kept. Left empty, it stays as it is.")
	}
	out := []any{"kind", "password", "autocomplete", "new-password", "required", f.Required && !kept, "hint", d.hint(f, note)}
	if kept {
		out = append(out, "placeholder", "••••••••")
	}
	return out
}

func (d *drawing) numeric(f schema.Field) []any {
	out := []any{"kind", "number", "short", true, "autocomplete", "off"}
	if u := d.Units[f.Name]; u != "" {
		out = append(out, "suffix", d.T(u))
	}
	step := f.Step
	if step == "" && kindOf(f) == number {
		step = "any"
	}
	for _, s := range []struct{ name, value string }{{"min", f.Min}, {"max", f.Max}, {"step", step}} {
		if s.value != "" {
			out = append(out, s.name, s.value)
		}
	}
	return out
}

func textKind(format string) string {
	switch format {
	case "uri":
		return "url"
	case "email", "date":
		return format
	}
	return "text"
}

func (d *drawing) options(f schema.Field) []ui.Option {
	var out []ui.Option
	if !f.Required && f.Default == "" {
		out = append(out, ui.Option{Value: "", Label: d.T("Not chosen")})
	}
	for i, value := range f.Enum {
		label := d.T(Words(value))
		if i < len(f.Labels) && f.Labels[i] != "" {
			label = d.T(f.Labels[i])
		}
		out = append(out, ui.Option{Value: value, Label: label})
	}
	return out
}

func (d *drawing) entries(f schema.Field, at place) *ui.SchemaMap {
	name := d.T(Title(f))
	m := &ui.SchemaMap{Add: "addEntry:" + at.name, AddText: d.T("Add to “%s”", name)}
	for i := range max(entryCount(d.typed.Values, at.name), f.AtLeast) {
		key := keyName(at.name, i)
		under := at.entry(i, d.typed.Value(key))
		e := ui.SchemaEntry{ID: ui.FieldID(under.name), Label: fmt.Sprintf("%s %d", name, i+1), Remove: fmt.Sprintf("removeEntry:%s:%d", at.name, i)}
		if kindOf(f) == rows {
			e.Row, e.Parts = ui.SchemaRow{Name: key, Value: aRow}, d.parts(f.Entry.Fields, under, true)
			m.Entries = append(m.Entries, e)
			continue
		}
		e.Key = d.control(schema.Field{Title: d.T("Name"), Required: true}, place{name: key}, "autocomplete", "off", "code", true)
		if kindOf(*f.Entry) == group {
			e.Parts = d.parts(f.Entry.Fields, under, true)
		} else {
			e.Parts = []ui.SchemaField{d.field(*f.Entry, under)}
		}
		m.Entries = append(m.Entries, e)
	}
	return m
}
