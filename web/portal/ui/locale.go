package ui

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/bojanz/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Catalog maps an English text of the portal to its translation.
type Catalog map[string]string

// Locale words texts, numbers, money and times in one language.
type Locale struct {
	lang    string
	catalog Catalog
	printer *message.Printer
	money   *currency.Formatter
}

// NewLocale builds the locale of a language tag; an unknown tag counts and
// dates like English.
func NewLocale(lang string, c Catalog) *Locale {
	l := &Locale{lang: lang, catalog: c, printer: message.NewPrinter(language.Make(lang))}
	l.money = currency.NewFormatter(currency.NewLocale(lang))
	return l
}

// Lang is the language tag.
func (l *Locale) Lang() string { return l.lang }

// T is text in this language, or text itself where there is no translation.
// With args it is a format, translated before they are filled in.
func (l *Locale) T(text string, args ...any) string {
	if s, ok := l.catalog[text]; ok {
		text = s
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// Plural is a count with its word: Plural(1, "call", "calls") is "1 call".
func (l *Locale) Plural(n any, one, many string) string {
	word := many
	if fmt.Sprint(n) == "1" {
		word = one
	}
	return l.Num(n) + " " + l.T(word)
}

// Num groups a whole number's digits as the language does; a decimal given as
// text keeps every digit.
func (l *Locale) Num(n any) string {
	switch v := n.(type) {
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return l.printer.Sprintf("%d", v)
	}
	text := fmt.Sprint(n)
	whole, frac, hasFrac := strings.Cut(text, ".")
	var i int64
	if _, err := fmt.Sscanf(whole, "%d", &i); err != nil || fmt.Sprint(i) != whole {
		return text
	}
	out := l.printer.Sprintf("%d", i)
	if hasFrac {
		out += strings.Trim(l.printer.Sprintf("%.1f", 0.5), "05") + frac
	}
	return out
}

// Money words an amount with its currency, never rounded. It takes any value
// whose text is an amount and a currency code, "39.00 EUR" or "EUR 39.00";
// what it cannot read it shows as it is.
func (l *Locale) Money(v any) string {
	text := fmt.Sprint(v)
	a, b, ok := strings.Cut(text, " ")
	if !ok {
		return text
	}
	if currency.IsValid(a) {
		a, b = b, a
	}
	amount, err := currency.NewAmount(a, b)
	if err != nil || strings.Contains(amount.Number(), "E") {
		return text
	}
	// The formatter rounds to MaxDigits, so it is told to keep what is there:
	// unit prices show all their digits.
	f := *l.money
	_, fraction, _ := strings.Cut(a, ".")
	digits, _ := currency.GetDigits(b)
	f.MaxDigits = max(uint8(min(len(fraction), 32)), digits)
	return f.Format(amount)
}

// Date is a day in zone (UTC when nil), like "23 Nov 2026".
func (l *Locale) Date(zone *time.Location, t time.Time) template.HTML {
	return l.stamp(t, l.day(in(zone, t)))
}

// DateTime is a moment in zone (UTC when nil), like "23 Nov 2026, 16:22".
func (l *Locale) DateTime(zone *time.Location, t time.Time) template.HTML {
	local := in(zone, t)
	return l.stamp(t, l.day(local)+", "+local.Format("15:04"))
}

func in(zone *time.Location, t time.Time) time.Time {
	if zone == nil {
		return t.UTC()
	}
	return t.In(zone)
}

func (l *Locale) day(t time.Time) string {
	return fmt.Sprintf("%d %s %d", t.Day(), l.T(t.Format("Jan")), t.Year())
}

// stamp is a <time> that shows text and tells UTC on hover.
func (l *Locale) stamp(t time.Time, text string) template.HTML {
	if t.IsZero() {
		return `<span class="none">–</span>`
	}
	u := t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, u.Format(time.RFC3339),
		template.HTMLEscapeString(l.day(u)+", "+u.Format("15:04:05")+" UTC"), template.HTMLEscapeString(text)))
}

// durationUnits are the words of a duration, longest first.
func durationUnits() []struct {
	of        time.Duration
	one, many string
} {
	return []struct {
		of        time.Duration
		one, many string
	}{
		{24 * time.Hour, "day", "days"}, {time.Hour, "hour", "hours"},
		{time.Minute, "minute", "minutes"}, {time.Second, "second", "seconds"},
	}
}

// Duration is a length of time in words, in its two largest units: "2 days 3
// hours", "45 seconds".
func (l *Locale) Duration(d time.Duration) string {
	d = d.Abs()
	if d < time.Second {
		return l.T("less than a second")
	}
	var parts []string
	for _, u := range durationUnits() {
		n := int64(d / u.of)
		if n == 0 {
			if len(parts) > 0 {
				break
			}
			continue
		}
		parts = append(parts, l.Plural(n, u.one, u.many))
		if len(parts) == 2 {
			break
		}
		d -= time.Duration(n) * u.of
	}
	return strings.Join(parts, " ")
}

// Ago tells t relative to now in words: "3 hours ago", "in 2 days".
func (l *Locale) Ago(now, t time.Time) string {
	d := now.Sub(t)
	if d.Abs() < time.Minute {
		return l.T("just now")
	}
	var words string
	for _, u := range durationUnits() {
		if n := int64(d.Abs() / u.of); n > 0 {
			words = l.Plural(n, u.one, u.many)
			break
		}
	}
	if d < 0 {
		return l.T("in %s", words)
	}
	return l.T("%s ago", words)
}
