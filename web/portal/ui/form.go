package ui

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

// Form is what was typed into a form and what was wrong with it. The zero
// value is an empty form; set Values for what is there already.
type Form struct {
	Values  url.Values
	Errors  []fault.Field
	Message string // what is wrong with the form as a whole
}

// FormError is a form given back with err: what was typed stays, fields named
// by the fault show its words.
func FormError(values url.Values, err error) Form {
	f := fault.As(err)
	return Form{Values: values, Errors: f.Fields, Message: f.Message}
}

// Value is what was typed into a field.
func (f Form) Value(name string) string { return f.Values.Get(name) }

// ErrorOf is what was wrong with a field, or "".
func (f Form) ErrorOf(name string) string {
	for _, e := range f.Errors {
		if e.Name == name {
			return e.Message
		}
	}
	return ""
}

// Option is one choice of a select or radio group.
type Option struct {
	Value    string
	Label    string
	Hint     string
	Selected bool
}

// Field is one labelled control; templates/form.html draws it.
type Field struct {
	ID, Name, Label, Kind, Value    string
	Hint, Error                     string
	Placeholder, Autocomplete       string
	InputMode, Min, Max, Step       string
	Prefix, Suffix                  string
	Required, Disabled, ReadOnly    bool
	Checked, Autofocus, Code, Short bool
	Rows                            int
	Options                         []Option
	Attrs                           []Attr
}

// Attr is a further attribute of a control, such as hx-get.
type Attr struct{ Name, Value string }

// FieldID is the id of the control that a field name gets.
func FieldID(name string) string {
	return "f-" + strings.Trim(strings.NewReplacer("[", "-", "]", "", ".", "-", " ", "-").Replace(name), "-")
}

// Field is a control with its kept value and its error. Settings come in
// pairs: "kind" (text, email, password, number, date, url, search, textarea,
// select, checkbox, radio), "hint", "required", "value" (when nothing was
// typed), "placeholder", "autocomplete", "inputmode", "min", "max", "step",
// "prefix", "suffix", "rows", "options", "code", "short", "disabled",
// "readonly", "autofocus", or the name of an attribute starting with "hx-" or
// "data-".
func (f Form) Field(name, label string, settings ...any) (Field, error) {
	c := Field{ID: FieldID(name), Name: name, Label: label, Kind: "text", Value: f.Value(name), Error: f.ErrorOf(name)}
	if len(settings)%2 != 0 {
		return c, fmt.Errorf("field %s: settings come in pairs", name)
	}
	for i := 0; i < len(settings); i += 2 {
		if err := c.set(fmt.Sprint(settings[i]), settings[i+1], f.Values.Has(name)); err != nil {
			return c, fmt.Errorf("field %s: %w", name, err)
		}
	}
	// Browsers give passwords back to nobody, and neither do we.
	if c.Kind == "password" {
		c.Value = ""
	}
	if c.Kind == "checkbox" {
		c.Checked = c.Checked || c.Value != "" && c.Value != "false"
	}
	for i := range c.Options {
		c.Options[i].Selected = c.Options[i].Value == c.Value
	}
	return c, nil
}

func (c *Field) set(setting string, v any, typed bool) error {
	text := map[string]*string{"kind": &c.Kind, "hint": &c.Hint, "placeholder": &c.Placeholder,
		"autocomplete": &c.Autocomplete, "inputmode": &c.InputMode, "min": &c.Min, "max": &c.Max,
		"step": &c.Step, "prefix": &c.Prefix, "suffix": &c.Suffix, "id": &c.ID}
	flag := map[string]*bool{"required": &c.Required, "disabled": &c.Disabled, "readonly": &c.ReadOnly,
		"autofocus": &c.Autofocus, "code": &c.Code, "short": &c.Short}
	switch {
	case text[setting] != nil:
		*text[setting] = fmt.Sprint(v)
	case flag[setting] != nil:
		b, ok := v.(bool)
		if !ok {
			return fmt.Errorf("%q is yes or no, not %v", setting, v)
		}
		*flag[setting] = b
	case setting == "value":
		if !typed {
			c.Value = fmt.Sprint(v)
		}
	case setting == "rows":
		c.Rows, _ = v.(int)
	case setting == "options":
		o, ok := v.([]Option)
		if !ok {
			return fmt.Errorf("options are []ui.Option, not %T", v)
		}
		c.Options = append([]Option(nil), o...)
	case strings.HasPrefix(setting, "hx-"), strings.HasPrefix(setting, "data-"):
		c.Attrs = append(c.Attrs, Attr{Name: setting, Value: fmt.Sprint(v)})
	default:
		return fmt.Errorf("no setting %q", setting)
	}
	return nil
}

// Described are the ids of hint and error, for aria-describedby.
func (c Field) Described() string {
	var ids []string
	if c.Hint != "" {
		ids = append(ids, c.ID+"-hint")
	}
	if c.Error != "" {
		ids = append(ids, c.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// Extra are the further attributes, safe to print inside the tag.
func (c Field) Extra() template.HTMLAttr {
	var b strings.Builder
	for _, a := range c.Attrs {
		fmt.Fprintf(&b, ` %s="%s"`, a.Name, template.HTMLEscapeString(a.Value))
	}
	return template.HTMLAttr(b.String())
}

// Summary are the errors of the form for its head, each with the id of its
// control.
func (f Form) Summary() []Link {
	var out []Link
	for _, e := range f.Errors {
		out = append(out, Link{Href: "#" + FieldID(e.Name), Label: e.Message})
	}
	return out
}
