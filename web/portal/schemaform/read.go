package schemaform

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/schema"
)

// Reading is the document that was typed.
type Reading struct {
	Document json.RawMessage
	// Wrong are the fields, by the form's names, that hold nothing that could
	// stand in the document.
	Wrong []fault.Field
	names map[string]origin
}

// origin is the field that a part of the document was typed in; Whole says
// that everything below it was typed there, too.
type origin struct {
	name  string
	whole bool
}

// Read turns the fields into a document. What was left empty is left out.
func (f Form) Read(v url.Values) Reading {
	r := reader{values: v, prefix: f.Prefix, names: map[string]origin{}}
	doc, err := json.Marshal(r.object(f.Fields, f.root()))
	if err != nil {
		doc = json.RawMessage("{}") // what was read can be written
	}
	return Reading{Document: doc, Wrong: r.wrong, names: r.names}
}

// Name is the form's name of a path that begins with the prefix.
func (r Reading) Name(path string) string {
	longest := ""
	for from := range r.names {
		below := path == from || strings.HasPrefix(path, from+".") || strings.HasPrefix(path, from+"[")
		if below && len(from) > len(longest) {
			longest = from
		}
	}
	o, ok := r.names[longest]
	switch {
	case !ok:
		return path
	case o.whole:
		return o.name
	}
	return o.name + path[len(longest):]
}

// Fields are wrong fields by their paths as those of the form, after those
// that could not be read; each field is named once.
func (r Reading) Fields(wrong []fault.Field) []fault.Field {
	out := append([]fault.Field(nil), r.Wrong...)
	seen := map[string]bool{}
	for _, f := range out {
		seen[f.Name] = true
	}
	for _, f := range wrong {
		f.Name = r.Name(f.Name)
		if !seen[f.Name] {
			out = append(out, f)
		}
		seen[f.Name] = true
	}
	return out
}

// reader collects what it cannot read, and where it read the rest.
type reader struct {
	values url.Values
	prefix string
	wrong  []fault.Field
	names  map[string]origin
}

func (r *reader) bad(name, message string) {
	r.wrong = append(r.wrong, fault.Field{Name: name, Message: message})
}

func (r *reader) from(at place, whole bool) {
	r.names[r.prefix+"."+at.path] = origin{at.name, whole}
}

func (r *reader) object(all []schema.Field, at place) map[string]any {
	out := map[string]any{}
	for _, f := range all {
		if value, ok := r.read(f, at.part(f.Name)); ok {
			out[f.Name] = value
		}
	}
	return out
}

// read is the value of a property; false when it was left empty.
func (r *reader) read(f schema.Field, at place) (any, bool) {
	typed := strings.ReplaceAll(r.values.Get(at.name), "\r\n", "\n")
	switch kindOf(f) {
	case group:
		return r.object(f.Fields, at), f.Required || r.says(f.Fields, at)
	case entries:
		return r.entries(f, at)
	case rows:
		return r.rows(f, at)
	case yesNo:
		return typed != "" && typed != "false", true
	case secret, long:
		return typed, typed != ""
	}
	if typed = strings.TrimSpace(typed); typed == "" {
		return nil, false
	}
	return r.value(f, at, typed)
}

func (r *reader) value(f schema.Field, at place, typed string) (any, bool) {
	switch kindOf(f) {
	case whole:
		return r.whole(at, typed)
	case number:
		return r.number(at, typed)
	case choice:
		return chosen(f, typed), true
	case lines:
		r.from(at, true)
		return nonEmpty(typed), true
	case code:
		r.from(at, true)
		return r.json(at, typed)
	}
	return typed, true
}

// says reports whether anything in a group is not as the form was opened: an
// optional group that was left alone is none.
func (r *reader) says(all []schema.Field, at place) bool {
	return slices.ContainsFunc(all, func(f schema.Field) bool {
		under := at.part(f.Name)
		typed := strings.TrimSpace(r.values.Get(under.name))
		switch kindOf(f) {
		case group:
			return r.says(f.Fields, under)
		case entries, rows:
			return r.typed(under.name + "[")
		case yesNo:
			return (typed != "") != (f.Default == "true")
		}
		return typed != "" && typed != f.Default
	})
}

func (r *reader) whole(at place, typed string) (any, bool) {
	n, err := strconv.ParseInt(Ungrouped(typed), 10, 64)
	if err != nil {
		r.bad(at.name, "Write a whole number like 1000.")
	}
	return n, err == nil
}

var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

func (r *reader) number(at place, typed string) (any, bool) {
	ok := decimal.MatchString(typed)
	if !ok {
		r.bad(at.name, "Write a number like 1250.50, with a point.")
	}
	return json.Number(typed), ok
}

func (r *reader) json(at place, typed string) (any, bool) {
	ok := json.Valid([]byte(typed))
	if !ok {
		r.bad(at.name, `This is not JSON. Names and texts stand in double quotes: {"name": "value"}.`)
	}
	return json.RawMessage(typed), ok
}

// chosen is the choice as its schema means it: a number where it is one.
func chosen(f schema.Field, typed string) any {
	if f.Type != schema.Text && json.Valid([]byte(typed)) {
		return json.RawMessage(typed)
	}
	return typed
}

func nonEmpty(typed string) []string {
	var out []string
	for line := range strings.Lines(typed) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// entries reads a map. An entry with nothing in any of its fields is none.
func (r *reader) entries(f schema.Field, at place) (any, bool) {
	out := map[string]any{}
	for i := range entryCount(r.values, at.name) {
		name := keyName(at.name, i)
		key := strings.TrimSpace(r.values.Get(name))
		under := at.entry(i, key)
		_, twice := out[key]
		switch {
		case key == "" && !r.typed(under.name):
		case key == "":
			r.bad(name, "Give this entry a name.")
		case twice:
			r.bad(name, "This name stands twice.")
		default:
			r.from(under, false)
			value, ok := r.read(*f.Entry, under)
			if !ok && f.Entry.Type == schema.Group {
				value = map[string]any{}
			}
			out[key] = value
		}
	}
	return out, f.Required || len(out) > 0
}

// rows reads a list of objects. One that nothing was said in is none.
func (r *reader) rows(f schema.Field, at place) (any, bool) {
	out := []any{}
	for i := range entryCount(r.values, at.name) {
		under := at.row(i, len(out))
		if r.says(f.Entry.Fields, under) {
			r.from(under, false)
			out = append(out, r.object(f.Entry.Fields, under))
		}
	}
	return out, f.Required || len(out) > 0
}

// typed reports whether anything stands in the fields below the name.
func (r *reader) typed(name string) bool {
	for field, values := range r.values {
		if strings.HasPrefix(field, name) && strings.TrimSpace(strings.Join(values, "")) != "" {
			return true
		}
	}
	return false
}

// Ungrouped takes out the separators of "1,000" and "1 000"; what is grouped
// otherwise stays as it is.
func Ungrouped(typed string) string {
	typed = strings.TrimSpace(typed)
	parts := strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ' ' || r == '\u00a0' })
	for i, p := range parts {
		if i > 0 && len(p) != 3 {
			return typed
		}
	}
	return strings.Join(parts, "")
}
