package money

import (
	"encoding/json"
	"fmt"

	"github.com/bojanz/currency"
	"github.com/fondaco/fondaco/core/fault"
)

// Money is an amount in one currency (an ISO 4217 code like "EUR"). In JSON it
// is {"amount":"39.00","currency":"EUR"}.
type Money struct {
	Amount   Decimal `json:"amount"`
	Currency string  `json:"currency"`
}

// New returns amount in the currency.
func New(amount Decimal, code string) Money { return Money{Amount: amount, Currency: code} }

// ParseMoney reads an amount and checks its currency.
func ParseMoney(amount, code string) (Money, error) {
	d, err := Parse(amount)
	if err != nil {
		return Money{}, err
	}
	if !ValidCurrency(code) {
		return Money{}, fmt.Errorf("%q is not a currency code; write one like EUR", code)
	}
	return New(d, code), nil
}

// ValidCurrency reports whether code is an ISO 4217 currency, in capitals.
func ValidCurrency(code string) bool { return code != "" && currency.IsValid(code) }

// Digits returns how many decimals amounts of the currency have: 2 for EUR, 0
// for JPY, 3 for KWD, and 2 for a code that is not one.
func Digits(code string) int32 {
	digits, ok := currency.GetDigits(code)
	if !ok {
		return 2
	}
	return int32(digits)
}

// same refuses a second amount of another currency.
func (m Money) same(o Money) error {
	if m.Currency != o.Currency {
		return fault.Newf(fault.Invalid, "Amounts in %s and %s cannot be mixed.", m.Currency, o.Currency)
	}
	return nil
}

// Add returns m + o, or an error when the currencies differ.
func (m Money) Add(o Money) (Money, error) {
	if err := m.same(o); err != nil {
		return Money{}, err
	}
	return New(m.Amount.Add(o.Amount), m.Currency), nil
}

// Sub returns m - o, or an error when the currencies differ.
func (m Money) Sub(o Money) (Money, error) {
	if err := m.same(o); err != nil {
		return Money{}, err
	}
	return New(m.Amount.Sub(o.Amount), m.Currency), nil
}

// Cmp compares two amounts as Decimal.Cmp does, or gives an error when the
// currencies differ.
func (m Money) Cmp(o Money) (int, error) { return m.Amount.Cmp(o.Amount), m.same(o) }

// Mul returns m × factor, exactly.
func (m Money) Mul(factor Decimal) Money { return New(m.Amount.Mul(factor), m.Currency) }

// Neg returns -m.
func (m Money) Neg() Money { return New(m.Amount.Neg(), m.Currency) }

// IsZero reports whether the amount is 0.
func (m Money) IsZero() bool { return m.Amount.IsZero() }

// Sign returns -1, 0 or 1.
func (m Money) Sign() int { return m.Amount.Sign() }

// Round returns m rounded HALF_UP to the currency's digits.
func (m Money) Round() Money { return New(m.Amount.Round(Digits(m.Currency)), m.Currency) }

// String prints the amount with at least the currency's digits, and the code:
// "39.00 EUR". For people use Format.
func (m Money) String() string { return m.plain().String() + " " + m.Currency }

// plain has at least the currency's digits and no needless zero after them.
func (m Money) plain() Decimal { return m.Amount.Trim(Digits(m.Currency)) }

// Format prints the amount for a person in a locale ("en", "it", "de-CH"):
// "€39.00", "39,00 €". It shows at least the currency's digits and at most 12.
// An unknown currency and an amount below a millionth come out as String does.
func (m Money) Format(locale string) string {
	amount, err := currency.NewAmount(m.plain().String(), m.Currency)
	if err != nil || m.tiny() {
		return m.String()
	}
	f := currency.NewFormatter(currency.NewLocale(locale))
	// As many digits as the amount has: with more the library's own rounding
	// overflows on amounts in the millions.
	f.MaxDigits = uint8(max(m.plain().Decimals(), Digits(m.Currency)))
	return f.Format(amount)
}

// tiny amounts would come out of the formatter with an exponent.
func (m Money) tiny() bool {
	return !m.IsZero() && m.Amount.Abs().shift(6).Less(Int(1))
}

// MarshalJSON writes the amount as a string with the currency's digits; an
// amount that was not rounded keeps its further decimals.
func (m Money) MarshalJSON() ([]byte, error) {
	type wire Money
	return json.Marshal(wire{Amount: m.plain(), Currency: m.Currency})
}

// UnmarshalJSON reads {"amount","currency"} and refuses an unknown currency.
func (m *Money) UnmarshalJSON(data []byte) error {
	type wire Money
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	if !ValidCurrency(w.Currency) {
		return fmt.Errorf("%q is not a currency code; write one like EUR", w.Currency)
	}
	*m = Money(w)
	return nil
}
