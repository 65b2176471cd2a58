package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// PlanInput is a plan as the vendor prices it. A nil AutoRenew means true. A
// plan of an API has endpoints; all others have what PlanContent says beside.
type PlanInput struct {
	Name          string
	Terms         price.Terms
	AutoRenew     *bool
	Hidden        bool
	Position      int
	Endpoints     []PlanEndpoint
	Configuration json.RawMessage
	Provider      string
	Resources     []PlanResource
	Meters        []PlanMeter
	SelfBilling   bool // the seller bills and collects, see PlanContent
}

func (in PlanInput) content(k Kind) PlanContent {
	c := PlanContent{Terms: in.Terms.WithDefaults(), Endpoints: slices.Clone(in.Endpoints), Provider: in.Provider, SelfBilling: in.SelfBilling}
	c.AutoRenew = in.AutoRenew == nil || *in.AutoRenew
	for i, e := range c.Endpoints {
		if e.Mode == PayPerUse && e.Charge != nil {
			full := e.Charge.WithDefaults()
			c.Endpoints[i].Charge = &full
		}
	}
	if !emptyDocument(in.Configuration) {
		c.Configuration = in.Configuration
	}
	for _, r := range in.Resources {
		c.Resources = append(c.Resources, r.withDefaults(k))
	}
	for _, m := range in.Meters {
		c.Meters = append(c.Meters, m.withDefaults(k))
	}
	return c
}

// Validate reports every wrong field of an API's plan; known are the product's
// endpoints.
func (in PlanInput) Validate(known []Endpoint) error {
	var c fault.Check
	in.checkTerms(&c)
	c.That(emptyDocument(in.Configuration), "configuration", "A plan of an API has endpoints, no configuration.")
	c.That(len(in.Resources) == 0, "resources", "A plan of an API has endpoints, no resources.")
	c.That(len(in.Meters) == 0, "meters", "A plan of an API has endpoints, no meters; use payPerUse.")
	c.That(len(in.Endpoints) > 0, "endpoints", "A plan holds at least one endpoint.")
	seen := map[string]bool{}
	for i, e := range in.Endpoints {
		at := c.At("endpoints[%d]", i)
		at.That(slices.ContainsFunc(known, func(k Endpoint) bool { return k.Identifier == e.Identifier }),
			"identifier", fmt.Sprintf("The product has no endpoint %q; add it first.", e.Identifier))
		at.That(!seen[e.Identifier], "identifier", fmt.Sprintf("The endpoint %q stands twice in this plan.", e.Identifier))
		seen[e.Identifier] = true
		e.check(at)
	}
	return c.Err()
}

// ValidateFor reports every wrong field of a plan of a kind that a plugin
// brings. Of a kind that is not known (the zero Kind) only what needs no plugin.
func (in PlanInput) ValidateFor(k Kind) error {
	var c fault.Check
	in.checkTerms(&c)
	c.That(len(in.Endpoints) == 0, "endpoints", "Only a plan of an API has endpoints.")
	if k.PlanSchema != nil {
		k.PlanSchema.Check(&c, "configuration", in.Configuration)
		for _, name := range k.PlanSchema.Secrets(in.Configuration) {
			c.Add("configuration."+name, "Everybody may read a plan: it keeps no secrets.")
		}
	}
	seen := map[string]bool{}
	for i, r := range in.Resources {
		at := c.At("resources[%d]", i)
		at.That(!seen[r.Parameter], "parameter", fmt.Sprintf("%q stands twice in this plan.", r.Parameter))
		seen[r.Parameter] = true
		r.withDefaults(k).check(at, k)
	}
	clear(seen)
	for i, m := range in.Meters {
		at := c.At("meters[%d]", i)
		at.That(!seen[m.Meter], "meter", fmt.Sprintf("%q stands twice in this plan.", m.Meter))
		seen[m.Meter] = true
		m.check(at, k)
	}
	return c.Err()
}

