package connector

import (
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// itemValue is what a range of an item's quantity costs in a plan: each of it
// Price, all of it Setup beside. End is absent where the range is open.
type itemValue struct {
	Item              *ref   `json:"item"`
	Start             int64  `json:"start"`
	End               *int64 `json:"end,omitempty"`
	Price             amount `json:"price"`
	Setup             amount `json:"setup"`
	ProportionalSetup amount `json:"proportionalSetup"`
	Step              int64  `json:"step"`
	Description       string `json:"description"`
}

// valuesOf are the ranges of everything that a plan prices.
func valuesOf(l catalog.Listing, content catalog.PlanContent) []itemValue {
	out := []itemValue{}
	add := func(kind catalog.ItemKind, identifier, name string, ranges []itemValue) {
		item := refer("billingItem", l.ItemID(kind, identifier))
		for _, v := range ranges {
			v.Item, v.Description = item, name
			out = append(out, v)
		}
	}
	for _, r := range content.Resources {
		add(catalog.QuantityItem, r.Parameter, r.Name, quantityRanges(r))
	}
	for _, m := range content.Meters {
		add(catalog.MeterItem, m.Meter, m.Name, chargeRanges(m.Charge))
	}
	for _, e := range content.Endpoints {
		add(catalog.EndpointItem, e.Identifier, e.Identifier, endpointRanges(e))
	}
	return out
}

// quantityRanges are what is included, for nothing, and what is above it.
func quantityRanges(r catalog.PlanResource) []itemValue {
	paid := itemValue{Start: r.Min, Price: amount{r.UnitPrice}, Step: max(r.Step, 1)}
	if r.Max > 0 {
		paid.End = &r.Max
	}
	if r.Included <= r.Min {
		return []itemValue{paid}
	}
	free := itemValue{Start: r.Min, End: &r.Included, Step: paid.Step}
	if r.Max > 0 && r.Included >= r.Max {
		free.End = &r.Max
		return []itemValue{free}
	}
	paid.Start = r.Included + 1
	return []itemValue{free, paid}
}

// endpointRanges are the calls that are included, or the prices of each.
func endpointRanges(e catalog.PlanEndpoint) []itemValue {
	if e.Mode == catalog.PayPerUse && e.Charge != nil {
		return chargeRanges(*e.Charge)
	}
	free := itemValue{Step: 1}
	for _, window := range catalog.Windows {
		if limit, ok := e.Limits[window]; ok {
			free.End = &limit
		}
	}
	return []itemValue{free}
}

// chargeRanges are the tiers of a charge. What is not tiered has one.
func chargeRanges(charge price.Charge) []itemValue {
	charge = charge.WithDefaults()
	if !charge.Model.Tiered() {
		return flatRanges(charge)
	}
	var out []itemValue
	start := int64(0)
	for _, t := range charge.Tiers {
		v := itemValue{Start: start, Price: amount{t.UnitPrice}, Setup: amount{t.FlatPrice}, Step: 1}
		if charge.Model == price.Stairstep {
			v.Price, v.Setup = amount{t.FlatPrice}, amount{}
		}
		if t.BlockSize != nil {
			v.Step = wholeOf(*t.BlockSize)
		}
		if t.UpTo != nil {
			end := wholeOf(*t.UpTo)
			v.End, start = &end, end+1
		}
		out = append(out, v)
	}
	return out
}

// flatRanges is a charge without tiers: what is free, and the one price.
func flatRanges(charge price.Charge) []itemValue {
	v := itemValue{Price: amount{price.Or(charge.UnitPrice)}, Setup: amount{price.Or(charge.FlatPrice)}, Step: 1}
	if charge.PackageSize != nil {
		v.Step = wholeOf(*charge.PackageSize)
	}
	free := wholeOf(price.Or(charge.FreeUnits))
	if free <= 0 {
		return []itemValue{v}
	}
	v.Start = free + 1
	return []itemValue{{End: &free, Step: 1}, v}
}

// wholeOf is a quantity as the contract writes it: without fractions.
func wholeOf(d money.Decimal) int64 {
	n, _ := d.Ceil().Int64() // no price list comes near the bound
	return n
}
