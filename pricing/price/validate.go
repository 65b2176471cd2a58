package price

import (
	"slices"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
)

// maxTiers bounds a charge; no published price list comes near.
const maxTiers = 100

// Validate reports every wrong field by its JSON path ("tiers[1].upTo"). It
// accepts a charge with or without its defaults filled in.
func (c Charge) Validate() error {
	c = c.WithDefaults()
	var f fault.Check
	if !slices.Contains(Models(), c.Model) {
		f.Addf("model", "%q is not a price model; use one of %v.", c.Model, Models())
		return f.Err()
	}
	c.checkPolicies(&f)
	c.checkPrices(&f)
	if c.Model.Tiered() {
		c.checkTiers(&f)
	} else {
		f.That(len(c.Tiers) == 0, "tiers", "The model "+string(c.Model)+" has no tiers; remove them.")
	}
	return f.Err()
}

func (c Charge) checkPolicies(f *fault.Check) {
	f.That(c.ZeroUsage == ChargeFirstFlat || c.ZeroUsage == ChargeNone,
		"zeroUsage", "Use chargeFirstFlat or none.")
	f.That(c.FractionalBound == ExactBound || c.FractionalBound == CeilBound,
		"fractionalBound", "Use exact or ceil.")
	f.That(c.Overflow == "" || c.Overflow == OverflowLastTier || c.Overflow == OverflowFree,
		"overflow", "Use lastTier or free.")
}

// checkPrices checks the fields outside of the tiers: which of them the model
// needs, and that each is a price or a quantity.
func (c Charge) checkPrices(f *fault.Check) {
	switch c.Model {
	case Flat:
		f.That(c.FlatPrice != nil, "flatPrice", "A flat price needs flatPrice.")
	case PerUnit, Percentage:
		f.That(c.UnitPrice != nil, "unitPrice", "This model needs unitPrice.")
	case Package:
		f.That(c.UnitPrice != nil, "unitPrice", "A package needs unitPrice, the price of one package.")
		f.That(c.PackageSize != nil, "packageSize", "A package needs packageSize, the units in one package.")
	}
	checkOptional(f, "unitPrice", c.UnitPrice)
	checkOptional(f, "flatPrice", c.FlatPrice)
	checkOptional(f, "minimum", c.Minimum)
	checkOptional(f, "maximum", c.Maximum)
	checkSize(f, "packageSize", c.PackageSize)
	if c.FreeUnits != nil {
		f.That(c.FreeUnits.Sign() >= 0, "freeUnits", "Free units cannot be negative.")
	}
	if c.Minimum != nil && c.Maximum != nil {
		f.That(!c.Maximum.Less(*c.Minimum), "maximum", "The maximum cannot be below the minimum.")
	}
}

func checkOptional(f *fault.Check, field string, p *money.Decimal) {
	if p != nil {
		money.CheckPrice(f, field, *p)
	}
}

func checkSize(f *fault.Check, field string, size *money.Decimal) {
	if size != nil {
		f.That(size.Sign() > 0, field, "The size must be above 0.")
	}
}

// checkTiers checks that the tiers rise, that only the last is open, and that
// each holds prices.
func (c Charge) checkTiers(f *fault.Check) {
	if !f.That(len(c.Tiers) > 0, "tiers", "At least one tier is required.") {
		return
	}
	if !f.That(len(c.Tiers) <= maxTiers, "tiers", "At most 100 tiers.") {
		return
	}
	var before money.Decimal
	for i, t := range c.Tiers {
		at := f.At("tiers[%d]", i)
		money.CheckPrice(at, "unitPrice", t.UnitPrice)
		money.CheckPrice(at, "flatPrice", t.FlatPrice)
		checkSize(at, "blockSize", t.BlockSize)
		if c.Model == Blocks {
			at.That(t.BlockSize != nil, "blockSize", "A block needs its size.")
		}
		c.checkBound(at, i, before)
		before = money.Max(before, Or(t.UpTo))
	}
}

// checkBound checks the upper bound of tier i, which starts above before.
func (c Charge) checkBound(f *fault.Check, i int, before money.Decimal) {
	upTo, last := c.Tiers[i].UpTo, i == len(c.Tiers)-1
	switch {
	case upTo == nil && !last:
		f.Add("upTo", "Only the last tier can be without an end; give the quantity it reaches to.")
	case upTo == nil:
	case i == 0 && upTo.Sign() <= 0:
		f.Addf("upTo", "The first tier must reach above 0; this is %s.", upTo)
	case upTo.Cmp(before) <= 0:
		f.Addf("upTo", "Tiers overlap: this must be above %s, where the tier before ends; it is %s.", before, upTo)
	case upTo.Decimals() > money.MaxDecimals:
		f.Addf("upTo", "This quantity has %d decimals; at most %d are kept.", upTo.Decimals(), money.MaxDecimals)
	case last && c.Overflow == "":
		f.Addf("upTo", "The last tier ends at %s and nothing prices what is above it. "+
			"Leave upTo out, or set overflow to lastTier or free.", upTo)
	}
}
