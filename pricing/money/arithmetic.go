package money

import (
	"fmt"

	"github.com/cockroachdb/apd/v3"
)

// must unwraps an operation that can only fail when numbers grow past two
// thousand digits, which no sequence of parsed prices reaches.
func must(_ apd.Condition, err error) {
	if err != nil {
		panic(fmt.Sprintf("money: %v", err))
	}
}

// Add returns d + o, exactly.
func (d Decimal) Add(o Decimal) Decimal {
	var r apd.Decimal
	must(exact().Add(&r, &d.d, &o.d))
	return of(&r)
}

// Sub returns d - o, exactly.
func (d Decimal) Sub(o Decimal) Decimal {
	var r apd.Decimal
	must(exact().Sub(&r, &d.d, &o.d))
	return of(&r)
}

// Mul returns d × o, exactly.
func (d Decimal) Mul(o Decimal) Decimal {
	var r apd.Decimal
	must(exact().Mul(&r, &d.d, &o.d))
	return of(&r)
}

// Quo returns d / o, rounded HALF_UP to 40 decimals when it does not end
// before. Like integer division it panics when o is 0: check first.
func (d Decimal) Quo(o Decimal) Decimal { return d.MulDiv(Int(1), o) }

// MulDiv returns d × num / den. It multiplies first, so that a third of 3 is 1
// and not 0.999…; it rounds and panics as Quo does. Use it to prorate.
func (d Decimal) MulDiv(num, den Decimal) Decimal {
	if den.IsZero() {
		panic("money: division by zero")
	}
	product := d.Mul(num)
	ctx := exact()
	var r apd.Decimal
	must(ctx.WithPrecision(quoPrecision(product, den)).Quo(&r, &product.d, &den.d))
	q := of(&r)
	if q.Decimals() > quoDecimals {
		return q.Round(quoDecimals)
	}
	return q.Trim(0)
}

// quoPrecision is the number of significant digits that leaves a quotient
// more than quoDecimals decimals.
func quoPrecision(num, den Decimal) uint32 {
	whole := num.d.NumDigits() + int64(num.d.Exponent) - den.d.NumDigits() - int64(den.d.Exponent) + 1
	return uint32(max(whole, 1) + 2*quoDecimals)
}

// Neg returns -d.
func (d Decimal) Neg() Decimal { return Int(0).Sub(d) }

// Abs returns the value without its sign.
func (d Decimal) Abs() Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// Round returns d with exactly digits decimals, rounded HALF_UP: a tie goes
// away from zero, 0.125 to 0.13 and -0.125 to -0.13.
func (d Decimal) Round(digits int32) Decimal { return d.rescale(digits) }

// rescale sets the number of decimals, rounding HALF_UP when there are more.
func (d Decimal) rescale(digits int32) Decimal {
	var r apd.Decimal
	must(exact().Quantize(&r, &d.d, -digits))
	return of(&r)
}

// Ceil returns the least whole number that is not less than d.
func (d Decimal) Ceil() Decimal {
	var r apd.Decimal
	must(exact().Ceil(&r, &d.d))
	return of(&r)
}

// Floor returns the greatest whole number that is not greater than d.
func (d Decimal) Floor() Decimal {
	var r apd.Decimal
	must(exact().Floor(&r, &d.d))
	return of(&r)
}

// Int64 returns d as an integer and whether it is one that fits.
func (d Decimal) Int64() (int64, bool) {
	n, err := d.d.Int64()
	return n, err == nil
}

// wholeQuo returns the whole part of d / o.
func (d Decimal) wholeQuo(o Decimal) Decimal {
	var r apd.Decimal
	must(exact().QuoInteger(&r, &d.d, &o.d))
	return of(&r)
}

// shift moves the decimal point digits places to the right.
func (d Decimal) shift(digits int32) Decimal {
	r := new(apd.Decimal).Set(&d.d)
	r.Exponent += digits
	return of(r)
}

// CeilDiv returns the least whole number of o that covers d: 3 packages of 10
// cover 21. It panics when o is 0.
func (d Decimal) CeilDiv(o Decimal) Decimal {
	if o.IsZero() {
		panic("money: division by zero")
	}
	whole := d.wholeQuo(o)
	rest := d.Sub(whole.Mul(o))
	if rest.Sign()*o.Sign() > 0 {
		return whole.Add(Int(1))
	}
	return whole
}
