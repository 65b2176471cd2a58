// Package schema reads the JSON Schemas of plugins: it checks documents, lists
// the fields a form is made of, and keeps secrets out of sight.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Schema is a compiled JSON Schema. It may be used concurrently.
type Schema struct {
	raw   json.RawMessage
	root  *jsonschema.Schema
	order map[string][]string // names of properties as written, by their place
}

// place is the address a schema is compiled under; nothing is loaded from it.
const place = "plugin:schema"

// Parse compiles a schema. An empty one takes any object. A schema that refers
// to anything outside of itself is an error.
func Parse(raw json.RawMessage) (*Schema, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = json.RawMessage(`{"type":"object"}`)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	c.AssertFormat()
	if err := c.AddResource(place, doc); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	root, err := c.Compile(place)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return &Schema{raw: raw, root: root, order: orderOf(raw)}, nil
}

// Raw returns the schema as the plugin wrote it.
func (s *Schema) Raw() json.RawMessage { return s.raw }

// nowhere loads nothing: a plugin's schema must not make us read files.
type nowhere struct{}

// Load refuses.
func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s: a schema refers only to itself", url)
}

// Check records every wrong field of the document under prefix:
// "configuration.network.name". No document is an empty object.
func (s *Schema) Check(c *fault.Check, prefix string, doc json.RawMessage) {
	v, wrong := read(doc)
	if wrong != "" {
		c.Add(prefix, wrong)
		return
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](s.root.Validate(v))
	if !ok {
		return
	}
	said := map[string]bool{}
	for _, leaf := range leaves(invalid) {
		for _, f := range sentences(leaf, path(prefix, v, leaf.InstanceLocation)) {
			if !said[f.Name] {
				c.Add(f.Name, f.Message)
			}
			said[f.Name] = true
		}
	}
}

// Bounds of what a document may hold.
const (
	maxDocument = 256 << 10
	maxDigits   = 40
)

// read decodes a document with its numbers as they were written, or says what
// is wrong with it.
func read(doc json.RawMessage) (v any, wrong string) {
	if text := bytes.TrimSpace(doc); len(text) == 0 || string(text) == "null" {
		return map[string]any{}, ""
	}
	if len(doc) > maxDocument {
		return nil, fmt.Sprintf("At most %d KiB.", maxDocument>>10)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return nil, "Write a JSON object: {…}."
	}
	if !bounded(v) {
		return nil, "A number in this is too long."
	}
	return v, ""
}

// bounded reports whether all numbers are of sane length: comparing 1e999999999
// exactly would take all memory.
func bounded(v any) bool {
	switch v := v.(type) {
	case json.Number:
		_, exponent, _ := strings.Cut(strings.ToLower(v.String()), "e")
		n, err := strconv.Atoi(strings.TrimPrefix(exponent, "+"))
		return len(v) <= maxDigits && (exponent == "" || err == nil && n <= maxDigits && n >= -maxDigits)
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !bounded(item) })
	case map[string]any:
		for _, item := range v {
			if !bounded(item) {
				return false
			}
		}
	}
	return true
}

// path names the place in the document as the API writes it: "nodes[2].name".
func path(prefix string, v any, location []string) string {
	for _, step := range location {
		if list, ok := v.([]any); ok {
			prefix += "[" + step + "]"
			if i, err := strconv.Atoi(step); err == nil && i < len(list) {
				v = list[i]
			}
			continue
		}
		prefix = under(prefix, step)
		object, _ := v.(map[string]any)
		v = object[step]
	}
	return prefix
}

func under(prefix, name string) string { return strings.TrimPrefix(prefix+"."+name, ".") }

// leaves are the innermost causes. Of alternatives it is those of the one that
// was meant, where that is plain; otherwise the choice itself.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		return meant(e)
	case *kind.Not, *kind.Contains, *kind.PropertyNames:
		return []*jsonschema.ValidationError{e}
	}
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// meant picks the only alternative whose types and constants fit.
func meant(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	var fits [][]*jsonschema.ValidationError
	for _, branch := range e.Causes {
		if all := leaves(branch); !slices.ContainsFunc(all, foreign) {
			fits = append(fits, all)
		}
	}
	if len(fits) == 1 {
		return fits[0]
	}
	return []*jsonschema.ValidationError{e}
}

func foreign(e *jsonschema.ValidationError) bool {
	switch e.ErrorKind.(type) {
	case *kind.Type, *kind.Const, *kind.Enum, *kind.AdditionalProperties:
		return true
	}
	return false
}
