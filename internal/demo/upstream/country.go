package upstream

import (
	"regexp"
	"strings"
)

// country is one that the demo's services cover.
type country struct {
	code, name string
	currency   string
	vatForm    string   // the VAT number behind the prefix, as a regular expression
	vat        string   // standard rate, percent
	reduced    []string // reduced rates, percent
	fixed      string   // holidays that fall on a date: "01-01 12-25"
	movable    string   // holidays by their days from Easter Sunday: "1 39 50"
}

// countries are written down as of 2025; the demo's answers are believable, not advice.
func countries() []country {
	return []country{
		{"AT", "Austria", "EUR", `U\d{8}`, "20", []string{"10", "13"}, "01-01 01-06 05-01 08-15 10-26 11-01 12-08 12-25 12-26", "1 39 50 60"},
		{"BE", "Belgium", "EUR", `[01]\d{9}`, "21", []string{"6", "12"}, "01-01 05-01 07-21 08-15 11-01 11-11 12-25", "1 39 50"},
		{"CZ", "Czechia", "CZK", `\d{8,10}`, "21", []string{"12"}, "01-01 05-01 05-08 07-05 07-06 09-28 10-28 11-17 12-24 12-25 12-26", "-2 1"},
		{"DE", "Germany", "EUR", `\d{9}`, "19", []string{"7"}, "01-01 05-01 10-03 12-25 12-26", "-2 1 39 50"},
		{"DK", "Denmark", "DKK", `\d{8}`, "25", []string{}, "01-01 12-25 12-26", "-3 -2 1 39 50"},
		{"ES", "Spain", "EUR", `[A-Z0-9]\d{7}[A-Z0-9]`, "21", []string{"4", "10"}, "01-01 01-06 05-01 08-15 10-12 11-01 12-06 12-08 12-25", "-2"},
		{"FR", "France", "EUR", `[A-Z0-9]{2}\d{9}`, "20", []string{"5.5", "10"}, "01-01 05-01 05-08 07-14 08-15 11-01 11-11 12-25", "1 39 50"},
		{"GB", "United Kingdom", "GBP", `\d{9}(\d{3})?`, "20", []string{"5"}, "01-01 12-25 12-26", "-2 1"},
		{"IT", "Italy", "EUR", `\d{11}`, "22", []string{"4", "5", "10"}, "01-01 01-06 04-25 05-01 06-02 08-15 11-01 12-08 12-25 12-26", "1"},
		{"NL", "Netherlands", "EUR", `\d{9}B\d{2}`, "21", []string{"9"}, "01-01 04-27 12-25 12-26", "1 39 50"},
		{"PT", "Portugal", "EUR", `\d{9}`, "23", []string{"6", "13"}, "01-01 04-25 05-01 06-10 08-15 10-05 11-01 12-01 12-08 12-25", "-2 60"},
		{"SI", "Slovenia", "EUR", `\d{8}`, "22", []string{"5", "9.5"}, "01-01 01-02 02-08 04-27 05-01 05-02 06-25 08-15 10-31 11-01 12-25 12-26", "1"},
	}
}

// countryOf finds a country by its code in any case.
func countryOf(code string) (country, bool) {
	for _, c := range countries() {
		if c.code == strings.ToUpper(code) {
			return c, true
		}
	}
	return country{}, false
}

// hasVATForm reports whether number, without its prefix, is written as the country does.
func (c country) hasVATForm(number string) bool {
	ok, err := regexp.MatchString("^(?:"+c.vatForm+")$", number)
	return ok && err == nil
}

// vatCheckDigit reports whether the check digit is right; countries whose rule
// is not known here pass.
func (c country) vatCheckDigit(number string) bool {
	switch c.code {
	case "IT":
		return luhn(number)
	case "DE":
		return mod1110(number)
	}
	return true
}

func luhn(digits string) bool {
	sum := 0
	for i, r := range digits {
		d := int(r - '0')
		if (len(digits)-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// mod1110 is ISO 7064 MOD 11,10.
func mod1110(digits string) bool {
	product := 10
	for _, r := range digits[:len(digits)-1] {
		sum := (int(r-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = 2 * sum % 11
	}
	return (11-product)%10 == int(digits[len(digits)-1]-'0')
}
