package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

// Fit returns the parameters of a sale as they are kept: with the plan's
// defaults where nothing was chosen. It reports every wrong one as
// "parameters.cores": what the plugin's schema does not take, what is out of
// the plan's bounds, and quantities that the plan does not sell.
func (k Kind) Fit(c PlanContent, parameters json.RawMessage) (json.RawMessage, error) {
	chosen, ok := decodeObject(parameters)
	if !ok {
		return nil, fault.InvalidField("parameters", "Parameters are a JSON object.")
	}
	was := k.unseal(chosen)
	k.tidy(chosen)
	var check fault.Check
	for _, r := range c.Resources {
		r.fit(&check, chosen)
	}
	k.refuseUnsold(&check, c, chosen)
	addNew(&check, k.checkParameters(encodeObject(chosen)))
	k.sealUp(chosen, was)
	return encodeObject(chosen), check.Err()
}

// checkParameters compares with the schema. Secrets are taken only where they
// can be sealed: by products that vendors set up.
func (k Kind) checkParameters(fitted json.RawMessage) error {
	if k.ParametersSchema == nil {
		return nil
	}
	var c fault.Check
	k.ParametersSchema.Check(&c, "parameters", fitted)
	if k.Definition != nil {
		return c.Err()
	}
	for _, name := range k.ParametersSchema.Secrets(fitted) {
		c.Add("parameters."+name, "A secret cannot be given with an order.")
	}
	return c.Err()
}

// addNew records the fields of err about which nothing was said yet.
func addNew(c *fault.Check, err error) {
	if err == nil {
		return
	}
	var said []string
	if before := c.Err(); before != nil {
		for _, f := range fault.As(before).Fields {
			said = append(said, f.Name)
		}
	}
	for _, f := range fault.As(err).Fields {
		if !slices.Contains(said, f.Name) {
			c.Add(f.Name, f.Message)
		}
	}
}

// fit fills in the default and checks the bounds of one bought quantity.
func (r PlanResource) fit(c *fault.Check, chosen map[string]any) {
	v, given := chosen[r.Parameter]
	if !given || v == nil {
		chosen[r.Parameter] = r.Default
		return
	}
	n, ok := wholeNumber(v)
	if !ok {
		c.Add("parameters."+r.Parameter, "Write a whole number.")
		return
	}
	chosen[r.Parameter] = n
	if wrong := r.wrong(n); wrong != "" {
		c.Add("parameters."+r.Parameter, wrong)
	}
}

// refuseUnsold refuses quantities that the plan has no price for: they would
// be free.
func (k Kind) refuseUnsold(c *fault.Check, content PlanContent, chosen map[string]any) {
	if k.ParametersSchema == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		_, quantity := k.ParametersSchema.Integer(name)
		_, sold := content.Resource(name)
		c.That(!quantity || sold, "parameters."+name, "This plan does not sell this quantity.")
	}
}

// Carry takes the parameters of a sale over to another plan of the product:
// quantities that it does not sell are left out, missing ones get its defaults.
// It reports what is out of the plan's bounds, as Fit does.
func (k Kind) Carry(to PlanContent, parameters json.RawMessage) (json.RawMessage, error) {
	return k.Fit(to, k.Kept(to, parameters))
}

// Kept are the parameters of a sale without the quantities that the plan does
// not sell, and without what the vendor no longer asks for.
func (k Kind) Kept(c PlanContent, parameters json.RawMessage) json.RawMessage {
	chosen, ok := decodeObject(parameters)
	if !ok || k.ParametersSchema == nil {
		return parameters
	}
	maps.DeleteFunc(chosen, func(name string, _ any) bool {
		_, quantity := k.ParametersSchema.Integer(name)
		_, sold := c.Resource(name)
		return quantity && !sold
	})
	return encodeObject(chosen)
}

// Renewed fills the defaults of a newer revision into parameters that were
// bought with an older one. It refuses nothing: what was sold stays.
func (c PlanContent) Renewed(parameters json.RawMessage) json.RawMessage {
	chosen, ok := decodeObject(parameters)
	missing := false
	for _, r := range c.Resources {
		if _, given := chosen[r.Parameter]; ok && !given {
			chosen[r.Parameter], missing = r.Default, true
		}
	}
	if !missing {
		return parameters
	}
	return encodeObject(chosen)
}

