package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Type is how a field is entered.
type Type string

// The types of fields. Lists of anything but texts and plain objects, and
// whatever has several forms, are entered as JSON.
const (
	Text    Type = "string"
	Integer Type = "integer"
	Number  Type = "number"
	Boolean Type = "boolean"
	Group   Type = "group"
	Map     Type = "map"  // an object whose keys people choose
	List    Type = "list" // of texts
	Rows    Type = "rows" // a list of objects
	JSON    Type = "json"
)

// Field is one property of a schema, as a form shows it. Numbers and defaults
// are texts, as inputs take them; "" is none.
type Field struct {
	Name        string
	Title       string // the name when the schema gives none
	Description string
	Type        Type
	Required    bool
	Secret      bool // writeOnly: never shown, kept when left out
	ReadOnly    bool
	Enum        []string
	Default     string
	Example     string
	Min, Max    string // numbers
	Step        string
	MinLength   int
	MaxLength   int // 0: no bound
	Pattern     string
	Format      string   // "uri", "email", …
	Fields      []Field  // of a group
	Labels      []string // of Enum, for people; none when the values say it
	Entry       *Field   // what stands under each key of a map, or in each row
	AtLeast     int      // entries of a map
}

// Fields lists the schema's properties in the order they are written.
func (s *Schema) Fields() []Field { return s.fields(s.root, 0) }

// maxGroups bounds how deep groups lie in each other; deeper ones are JSON.
const maxGroups = 4

func (s *Schema) fields(sch *jsonschema.Schema, depth int) []Field {
	var out []Field
	required := map[string]bool{}
	for _, p := range parts(sch, false) {
		for _, name := range p.Required {
			required[name] = true
		}
		for _, name := range s.names(p) {
			out = append(out, s.field(name, p.Properties[name], depth))
		}
	}
	for i := range out {
		out[i].Required = required[out[i].Name]
	}
	return out
}

// names are the property names of one schema as they were written.
func (s *Schema) names(sch *jsonschema.Schema) []string {
	_, pointer, _ := strings.Cut(sch.Location, "#")
	if plain, err := url.PathUnescape(pointer); err == nil {
		pointer = plain
	}
	var known []string
	for _, name := range s.order[pointer+"/properties"] {
		if sch.Properties[name] != nil {
			known = append(known, name)
		}
	}
	return known
}

func (s *Schema) field(name string, sch *jsonschema.Schema, depth int) Field {
	f := Field{Name: name, Type: JSON}
	for _, p := range slices.Backward(parts(sch, false)) { // what is written nearest wins
		f.describe(p)
	}
	if f.Title == "" {
		f.Title = name
	}
	if f.Type == Group && depth < maxGroups {
		f.Fields = s.fields(sch, depth+1)
	}
	if f.Type == Group && len(f.Fields) == 0 {
		f.Type = JSON
	}
	if f.Type == JSON && depth < maxGroups {
		s.entries(&f, sch, depth+1)
	}
	return f
}

// describe takes over what one schema says.
func (f *Field) describe(p *jsonschema.Schema) {
	set(&f.Title, p.Title)
	set(&f.Description, p.Description)
	f.Secret, f.ReadOnly = f.Secret || p.WriteOnly, f.ReadOnly || p.ReadOnly
	if t := typeOf(p); t != "" {
		f.Type = t
	}
	if p.Enum != nil && f.Type != JSON {
		f.Enum = nil
		for _, v := range p.Enum.Values {
			f.Enum = append(f.Enum, text(v))
		}
	}
	if p.Default != nil {
		f.Default = text(*p.Default)
	}
	if len(p.Examples) > 0 {
		f.Example = text(p.Examples[0])
	}
	f.limit(p)
}

func (f *Field) limit(p *jsonschema.Schema) {
	set(&f.Min, number(p.Minimum))
	set(&f.Max, number(p.Maximum))
	set(&f.Step, number(p.MultipleOf))
	if p.MinLength != nil {
		f.MinLength = *p.MinLength
	}
	if p.MaxLength != nil {
		f.MaxLength = *p.MaxLength
	}
	if p.Pattern != nil {
		f.Pattern = p.Pattern.String()
	}
	if p.Format != nil {
		f.Format = p.Format.Name
	}
}

func set(dst *string, value string) {
	if value != "" {
		*dst = value
	}
}

