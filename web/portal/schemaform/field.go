package schemaform

import (
	"strings"
	"unicode"

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

// Title is the property's title, or its name as words: "authUrl" is "Auth url".
func Title(f schema.Field) string {
	if f.Title != f.Name {
		return f.Title
	}
	return Words(f.Name)
}

// Words makes words of a name: "payAsYouGo" is "Pay as you go".
func Words(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case i == 0:
			b.WriteRune(unicode.ToUpper(r))
		case r == '_' || r == '-':
			b.WriteByte(' ')
		case unicode.IsUpper(r):
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
