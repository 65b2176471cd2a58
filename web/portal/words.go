package portal

import (
	"fmt"
	"slices"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// words says prices and limits in the reader's language.
type words struct{ *ui.Locale }

// per is the billing period of a price: "per month".
func (w words) per(months int) string {
	switch months {
	case 0, 1:
		return w.T("per month")
	case 12:
		return w.T("per year")
	}
	return w.T("every %d months", months)
}

// price is an amount with its currency, never rounded.
func (w words) price(amount money.Decimal, currency string) string {
	return w.Money(money.New(amount, currency))
}

// limits are the limits of a prepaid endpoint, the longest window first.
func (w words) limits(limits map[string]int64) []string {
	var out []string
	for _, window := range slices.Backward(catalog.Windows) {
		if n, ok := limits[window]; ok {
			out = append(out, w.T("%s per "+window, w.Plural(n, "call", "calls")))
		}
	}
	if len(out) == 0 {
		out = append(out, w.T("No limit"))
	}
	return out
}

// endpoint is what a plan gives of an endpoint, a line each.
func (w words) endpoint(e catalog.PlanEndpoint, currency string) []string {
	if e.Mode == catalog.PayPerUse && e.Charge != nil {
		return w.charge(*e.Charge, currency, calls())
	}
	return w.limits(e.Limits)
}

// charge is the price of what is used, a line each.
func (w words) charge(c price.Charge, currency string, u unit) []string {
	c = c.WithDefaults()
	var out []string
	if free := price.Or(c.FreeUnits); free.Sign() > 0 {
		out = append(out, w.T("%s included, then", w.count(free.Trim(0), u)))
	}
	out = append(out, w.model(c, currency, u)...)
	if c.Minimum != nil {
		out = append(out, w.T("at least %s per period", w.price(*c.Minimum, currency)))
	}
	if c.Maximum != nil {
		out = append(out, w.T("at most %s per period", w.price(*c.Maximum, currency)))
	}
	return out
}

func (w words) model(c price.Charge, currency string, u unit) []string {
	each, flat := w.price(price.Or(c.UnitPrice), currency), w.price(price.Or(c.FlatPrice), currency)
	switch c.Model {
	case price.Flat:
		return []string{w.T("%s per period, however much is used", flat)}
	case price.PerUnit:
		return []string{w.T("%s per %s", each, w.T(u.one))}
	case price.Package:
		return []string{w.T("%s per started package of %s", each, w.count(price.Or(c.PackageSize), u))}
	case price.Percentage:
		return []string{w.T("%s percent of the amount", w.Num(price.Or(c.UnitPrice).Mul(money.Int(100)).Trim(0)))}
	}
	return w.tiers(c, currency, u)
}

// tiers names each tier's range and price: "first 10 calls: €0.10 each".
func (w words) tiers(c price.Charge, currency string, u unit) []string {
	var out []string
	var from money.Decimal
	if c.Model == price.Volume || c.Model == price.Blocks || c.Model == price.Stairstep {
		out = append(out, w.T("by the period's total:"))
	}
	for i, t := range c.Tiers {
		out = append(out, w.tierRange(i, from, t, u)+": "+w.tierPrice(c.Model, t, currency))
		if t.UpTo != nil {
			from = *t.UpTo
		}
	}
	return out
}

func (w words) tierRange(i int, from money.Decimal, t price.Tier, u unit) string {
	switch {
	case t.UpTo == nil && i == 0:
		return w.T("every %s", w.T(u.one))
	case t.UpTo == nil:
		return w.T("above %s", w.Num(from.Trim(0)))
	case i == 0:
		return w.T("first %s", w.count(t.UpTo.Trim(0), u))
	}
	return w.T("up to %s", w.Num(t.UpTo.Trim(0)))
}

func (w words) tierPrice(model price.Model, t price.Tier, currency string) string {
	unit, flat := w.price(t.UnitPrice, currency), w.price(t.FlatPrice, currency)
	var text string
	switch {
	case model == price.Stairstep:
		return w.T("%s in all", flat)
	case model == price.Blocks:
		text = w.T("%s per started %s", unit, w.Num(price.Or(t.BlockSize).Trim(0)))
	case model == price.GraduatedPercentage:
		text = w.T("%s percent", w.Num(t.UnitPrice.Mul(money.Int(100)).Trim(0)))
	case t.UnitPrice.IsZero():
		text = w.T("free")
	default:
		text = w.T("%s each", unit)
	}
	if t.FlatPrice.IsZero() {
		return text
	}
	if t.UnitPrice.IsZero() {
		return flat
	}
	return fmt.Sprintf("%s + %s", flat, text)
}

// from is the least that a product costs, for lists: "from €4.90 per month".
func (w words) from(plans []catalog.Plan) string {
	if len(plans) == 0 {
		return ""
	}
	cheapest := slices.MinFunc(plans, func(a, b catalog.Plan) int { return monthly(a).Cmp(monthly(b)) })
	t := cheapest.Revision.Content.Terms.WithDefaults()
	fixed := fixedPrice(cheapest.Revision.Content, nil)
	text := w.Money(fixed) + " " + w.per(t.PeriodMonths)
	if fixed.Amount.IsZero() {
		return w.fromNothing(cheapest.Revision.Content, len(plans) > 1)
	}
	if len(plans) > 1 {
		return w.T("from %s", text)
	}
	return text
}

// fromNothing says of a plan without a fixed price by what it costs.
func (w words) fromNothing(c catalog.PlanContent, more bool) string {
	switch {
	case len(c.Metered()) > 0 || len(c.Meters) > 0:
		return w.T("Pay per use")
	case !c.SetupPrice.IsZero():
		return w.T("%s once", w.Money(money.New(c.SetupPrice, c.Currency)))
	case more:
		return w.T("Free to start")
	}
	return w.T("Free")
}

// monthly is a plan's fixed price with what it suggests, brought to one month,
// to compare plans.
func monthly(p catalog.Plan) money.Decimal {
	t := p.Revision.Content.Terms.WithDefaults()
	return fixedPrice(p.Revision.Content, nil).Amount.Quo(money.Int(int64(t.PeriodMonths)))
}
