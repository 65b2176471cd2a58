package connector

import "github.com/fondaco/fondaco/pricing/money"

// amount is a number of money or quantity. It is written as a plain JSON
// number without exponent, and read from a number or a string.
type amount struct{ money.Decimal }

// MarshalJSON writes the number.
func (a amount) MarshalJSON() ([]byte, error) { return []byte(a.Decimal.String()), nil }

// sum is an amount of a Money.
func sum(m money.Money) amount { return amount{m.Amount} }
