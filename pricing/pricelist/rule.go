package pricelist

import (
	"slices"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// Kind is how a reseller comes to its price.
type Kind string

// The kinds.
const (
	Excluded Kind = "excluded" // the plan is not sold
	Percent  Kind = "percent"  // a percentage on or off all of the source's prices
	Absolute Kind = "absolute" // its own recurring or setup price, or both
)

// Kinds lists them; the schema checks the same.
var Kinds = []Kind{Excluded, Percent, Absolute}

// Bounds of a percentage.
const (
	minPercent      = -100 // everything for nothing
	maxPercent      = 1000
	percentDecimals = 4
)

// Rule is what a reseller asks for a plan, said by the prices of whom it buys
// from.
type Rule struct {
	Kind Kind `db:"rule"`
	// Percent is added to every price: 15 makes 10.00 into 11.50, -5 into 9.50.
	Percent *money.Decimal `db:"percent"`
	// RecurringPrice and SetupPrice take the place of the source's, in the
	// plan's currency; nil leaves it.
	RecurringPrice *money.Decimal `db:"recurring_price"`
	SetupPrice     *money.Decimal `db:"setup_price"`
}

// Validate reports every wrong field.
func (r Rule) Validate() error {
	var c fault.Check
	c.That(slices.Contains(Kinds, r.Kind), "rule", "Use excluded, percent or absolute.")
	if r.Kind == Percent {
		r.checkPercent(&c)
	} else {
		c.That(r.Percent == nil, "percent", "Only the rule percent has a percentage.")
	}
	if r.Kind == Absolute {
		c.That(r.RecurringPrice != nil || r.SetupPrice != nil, "recurringPrice", "Give a recurring price, a setup price, or both.")
	} else {
		c.That(r.RecurringPrice == nil, "recurringPrice", "Only the rule absolute has prices of its own.")
		c.That(r.SetupPrice == nil, "setupPrice", "Only the rule absolute has prices of its own.")
	}
	for field, p := range map[string]*money.Decimal{"recurringPrice": r.RecurringPrice, "setupPrice": r.SetupPrice} {
		if p != nil {
			money.CheckPrice(&c, field, *p)
		}
	}
	return c.Err()
}

func (r Rule) checkPercent(c *fault.Check) {
	if !c.That(r.Percent != nil, "percent", "Say how much is added to the prices, such as 15 or -5.") {
		return
	}
	c.That(!r.Percent.Less(money.Int(minPercent)) && !money.Int(maxPercent).Less(*r.Percent), "percent", "Use a percentage from -100 to 1000.")
	c.That(r.Percent.Decimals() <= percentDecimals, "percent", "Use at most 4 decimals.")
}

// Apply returns what the reseller sells when it buys the content. The content
// itself stays as it is. An excluded plan keeps its source's prices, for those
// who have it already.
func (r Rule) Apply(c catalog.PlanContent) catalog.PlanContent {
	switch r.Kind {
	case Percent:
		return r.onAll(c)
	case Absolute:
		if r.RecurringPrice != nil {
			c.RecurringPrice = *r.RecurringPrice
		}
		if r.SetupPrice != nil {
			c.SetupPrice = *r.SetupPrice
		}
	}
	return c
}

// onAll puts the percentage on every price of the content. Quantities, such as
// free units and bounds of tiers, are no prices.
func (r Rule) onAll(c catalog.PlanContent) catalog.PlanContent {
	factor := r.Percent.Add(money.Int(100)).MulDiv(money.Int(1), money.Int(100))
	c.RecurringPrice, c.SetupPrice = times(c.RecurringPrice, factor), times(c.SetupPrice, factor)
	c.Endpoints, c.Resources, c.Meters = slices.Clone(c.Endpoints), slices.Clone(c.Resources), slices.Clone(c.Meters)
	for i, e := range c.Endpoints {
		if e.Charge != nil {
			c.Endpoints[i].Charge = new(chargeTimes(*e.Charge, factor))
		}
	}
	for i, res := range c.Resources {
		c.Resources[i].UnitPrice = times(res.UnitPrice, factor)
	}
	for i, m := range c.Meters {
		c.Meters[i].Charge = chargeTimes(m.Charge, factor)
	}
	return c
}

func chargeTimes(c price.Charge, factor money.Decimal) price.Charge {
	for _, p := range []**money.Decimal{&c.UnitPrice, &c.FlatPrice, &c.Minimum, &c.Maximum} {
		if *p != nil {
			*p = new(times(**p, factor))
		}
	}
	c.Tiers = slices.Clone(c.Tiers)
	for i, t := range c.Tiers {
		c.Tiers[i].UnitPrice, c.Tiers[i].FlatPrice = times(t.UnitPrice, factor), times(t.FlatPrice, factor)
	}
	return c
}

// times is exact, as far as prices have decimals.
func times(p, factor money.Decimal) money.Decimal {
	return p.Mul(factor).Round(money.MaxDecimals).Trim(0)
}