// With returns the parameters with those of a change in their place.
func With(parameters, change json.RawMessage) (json.RawMessage, error) {
	all, ok := decodeObject(parameters)
	changed, valid := decodeObject(change)
	if !ok || !valid {
		return nil, fault.InvalidField("parameters", "Parameters are a JSON object.")
	}
	maps.Copy(all, changed)
	return encodeObject(all), nil
}

// Grown returns the target, but with no quantity below the current one: what
// holds at once when less waits for the next period. One that the target does
// not name, as the next plan does not sell it, stays. It reports what grows out
// of the plan's bounds.
func (c PlanContent) Grown(current, target json.RawMessage) (json.RawMessage, error) {
	grown, _ := decodeObject(target)
	var check fault.Check
	for _, r := range c.Resources {
		had := r.Quantity(current)
		wanted := had
		if _, named := grown[r.Parameter]; named {
			wanted = r.Quantity(target)
		}
		if wanted > had {
			if wrong := r.wrong(wanted); wrong != "" {
				check.Add("parameters."+r.Parameter, wrong)
			}
		}
		grown[r.Parameter] = max(had, wanted)
	}
	return encodeObject(grown), check.Err()
}

// Resource returns the plan's part for the parameter.
func (c PlanContent) Resource(parameter string) (PlanResource, bool) {
	i := slices.IndexFunc(c.Resources, func(r PlanResource) bool { return r.Parameter == parameter })
	if i < 0 {
		return PlanResource{}, false
	}
	return c.Resources[i], true
}

// Quantity returns how much of a resource the parameters ask for: its default
// when they say nothing.
func (r PlanResource) Quantity(parameters json.RawMessage) int64 {
	chosen, _ := decodeObject(parameters)
	if n, ok := wholeNumber(chosen[r.Parameter]); ok {
		return n
	}
	return r.Default
}

// Title is the resource's name with its unit: "Memory (GB)".
func (r PlanResource) Title() string { return titled(r.Name, r.Unit) }

// Title is the meter's name with its unit: "Computing (core-hour)".
func (m PlanMeter) Title() string { return titled(m.Name, m.Unit) }

// titled puts the unit behind a name that does not say it: "CPU cores" needs no
// "core".
func titled(name, unit string) string {
	for word := range strings.FieldsSeq(strings.ToLower(name)) {
		if word == strings.ToLower(unit) || len(unit) > 2 && strings.HasPrefix(word, strings.ToLower(unit)) {
			return name
		}
	}
	if unit == "" {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, unit)
}

// Bought returns the quantities that a sale with the parameters pays for, as
// they are rated.
func (c PlanContent) Bought(parameters json.RawMessage) []rating.Bought {
	var out []rating.Bought
	for _, r := range c.Resources {
		out = append(out, rating.Bought{Parameter: r.Parameter, Name: r.Title(), UnitPrice: r.UnitPrice,
			Quantity: money.Int(r.Quantity(parameters)), Included: money.Int(r.Included)})
	}
	return out
}

// decodeObject reads a JSON object with its numbers as they were written; no
// document is an empty one.
func decodeObject(doc json.RawMessage) (map[string]any, bool) {
	if emptyDocument(doc) {
		return map[string]any{}, true
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil || object == nil {
		return nil, false
	}
	return object, true
}

func encodeObject(object map[string]any) json.RawMessage {
	raw, err := json.Marshal(object)
	if err != nil {
		return json.RawMessage(`{}`) // what was decoded can be encoded
	}
	return raw
}

// wholeNumber reads 4 and 4.0, but not 4.5 or what no bound would allow.
func wholeNumber(v any) (int64, bool) {
	if n, ok := v.(int64); ok {
		return n, true
	}
	written, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	if n, err := strconv.ParseInt(written.String(), 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(written.String(), 64)
	return int64(f), err == nil && f == math.Trunc(f) && math.Abs(f) <= maxQuantity
}
