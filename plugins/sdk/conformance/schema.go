package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// part is one of the four documents with its schema.
type part struct {
	name             string
	schema, document json.RawMessage
}

func (r *run) parts() []part {
	d, s := r.description, r.Subscription
	return []part{
		{"settings", d.SettingsSchema, s.Settings}, {"product", d.ProductSchema, s.Product},
		{"plan", d.PlanSchema, s.Plan}, {"parameters", d.ParametersSchema, s.Parameters},
	}
}

func schemas(_ context.Context, r *run) error {
	var wrong []error
	for _, p := range r.parts() {
		wrong = append(wrong, p.check())
	}
	wrong = append(wrong, r.checkOthers()...)
	return errors.Join(wrong...)
}

func (p part) check() error {
	schema, err := compile(p.schema)
	if err != nil {
		return fmt.Errorf("the %s schema: %w", p.name, err)
	}
	if open := unmarked(schema, p.name, map[*jsonschema.Schema]bool{}); len(open) > 0 {
		return fmt.Errorf("%s looks like a secret and is not marked \"writeOnly\": true", strings.Join(open, ", "))
	}
	return p.takes(schema, p.document)
}

// checkOthers wants the other plan and parameters to follow their schemas.
func (r *run) checkOthers() []error {
	other := r.other(r.Subscription)
	var wrong []error
	for _, p := range []part{
		{"other plan", r.description.PlanSchema, other.Plan}, {"other parameters", r.description.ParametersSchema, other.Parameters},
	} {
		if schema, err := compile(p.schema); err == nil {
			wrong = append(wrong, p.takes(schema, p.document))
		}
	}
	return wrong
}

func (p part) takes(schema *jsonschema.Schema, document json.RawMessage) error {
	if len(document) == 0 {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return fmt.Errorf("the %s given is no JSON: %w", p.name, err)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("the %s given does not follow its schema: %w", p.name, err)
	}
	return nil
}

// offline loads no schema from anywhere: a plugin's is complete in itself.
type offline struct{}

func (offline) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %s; a plugin's schema has to be complete in itself", url)
}

func compile(raw json.RawMessage) (*jsonschema.Schema, error) {
	const name = "plugin:schema"
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	object, ok := document.(map[string]any)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	if dialect, ok := object["$schema"]; ok && dialect != "https://json-schema.org/draft/2020-12/schema" {
		return nil, fmt.Errorf("it is written in %v, not in JSON Schema 2020-12", dialect)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(offline{})
	if err := c.AddResource(name, document); err != nil {
		return nil, err
	}
	return c.Compile(name)
}

var secretName = regexp.MustCompile(`(?i)(password|passphrase|secret|private_?key|api_?key|token)$`)

// unmarked lists properties that are named like secrets, hold text, and are
// not marked.
func unmarked(s *jsonschema.Schema, path string, seen map[*jsonschema.Schema]bool) []string {
	if s == nil || seen[s] {
		return nil
	}
	seen[s] = true
	var found []string
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		if secretName.MatchString(name) && !marked(p) && text(p) {
			found = append(found, path+"."+name)
		}
		found = append(found, unmarked(p, path+"."+name, seen)...)
	}
	for _, next := range append(alternatives(s), elements(s)...) {
		found = append(found, unmarked(next, path, seen)...)
	}
	return found
}

func marked(s *jsonschema.Schema) bool { return s.WriteOnly || s.Ref != nil && s.Ref.WriteOnly }

func text(s *jsonschema.Schema) bool {
	return s.Types == nil || slices.Contains(s.Types.ToStrings(), "string")
}

// alternatives are the schemas that apply to the same value.
func alternatives(s *jsonschema.Schema) []*jsonschema.Schema {
	all := slices.Concat([]*jsonschema.Schema{s.Ref, s.If, s.Then, s.Else}, s.AllOf, s.AnyOf, s.OneOf)
	return append(all, slices.Collect(maps.Values(s.DependentSchemas))...)
}

// elements are those that apply to what is inside the value, by any name.
func elements(s *jsonschema.Schema) []*jsonschema.Schema {
	all := append([]*jsonschema.Schema{s.Items2020}, s.PrefixItems...)
	if more, ok := s.AdditionalProperties.(*jsonschema.Schema); ok {
		all = append(all, more)
	}
	return append(all, slices.Collect(maps.Values(s.PatternProperties))...)
}

// secretsIn lists the texts of a document at places marked as writeOnly.
func secretsIn(schema, document json.RawMessage) map[string]string {
	compiled, err := compile(schema)
	if err != nil {
		return nil
	}
	var value any
	if json.Unmarshal(document, &value) != nil {
		return nil
	}
	found := map[string]string{}
	collect(compiled, value, "", 0, found)
	return found
}

// maxDepth ends references that go in a circle.
const maxDepth = 32

func collect(s *jsonschema.Schema, value any, path string, depth int, found map[string]string) {
	if s == nil || depth > maxDepth {
		return
	}
	if word, ok := value.(string); ok && s.WriteOnly {
		found[path] = word
	}
	for _, next := range alternatives(s) {
		collect(next, value, path, depth+1, found)
	}
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			collect(s.Properties[name], inner, path+"."+name, depth+1, found)
			for _, next := range elements(s) {
				collect(next, inner, path+"."+name, depth+1, found)
			}
		}
	case []any:
		for i, inner := range v {
			for _, next := range elements(s) {
				collect(next, inner, fmt.Sprintf("%s.%d", path, i), depth+1, found)
			}
		}
	}
}

// secretDocuments are the secrets that the subject's documents hold, by place.
func (r *run) secretDocuments() map[string]string {
	all := map[string]string{}
	for _, p := range r.parts() {
		for path, value := range secretsIn(p.schema, p.document) {
			all[p.name+path] = value
		}
	}
	return all
}
