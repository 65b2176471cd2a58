package money

import "github.com/fondaco/fondaco/core/fault"

// CheckPrice records field in c unless d can be a price: not negative, and at
// most 12 decimals.
func CheckPrice(c *fault.Check, field string, d Decimal) bool {
	if d.Sign() < 0 {
		c.Addf(field, "A price cannot be negative; this is %s.", d)
		return false
	}
	return CheckDecimals(c, field, d)
}

// CheckDecimals records field in c when d has more than 12 decimals.
func CheckDecimals(c *fault.Check, field string, d Decimal) bool {
	n := d.Decimals()
	if n > MaxDecimals {
		c.Addf(field, "This price has %d decimals; at most %d are kept.", n, MaxDecimals)
	}
	return n <= MaxDecimals
}

// CheckCurrency records field in c unless code is an ISO 4217 currency.
func CheckCurrency(c *fault.Check, field, code string) bool {
	if !c.Need(field, code) {
		return false
	}
	if !ValidCurrency(code) {
		c.Addf(field, "%q is not a currency; use an ISO 4217 code like EUR or USD.", code)
		return false
	}
	return true
}
