package ui_test

import (
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/web/portal/static"
)

type rgb [3]float64

func parseColour(t *testing.T, hex string) rgb {
	t.Helper()
	var c rgb
	for i := range c {
		v, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		require.NoError(t, err)
		c[i] = float64(v) / 255
	}
	return c
}

// mix is CSS color-mix(in srgb, c share, ground).
func (c rgb) mix(share float64, ground rgb) rgb {
	for i := range c {
		c[i] = c[i]*share + ground[i]*(1-share)
	}
	return c
}

// contrast is the ratio of WCAG 2.1.
func (c rgb) contrast(o rgb) float64 {
	lum := func(c rgb) float64 {
		for i, v := range c {
			if v <= 0.03928 {
				c[i] = v / 12.92
			} else {
				c[i] = math.Pow((v+0.055)/1.055, 2.4)
			}
		}
		return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
	}
	a, b := lum(c), lum(o)
	return (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05)
}

// tokens reads the colours of both themes from the stylesheet itself.
func tokens(t *testing.T) [2]map[string]rgb {
	css, err := static.Files.ReadFile("fondaco.css")
	require.NoError(t, err)
	themes := [2]map[string]rgb{{}, {}}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(string(css), -1) {
		themes[0][m[1]], themes[1][m[1]] = parseColour(t, m[2]), parseColour(t, m[3])
	}
	require.Len(t, themes[0], 14)
	return themes
}

func TestStylesheet_textHasEnoughContrast(t *testing.T) {
	t.Parallel()
	for i, c := range tokens(t) {
		for _, text := range []string{"ink", "ink-soft", "ink-faint", "accent", "accent-strong", "brick", "ochre", "moss"} {
			for _, ground := range []string{"paper", "surface"} {
				require.GreaterOrEqual(t, c[text].contrast(c[ground]), 4.5, "theme %d: %s on %s", i, text, ground)
			}
		}
		// Status pills, banners and the current page stand on a wash of their own colour.
		for _, tone := range []string{"accent", "brick", "ochre", "moss", "ink-soft"} {
			require.GreaterOrEqual(t, c[tone].contrast(c[tone].mix(0.07, c["surface"])), 4.5, "theme %d: %s on its wash", i, tone)
		}
		require.GreaterOrEqual(t, c["accent-strong"].contrast(c["accent"].mix(0.10, c["paper"])), 4.5)
		require.GreaterOrEqual(t, c["ink"].contrast(c["ochre"].mix(0.12, c["surface"])), 4.5)
		for _, text := range []string{"ink-soft", "ink"} {
			require.GreaterOrEqual(t, c[text].contrast(c["sunk"]), 4.5, "theme %d: %s on sunk", i, text)
		}
		for _, fill := range []string{"accent", "accent-strong", "brick"} {
			require.GreaterOrEqual(t, c["on-accent"].contrast(c[fill]), 4.5, "theme %d: button words on %s", i, fill)
		}
	}
}

func TestStylesheet_controlsStandOutFromTheirGround(t *testing.T) {
	t.Parallel()
	for i, c := range tokens(t) {
		for _, ground := range []string{"paper", "surface"} {
			require.GreaterOrEqual(t, c["field-line"].contrast(c[ground]), 3.0, "theme %d: border on %s", i, ground)
			require.GreaterOrEqual(t, c["accent"].contrast(c[ground]), 3.0, "theme %d: focus ring on %s", i, ground)
		}
	}
}

func TestStylesheet_keepsToTheScale(t *testing.T) {
	t.Parallel()
	css, err := static.Files.ReadFile("fondaco.css")
	require.NoError(t, err)
	require.NotRegexp(t, `gradient\(|box-shadow|text-shadow|drop-shadow|@import`, string(css))
	for _, m := range regexp.MustCompile(`url\('?([a-z]+:)`).FindAllStringSubmatch(string(css), -1) {
		require.Equal(t, "data:", m[1], "nothing is fetched from elsewhere")
	}
	for _, m := range regexp.MustCompile(`(?:gap|margin|padding)[a-z-]*: ([^;}]+)`).FindAllStringSubmatch(string(css), -1) {
		for _, px := range regexp.MustCompile(`\b(\d+)px`).FindAllStringSubmatch(m[1], -1) {
			n, err := strconv.Atoi(px[1])
			require.NoError(t, err)
			require.True(t, n%2 == 0 || n == 1 || n == 3, "%s is off the scale", m[0])
		}
	}
}
