package rating

import (
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// Step is one term of an amount: Quantity × UnitPrice + FlatPrice = Amount.
type Step struct {
	// Text says what the step is where numbers do not ("minimum commitment").
	Text string `json:"text,omitempty"`
	// From (exclusive) and To (inclusive) are the units that the step covers,
	// counted after included units.
	From money.Decimal `json:"from"`
	To   money.Decimal `json:"to"`
	// Quantity is in units, or in packages and blocks for those models.
	Quantity  money.Decimal `json:"quantity"`
	UnitPrice money.Decimal `json:"unitPrice"`
	FlatPrice money.Decimal `json:"flatPrice"`
	Amount    money.Decimal `json:"amount"`
}

// Result is an exact amount, not rounded, and the steps that sum to it.
type Result struct {
	Amount money.Decimal `json:"amount"`
	Steps  []Step        `json:"steps"`
}

// add appends a step after computing its amount.
func (r *Result) add(s Step) {
	s.Amount = s.Quantity.Mul(s.UnitPrice).Add(s.FlatPrice)
	r.Steps = append(r.Steps, s)
	r.Amount = r.Amount.Add(s.Amount)
}

// adjust appends a step that only moves the amount.
func (r *Result) adjust(text string, by money.Decimal) { r.add(Step{Text: text, FlatPrice: by}) }

// Usage prices a quantity of one period. It returns an Invalid fault when the
// charge is not valid or the quantity is negative.
func Usage(c price.Charge, quantity money.Decimal) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, err
	}
	if quantity.Sign() < 0 {
		return Result{}, fault.InvalidField("quantity", "A quantity cannot be negative; this is "+quantity.String()+".")
	}
	c = c.WithDefaults()
	var r Result
	rate(&r, c, r.include(c, quantity))
	r.bound(c)
	return r, nil
}

// include takes the included units off the quantity and returns what is left
// to price.
func (r *Result) include(c price.Charge, quantity money.Decimal) money.Decimal {
	if c.FractionalBound == price.CeilBound {
		quantity = quantity.Ceil()
	}
	free := money.Min(quantity, price.Or(c.FreeUnits))
	if free.Sign() > 0 {
		r.add(Step{Text: "included", Quantity: free})
	}
	return quantity.Sub(free)
}

// bound applies the minimum commitment and the maximum spend.
func (r *Result) bound(c price.Charge) {
	if c.Minimum != nil && r.Amount.Less(*c.Minimum) {
		r.adjust("minimum commitment", c.Minimum.Sub(r.Amount))
	}
	if c.Maximum != nil && c.Maximum.Less(r.Amount) {
		r.adjust("maximum spend", c.Maximum.Sub(r.Amount))
	}
}

// rate adds the steps of the charge's model for quantity q.
func rate(r *Result, c price.Charge, q money.Decimal) {
	switch c.Model {
	case price.Flat:
		r.add(Step{FlatPrice: price.Or(c.FlatPrice)})
	case price.PerUnit:
		r.add(Step{To: q, Quantity: q, UnitPrice: price.Or(c.UnitPrice)})
	case price.Percentage:
		r.add(Step{To: q, Quantity: q, UnitPrice: price.Or(c.UnitPrice), FlatPrice: flatOf(c, price.Or(c.FlatPrice), q)})
	case price.Package:
		size := price.Or(c.PackageSize)
		r.add(Step{Text: "packages of " + size.Trim(0).String(), To: q, Quantity: q.CeilDiv(size), UnitPrice: price.Or(c.UnitPrice)})
	case price.Graduated, price.GraduatedPercentage:
		graduated(r, c, q)
	case price.Volume, price.Stairstep, price.Blocks:
		oneTier(r, c, q)
	}
}

// flatOf is the flat price that is due for q units, which at zero is a policy.
func flatOf(c price.Charge, flat, q money.Decimal) money.Decimal {
	if q.IsZero() && c.ZeroUsage == price.ChargeNone {
		return money.Decimal{}
	}
	return flat
}

// graduated prices each unit in the tier that it falls in.
func graduated(r *Result, c price.Charge, q money.Decimal) {
	var from money.Decimal
	for i, t := range c.Tiers {
		if i > 0 && q.Cmp(from) <= 0 {
			return
		}
		to := q
		if t.UpTo != nil && !extends(c, i) {
			to = money.Min(q, *t.UpTo)
		}
		r.add(Step{From: from, To: to, Quantity: to.Sub(from), UnitPrice: t.UnitPrice, FlatPrice: flatOf(c, t.FlatPrice, q)})
		from = to
	}
	r.overflowFree(from, q)
}

// oneTier prices all units in the tier that their total falls in.
func oneTier(r *Result, c price.Charge, q money.Decimal) {
	i := 0
	for i < len(c.Tiers)-1 && c.Tiers[i].UpTo.Less(q) {
		i++
	}
	t, to := c.Tiers[i], q
	if t.UpTo != nil && !extends(c, i) {
		to = money.Min(q, *t.UpTo)
	}
	s := Step{To: to, Quantity: to, UnitPrice: t.UnitPrice, FlatPrice: flatOf(c, t.FlatPrice, q)}
	switch c.Model {
	case price.Blocks:
		s.Text = "blocks of " + price.Or(t.BlockSize).Trim(0).String()
		s.Quantity = to.CeilDiv(*t.BlockSize)
	case price.Stairstep:
		s.UnitPrice = money.Decimal{}
	}
	r.add(s)
	r.overflowFree(to, q)
}

// extends reports whether tier i also prices what is above its bound.
func extends(c price.Charge, i int) bool {
	return i == len(c.Tiers)-1 && c.Overflow == price.OverflowLastTier
}

// overflowFree shows the units above a bounded last tier that cost nothing.
func (r *Result) overflowFree(priced, q money.Decimal) {
	if priced.Less(q) {
		r.add(Step{Text: "above the last tier", From: priced, To: q, Quantity: q.Sub(priced)})
	}
}

// Progress is how far a period has been billed when it is billed in parts.
type Progress struct {
	// Before is the quantity, and Billed the amount, of the parts until now.
	Before money.Decimal
	Billed money.Decimal
	// Final marks the last part; the minimum commitment is due only then.
	Final bool
}

// UsageSince prices the next quantity of a period that is billed in parts: what
// the whole costs so far, less what was billed, so that parts sum to the whole.
func UsageSince(c price.Charge, done Progress, quantity money.Decimal) (Result, error) {
	if !done.Final {
		c.Minimum = nil
	}
	r, err := Usage(c, done.Before.Add(quantity))
	if err != nil {
		return Result{}, err
	}
	r.adjust("billed before", done.Billed.Neg())
	return r, nil
}