func typeOf(p *jsonschema.Schema) Type {
	var names []string
	if p.Types != nil {
		names = slices.DeleteFunc(p.Types.ToStrings(), func(t string) bool { return t == "null" })
	}
	switch {
	case len(names) == 1 && names[0] == "object":
		return Group
	case len(names) == 1 && names[0] != "array":
		return Type(names[0])
	case len(names) == 0 && p.Enum != nil:
		return Text
	}
	return ""
}

// Range is what a whole number may be; nil is no bound.
type Range struct{ Min, Max *int64 }

// Holds reports whether n is in the range.
func (r Range) Holds(n int64) bool {
	return (r.Min == nil || n >= *r.Min) && (r.Max == nil || n <= *r.Max)
}

// String says the range: "1 to 64", "at least 1".
func (r Range) String() string {
	switch {
	case r.Min == nil && r.Max == nil:
		return "any number"
	case r.Max == nil:
		return fmt.Sprintf("at least %d", *r.Min)
	case r.Min == nil:
		return fmt.Sprintf("at most %d", *r.Max)
	}
	return fmt.Sprintf("%d to %d", *r.Min, *r.Max)
}

// Integer returns the range of the property; false when the schema has no
// whole number of that name.
func (s *Schema) Integer(name string) (Range, bool) {
	var r Range
	found := false
	for _, sch := range property(s.root, name) {
		for _, p := range parts(sch, false) {
			found = found || typeOf(p) == Integer
			r.Min, r.Max = bound(r.Min, p.Minimum), bound(r.Max, p.Maximum)
		}
	}
	return r, found
}

func bound(known *int64, r *big.Rat) *int64 {
	if r == nil || !r.IsInt() || !r.Num().IsInt64() {
		return known
	}
	return new(r.Num().Int64())
}

// parts are a schema and those that hold for the same value: what it refers to
// and all of allOf; with alternatives, also those that may hold.
func parts(sch *jsonschema.Schema, alternatives bool) []*jsonschema.Schema {
	var out []*jsonschema.Schema
	var add func(*jsonschema.Schema)
	add = func(p *jsonschema.Schema) {
		if p == nil || slices.Contains(out, p) {
			return
		}
		out = append(out, p)
		add(p.Ref)
		for _, q := range p.AllOf {
			add(q)
		}
		if !alternatives {
			return
		}
		for _, q := range slices.Concat(p.AnyOf, p.OneOf, []*jsonschema.Schema{p.If, p.Then, p.Else}) {
			add(q)
		}
		for _, q := range p.DependentSchemas {
			add(q)
		}
	}
	add(sch)
	return out
}

// property returns the schemas of a property by its name.
func property(sch *jsonschema.Schema, name string) []*jsonschema.Schema {
	var out []*jsonschema.Schema
	for _, p := range parts(sch, true) {
		named := p.Properties[name]
		if named != nil {
			out = append(out, named)
		}
		for pattern, q := range p.PatternProperties {
			if pattern.MatchString(name) {
				named, out = q, append(out, q)
			}
		}
		if rest, ok := p.AdditionalProperties.(*jsonschema.Schema); ok && named == nil {
			out = append(out, rest)
		}
		if p.UnevaluatedProperties != nil && named == nil {
			out = append(out, p.UnevaluatedProperties)
		}
	}
	return out
}

// orderOf notes the names of every object in the text as they are written, by
// the object's JSON pointer.
func orderOf(raw json.RawMessage) map[string][]string {
	out := map[string][]string{}
	noteOrder(json.NewDecoder(bytes.NewReader(raw)), "", out)
	return out
}

func noteOrder(d *json.Decoder, at string, out map[string][]string) {
	open, err := d.Token()
	if err != nil || open != json.Delim('{') && open != json.Delim('[') {
		return
	}
	for i := 0; d.More(); i++ {
		if open == json.Delim('[') {
			noteOrder(d, at+"/"+strconv.Itoa(i), out)
			continue
		}
		key, err := d.Token()
		if err != nil {
			return
		}
		name, _ := key.(string)
		out[at] = append(out[at], name)
		noteOrder(d, at+"/"+escape.Replace(name), out)
	}
	_, _ = d.Token() // the closing one
}

// escape writes a name as a step of a JSON pointer.
var escape = strings.NewReplacer("~", "~0", "/", "~1")
