package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// sentences say what is wrong at a place and what to do. What is missing, or
// not known, is named with its own path.
func sentences(e *jsonschema.ValidationError, at string) []fault.Field {
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		return each(at, k.Missing, "This is required.")
	case *kind.DependentRequired:
		return each(at, k.Missing, "This is required together with "+k.Prop+".")
	case *kind.AdditionalProperties:
		return each(at, k.Properties, "This field is not known here.")
	}
	return []fault.Field{{Name: at, Message: sentence(e.ErrorKind)}}
}

func each(at string, names []string, message string) []fault.Field {
	out := make([]fault.Field, len(names))
	for i, name := range names {
		out[i] = fault.Field{Name: under(at, name), Message: message}
	}
	return out
}

func sentence(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "Write " + anyOf(k.Want, func(t string) string { return typeNames[t] }) + "."
	case *kind.Enum:
		return "Use one of: " + anyOf(k.Want, text) + "."
	case *kind.Const:
		return "This must be " + text(k.Want) + "."
	case *kind.Pattern:
		return "This has the wrong form; it must match " + k.Want + "."
	case *kind.Format:
		return "This is not a valid " + k.Want + "."
	case *kind.UniqueItems:
		return fmt.Sprintf("The entries %d and %d are the same.", k.Duplicates[0]+1, k.Duplicates[1]+1)
	case *kind.AnyOf, *kind.OneOf:
		return "This has none of the forms that are possible here."
	case *kind.FalseSchema, *kind.Not:
		return "This is not possible here."
	}
	return sizeSentence(k)
}

// sizeSentence is for what is too much or too little.
func sizeSentence(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Minimum:
		return "At least " + number(k.Want) + "."
	case *kind.Maximum:
		return "At most " + number(k.Want) + "."
	case *kind.ExclusiveMinimum:
		return "More than " + number(k.Want) + "."
	case *kind.ExclusiveMaximum:
		return "Less than " + number(k.Want) + "."
	case *kind.MultipleOf:
		return "Only in steps of " + number(k.Want) + "."
	case *kind.MinLength:
		return fmt.Sprintf("At least %d characters; this has %d.", k.Want, k.Got)
	case *kind.MaxLength:
		return fmt.Sprintf("At most %d characters; this has %d.", k.Want, k.Got)
	case *kind.MinItems:
		return fmt.Sprintf("At least %d entries; these are %d.", k.Want, k.Got)
	case *kind.MaxItems:
		return fmt.Sprintf("At most %d entries; these are %d.", k.Want, k.Got)
	case *kind.MinProperties:
		return fmt.Sprintf("At least %d entries; these are %d.", k.Want, k.Got)
	case *kind.MaxProperties:
		return fmt.Sprintf("At most %d entries; these are %d.", k.Want, k.Got)
	}
	return "This does not follow the plugin's schema."
}

var typeNames = map[string]string{
	"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
	"object": "a JSON object: {…}", "array": "a JSON array: […]", "null": "null",
}

// anyOf lists words: "a text or a number", "a, b, c".
func anyOf[T any](values []T, word func(T) string) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = word(v)
	}
	if len(words) == 2 {
		return words[0] + " or " + words[1]
	}
	return strings.Join(words, ", ")
}

// text writes a JSON value for people: texts without quotes.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

// number writes a bound without needless zeros.
func number(r *big.Rat) string {
	if r == nil {
		return ""
	}
	if r.IsInt() {
		return r.Num().String()
	}
	s := r.FloatString(12)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
