package catalog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

// Definition is how the vendor of a vendor-provisioned product describes it:
// the product's configuration, read.
type Definition struct {
	// Parameters are what an order is asked for beside quantities.
	Parameters []Parameter `json:"parameters"`
	// OrderValidationURLs are asked before every sale and change; all must agree.
	OrderValidationURLs []string `json:"orderValidationUrls"`
	// Meters are what plans may price; Metrics say how they are measured.
	Meters  []Meter  `json:"meters"`
	Metrics []Metric `json:"metrics"`
	// APIFamily groups products whose subscriptions share credentials.
	APIFamily           string `json:"apiFamily"`
	EndUserInstructions string `json:"endUserInstructions"`
	TerminationMessage  string `json:"terminationMessage"`
}

// Parameter is one thing that an order is asked for. Its value is a text; with
// a range, a whole number.
type Parameter struct {
	Code        string `json:"code"`
	Name        string `json:"name"` // for people; the code unless told
	Description string `json:"description"`
	Hint        string `json:"hint"` // an example
	Required    bool   `json:"required"`
	Validation  string `json:"validation"` // a regular expression for the whole value
	// AcceptedValues are the only ones there are, each with its words.
	AcceptedValues map[string]string `json:"acceptedValues"`
	// ExternalValuesURL tells the values that can be chosen now.
	ExternalValuesURL string `json:"externalValuesUrl"`
	Min               *int64 `json:"min"`
	Max               *int64 `json:"max"`
	Sensitive         bool   `json:"sensitive"` // sealed, and shown to the vendor only
	Weight            int    `json:"weight"`    // lighter ones come first
}

// Frequency is how often a metric is read.
type Frequency string

// Frequencies lists them as the connector contract writes them.
var Frequencies = []Frequency{"EVERY_30_SECONDS", "EVERY_1_MINUTE", "EVERY_2_MINUTE", "EVERY_5_MINUTES", "EVERY_30_MINUTES",
	"EVERY_1_HOUR", "EVERY_24_HOUR", "EVERY_48_HOUR", "EVERY_WEEK"}

// Function is what a metric's readings come to.
type Function string

// The functions: of a gauge the first two, of a counter the others.
const (
	Average  Function = "AVERAGE"  // the average level over the billing period
	Peak     Function = "PEAK"     // the highest level in the billing period
	Increase Function = "INCREASE" // what was added since the reading before
	Value    Function = "VALUE"    // the vendor's own count of the billing period
)

// Metric is how a meter is measured: by asking the vendor.
type Metric struct {
	Meter string `json:"meter"`
	// Endpoint is a URL, or a path at the host of the syndication endpoint.
	Endpoint  string    `json:"endpoint"`
	Frequency Frequency `json:"frequency"`
	Counter   bool      `json:"counter"` // it only grows; a gauge otherwise
	Function  Function  `json:"function"`
}

// Of returns the function, or what is usual for the metric.
func (m Metric) Of() Function {
	if m.Counter {
		return cmp.Or(m.Function, Increase)
	}
	return cmp.Or(m.Function, Average)
}

// Definition reads how the vendor describes the product: the zero Definition
// when a plugin, or nobody, does.
func (p Product) Definition() (Definition, error) {
	var d Definition
	if !p.Type.VendorProvisioned() || p.Configuration == "" {
		return d, nil
	}
	if err := json.Unmarshal([]byte(p.Configuration), &d); err != nil {
		return Definition{}, fmt.Errorf("product %d: configuration: %w", p.ID, err)
	}
	for i, param := range d.Parameters {
		d.Parameters[i].Name = cmp.Or(param.Name, param.Code)
	}
	slices.SortStableFunc(d.Parameters, func(a, b Parameter) int { return cmp.Compare(a.Weight, b.Weight) })
	return d, nil
}

// Parameter returns the parameter of the code.
func (d Definition) Parameter(code string) (Parameter, bool) {
	i := slices.IndexFunc(d.Parameters, func(p Parameter) bool { return p.Code == code })
	if i < 0 {
		return Parameter{}, false
	}
	return d.Parameters[i], true
}

// Metric returns how the meter is measured.
func (d Definition) Metric(meter string) (Metric, bool) {
	i := slices.IndexFunc(d.Metrics, func(m Metric) bool { return m.Meter == meter })
	if i < 0 {
		return Metric{}, false
	}
	return d.Metrics[i], true
}

// ranged reports whether the value is a whole number.
func (p Parameter) ranged() bool { return p.Min != nil || p.Max != nil }

// property is the parameter as a JSON Schema.
func (p Parameter) property() map[string]any {
	s := map[string]any{"title": p.Name, "type": "string", "maxLength": maxValue}
	if p.ranged() {
		s = map[string]any{"title": p.Name, "type": "number", "multipleOf": 1}
		if p.Min != nil {
			s["minimum"] = *p.Min
		}
		if p.Max != nil {
			s["maximum"] = *p.Max
		}
	} else if p.Validation != "" {
		s["pattern"] = whole(p.Validation)
	}
	if p.Description != "" {
		s["description"] = p.Description
	}
	if p.Hint != "" {
		s["examples"] = []string{p.Hint}
	}
	if values := p.accepted(); len(values) > 0 {
		s["enum"] = values
	}
	if p.Sensitive {
		s["writeOnly"] = true
	}
	return s
}

