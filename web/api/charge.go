package api

import (
	"fmt"
	"slices"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// ChargeFields are the price of a measured quantity in a request; they stand
// beside the fields of what is measured.
type ChargeFields struct {
	Model           price.Model           `json:"model,omitempty" doc:"For payPerUse: flat, perUnit, graduated, volume, stairstep, package, percentage, graduatedPercentage or blocks. Left out, it is graduated with tiers, perUnit with a unit price, else flat."`
	Tiers           []tierRequest         `json:"tiers,omitempty" nullable:"false"`
	UnitPrice       *amount               `json:"unitPrice,omitempty"`
	FlatPrice       *amount               `json:"flatPrice,omitempty"`
	PackageSize     *number               `json:"packageSize,omitempty"`
	FreeUnits       *number               `json:"freeUnits,omitempty" doc:"Included: only what is above them is charged."`
	Minimum         *amount               `json:"minimum,omitempty" doc:"The least that a period costs."`
	Maximum         *amount               `json:"maximum,omitempty" doc:"The most that a period costs."`
	ZeroUsage       price.ZeroUsage       `json:"zeroUsage,omitempty" doc:"What a period without usage costs: chargeFirstFlat (the default) or none."`
	FractionalBound price.FractionalBound `json:"fractionalBound,omitempty" doc:"exact (the default) or ceil."`
	Overflow        price.Overflow        `json:"overflow,omitempty" doc:"Above a bounded last tier: lastTier or free."`
}

type tierRequest struct {
	UpTo      *number `json:"upTo,omitempty" doc:"The last unit in the tier; left out, it has no end."`
	UnitPrice amount  `json:"unitPrice,omitempty"`
	FlatPrice amount  `json:"flatPrice,omitempty" doc:"Due once when the tier is reached."`
	BlockSize *number `json:"blockSize,omitempty"`
}

// charge is the price as it was sent.
func (r ChargeFields) charge(c *fault.Check, currency string) price.Charge {
	for field, a := range map[string]*amount{"unitPrice": r.UnitPrice, "flatPrice": r.FlatPrice, "minimum": r.Minimum, "maximum": r.Maximum} {
		a.in(c, field, currency)
	}
	out := price.Charge{Model: r.Model, UnitPrice: r.UnitPrice.decimal(), FlatPrice: r.FlatPrice.decimal(),
		PackageSize: r.PackageSize.decimal(), FreeUnits: r.FreeUnits.decimal(), Minimum: r.Minimum.decimal(), Maximum: r.Maximum.decimal(),
		ZeroUsage: r.ZeroUsage, FractionalBound: r.FractionalBound, Overflow: r.Overflow}
	for i, t := range r.Tiers {
		t.UnitPrice.in(c, fmt.Sprintf("tiers[%d].unitPrice", i), currency)
		t.FlatPrice.in(c, fmt.Sprintf("tiers[%d].flatPrice", i), currency)
		out.Tiers = append(out.Tiers, price.Tier{UpTo: t.UpTo.decimal(), UnitPrice: t.UnitPrice.Decimal, FlatPrice: t.FlatPrice.Decimal, BlockSize: t.BlockSize.decimal()})
	}
	return out
}

// priced reports whether any of it was sent.
func (r ChargeFields) priced() bool {
	given := []bool{r.Model != "", r.Tiers != nil, r.UnitPrice != nil, r.FlatPrice != nil, r.PackageSize != nil, r.FreeUnits != nil,
		r.Minimum != nil, r.Maximum != nil, r.ZeroUsage != "", r.FractionalBound != "", r.Overflow != ""}
	return slices.Contains(given, true)
}

// ChargeView is the price of a measured quantity in an answer.
type ChargeView struct {
	Model           price.Model           `json:"model,omitempty"`
	Tiers           []tierView            `json:"tiers,omitempty" nullable:"false"`
	UnitPrice       *priceView            `json:"unitPrice,omitempty"`
	FlatPrice       *priceView            `json:"flatPrice,omitempty"`
	PackageSize     *money.Decimal        `json:"packageSize,omitempty"`
	FreeUnits       *money.Decimal        `json:"freeUnits,omitempty"`
	Minimum         *priceView            `json:"minimum,omitempty"`
	Maximum         *priceView            `json:"maximum,omitempty"`
	ZeroUsage       price.ZeroUsage       `json:"zeroUsage,omitempty"`
	FractionalBound price.FractionalBound `json:"fractionalBound,omitempty"`
	Overflow        price.Overflow        `json:"overflow,omitempty"`
}

type tierView struct {
	UpTo      *money.Decimal `json:"upTo,omitempty" doc:"Not there in a tier without end."`
	UnitPrice priceView      `json:"unitPrice"`
	FlatPrice priceView      `json:"flatPrice"`
	BlockSize *money.Decimal `json:"blockSize,omitempty"`
}

func viewCharge(c price.Charge, currency string) ChargeView {
	unit := currency
	if c.Model == price.Percentage || c.Model == price.GraduatedPercentage {
		unit = "" // a fraction of the amount
	}
	return ChargeView{Model: c.Model, PackageSize: c.PackageSize, FreeUnits: c.FreeUnits,
		UnitPrice: viewPrice(c.UnitPrice, unit), FlatPrice: viewPrice(c.FlatPrice, currency),
		Minimum: viewPrice(c.Minimum, currency), Maximum: viewPrice(c.Maximum, currency),
		ZeroUsage: c.ZeroUsage, FractionalBound: c.FractionalBound, Overflow: c.Overflow,
		Tiers: views(c.Tiers, func(t price.Tier) tierView {
			return tierView{UpTo: t.UpTo, UnitPrice: priceView{t.UnitPrice, unit}, FlatPrice: priceView{t.FlatPrice, currency}, BlockSize: t.BlockSize}
		})}
}

func viewPrice(d *money.Decimal, currency string) *priceView {
	if d == nil {
		return nil
	}
	return &priceView{*d, currency}
}
