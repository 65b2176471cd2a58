package ui

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Chart draws series over labels as bars or lines. The picture is SVG placed
// in percent of the width, so text keeps its size on every screen; the same
// numbers stand in a table behind a disclosure.
type Chart struct {
	Title  string // the subject: "Calls per day, November 2026"
	Unit   string // of the values: "calls", "EUR"
	X      string // what the labels are: "Day"
	Labels []string
	Series []Series // one or two; a legend is shown for two
	Lines  bool     // lines instead of bars
	Limit  float64  // a line across, when positive
	// LimitLabel says what that line is.
	LimitLabel string
}

// Series are values in the order of the chart's labels. Text, when given, is
// how each value is worded (exact money); numbers are only for drawing.
type Series struct {
	Name   string
	Values []float64
	Text   []string
}

// text is the wording of value i.
func (s Series) text(l *Locale, i int) string {
	if i < len(s.Text) {
		return s.Text[i]
	}
	return l.Num(strconv.FormatFloat(s.Values[i], 'f', -1, 64))
}

// Heights of the picture in pixels.
const (
	chartTop    = 12
	chartPlot   = 180
	chartBottom = 28
)

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*10000)/100, 'f', -1, 64) + "%"
}

func (c Chart) check() error {
	for _, s := range c.Series {
		if len(s.Values) != len(c.Labels) {
			return fmt.Errorf("chart %q: series %q has %d values for %d labels", c.Title, s.Name, len(s.Values), len(c.Labels))
		}
	}
	return nil
}

// niceScale is a round step and the top of an axis that holds highest.
func niceScale(highest float64) (step, top float64) {
	if highest <= 0 {
		return 1, 1
	}
	raw := highest / 4
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if step = m * power; step >= raw {
			break
		}
	}
	return step, math.Ceil(highest/step-1e-9) * step
}

func (c Chart) top() (step, top float64) {
	highest := c.Limit
	for _, s := range c.Series {
		for _, v := range s.Values {
			highest = math.Max(highest, v)
		}
	}
	return niceScale(highest)
}

// y is where a value stands, in pixels from the top.
func y(v, top float64) string {
	return strconv.FormatFloat(math.Round((chartTop+chartPlot*(1-v/top))*10)/10, 'f', -1, 64)
}

func (c Chart) html(l *Locale) (template.HTML, error) {
	if err := c.check(); err != nil {
		return "", err
	}
	esc := template.HTMLEscapeString
	var b strings.Builder
	fmt.Fprintf(&b, `<figure class="chart"><figcaption><span class="chart-title">%s</span>`, esc(c.Title))
	if len(c.Series) > 1 {
		b.WriteString(`<span class="legend">`)
		for i, s := range c.Series {
			fmt.Fprintf(&b, `<span class="legend-%d">%s</span>`, i+1, esc(s.Name))
		}
		b.WriteString(`</span>`)
	}
	b.WriteString(`</figcaption>`)
	if len(c.Labels) == 0 {
		fmt.Fprintf(&b, `<p class="chart-none">%s</p></figure>`, esc(l.T("Nothing was recorded in this time.")))
		return template.HTML(b.String()), nil
	}
	c.picture(&b, l)
	c.table(&b, l)
	b.WriteString(`</figure>`)
	return template.HTML(b.String()), nil
}

func (c Chart) picture(b *strings.Builder, l *Locale) {
	step, top := c.top()
	esc := template.HTMLEscapeString
	height := chartTop + chartPlot + chartBottom
	fmt.Fprintf(b, `<div class="chart-body"><span class="chart-unit">%s</span>`, esc(c.Unit))
	fmt.Fprintf(b, `<svg class="chart-y" width="52" height="%d" aria-hidden="true">`, height)
	for v := 0.0; v <= top+step/2; v += step {
		fmt.Fprintf(b, `<text x="100%%" y="%s" dy="4" text-anchor="end">%s</text>`, y(v, top), esc(axis(l, v)))
	}
	fmt.Fprintf(b, `</svg><svg class="chart-plot" height="%d" role="img" aria-label="%s">`, height, esc(c.Title))
	for v := 0.0; v <= top+step/2; v += step {
		fmt.Fprintf(b, `<line class="grid" x1="0" x2="100%%" y1="%[1]s" y2="%[1]s"/>`, y(v, top))
	}
	for i := range c.Series {
		if c.Lines {
			c.line(b, l, i, top)
		} else {
			c.bars(b, l, i, top)
		}
	}
	if c.Limit > 0 {
		fmt.Fprintf(b, `<line class="limit" x1="0" x2="100%%" y1="%[1]s" y2="%[1]s"/>`, y(c.Limit, top))
		fmt.Fprintf(b, `<text class="limit-label" x="100%%" y="%s" dy="-5" text-anchor="end">%s</text>`, y(c.Limit, top), esc(c.LimitLabel))
	}
	c.labels(b, height)
	b.WriteString(`</svg></div>`)
}

