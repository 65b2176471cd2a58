package catalog

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/core/secret"
)

// vendorSchemas are those of the built-in types that vendors set up themselves.
type vendorSchemas struct{ product, plan *schema.Schema }

func parseVendorSchemas() (v vendorSchemas, err error) {
	if v.product, err = schema.Parse(json.RawMessage(vendorProductSchema)); err != nil {
		return v, err
	}
	v.plan, err = schema.Parse(json.RawMessage(vendorPlanSchema))
	return v, err
}

// vendorKind is what is known of all products of a type that vendors set up.
func (s *Service) vendorKind(t Type, name string) (Kind, error) {
	known, err := s.vendor()
	return Kind{Type: t, Name: name, ProductSchema: known.product, PlanSchema: known.plan}, err
}

// define adds to the kind what the vendor says of the product.
func (s *Service) define(k Kind, p Product) (Kind, error) {
	d, err := p.Definition()
	if err != nil {
		return Kind{}, err
	}
	raw, err := d.schema()
	if err != nil {
		return Kind{}, err
	}
	if k.ParametersSchema, err = schema.Parse(raw); err != nil {
		return Kind{}, fmt.Errorf("product %d: %w", p.ID, err)
	}
	k.Meters, k.Definition, k.seal = d.Meters, &d, sealer{s.box, p.ID}
	return k, nil
}

// sealer keeps sensitive parameters of one product's orders out of sight.
type sealer struct {
	box     *secret.Box
	product int64
}

// sealMark begins a sealed value within parameters.
const sealMark = "sealed:"

func (s sealer) purpose() string { return "parameter." + strconv.FormatInt(s.product, 10) }

func (s sealer) seal(value string) string {
	return sealMark + base64.RawStdEncoding.EncodeToString(s.box.Seal(s.purpose(), secret.Text(value)))
}

// open returns the value in clear; false when it is none that was sealed for
// this product.
func (s sealer) open(value any) (string, bool) {
	raw, ok := sealedBytes(value)
	if !ok || s.box == nil {
		return "", false
	}
	text, err := s.box.Open(s.purpose(), raw)
	return text.Reveal(), err == nil
}

func sealedBytes(value any) ([]byte, bool) {
	text, _ := value.(string)
	encoded, marked := strings.CutPrefix(text, sealMark)
	if !marked {
		return nil, false
	}
	raw, err := base64.RawStdEncoding.DecodeString(encoded)
	return raw, err == nil
}

// Reveal returns the parameters of a sale with its sensitive values in clear:
// for the vendor who sets it up, and its checks.
func (k Kind) Reveal(parameters json.RawMessage) (json.RawMessage, error) {
	chosen, ok := decodeObject(parameters)
	if !ok {
		return nil, fault.InvalidField("parameters", "Parameters are a JSON object.")
	}
	k.unseal(chosen)
	return encodeObject(chosen), nil
}

// Shown returns the parameters of a sale without its sensitive values.
func Shown(parameters json.RawMessage) json.RawMessage {
	if !strings.Contains(string(parameters), sealMark) {
		return parameters
	}
	chosen, ok := decodeObject(parameters)
	if !ok {
		return parameters
	}
	for name, value := range chosen {
		if _, sealed := sealedBytes(value); sealed {
			delete(chosen, name)
		}
	}
	return encodeObject(chosen)
}

// unseal puts the clear values into the parameters and returns what stood there.
func (k Kind) unseal(chosen map[string]any) map[string]any {
	was := map[string]any{}
	for name, value := range chosen {
		if clear, ok := k.seal.open(value); ok {
			was[name], chosen[name] = value, clear
		}
	}
	return was
}

// sealUp seals the sensitive values; those that were sealed stay as they were,
// so that parameters which did not change are the same.
func (k Kind) sealUp(chosen, was map[string]any) {
	if k.Definition == nil {
		return
	}
	for _, p := range k.Definition.Parameters {
		value, given := chosen[p.Code].(string)
		if old, kept := was[p.Code]; kept {
			chosen[p.Code] = old
		} else if given && p.Sensitive {
			chosen[p.Code] = k.seal.seal(value)
		}
	}
}

// tidy brings the parameters of a vendor's product into the form of their
// schema: null is nothing, and a number may have been written as a text.
func (k Kind) tidy(chosen map[string]any) {
	if k.Definition == nil {
		return
	}
	for name, value := range chosen {
		if value == nil {
			delete(chosen, name)
		}
	}
	for _, p := range k.Definition.Parameters {
		if text, ok := chosen[p.Code].(string); ok && p.ranged() {
			if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
				chosen[p.Code] = json.Number(strconv.FormatInt(n, 10))
			}
		}
	}
}

// Texts are the parameters as connectors read them: texts by code, without the
// quantities.
func (d Definition) Texts(parameters json.RawMessage) map[string]string {
	chosen, _ := decodeObject(parameters)
	out := map[string]string{}
	for _, p := range d.Parameters {
		switch v := chosen[p.Code].(type) {
		case string:
			out[p.Code] = v
		case json.Number:
			out[p.Code] = v.String()
		}
	}
	return out
}
