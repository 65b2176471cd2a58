package payment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
)

// Card is what a person typed to pay. It lives only as long as the request:
// its number and CVC are in no log, error, database or JSON that we write.
// In JSON that we read it is {"number", "expMonth", "expYear", "cvc", "name"},
// or just the number as a string.
type Card struct {
	Number   secret.Text
	ExpMonth int // 1 to 12; 0 when not given
	ExpYear  int // four digits, or the last two; 0 when not given
	CVC      secret.Text
	Name     string
}

// Lengths of a card number (ISO/IEC 7812).
const (
	minDigits = 12
	maxDigits = 19
)

// Normal returns the card without spaces and dashes in its number and with
// the year in four digits.
func (c Card) Normal() Card {
	c.Number = secret.Text(strings.NewReplacer(" ", "", "-", "").Replace(c.Number.Reveal()))
	c.CVC = secret.Text(strings.TrimSpace(c.CVC.Reveal()))
	if c.ExpYear > 0 && c.ExpYear < 100 {
		c.ExpYear += 2000
	}
	return c
}

// Validate names every wrong field under "card". Expiry and CVC may be left
// out; a gateway that needs them says so. The card is good through the last
// day of its month.
func (c Card) Validate(now time.Time) error {
	c = c.Normal()
	var check fault.Check
	if check.Need("card.number", c.Number.Reveal()) {
		check.That(validNumber(c.Number.Reveal()), "card.number", "This is not a card number; check its digits.")
	}
	if c.ExpMonth != 0 || c.ExpYear != 0 {
		c.checkExpiry(&check, now)
	}
	if cvc := c.CVC.Reveal(); cvc != "" {
		check.That(len(cvc) >= 3 && len(cvc) <= 4 && digitsOnly(cvc), "card.cvc", "The security code is the 3 or 4 digits on the card.")
	}
	check.MaxLen("card.name", c.Name, 200)
	return check.Err()
}

func (c Card) checkExpiry(check *fault.Check, now time.Time) {
	month := check.That(c.ExpMonth >= 1 && c.ExpMonth <= 12, "card.expMonth", "The month of expiry is a number from 1 to 12.")
	year := check.That(c.ExpYear >= 2000 && c.ExpYear <= 2199, "card.expYear", "The year of expiry is a number like 2030.")
	if !month || !year {
		return
	}
	ends := time.Date(c.ExpYear, time.Month(c.ExpMonth)+1, 1, 0, 0, 0, 0, time.UTC)
	check.That(now.Before(ends), "card.expMonth", "The card has expired; use another card.")
}

// Last4 returns the last four digits.
func (c Card) Last4() string {
	n := c.Normal().Number.Reveal()
	return n[max(0, len(n)-4):]
}

// Expiry returns "12/2030", or "" when it was not given.
func (c Card) Expiry() string {
	c = c.Normal()
	if c.ExpMonth == 0 {
		return ""
	}
	return fmt.Sprintf("%02d/%d", c.ExpMonth, c.ExpYear)
}

// String hides the card from fmt.
func (Card) String() string { return "[card]" }

// GoString hides the card from %#v.
func (Card) GoString() string { return "[card]" }

// LogValue hides the card from slog.
func (Card) LogValue() slog.Value { return slog.StringValue("[card]") }

// MarshalJSON writes "[card]": a card is read and never written.
func (Card) MarshalJSON() ([]byte, error) { return []byte(`"[card]"`), nil }

// UnmarshalJSON reads the object or the bare number. Its errors repeat
// nothing of what was sent.
func (c *Card) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if string(data) == "null" {
		return nil
	}
	if len(data) > 0 && data[0] != '{' {
		var number loose
		if number.UnmarshalJSON(data) != nil {
			return badCard()
		}
		*c = Card{Number: secret.Text(number)}
		return nil
	}
	var in struct {
		Number   loose `json:"number"`
		ExpMonth loose `json:"expMonth"`
		ExpYear  loose `json:"expYear"`
		CVC      loose `json:"cvc"`
		Name     loose `json:"name"`
	}
	if json.Unmarshal(data, &in) != nil {
		return badCard()
	}
	month, okMonth := in.ExpMonth.int()
	year, okYear := in.ExpYear.int()
	if !okMonth || !okYear {
		return fault.InvalidField("card", "The card's expMonth and expYear are whole numbers, like 12 and 2030.")
	}
	*c = Card{Number: secret.Text(in.Number), ExpMonth: month, ExpYear: year, CVC: secret.Text(in.CVC), Name: string(in.Name)}
	return nil
}

func badCard() error {
	return fault.InvalidField("card", `The card is an object {"number", "expMonth", "expYear", "cvc", "name"}, or its number as a string.`)
}

// loose is a JSON string, or a number as it was written.
type loose string

// UnmarshalJSON takes a string, a number or null.
func (l *loose) UnmarshalJSON(data []byte) error {
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return badCard()
	}
	switch v := v.(type) {
	case nil:
	case string:
		*l = loose(v)
	case json.Number:
		*l = loose(v)
	default:
		return badCard()
	}
	return nil
}

// int returns the whole number; "" is 0.
func (l loose) int() (int, bool) {
	text := strings.TrimSpace(string(l))
	if text == "" {
		return 0, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && n < 10_000
}

func digitsOnly(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// validNumber checks length and the Luhn digit (ISO/IEC 7812-1, annex B).
func validNumber(number string) bool {
	if len(number) < minDigits || len(number) > maxDigits || !digitsOnly(number) {
		return false
	}
	sum := 0
	for i := range number {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}
