package openapi

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// namer gives identifiers that are unique in one document.
type namer struct {
	taken map[string]bool
	last  map[string]int // the highest number tried behind an identifier
}

// identifier proposes one from the operationId, or from method and path when
// there is none that can be used. The same document always gets the same.
func (n *namer) identifier(operationID, method, path string) string {
	base := slug(words(operationID))
	if base == "" {
		base = slug(strings.ToLower(method) + "-" + words(path))
	}
	return n.unique(base)
}

func (n *namer) unique(base string) string {
	if n.taken == nil {
		n.taken, n.last = make(map[string]bool), make(map[string]int)
	}
	id := base
	for n.taken[id] {
		n.last[base] = max(n.last[base], 1) + 1
		suffix := "-" + strconv.Itoa(n.last[base])
		id = strings.TrimRight(base[:min(len(base), MaxIdentifierLength-len(suffix))], "-_.") + suffix
	}
	n.taken[id] = true
	return id
}

// ascii writes Latin letters that Unicode does not part into a base and an
// accent with others, and parts the rest.
func ascii(s string) string {
	letters := strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i")
	return norm.NFKD.String(letters.Replace(strings.ToLower(s)))
}

// slug turns s into [a-z0-9][a-z0-9-_.]* of at most MaxIdentifierLength
// characters: accents are dropped, everything else becomes a hyphen. It is ""
// when no letter or digit is left.
func slug(s string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range ascii(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || (r == '_' || r == '.') && b.Len() > 0:
			if hyphen && b.Len() > 0 && r != '_' && r != '.' {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(r)
		default:
			hyphen = true
		}
		if b.Len() >= MaxIdentifierLength {
			break
		}
	}
	id := b.String()
	return strings.TrimRight(id[:min(len(id), MaxIdentifierLength)], "-_.")
}

// words parts camelCase: "listHTTPRoutes" becomes "list HTTP Routes".
func words(s string) string {
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && startsWord(runes, i) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// startsWord reports whether the capital at i begins a word: it follows a
// small letter or a digit, or ends a run of capitals.
func startsWord(runes []rune, i int) bool {
	before := runes[i-1]
	if unicode.IsLower(before) || unicode.IsDigit(before) {
		return true
	}
	return unicode.IsUpper(before) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
}

// sentence makes a name from an operationId: "listHTTPRoutes" becomes "List
// HTTP routes".
func sentence(operationID string) string {
	parts := strings.FieldsFunc(words(operationID), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for i, p := range parts {
		if p != strings.ToUpper(p) || len(p) == 1 {
			parts[i] = strings.ToLower(p)
		}
	}
	if len(parts) > 0 {
		first := []rune(parts[0])
		first[0] = unicode.ToUpper(first[0])
		parts[0] = string(first)
	}
	return strings.Join(parts, " ")
}
