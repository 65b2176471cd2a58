package money

import (
	"fmt"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// MaxDecimals is the number of decimals kept of a price.
const MaxDecimals = 12

// Limits of what Parse accepts, far above any amount and low enough that a
// hostile exponent costs nothing: digits before and after the point, and
// characters, with room for what String prints of such a number.
const (
	maxDigits = 100
	maxLength = 2*maxDigits + 10
)

// quoDecimals is how far Quo and MulDiv compute before they round HALF_UP.
const quoDecimals = 40

// Decimal is an exact decimal number. It is an immutable value; the zero value
// is 0. It remembers how many decimals it was written with, so that "0.10"
// prints as "0.10"; compare with Cmp or Equal, never with ==.
type Decimal struct{ d apd.Decimal }

// exact returns the context of all arithmetic: wide enough that sums and
// products of parsed numbers are exact.
func exact() *apd.Context {
	return &apd.Context{
		Precision:   2000,
		MaxExponent: apd.MaxExponent,
		MinExponent: apd.MinExponent,
		Rounding:    apd.RoundHalfUp,
	}
}

// of wraps the result of an operation. There is no negative zero, and no
// exponent above 0, with which 0 would print as "00".
func of(d *apd.Decimal) Decimal {
	if d.IsZero() {
		d.Negative = false
	}
	if d.Exponent > 0 {
		must(exact().Quantize(d, d, 0))
	}
	return Decimal{d: *d}
}

// Int returns n as a Decimal.
func Int(n int64) Decimal { return of(apd.New(n, 0)) }

// Parse reads a decimal number: digits with an optional sign, decimal point
// and exponent ("39", "-0.10", "1e-7"). Anything else, including NaN, infinity,
// digit grouping and a decimal comma, is an error that says so.
func Parse(s string) (Decimal, error) {
	if err := checkSyntax(s); err != nil {
		return Decimal{}, err
	}
	d, _, err := new(apd.Decimal).SetString(s)
	if err != nil || d.Form != apd.Finite || d.Exponent < -maxDigits || d.NumDigits()+int64(d.Exponent) > maxDigits {
		return Decimal{}, fmt.Errorf("%q is out of range", s)
	}
	return of(d), nil
}

// MustParse is Parse for constants and tests; it panics on a bad number.
func MustParse(s string) Decimal {
	d, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// checkSyntax refuses what apd would take but a price may not be, with words
// that a person who typed it understands.
func checkSyntax(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("a number is required, like 12.50")
	case len(s) > maxLength:
		return fmt.Errorf("the number is too long; at most %d characters", maxLength)
	case strings.Contains(s, ","):
		return fmt.Errorf("%q is not a decimal number; write 1250.50, with a point and no separators", s)
	case !isNumber(s):
		return fmt.Errorf("%q is not a decimal number; write it like 12.50", s)
	}
	return nil
}

// isNumber reports whether s is [+-]digits[.digits][e[+-]digits], with at least
// one digit before the exponent.
func isNumber(s string) bool {
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(unsigned(s)), "e")
	if scientific && !isDigits(unsigned(exponent)) {
		return false
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	return isDigits(whole+fraction) && len(exponent) <= 4
}

// unsigned cuts one leading sign off.
func unsigned(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:]
	}
	return s
}

func isDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

// String prints the number plainly, never with an exponent, with the decimals
// it has.
func (d Decimal) String() string { return d.d.Text('f') }

// Trim drops trailing zeros after the decimal point but keeps at least digits
// decimals, adding zeros when there are fewer. The value is unchanged.
func (d Decimal) Trim(digits int32) Decimal {
	return d.rescale(max(d.Decimals(), digits))
}

// Decimals returns how many decimals the value needs; trailing zeros do not
// count.
func (d Decimal) Decimals() int32 {
	if d.IsZero() {
		return 0
	}
	reduced, _ := new(apd.Decimal).Reduce(&d.d)
	return max(0, -reduced.Exponent)
}

// Cmp returns -1, 0 or 1 as d is less than, equal to or greater than o.
func (d Decimal) Cmp(o Decimal) int { return d.d.Cmp(&o.d) }

// Equal reports whether the values are equal; 1.0 equals 1.
func (d Decimal) Equal(o Decimal) bool { return d.Cmp(o) == 0 }

// Less reports whether d is less than o.
func (d Decimal) Less(o Decimal) bool { return d.Cmp(o) < 0 }

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int { return d.d.Sign() }

// IsZero reports whether d is 0.
func (d Decimal) IsZero() bool { return d.d.IsZero() }

// Min returns the lesser of a and b.
func Min(a, b Decimal) Decimal {
	if b.Less(a) {
		return b
	}
	return a
}

// Max returns the greater of a and b.
func Max(a, b Decimal) Decimal {
	if a.Less(b) {
		return b
	}
	return a
}
