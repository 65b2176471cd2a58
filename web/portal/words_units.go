package portal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/web/portal/schemaform"
)

// unit is what is counted: one of it and many.
type unit struct{ one, many string }

// calls are what endpoints count.
func calls() unit { return unit{"call", "calls"} }

// unitOf is the unit that a plan names: "core-hour" becomes "core-hours" where
// there are several, a symbol such as GB stays.
func unitOf(name string) unit {
	last, _ := utf8.DecodeLastRuneInString(name)
	if name == "" || last == 's' || !unicode.IsLower(last) {
		return unit{name, name}
	}
	return unit{name, name + "s"}
}

// unitIn is the unit that the name of a quantity gives away: "memoryGb" is in
// GB, "cores" is in cores.
func unitIn(name string) string {
	words := strings.Fields(schemaform.Words(name))
	if len(words) == 0 {
		return ""
	}
	last := words[len(words)-1]
	one, plural := strings.CutSuffix(last, "s")
	switch {
	case plural && len(words) == 1 && strings.ToUpper(one) != one:
		return strings.ToLower(one)
	case plural:
		return one
	case len(words) > 1 && strings.ToUpper(last) == last:
		return last
	}
	return ""
}

// count is a number of a unit: "4 cores", "8 GB"; without a unit the number alone.
func (w words) count(n any, u unit) string {
	if u.one == "" {
		return w.Num(n)
	}
	return w.Plural(n, u.one, u.many)
}

// resource is what a plan sells of a quantity, a line each: what can be chosen,
// and what one of it costs.
func (w words) resource(r catalog.PlanResource, currency string, months int) []string {
	return append([]string{w.choice(r)}, w.unitPrice(r, currency, months)...)
}

// choice says which quantities can be bought.
func (w words) choice(r catalog.PlanResource) string {
	u := unitOf(r.Unit)
	var text string
	switch {
	case r.Max == r.Min && r.Max > 0:
		return w.count(r.Max, u)
	case r.Max == 0:
		text = w.T("%s or more", w.count(r.Min, u))
	default:
		text = w.T("%s to %s", w.Num(r.Min), w.count(r.Max, u))
	}
	if r.Step > 1 {
		text += ", " + w.T("in steps of %s", w.Num(r.Step))
	}
	return text
}

// unitPrice says what one of a resource costs.
func (w words) unitPrice(r catalog.PlanResource, currency string, months int) []string {
	var out []string
	if r.Included > 0 {
		out = append(out, w.T("%s included", w.count(r.Included, unitOf(r.Unit))))
	}
	if r.UnitPrice.IsZero() {
		return append(out, w.T("no extra price"))
	}
	each := w.T("%s each %s", w.price(r.UnitPrice, currency), w.per(months))
	if r.Unit != "" {
		each = w.T("%s per %s, %s", w.price(r.UnitPrice, currency), w.T(r.Unit), w.per(months))
	}
	return append(out, each)
}

// meter is what a plan charges for what is measured, a line each.
func (w words) meter(m catalog.PlanMeter, currency string) []string {
	return w.charge(m.Charge, currency, unitOf(m.Unit))
}

// amount is a measured quantity without needless zeros: "12.5 core-hours".
func (w words) amount(n money.Decimal, u unit) string { return w.count(n.Trim(0), u) }
