package money

import (
	"fmt"
	"slices"

	"github.com/fondaco/fondaco/core/fault"
)

// Split divides m by weights into parts of whole smallest units (cents) that
// sum to m exactly. What whole units leave over goes one unit each to the parts
// that lost most by rounding down, the earlier part first on a tie (largest
// remainder). It returns an error when m is not rounded to its currency, when
// a weight is negative, or when there is no weight above zero.
func (m Money) Split(weights ...Decimal) ([]Money, error) {
	total, err := sumWeights(weights)
	if err != nil {
		return nil, err
	}
	digits := Digits(m.Currency)
	if m.Amount.Decimals() > digits {
		return nil, fault.Newf(fault.Invalid, "%s must be rounded before it is split.", m)
	}
	units := m.Amount.Abs().shift(digits)
	parts := largestRemainder(units, weights, total)
	out := make([]Money, len(parts))
	for i, p := range parts {
		out[i] = New(p.shift(-digits).Round(digits), m.Currency)
		if m.Sign() < 0 {
			out[i] = out[i].Neg()
		}
	}
	return out, nil
}

// SplitEvenly is Split into n parts of equal weight; n must be at least 1.
func (m Money) SplitEvenly(n int) ([]Money, error) {
	return m.Split(slices.Repeat([]Decimal{Int(1)}, max(n, 0))...)
}

func sumWeights(weights []Decimal) (Decimal, error) {
	var total Decimal
	for i, w := range weights {
		if w.Sign() < 0 {
			return total, fault.Newf(fault.Invalid, "Weight %d is negative (%s).", i+1, w)
		}
		total = total.Add(w)
	}
	if total.IsZero() {
		return total, fault.New(fault.Invalid, "An amount needs at least one part with a weight above zero.")
	}
	return total, nil
}

// largestRemainder divides whole units, which must not be negative.
func largestRemainder(units Decimal, weights []Decimal, total Decimal) []Decimal {
	parts := make([]Decimal, len(weights))
	lost := make([]Decimal, len(weights)) // times total, so that it is exact
	order := make([]int, len(weights))
	left := units
	for i, w := range weights {
		share := units.Mul(w)
		parts[i] = share.wholeQuo(total)
		lost[i] = share.Sub(parts[i].Mul(total))
		left = left.Sub(parts[i])
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return lost[b].Cmp(lost[a]) })
	for _, i := range order {
		if left.Sign() <= 0 {
			break
		}
		parts[i] = parts[i].Add(Int(1))
		left = left.Sub(Int(1))
	}
	return parts
}

// Sum adds amounts of one currency; none at all sum to zero. It returns an error
// that names both currencies when one differs.
func Sum(code string, amounts ...Money) (Money, error) {
	total := New(Int(0), code)
	for _, a := range amounts {
		var err error
		if total, err = total.Add(a); err != nil {
			return Money{}, fmt.Errorf("sum: %w", err)
		}
	}
	return total, nil
}
