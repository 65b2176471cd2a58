package api

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

// optional is an object in an answer that may be null, and is documented so.
type optional[T any] struct{ value *T }

func maybe[T any](value *T) optional[T] { return optional[T]{value} }

// MarshalJSON writes the object or null.
func (o optional[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

// Schema documents both.
func (*optional[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{r.Schema(typeOf[T](), true, ""), {Type: "null"}}}
}

// document is a JSON object of a plugin's schema in an answer, or null.
type document json.RawMessage

// MarshalJSON writes the document as it is.
func (d document) MarshalJSON() ([]byte, error) {
	if d == nil {
		return []byte("null"), nil
	}
	return d, nil
}

// Schema documents both.
func (*document) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{{Type: huma.TypeObject, AdditionalProperties: true}, {Type: "null"}}}
}
