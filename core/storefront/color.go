package storefront

import (
	"fmt"
	"math"
	"strconv"

	"github.com/fondaco/fondaco/core/fault"
)

// Grounds that an accent stands on, as text and as a button's ground: paper and
// surface of the light and of the dark theme.
const (
	lightPaper, lightSurface = "#faf8f4", "#ffffff"
	darkPaper, darkSurface   = "#12171a", "#1a2125"
)

// minContrast is what WCAG 2.2 (1.4.3, AA) wants of text.
const minContrast = 4.5

type color struct{ r, g, b float64 } // 0 to 1

// parseColor reads "#rrggbb".
func parseColor(s string) (color, bool) {
	if len(s) != 7 || s[0] != '#' {
		return color{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return color{}, false
	}
	return color{float64(n>>16) / 255, float64(n>>8&0xff) / 255, float64(n&0xff) / 255}, true
}

func (c color) String() string {
	return fmt.Sprintf("#%02x%02x%02x", byte(math.Round(c.r*255)), byte(math.Round(c.g*255)), byte(math.Round(c.b*255)))
}

// luminance is the relative luminance of WCAG 2.2.
func (c color) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is the ratio of WCAG 2.2, 1 to 21.
func contrast(a, b color) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// toward mixes a share of another colour in.
func (c color) toward(o color, share float64) color {
	mix := func(a, b float64) float64 { return a + (b-a)*share }
	return color{mix(c.r, o.r), mix(c.g, o.g), mix(c.b, o.b)}
}

// readable reports whether text of the colour can be read on all grounds.
func (c color) readable(grounds ...string) bool {
	for _, g := range grounds {
		ground, _ := parseColor(g)
		if contrast(c, ground) < minContrast {
			return false
		}
	}
	return true
}

// checkAccent wants an accent that can be read on the light and the dark theme.
func (in Input) checkAccent(c *fault.Check) {
	if in.Accent == "" {
		c.That(in.AccentDark == "", "accent", "Give the accent of the light theme, too.")
		return
	}
	if light, ok := parseColor(in.Accent); c.That(ok, "accent", "Use a colour such as #0f6b66.") {
		c.That(light.readable(lightPaper, lightSurface), "accent", "This colour is too light to be read on white: its contrast must be 4.5 at least. Use a darker one.")
	}
	if in.AccentDark == "" {
		return
	}
	if dark, ok := parseColor(in.AccentDark); c.That(ok, "accentDark", "Use a colour such as #55b7af.") {
		c.That(dark.readable(darkPaper, darkSurface), "accentDark", "This colour is too dark to be read in the dark theme: its contrast must be 4.5 at least. Use a lighter one, or leave it out.")
	}
}

// lightened is the colour with as much white as it needs in the dark theme.
func lightened(accent string) string {
	c, ok := parseColor(accent)
	if !ok {
		return ""
	}
	white, share := color{1, 1, 1}, 0.0
	for !c.toward(white, share).readable(darkPaper, darkSurface) {
		share += 0.05
	}
	return c.toward(white, share).String()
}

// Strong is the accent of what is pointed at: darker in the light theme,
// lighter in the dark one.
func (s Storefront) Strong() (light, dark string) {
	l, _ := parseColor(s.Accent)
	d, _ := parseColor(s.AccentDark)
	return l.toward(color{}, 0.3).String(), d.toward(color{1, 1, 1}, 0.3).String()
}