// maxValue bounds the value of a parameter, below where a form makes it a text
// of several lines.
const maxValue = 499

// accepted are the values that can be chosen, as they stand in JSON.
func (p Parameter) accepted() []any {
	var out []any
	for _, c := range p.Values().List {
		if p.ranged() {
			out = append(out, json.Number(c.Value))
		} else {
			out = append(out, c.Value)
		}
	}
	return out
}

// whole makes an expression match a value from its beginning to its end.
func whole(expression string) string { return "^(?:" + expression + ")$" }

// schema is the JSON Schema of an order's parameters. Whatever the vendor calls
// no parameter is a quantity: plans name theirs as they like.
func (d Definition) schema() (json.RawMessage, error) {
	var b strings.Builder
	required := []string{}
	for i, p := range d.Parameters {
		raw, err := json.Marshal(p.property())
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", p.Code, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", strconv.Quote(p.Code), raw)
		if p.Required {
			required = append(required, p.Code)
		}
	}
	must, err := json.Marshal(required)
	return fmt.Appendf(nil, `{"type":"object","properties":{%s},"required":%s,"additionalProperties":{"type":"integer","minimum":0,"maximum":%d}}`,
		b.String(), must, maxQuantity), err
}

// check records what the schema of the configuration cannot say.
func (d Definition) check(c *fault.Check, syndicationURL string, allowPrivate bool) {
	once := uniqueness{}
	for i, p := range d.Parameters {
		at := c.At("parameters[%d]", i)
		once.check(at, "code", p.Code)
		p.check(at, allowPrivate)
	}
	for i, u := range d.OrderValidationURLs {
		checkURL(c, fmt.Sprintf("orderValidationUrls[%d]", i), u, allowPrivate)
	}
	for i, m := range d.Meters {
		once.check(c.At("meters[%d]", i), "name", m.Name)
	}
	clear(once)
	for i, m := range d.Metrics {
		at := c.At("metrics[%d]", i)
		once.check(at, "meter", m.Meter)
		at.That(slices.ContainsFunc(d.Meters, func(known Meter) bool { return known.Name == m.Meter }), "meter",
			fmt.Sprintf("There is no meter %q; add it to meters.", m.Meter))
		m.check(at, allowPrivate)
		at.That(syndicationURL != "" || !strings.HasPrefix(m.Endpoint, "/"), "endpoint", "Give a full URL: without a syndication endpoint there is no host that a path could belong to.")
	}
}

// uniqueness finds names that stand twice.
type uniqueness map[string]bool

func (u uniqueness) check(c *fault.Check, field, name string) {
	c.That(!u[name], field, fmt.Sprintf("%q stands twice.", name))
	u[name] = true
}

func (p Parameter) check(c *fault.Check, allowPrivate bool) {
	if _, err := regexp.Compile(whole(p.Validation)); err != nil {
		c.Add("validation", "This regular expression cannot be used: "+err.Error()+".")
	}
	if p.ExternalValuesURL != "" {
		checkURL(c, "externalValuesUrl", p.ExternalValuesURL, allowPrivate)
		c.That(!p.Sensitive, "sensitive", "Values that are chosen from a list are no secrets.")
	}
	c.That(p.Min == nil || p.Max == nil || *p.Min <= *p.Max, "max", "The most is at least the least.")
	if !p.ranged() {
		return
	}
	c.That(p.Validation == "", "validation", "A number has a range, no expression.")
	for v := range p.AcceptedValues {
		if _, err := strconv.ParseInt(v, 10, 64); err != nil {
			c.Addf("acceptedValues", "%q is not a whole number.", v)
		}
	}
}

func (m Metric) check(c *fault.Check, allowPrivate bool) {
	if !strings.HasPrefix(m.Endpoint, "/") {
		checkURL(c, "endpoint", m.Endpoint, allowPrivate)
	}
	switch m.Of() {
	case Increase, Value:
		c.That(m.Counter, "function", "A gauge has AVERAGE or PEAK.")
	default:
		c.That(!m.Counter, "function", "A counter has INCREASE or VALUE.")
	}
}

// VendorFacts are what the vendor says of a plan of a product that it sets up.
type VendorFacts struct {
	Identifier string `json:"identifier"`
	ExternalID string `json:"externalId"`
	Unkillable bool   `json:"unkillable"` // customers cannot end it before its period does
}

// VendorFacts reads them: none when the plan says nothing.
func (c PlanContent) VendorFacts() (f VendorFacts, err error) {
	if len(c.Configuration) > 0 {
		err = json.Unmarshal(c.Configuration, &f)
	}
	return f, err
}
