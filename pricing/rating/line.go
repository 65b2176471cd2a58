package rating

import (
	"strings"
	"time"

	"github.com/fondaco/fondaco/pricing/money"
)

// Kind says what an invoice line is for.
type Kind string

// The kinds of lines.
const (
	KindSetup      Kind = "setup"
	KindRecurring  Kind = "recurring"
	KindResource   Kind = "resource" // a bought quantity
	KindUsage      Kind = "usage"
	KindRefund     Kind = "refund"
	KindUpgrade    Kind = "upgrade"
	KindDiscount   Kind = "discount"
	KindTax        Kind = "tax"
	KindCustom     Kind = "custom" // a vendor's own, on an invoice of its own
	KindOneShot    Kind = "oneShot"
	KindCharge     Kind = "recurringCharge" // a vendor's own, on every invoice
	KindAdjustment Kind = "adjustment"
)

// Kinds lists every kind, in the order of the constants.
func Kinds() []Kind {
	return []Kind{KindSetup, KindRecurring, KindResource, KindUsage, KindRefund, KindUpgrade, KindDiscount, KindTax, KindCustom,
		KindOneShot, KindCharge, KindAdjustment}
}

// Line is one line of a quote or an invoice, in the currency of its terms.
type Line struct {
	Kind        Kind   `json:"kind"`
	Description string `json:"description"`
	// Meter names what was measured, or the parameter that was bought; only
	// usage lines, their adjustments, and lines of bought quantities.
	Meter string `json:"meter,omitempty"`
	// Identifier, Unit and Tags are a vendor's words for a line of its own.
	Identifier string            `json:"identifier,omitempty"`
	Unit       string            `json:"unit,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	Quantity   money.Decimal     `json:"quantity"`
	// UnitPrice is the price of one; 0 when no single price applies (several
	// tiers, a prorated part): the explanation then has them.
	UnitPrice money.Decimal `json:"unitPrice"`
	// Amount is rounded HALF_UP to the currency's digits.
	Amount      money.Decimal `json:"amount"`
	PeriodStart time.Time     `json:"periodStart"`
	PeriodEnd   time.Time     `json:"periodEnd"`
	Explanation Explanation   `json:"explanation"`
}

// Explanation shows how an amount came to be.
type Explanation struct {
	// Formula is arithmetic for people: "10 × 0.10 + 13 × 0.05 = 1.65".
	Formula string   `json:"formula"`
	Steps   []Step   `json:"steps,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// Formula writes the steps of a result as arithmetic, with amounts in the
// currency's digits and, when it differs, the exact sum before rounding.
func (r Result) Formula(currency string) string {
	digits := money.Digits(currency)
	var b strings.Builder
	for _, s := range r.Steps {
		b.WriteString(s.formula(b.Len() == 0, digits))
	}
	if b.Len() == 0 {
		return money.Decimal{}.Round(digits).String()
	}
	return b.String() + equals(r.Amount, digits)
}

// formula writes one step with its leading sign; "" for one that is only there
// for its text.
func (s Step) formula(first bool, digits int32) string {
	switch {
	case s.FlatPrice.IsZero() && s.UnitPrice.IsZero() && s.Text != "":
		return ""
	case s.FlatPrice.IsZero():
		return sign(first, s.Amount) + times(s.Quantity.Abs(), s.UnitPrice.Abs(), digits)
	case s.Quantity.IsZero() || s.UnitPrice.IsZero():
		return sign(first, s.FlatPrice) + s.FlatPrice.Abs().Trim(digits).String()
	default:
		return sign(first, s.Amount) + times(s.Quantity, s.UnitPrice, digits) + " + " + s.FlatPrice.Trim(digits).String()
	}
}

func times(quantity, unitPrice money.Decimal, digits int32) string {
	return quantity.Trim(0).String() + " × " + unitPrice.Trim(digits).String()
}

// sign separates a term from the one before it.
func sign(first bool, amount money.Decimal) string {
	switch {
	case amount.Sign() < 0 && first:
		return "−"
	case amount.Sign() < 0:
		return " − "
	case first:
		return ""
	default:
		return " + "
	}
}

// signed writes a number with the minus sign of formulas.
func signed(d money.Decimal, digits int32) string {
	return sign(true, d) + d.Abs().Trim(digits).String()
}

// equals ends a formula; what does not end itself is cut for reading.
func equals(exact money.Decimal, digits int32) string {
	rounded := exact.Round(digits)
	switch {
	case rounded.Equal(exact):
		return " = " + signed(rounded, digits)
	case exact.Decimals() > money.MaxDecimals:
		return " ≈ " + signed(rounded, digits)
	default:
		return " = " + signed(exact, digits) + ", rounded to " + signed(rounded, digits)
	}
}

// withSteps makes a line of a result: this is where its one rounding happens.
func (l Line) withSteps(r Result, currency string) Line {
	l.Amount = r.Amount.Round(money.Digits(currency))
	l.Explanation.Formula = r.Formula(currency)
	l.Explanation.Steps = r.Steps
	return l
}
