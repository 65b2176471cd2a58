package schema

import (
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// entries makes a map, a list of texts or rows of a field, where its schema says
// that it is one.
func (s *Schema) entries(f *Field, sch *jsonschema.Schema, depth int) {
	for _, p := range parts(sch, false) {
		if under, ok := p.AdditionalProperties.(*jsonschema.Schema); ok && hasType(p, "object") && len(p.Properties) == 0 {
			s.entry(f, under, depth)
		}
		if hasType(p, "array") && p.Items2020 != nil && len(p.PrefixItems) == 0 && plainText(p.Items2020) {
			f.Type = List
		}
		if hasType(p, "array") && p.Items2020 != nil && len(p.PrefixItems) == 0 {
			s.row(f, p.Items2020, depth)
		}
		if p.MinProperties != nil {
			f.AtLeast = *p.MinProperties
		}
	}
}

// entry makes a map of the field, unless what stands under its keys could only
// be entered as JSON.
func (s *Schema) entry(f *Field, under *jsonschema.Schema, depth int) {
	entry := s.field("", under, depth)
	entry.Required = true
	if entry.Type != JSON {
		f.Type, f.Entry = Map, &entry
	}
}

// row makes rows of a list of objects.
func (s *Schema) row(f *Field, item *jsonschema.Schema, depth int) {
	entry := s.field("", item, depth)
	entry.Required = true
	if entry.Type == Group && !secretField(entry) {
		f.Type, f.Entry = Rows, &entry
	}
}

// secretField reports whether a secret is anywhere in the field: in a list it
// could not be told which entry a kept one belongs to.
func secretField(f Field) bool {
	return f.Secret || f.Entry != nil && secretField(*f.Entry) || slices.ContainsFunc(f.Fields, secretField)
}

func plainText(sch *jsonschema.Schema) bool {
	all := parts(sch, false)
	return slices.ContainsFunc(all, func(p *jsonschema.Schema) bool { return hasType(p, "string") }) &&
		!slices.ContainsFunc(all, func(p *jsonschema.Schema) bool { return p.WriteOnly })
}

func hasType(p *jsonschema.Schema, name string) bool {
	return p.Types != nil && slices.Contains(p.Types.ToStrings(), name)
}