// axis words a value on the axis; the unit stands once above it.
func axis(l *Locale, v float64) string {
	switch {
	case v >= 1e9:
		return l.Num(short(v/1e9)) + " G"
	case v >= 1e6:
		return l.Num(short(v/1e6)) + " M"
	}
	return l.Num(short(v))
}

func short(v float64) string { return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64) }

func (c Chart) bars(b *strings.Builder, l *Locale, series int, top float64) {
	slot := 1 / float64(len(c.Labels))
	width := slot * 0.7 / float64(len(c.Series))
	s := c.Series[series]
	for i, v := range s.Values {
		x := slot*(float64(i)+0.15) + width*float64(series)
		h := chartPlot * v / top
		fmt.Fprintf(b, `<rect class="bar bar-%d" x="%s" width="%s" y="%s" height="%.1f"><title>%s</title></rect>`,
			series+1, percent(x), percent(width), y(v, top), h, c.tip(l, s, i))
	}
}

func (c Chart) line(b *strings.Builder, l *Locale, series int, top float64) {
	s := c.Series[series]
	at := func(i int) string { return percent((float64(i) + 0.5) / float64(len(c.Labels))) }
	for i := 1; i < len(s.Values); i++ {
		fmt.Fprintf(b, `<line class="stroke stroke-%d" x1="%s" y1="%s" x2="%s" y2="%s"/>`,
			series+1, at(i-1), y(s.Values[i-1], top), at(i), y(s.Values[i], top))
	}
	for i, v := range s.Values {
		fmt.Fprintf(b, `<circle class="dot dot-%d" cx="%s" cy="%s" r="2.5"><title>%s</title></circle>`,
			series+1, at(i), y(v, top), c.tip(l, s, i))
	}
}

func (c Chart) tip(l *Locale, s Series, i int) string {
	text := c.Labels[i] + ": " + s.text(l, i)
	if len(s.Text) == 0 {
		text += " " + c.Unit
	}
	if len(c.Series) > 1 {
		text = s.Name + ", " + text
	}
	return template.HTMLEscapeString(text)
}

// labels writes as many labels below the plot as fit a phone, and on wide
// screens one more between each two.
func (c Chart) labels(b *strings.Builder, height int) {
	longest := 1
	for _, l := range c.Labels {
		longest = max(longest, len([]rune(l)))
	}
	narrow := max(34/(longest+2), 1)
	step := (len(c.Labels) + 2*narrow - 1) / (2 * narrow)
	for i := 0; i < len(c.Labels); i += step {
		class := "x"
		if (i/step)%2 == 1 && len(c.Labels) > narrow {
			class = "x x-wide"
		}
		x := (float64(i) + 0.5) / float64(len(c.Labels))
		fmt.Fprintf(b, `<text class="%s" x="%s" y="%d" text-anchor="middle">%s</text>`,
			class, percent(x), height-8, template.HTMLEscapeString(c.Labels[i]))
	}
}

func (c Chart) table(b *strings.Builder, l *Locale) {
	esc := template.HTMLEscapeString
	fmt.Fprintf(b, `<details class="chart-data"><summary>%s</summary><div class="scroll"><table class="plain"><thead><tr><th scope="col">%s</th>`,
		esc(l.T("Show as table")), esc(c.X))
	for _, s := range c.Series {
		fmt.Fprintf(b, `<th scope="col" class="num">%s (%s)</th>`, esc(s.Name), esc(c.Unit))
	}
	b.WriteString(`</tr></thead><tbody>`)
	for i, label := range c.Labels {
		fmt.Fprintf(b, `<tr><th scope="row">%s</th>`, esc(label))
		for _, s := range c.Series {
			fmt.Fprintf(b, `<td class="num">%s</td>`, esc(s.text(l, i)))
		}
		b.WriteString(`</tr>`)
	}
	b.WriteString(`</tbody></table></div></details>`)
}

// Sparkline is a small line of values without axes; label says in words what
// it shows, for those who cannot see it.
func Sparkline(label string, values []float64) template.HTML {
	if len(values) < 2 {
		return `<span class="none">–</span>`
	}
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	if high == low {
		high = low + 1
	}
	var points []string
	for i, v := range values {
		points = append(points, fmt.Sprintf("%.1f,%.1f", 2+92*float64(i)/float64(len(values)-1), 22-20*(v-low)/(high-low)))
	}
	last, _ := strings.CutPrefix(points[len(points)-1], "")
	x, yy, _ := strings.Cut(last, ",")
	return template.HTML(fmt.Sprintf(`<svg class="spark" width="96" height="24" viewBox="0 0 96 24" role="img" aria-label="%s">`+
		`<polyline points="%s"/><circle cx="%s" cy="%s" r="2"/></svg>`,
		template.HTMLEscapeString(label), strings.Join(points, " "), x, yy))
}
