package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
)

// number is an exact decimal in a request: a string, or a JSON number whose
// digits are kept as written.
type number struct{ money.Decimal }

func (n *number) decodeJSON(d *decoder, path string, v any) {
	text, ok := numberText(v)
	if v == nil {
		return
	}
	parsed, err := money.Parse(text)
	if !ok || err != nil {
		d.wrong(path, `Write a decimal number such as "39.00".`)
		return
	}
	n.Decimal = parsed
}

func numberText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// Schema documents the shapes.
func (*number) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeNumber}},
		Description: "An exact decimal number, as a string or a number.", Examples: []any{"10"}}
}

// decimal returns the number behind n, nil for nil.
func (n *number) decimal() *money.Decimal {
	if n == nil {
		return nil
	}
	return &n.Decimal
}

// amount is a price in a request: a number, or money as answers write it, so
// that what was read can be sent back.
type amount struct {
	number
	currency string // "" when only a number was sent
}

func (a *amount) decodeJSON(d *decoder, path string, v any) {
	fields, ok := v.(map[string]any)
	if !ok {
		a.number.decodeJSON(d, path, v)
		return
	}
	var in struct {
		Amount   number `json:"amount"`
		Currency string `json:"currency"`
	}
	d.object(path, fields, reflect.ValueOf(&in).Elem())
	a.number, a.currency = in.Amount, in.Currency
}

// Schema documents the shapes.
func (*amount) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeNumber},
		r.Schema(reflect.TypeFor[money.Money](), true, "")},
		Description: "A price with at most 12 decimals, as a string, a number or money.", Examples: []any{"39.00"}}
}

// in checks that money was sent in the plan's currency.
func (a *amount) in(c *fault.Check, field, currency string) {
	if a != nil && a.currency != "" && a.currency != currency {
		c.Addf(field, "This price is in %s, the plan in %s.", a.currency, currency)
	}
}

func (a *amount) decimal() *money.Decimal {
	if a == nil {
		return nil
	}
	return &a.Decimal
}

// priceView is a price in an answer: money, or a plain number where it is a
// fraction (the percentage models).
type priceView struct {
	amount   money.Decimal
	currency string // "" for a fraction
}

// MarshalJSON writes money or a string.
func (p priceView) MarshalJSON() ([]byte, error) {
	if p.currency == "" {
		return json.Marshal(p.amount)
	}
	return json.Marshal(money.New(p.amount, p.currency))
}

// Schema documents the shapes.
func (*priceView) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{r.Schema(reflect.TypeFor[money.Money](), true, ""), {Type: huma.TypeString}},
		Description: "Money; a plain number with the percentage models, where it is a fraction."}
}

// count is a quantity in an answer, as a JSON number with all its digits.
type count struct{ money.Decimal }

// MarshalJSON writes the number.
func (c count) MarshalJSON() ([]byte, error) { return []byte(c.Trim(0).String()), nil }

// Schema documents the number.
func (*count) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeNumber, Examples: []any{23}}
}
