package schemaform

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/schema"
)

// Values are the fields of a document that exists; secrets stay out.
func (f Form) Values(document json.RawMessage) url.Values {
	v := url.Values{}
	putParts(v, f.Fields, f.root(), object(document))
	return v
}

// Defaults are the fields of a new document.
func (f Form) Defaults() url.Values {
	v := url.Values{}
	setDefaults(v, f.Fields, f.root())
	return v
}

func setDefaults(v url.Values, all []schema.Field, at place) {
	for _, p := range all {
		setDefault(v, p, at.part(p.Name))
	}
}

func setDefault(v url.Values, f schema.Field, at place) {
	switch k := kindOf(f); {
	case k == group:
		setDefaults(v, f.Fields, at)
	case k == entries || k == rows:
		for i := range f.AtLeast {
			addEntry(v, f, at.name, i)
		}
	case k == yesNo:
		if f.Default == "true" {
			v.Set(at.name, "true")
		}
	case k == lines || k == code:
		put(v, f, at, json.RawMessage(f.Default))
	case f.Default != "" && k != secret:
		v.Set(at.name, f.Default)
	}
}

// addEntry is one more entry of a map, with the defaults of what stands in it.
func addEntry(v url.Values, f schema.Field, name string, i int) {
	v.Set(keyName(name, i), "")
	if f.Type == schema.Rows {
		v.Set(keyName(name, i), aRow)
	}
	if f.Entry != nil {
		setDefault(v, *f.Entry, place{name: name}.entry(i, ""))
	}
}

// putParts puts what is there. A yes or no that is not there is what its
// schema says: an empty box would be read as no.
func putParts(v url.Values, all []schema.Field, at place, in map[string]json.RawMessage) {
	for _, p := range all {
		value := in[p.Name]
		switch there := len(value) > 0 && string(value) != "null"; {
		case there:
			put(v, p, at.part(p.Name), value)
		case kindOf(p) == yesNo:
			setDefault(v, p, at.part(p.Name))
		case kindOf(p) == group:
			putParts(v, p.Fields, at.part(p.Name), nil)
		}
	}
}

func put(v url.Values, f schema.Field, at place, value json.RawMessage) {
	switch kindOf(f) {
	case secret:
	case group:
		putParts(v, f.Fields, at, object(value))
	case entries:
		in := object(value)
		for i, key := range slices.Sorted(maps.Keys(in)) {
			v.Set(keyName(at.name, i), key)
			put(v, *f.Entry, at.entry(i, key), in[key])
		}
	case rows:
		var all []json.RawMessage
		_ = json.Unmarshal(value, &all) // whoever stored it has checked it
		for i, row := range all {
			v.Set(keyName(at.name, i), aRow)
			put(v, *f.Entry, at.row(i, i), row)
		}
	case yesNo:
		if string(value) == "true" {
			v.Set(at.name, "true")
		}
	case lines:
		var all []string
		_ = json.Unmarshal(value, &all) // whoever stored it has checked it
		v.Set(at.name, strings.Join(all, "\n"))
	case code:
		v.Set(at.name, indented(value))
	default:
		v.Set(at.name, plain(value))
	}
}

// object reads an object; of anything else there are no properties.
func object(raw json.RawMessage) map[string]json.RawMessage {
	var in map[string]json.RawMessage
	_ = json.Unmarshal(raw, &in)
	return in
}

// plain is a text without its quotes, and anything else as it is written.
func plain(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func indented(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return string(raw)
	}
	return string(out)
}
