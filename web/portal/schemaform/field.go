package schemaform

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fondaco/fondaco/core/schema"
)

// kind is how a property is typed into a form.
type kind int

// The kinds.
const (
	text   kind = iota
	long        // text of several lines
	secret      // a password
	whole       // a whole number
	number
	yesNo
	choice
	lines   // a list of texts, one to a line
	group   // an object
	entries // an object whose keys people choose
	rows    // a list of objects
	code    // anything else, as JSON
)

// longText is from how many characters on a text gets several lines.
const longText = 500

func kindOf(f schema.Field) kind {
	switch {
	case f.Type == schema.Group:
		return group
	case f.Type == schema.Map:
		return entries
	case f.Type == schema.Rows:
		return rows
	case f.Type == schema.List:
		return lines
	case f.Type == schema.JSON:
		return code
	case f.Secret:
		return secret
	case len(f.Enum) > 0:
		return choice
	case f.Type == schema.Integer:
		return whole
	case f.Type == schema.Number:
		return number
	case f.Type == schema.Boolean:
		return yesNo
	case f.MaxLength >= longText:
		return long
	}
	return text
}

// Title is the property's title, or its name as words: "authUrl" is "Auth URL".
func Title(f schema.Field) string {
	if f.Title != f.Name {
		return f.Title
	}
	return Words(f.Name)
}

// Words makes words of a name: "payAsYouGo" is "Pay as you go", "memoryGb" is
// "Memory GB".
func Words(name string) string {
	var parts []string
	for _, part := range nameParts(name) {
		word := strings.ToLower(part)
		switch word {
		case "gb", "tb", "mb", "ip", "id", "url", "cpu", "api", "ca", "tls", "ssl", "ssh", "dns", "vdc":
			word = strings.ToUpper(word)
		case "ips":
			word = "IPs"
		}
		parts = append(parts, word)
	}
	text := strings.Join(parts, " ")
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// nameParts splits a name where a capital, a dash or an underscore begins a word.
func nameParts(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case r == '_' || r == '-':
			r = ' '
		case unicode.IsUpper(r) && lower:
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		b.WriteRune(r)
	}
	return strings.Fields(b.String())
}
