package money

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// MarshalText prints d plainly. JSON, XML and query parameters use it, so that
// a Decimal is a string there: "0.10".
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is Parse.
func (d *Decimal) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// UnmarshalJSON takes a string or a number; the digits of a number are kept
// as they were written. null leaves d as it is.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	if len(data) == 0 || data[0] != '"' {
		return d.UnmarshalText(data)
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	return d.UnmarshalText([]byte(text))
}

// Value writes d as text, which a TEXT column of SQLite and a NUMERIC column of
// PostgreSQL both keep exactly.
func (d Decimal) Value() (driver.Value, error) { return d.String(), nil }

// Scan reads what Value wrote, or a whole number. It refuses a float, because
// its digits are already lost: make the column TEXT or NUMERIC. NULL is refused
// too; scan into a *Decimal where a column may be NULL.
func (d *Decimal) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	case int64:
		*d = Int(v)
		return nil
	default:
		return fmt.Errorf("a decimal cannot be read from %T; store it as text", src)
	}
}
