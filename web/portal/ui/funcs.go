package ui

import (
	"fmt"
	"html/template"
	"time"
)

// funcs is what templates can call, bound to one language.
func funcs(assets *Assets, l *Locale) template.FuncMap {
	return template.FuncMap{
		"T": l.T, "lang": l.Lang, "plural": l.Plural, "num": l.Num,
		"date": l.Date, "datetime": l.DateTime, "duration": l.Duration, "ago": l.Ago,
		"money": func(v any) template.HTML {
			return template.HTML(`<span class="money">` + template.HTMLEscapeString(l.Money(v)) + `</span>`)
		},
		"moneytext": l.Money,
		"month":     func(t time.Time) string { return l.T(t.Format("January")) + " " + t.Format("2006") },
		"asset":     assets.URL, "hasAsset": assets.Has,
		"icon": func(name string) (template.HTML, error) { return icon(assets, name) },
		"pill": func(tone any, word string) (template.HTML, error) { return pill(assets, tone, l.T(word)) },
		"dict": dict, "list": func(v ...any) []any { return v },
		"add": func(a, b int) int { return a + b }, "sub64": func(a, b int64) int64 { return a - b },
		"link":   func(href, label string) Link { return Link{Href: href, Label: label} },
		"action": func(kind, href, label string) Link { return Link{Kind: kind, Href: href, Label: label, Post: true} },
		"chart":  func(c Chart) (template.HTML, error) { return c.html(l) },
		"spark":  Sparkline,
		"meter":  func(m Meter) meterView { return m.view() },
	}
}

// dict builds the data of a component from pairs of name and value.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: %d values, want pairs", len(pairs))
	}
	out := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: name %v is not text", pairs[i])
		}
		out[name] = pairs[i+1]
	}
	return out, nil
}

// icon is a drawing of the sprite, hidden from screen readers: the word is
// always beside it or in the label of what holds it.
func icon(assets *Assets, name string) (template.HTML, error) {
	u, err := assets.URL("icons.svg")
	if err != nil {
		return "", err
	}
	return template.HTML(fmt.Sprintf(`<svg class="icon icon-%s" aria-hidden="true" focusable="false"><use href="%s#%s"/></svg>`,
		template.HTMLEscapeString(name), u, template.HTMLEscapeString(name))), nil
}

// pill is a status as word, colour and shape.
func pill(assets *Assets, tone any, word string) (template.HTML, error) {
	t := fmt.Sprint(tone)
	shape, err := icon(assets, "pill-"+t)
	if err != nil {
		return "", err
	}
	return template.HTML(`<span class="pill pill-`+template.HTMLEscapeString(t)+`">`) + shape +
		template.HTML(template.HTMLEscapeString(word)+`</span>`), nil
}
