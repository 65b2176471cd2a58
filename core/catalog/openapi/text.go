package openapi

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fondaco/fondaco/core/fault"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"

	xunicode "golang.org/x/text/encoding/unicode"
)

// smallDocument is the size up to which text that begins like JSON and is not
// is tried as YAML, which allows trailing commas and bare keys.
const smallDocument = 1 << 20

// parseText reads JSON or YAML, told apart by the first character.
func parseText(text []byte) (root node, notes []string, err error) {
	if start := trimJSON(text); len(start) == 0 || start[0] != '{' {
		return parseYAML(text)
	}
	root, err = parseJSON(text)
	if err == nil || len(text) > smallDocument {
		return root, nil, err
	}
	root, notes, yamlErr := parseYAML(text)
	if yamlErr != nil {
		return nil, nil, err
	}
	return root, append(notes, "The document is not strict JSON; it was read as YAML. "+fault.As(err).Message), nil
}

// Byte order marks.
const (
	bomUTF8    = "\xEF\xBB\xBF"
	bomUTF16LE = "\xFF\xFE"
	bomUTF16BE = "\xFE\xFF"
	bomUTF32LE = "\xFF\xFE\x00\x00"
	bomUTF32BE = "\x00\x00\xFE\xFF"
)

// toUTF8 converts the document to UTF-8 and notes what it assumed. UTF-16 and
// UTF-32 are known by their byte order mark; anything else that is not UTF-8 is
// taken for Windows-1252 (which holds Latin-1) when that is unambiguous.
func toUTF8(doc []byte) (text []byte, note string, err error) {
	start := string(doc[:min(4, len(doc))])
	switch {
	case strings.HasPrefix(start, bomUTF8):
		doc = doc[len(bomUTF8):]
	case strings.HasPrefix(start, bomUTF32LE), strings.HasPrefix(start, bomUTF32BE):
		return decode(doc, "UTF-32", utf32.UTF32(utf32.BigEndian, utf32.UseBOM).NewDecoder())
	case strings.HasPrefix(start, bomUTF16LE), strings.HasPrefix(start, bomUTF16BE):
		return decode(doc, "UTF-16", xunicode.UTF16(xunicode.BigEndian, xunicode.UseBOM).NewDecoder())
	}
	if i := bytes.IndexByte(doc, 0); i >= 0 {
		return nil, "", notText(doc)
	}
	if utf8.Valid(doc) {
		return doc, "", nil
	}
	return fromWindows1252(doc)
}

func decode(doc []byte, name string, decoder transform.Transformer) ([]byte, string, error) {
	text, _, err := transform.Bytes(decoder, doc)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) || bytes.IndexByte(text, 0) >= 0 {
		return nil, "", fault.InvalidField(document, fmt.Sprintf("The document begins like %s but does not go on like it. Save it as UTF-8 and send it again.", name))
	}
	return text, fmt.Sprintf("The document was converted from %s to UTF-8.", name), nil
}

// fromWindows1252 converts a document that is not UTF-8 unless it is UTF-8
// with damage, or no text at all.
func fromWindows1252(doc []byte) ([]byte, string, error) {
	if bytes.ContainsFunc(doc[:min(len(doc), 64)], isControl) {
		return nil, "", notText(doc)
	}
	bad, multibyte := brokenUTF8(doc)
	line, column := position(doc, bad+1)
	if multibyte && bad >= len(doc)-utf8.UTFMax {
		return nil, "", fault.InvalidField(document, fmt.Sprintf("The document ends in the middle of a character, at line %d, column %d: it seems to be cut off. Send the whole document again.", line, column))
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(doc)
	if multibyte || err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, "", fault.InvalidField(document, fmt.Sprintf("The byte 0x%02X at line %d, column %d is neither UTF-8 nor Latin-1. Save the document as UTF-8 and send it again.", doc[bad], line, column))
	}
	return text, fmt.Sprintf("The document is not UTF-8 and was read as Latin-1 (Windows-1252); look at accents and special characters, the first is at line %d, column %d.", line, column), nil
}

// brokenUTF8 returns the index of the first byte that is not UTF-8, and
// whether there are characters of several bytes elsewhere that are.
func brokenUTF8(doc []byte) (bad int, multibyte bool) {
	bad = -1
	for i := 0; i < len(doc); {
		if doc[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, size := utf8.DecodeRune(doc[i:])
		if size > 1 {
			multibyte = true
		} else if bad < 0 {
			bad = i
		}
		i += size
	}
	return bad, multibyte
}

// notText names what was sent instead of text, when its first bytes tell.
func notText(doc []byte) error {
	what := "binary data"
	switch {
	case bytes.HasPrefix(doc, []byte{0x1F, 0x8B}):
		what = "a gzip file"
	case bytes.HasPrefix(doc, []byte("PK\x03\x04")):
		what = "a ZIP file"
	case bytes.HasPrefix(doc, []byte("%PDF")):
		what = "a PDF file"
	}
	return fault.InvalidField(document, fmt.Sprintf("This is %s, not an OpenAPI document. Send the document itself, as JSON or YAML in UTF-8.", what))
}

// position gives line and column (in characters), both from 1, of the last of
// the first offset bytes.
func position(text []byte, offset int) (line, column int) {
	before := text[:max(0, min(offset, len(text))-1)]
	line = bytes.Count(before, []byte("\n")) + 1
	column = utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return line, column
}

func isControl(r rune) bool {
	return r != '\n' && r != '\t' && r != '\r' && r < ' '
}

// clean drops control characters, which neither database nor page wants, and
// cuts s to limit characters.
func clean(s string, limit int) string {
	s = head(s, limit)
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == utf8.RuneError {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)[:limit-1]
	return strings.TrimRightFunc(string(runes), unicode.IsSpace) + "…"
}

// oneLine is clean for names: white space becomes single spaces.
func oneLine(s string, limit int) string {
	return clean(strings.Join(strings.Fields(head(s, limit)), " "), limit)
}

// head is as much of s as can be needed for limit characters, so that a text of
// megabytes that many operations share is not walked for each.
func head(s string, limit int) string {
	return s[:min(len(s), 8*limit)]
}

// quoted shows a value of the document in a message, cut when it is long.
func quoted(s string) string { return fmt.Sprintf("%q", oneLine(s, 60)) }
