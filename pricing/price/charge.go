package price

import "github.com/fondaco/fondaco/pricing/money"

// Model is how a quantity becomes an amount.
type Model string

// The charge models.
const (
	Flat                Model = "flat"                // FlatPrice, whatever the quantity
	PerUnit             Model = "perUnit"             // quantity × UnitPrice
	Graduated           Model = "graduated"           // each unit at the price of the tier it falls in
	Volume              Model = "volume"              // all units at the price of the tier the total falls in
	Stairstep           Model = "stairstep"           // the flat price of the tier the total falls in
	Package             Model = "package"             // UnitPrice for each started package of PackageSize
	Percentage          Model = "percentage"          // UnitPrice is a fraction of the quantity, plus FlatPrice
	GraduatedPercentage Model = "graduatedPercentage" // graduated, where unit prices are fractions of an amount
	Blocks              Model = "blocks"              // all units in started blocks of the tier the total falls in
)

// Models lists every model, in the order of the constants.
func Models() []Model {
	return []Model{Flat, PerUnit, Graduated, Volume, Stairstep, Package, Percentage, GraduatedPercentage, Blocks}
}

// Tiered reports whether the model reads Tiers.
func (m Model) Tiered() bool {
	switch m {
	case Graduated, Volume, Stairstep, GraduatedPercentage, Blocks:
		return true
	}
	return false
}

// ZeroUsage decides what a tiered charge costs when nothing was used.
type ZeroUsage string

// FractionalBound decides how a quantity with a fraction meets the bounds.
type FractionalBound string

// Overflow decides what happens above the last tier when it has an upper bound.
type Overflow string

// The policies; billing systems disagree on them, so the plan says which. The
// first of each kind is the default, but for Overflow, which has none: a
// bounded last tier without a policy is refused.
const (
	ChargeFirstFlat ZeroUsage = "chargeFirstFlat" // the first tier's flat price is due
	ChargeNone      ZeroUsage = "none"            // nothing is due, but for a minimum

	ExactBound FractionalBound = "exact" // 10.5 with a bound at 10 has 0.5 in the second tier
	CeilBound  FractionalBound = "ceil"  // the quantity is first rounded up to a whole unit

	OverflowLastTier Overflow = "lastTier" // units above the last bound cost as in the last tier
	OverflowFree     Overflow = "free"     // units above the last bound cost nothing
)

// Tier is one step of a tiered model; what is left out is without end or free. It reaches from the bound of the tier
// before it (exclusive) to UpTo (inclusive).
type Tier struct {
	// UpTo is the last quantity in the tier; nil means without end.
	UpTo *money.Decimal `json:"upTo" required:"false"`
	// UnitPrice is per unit, per block with Blocks, and a fraction (0.01 is
	// 1 %) with GraduatedPercentage. Stairstep does not read it.
	UnitPrice money.Decimal `json:"unitPrice" required:"false"`
	// FlatPrice is due once when the tier is reached.
	FlatPrice money.Decimal `json:"flatPrice" required:"false"`
	// BlockSize is the number of units in a block; only with Blocks.
	BlockSize *money.Decimal `json:"blockSize,omitempty"`
}

// Charge prices one metered quantity of one period. In JSON every number may be
// written as a string or as a number; it is answered as a string.
type Charge struct {
	Model Model `json:"model" required:"false"`
	// Tiers in rising order, for tiered models.
	Tiers []Tier `json:"tiers,omitempty"`
	// UnitPrice is per unit (perUnit), per package (package), or a fraction of
	// the quantity (percentage; 0.01 is 1 %).
	UnitPrice *money.Decimal `json:"unitPrice,omitempty"`
	// FlatPrice is the price of the period (flat), or is added to it (percentage).
	FlatPrice *money.Decimal `json:"flatPrice,omitempty"`
	// PackageSize is the number of units in a package; only with package.
	PackageSize *money.Decimal `json:"packageSize,omitempty"`
	// FreeUnits are included: only what is above them is charged.
	FreeUnits *money.Decimal `json:"freeUnits,omitempty"`
	// Minimum is the least that a period costs (minimum commitment).
	Minimum *money.Decimal `json:"minimum,omitempty"`
	// Maximum is the most that a period costs (maximum spend).
	Maximum *money.Decimal `json:"maximum,omitempty"`

	ZeroUsage       ZeroUsage       `json:"zeroUsage,omitempty"`
	FractionalBound FractionalBound `json:"fractionalBound,omitempty"`
	Overflow        Overflow        `json:"overflow,omitempty"`
}

// WithDefaults returns the charge with its model guessed when it is left out
// (graduated with tiers, perUnit with a unit price, else flat) and with the
// default policies.
func (c Charge) WithDefaults() Charge {
	if c.Model == "" {
		c.Model = c.guess()
	}
	if c.ZeroUsage == "" {
		c.ZeroUsage = ChargeFirstFlat
	}
	if c.FractionalBound == "" {
		c.FractionalBound = ExactBound
	}
	return c
}

func (c Charge) guess() Model {
	switch {
	case len(c.Tiers) > 0:
		return Graduated
	case c.UnitPrice != nil:
		return PerUnit
	default:
		return Flat
	}
}

// Or returns the number behind p, and 0 for nil.
func Or(p *money.Decimal) money.Decimal {
	if p == nil {
		return money.Decimal{}
	}
	return *p
}
