package schema

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Redact returns the document without its secrets, as it may be shown.
func (s *Schema) Redact(doc json.RawMessage) json.RawMessage {
	v, wrong := read(doc)
	if wrong != "" {
		return json.RawMessage(`{}`)
	}
	return write(redact(v, []*jsonschema.Schema{s.root}))
}

// Secrets lists the places where the document holds a secret ("password",
// "clouds.main.password"), so that a form can say that one is kept.
func (s *Schema) Secrets(doc json.RawMessage) []string {
	v, _ := read(doc)
	var out []string
	list("", v, []*jsonschema.Schema{s.root}, &out)
	slices.Sort(out)
	return out
}

// Merge returns the update of a document: the new one, with the old one's
// secrets where the new one leaves them out or empty. A secret that is null
// goes. In a list a secret stays with the entry whose other values are the same.
func (s *Schema) Merge(old, update json.RawMessage) json.RawMessage {
	before, _ := read(old)
	after, wrong := read(update)
	if wrong != "" {
		return update // Check will say what is wrong
	}
	return write(merge(before, after, []*jsonschema.Schema{s.root}))
}

func write(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage(`{}`) // what was decoded can be encoded
	}
	return raw
}

// redact copies v without what its schemas call secret.
func redact(v any, schemas []*jsonschema.Schema) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			if below := properties(schemas, name); !secret(below) {
				out[name] = redact(value, below)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = redact(item, items(schemas, i))
		}
		return out
	}
	return v
}

func list(at string, v any, schemas []*jsonschema.Schema, out *[]string) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			below := properties(schemas, name)
			if secret(below) && !empty(value) {
				*out = append(*out, under(at, name))
				continue
			}
			list(under(at, name), value, below, out)
		}
	case []any:
		for i, item := range v {
			list(at+"["+strconv.Itoa(i)+"]", item, items(schemas, i), out)
		}
	}
}

func merge(old, v any, schemas []*jsonschema.Schema) any {
	switch v := v.(type) {
	case map[string]any:
		before, _ := old.(map[string]any)
		return mergeObject(before, v, schemas)
	case []any:
		before, _ := old.([]any)
		out := make([]any, len(v))
		for i, item := range v {
			below := items(schemas, i)
			out[i] = merge(same(before, item, below), item, below)
		}
		return out
	}
	return v
}

func mergeObject(old, v map[string]any, schemas []*jsonschema.Schema) map[string]any {
	out := make(map[string]any, len(v))
	for name, value := range v {
		below := properties(schemas, name)
		switch {
		case !secret(below):
			out[name] = merge(old[name], value, below)
		case value != nil && !empty(value):
			out[name] = value
		}
	}
	for name, value := range old {
		given, named := v[name]
		if secret(properties(schemas, name)) && (!named || given != nil && empty(given)) {
			out[name] = value
		}
	}
	return out
}

// same returns the entry of the old list that differs from item in secrets only.
func same(old []any, item any, schemas []*jsonschema.Schema) any {
	shown := redact(item, schemas)
	for _, before := range old {
		if reflect.DeepEqual(redact(before, schemas), shown) {
			return before
		}
	}
	return nil
}

func empty(v any) bool { return v == nil || v == "" }

// secret reports whether a value is a secret, or a list of secrets: such a list
// is one as a whole.
func secret(schemas []*jsonschema.Schema) bool {
	seen := map[*jsonschema.Schema]bool{} // a list may hold lists like itself
	var is func(*jsonschema.Schema) bool
	is = func(sch *jsonschema.Schema) bool {
		return slices.ContainsFunc(parts(sch, true), func(p *jsonschema.Schema) bool {
			if seen[p] {
				return false
			}
			seen[p] = true
			return p.WriteOnly || slices.ContainsFunc(entriesOf(p), is)
		})
	}
	return slices.ContainsFunc(schemas, is)
}

// entriesOf are the schemas of a list's entries.
func entriesOf(p *jsonschema.Schema) []*jsonschema.Schema {
	all := slices.Clone(p.PrefixItems)
	for _, rest := range []*jsonschema.Schema{p.Items2020, p.UnevaluatedItems} {
		if rest != nil {
			all = append(all, rest)
		}
	}
	return all
}

func properties(schemas []*jsonschema.Schema, name string) []*jsonschema.Schema {
	var out []*jsonschema.Schema
	for _, sch := range schemas {
		for _, p := range property(sch, name) {
			if !slices.Contains(out, p) { // schemas may meet again below: each counts once
				out = append(out, p)
			}
		}
	}
	return out
}

// items returns the schemas of the i-th entry of a list.
func items(schemas []*jsonschema.Schema, i int) []*jsonschema.Schema {
	var out []*jsonschema.Schema
	for _, sch := range schemas {
		for _, p := range parts(sch, true) {
			switch {
			case i < len(p.PrefixItems):
				out = append(out, p.PrefixItems[i])
			case p.Items2020 != nil:
				out = append(out, p.Items2020)
			case p.UnevaluatedItems != nil:
				out = append(out, p.UnevaluatedItems)
			}
		}
	}
	return out
}
