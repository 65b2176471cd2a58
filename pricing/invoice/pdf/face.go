package pdf

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// mmPerPoint turns a type size into millimetres.
const mmPerPoint = 25.4 / 72

// typeface is the Go font (BSD licence, part of golang.org/x/image) in its two
// weights. It has Latin, Greek and Cyrillic letters and figures of one width,
// so that right-aligned numbers stand under each other. One typeface serves
// one Render: it is not safe for concurrent use.
type typeface struct {
	regular, bold *sfnt.Font
	buffer        sfnt.Buffer
}

func newTypeface() (*typeface, error) {
	regular, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("regular font: %w", err)
	}
	bold, err := sfnt.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("bold font: %w", err)
	}
	return &typeface{regular: regular, bold: bold}, nil
}

func (f *typeface) has(r rune) bool {
	// The PDF writer's tables end with the basic plane.
	if r > 0xFFFF {
		return false
	}
	glyph, err := f.regular.GlyphIndex(&f.buffer, r)
	return err == nil && glyph != 0
}

// clean returns s with what the font can show: composed letters, plain spaces,
// a letter without its accent rather than none, and '?' for the rest.
func (f *typeface) clean(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "?")) {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		case f.has(r):
			b.WriteRune(r)
		default:
			b.WriteString(f.fallback(r))
		}
	}
	return b.String()
}

func (f *typeface) fallback(r rune) string {
	if unicode.Is(unicode.Mn, r) {
		return ""
	}
	var b strings.Builder
	for _, part := range norm.NFKD.String(string(r)) {
		if part != r && f.has(part) && !unicode.Is(unicode.Mn, part) {
			b.WriteRune(part)
		}
	}
	if b.Len() == 0 {
		return "?"
	}
	return b.String()
}

// width is how much room s takes, in millimetres.
func (f *typeface) width(s string, w weight, size float64) float64 {
	weighted := f.regular
	if w == bold {
		weighted = f.bold
	}
	var total fixed.Int26_6
	for _, r := range s {
		glyph, err := weighted.GlyphIndex(&f.buffer, r)
		if err != nil {
			continue
		}
		advance, err := weighted.GlyphAdvance(&f.buffer, glyph, fixed.I(1000), font.HintingNone)
		if err == nil {
			total += advance
		}
	}
	return float64(total) / 64 / 1000 * size * mmPerPoint
}

// wrap breaks s at line breaks and spaces, and inside words that are wider
// than room, into lines that fit room millimetres.
func (f *typeface) wrap(s string, st style, room float64) []string {
	room -= 0.3 // the PDF writer rounds widths
	var lines []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		line := ""
		for _, word := range strings.Fields(f.clean(paragraph)) {
			joined := strings.TrimPrefix(line+" "+word, " ")
			if f.width(joined, st.weight, st.size) <= room {
				line = joined
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			var whole []string
			whole, line = f.chop(word, st, room)
			lines = append(lines, whole...)
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// chop cuts a word into pieces that fill room and the rest that fits.
func (f *typeface) chop(word string, st style, room float64) (whole []string, rest string) {
	for _, r := range word {
		if rest != "" && f.width(rest+string(r), st.weight, st.size) > room {
			whole, rest = append(whole, rest), ""
		}
		rest += string(r)
	}
	return whole, rest
}
