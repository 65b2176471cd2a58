package connector

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

// date is an instant on the wire: 2015-01-12T11:19:30Z, which all clients
// parse. Fractions of a second are not written.
type date time.Time

// at is a date that may be missing.
func at(t *time.Time) *date {
	if t == nil || t.IsZero() {
		return nil
	}
	d := date(*t)
	return &d
}

// MarshalJSON writes the date in UTC.
func (d date) MarshalJSON() ([]byte, error) {
	return []byte(`"` + time.Time(d).UTC().Format(time.RFC3339) + `"`), nil
}

// UnmarshalJSON reads every form of parseDate; a number is in milliseconds
// since 1970.
func (d *date) UnmarshalJSON(data []byte) error {
	t, err := parseDate(strings.Trim(string(data), `"`))
	if err != nil {
		return fault.New(fault.Invalid, err.Error())
	}
	*d = date(t)
	return nil
}

// layouts are the forms that clients write. A fraction of a second is taken
// by each of them.
var layouts = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}

// digitsOfYears is how many digits may still be a year, month and day; longer
// numbers are milliseconds.
const digitsOfYears = 9

// parseDate reads a date; one without a zone is in UTC.
func parseDate(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) > digitsOfYears {
		return within(time.UnixMilli(ms).UTC())
	}
	// A plus that was not escaped in a query arrives as a space.
	if i := strings.LastIndexByte(text, ' '); i > len("2006-01-02 15:04") {
		text = text[:i] + "+" + text[i+1:]
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return within(t.UTC())
		}
	}
	return time.Time{}, errors.New("write a date such as 2015-01-12T11:19:30Z")
}

// within refuses years that JSON and the databases cannot hold.
func within(t time.Time) (time.Time, error) {
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errors.New("this date is out of range")
	}
	return t, nil
}