// identifier is how the vendor's systems call the plan: what its configuration
// says, or else its name; "Team 50" is team-50.
func (in PlanInput) identifier() string {
	var said struct{ Identifier string }
	if err := json.Unmarshal(in.Configuration, &said); err == nil && said.Identifier != "" {
		return said.Identifier
	}
	return strings.Join(strings.FieldsFunc(strings.ToLower(in.Name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), "-")
}

func (in PlanInput) checkTerms(c *fault.Check) {
	if c.Need("name", in.Name) {
		c.MaxLen("name", in.Name, 100)
	}
	c.MaxLen("provider", in.Provider, 100)
	c.Merge("", in.Terms.Validate())
}

// maxQuantity bounds what can be bought of a resource, far from where a price
// times it could not be written.
const maxQuantity = 1_000_000_000

// withDefaults fills in what was left out: steps of one, the name of the
// plugin's field.
func (r PlanResource) withDefaults(k Kind) PlanResource {
	if r.Step == 0 {
		r.Step = 1
	}
	if r.Name == "" {
		r.Name = r.Parameter
		if f, ok := k.parameter(r.Parameter); ok {
			r.Name = f.Title
		}
	}
	return r
}

// parameter returns the field of a parameter.
func (k Kind) parameter(name string) (schema.Field, bool) {
	if k.ParametersSchema == nil {
		return schema.Field{}, false
	}
	fields := k.ParametersSchema.Fields()
	i := slices.IndexFunc(fields, func(f schema.Field) bool { return f.Name == name })
	if i < 0 {
		return schema.Field{}, false
	}
	return fields[i], true
}

func (r PlanResource) check(c *fault.Check, k Kind) {
	c.Need("parameter", r.Parameter)
	c.MaxLen("name", r.Name, 100)
	c.MaxLen("unit", r.Unit, 40)
	money.CheckPrice(c, "unitPrice", r.UnitPrice)
	c.That(r.Step >= 1, "step", "A step is at least 1.")
	c.That(r.Included >= 0 && r.Included <= maxQuantity, "included", "Included are 0 or more.")
	if !c.That(r.Min >= 0 && r.Min <= maxQuantity, "min", "The least is 0 or more.") ||
		!c.That(r.Max == 0 || r.Max >= r.Min && r.Max <= maxQuantity, "max", fmt.Sprintf("The most is at least the least, %d; 0 is no bound.", r.Min)) {
		return
	}
	if r.Parameter != "" && k.ParametersSchema != nil {
		r.checkRange(c, k)
	}
	if wrong := r.wrong(r.Default); wrong != "" {
		c.Add("default", wrong)
	}
}

// checkRange compares with what the plugin can make.
func (r PlanResource) checkRange(c *fault.Check, k Kind) {
	can, ok := k.ParametersSchema.Integer(r.Parameter)
	if k.Definition != nil {
		c.That(ok, "parameter", fmt.Sprintf("%q is a parameter of the product; choose another name for the quantity.", r.Parameter))
		c.That(identifierForm.MatchString(r.Parameter), "parameter", "Use letters, digits, dots, dashes and underscores, at most 100, starting with a letter or digit.")
		return
	}
	if !c.That(ok, "parameter", fmt.Sprintf("The plugin %s has no quantity %q.", k.Plugin, r.Parameter)) {
		return
	}
	if !can.Holds(r.Min) {
		c.Add("min", "The plugin makes "+can.String()+".")
	}
	if r.Max != 0 && !can.Holds(r.Max) {
		c.Add("max", "The plugin makes "+can.String()+".")
	}
	if r.Max == 0 && !can.Holds(r.Default) {
		c.Add("default", "The plugin makes "+can.String()+".")
	}
}

// wrong says why a quantity cannot be bought; "" when it can.
func (r PlanResource) wrong(n int64) string {
	switch {
	case n < r.Min:
		return fmt.Sprintf("At least %d.", r.Min)
	case r.Max != 0 && n > r.Max:
		return fmt.Sprintf("At most %d.", r.Max)
	case n > maxQuantity:
		return fmt.Sprintf("At most %d.", maxQuantity)
	case (n-r.Min)%r.Step != 0:
		return fmt.Sprintf("Only in steps of %d from %d.", r.Step, r.Min)
	}
	return ""
}

// withDefaults fills in what was left out: the kind's unit, the meter's name.
func (m PlanMeter) withDefaults(k Kind) PlanMeter {
	if m.Name == "" {
		m.Name = m.Meter
	}
	if known, ok := k.Meter(m.Meter); ok && m.Unit == "" {
		m.Unit = known.Unit
	}
	m.Charge = m.Charge.WithDefaults()
	return m
}

func (m PlanMeter) check(c *fault.Check, k Kind) {
	if c.Need("meter", m.Meter) && k.Type != "" {
		_, ok := k.Meter(m.Meter)
		c.That(ok, "meter", k.noMeter(m.Meter))
	}
	c.MaxLen("name", m.Name, 100)
	c.MaxLen("unit", m.Unit, 40)
	c.Merge("", m.Charge.Validate())
}

// noMeter says that there is no meter of the name.
func (k Kind) noMeter(name string) string {
	if k.Definition != nil {
		return fmt.Sprintf("The product has no meter %q; add it to the product's meters first.", name)
	}
	return fmt.Sprintf("The plugin %s has no meter %q.", k.Plugin, name)
}

func (e PlanEndpoint) check(c *fault.Check) {
	switch e.Mode {
	case Prepaid:
		e.checkLimits(c)
		c.That(e.Charge == nil, "tiers", "A prepaid endpoint has limits, not prices; use payPerUse for prices.")
	case Included:
		c.That(len(e.Limits) == 0, "limits", "An included endpoint has no limits; use prepaid for limits.")
		c.That(e.Charge == nil, "tiers", "An included endpoint has no prices; use payPerUse for prices.")
	case PayPerUse:
		c.That(len(e.Limits) == 0, "limits", "A pay-per-use endpoint has prices, not limits; use prepaid for limits.")
		if e.Charge == nil {
			c.Add("tiers", "Give the price tiers, such as [{\"upTo\":10,\"unitPrice\":\"0.10\"},{\"unitPrice\":\"0.05\"}].")
			return
		}
		c.Merge("", e.Charge.Validate())
	default:
		c.Add("mode", "Use prepaid, included or payPerUse.")
	}
}

// checkLimits wants positive limits in known windows, and no longer window
// below a shorter one: it could never be reached.
func (e PlanEndpoint) checkLimits(c *fault.Check) {
	c.That(len(e.Limits) > 0, "limits", "Give at least one limit, such as {\"month\":1000}.")
	for window, limit := range e.Limits {
		c.That(slices.Contains(Windows, window), "limits."+window, "Use one of: "+strings.Join(Windows, ", ")+".")
		c.That(limit >= 1, "limits."+window, "A limit is at least 1.")
	}
	shorter, floor := "", int64(0)
	for _, window := range Windows {
		limit, ok := e.Limits[window]
		if !ok {
			continue
		}
		c.That(limit >= floor, "limits."+window, fmt.Sprintf("The %s limit must be at least the %s limit (%d).", window, shorter, floor))
		shorter, floor = window, limit
	}
}
