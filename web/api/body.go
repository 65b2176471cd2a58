package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/fault"
)

// body is a request's JSON body. It is read by our own decoder, so that one
// answer names every wrong field; the schema in the document is T's.
type body[T any] struct{ raw []byte }

// Schema documents the body as T.
func (*body[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

func (b *body[T]) keep(data []byte) { b.raw = append([]byte(nil), data...) }

// keeper is how the API's JSON format hands over a body unread.
type keeper interface{ keep(data []byte) }

// validator is an input of a service.
type validator interface{ Validate() error }

// read decodes the body and converts it into a service's input. When the body
// has the wrong shape somewhere, what the input's own validation finds is in
// the same answer.
func read[T, S any](b *body[T], convert func(T, *fault.Check) S) (S, error) {
	var t T
	return readOver(b, t, convert)
}

// readOver is read for a change: what the body leaves out stays as in old.
func readOver[T, S any](b *body[T], old T, convert func(T, *fault.Check) S) (S, error) {
	var none S
	v, err := parseJSON(b.raw)
	if err != nil {
		return none, err
	}
	var d decoder
	d.into("", v, reflect.ValueOf(&old).Elem())
	in := convert(old, &d.check)
	if d.check.OK() {
		return in, nil
	}
	if valid, ok := any(in).(validator); ok {
		mergeNew(&d.check, valid.Validate())
	}
	return none, d.check.Err()
}

// mergeNew adds the fields of err that nothing was said about yet.
func mergeNew(c *fault.Check, err error) {
	if err == nil {
		return
	}
	said := map[string]bool{}
	for _, f := range fault.As(c.Err()).Fields {
		said[f.Name] = true
	}
	for _, f := range fault.As(err).Fields {
		if !said[f.Name] {
			c.Add(f.Name, f.Message)
		}
	}
}

// same is the conversion of a body that is the input already.
func same[T any](t T, _ *fault.Check) T { return t }
