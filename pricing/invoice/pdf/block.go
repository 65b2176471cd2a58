package pdf

import (
	"math"

	"github.com/johnfercher/maroto/v2/pkg/components/col"
	"github.com/johnfercher/maroto/v2/pkg/components/row"
	"github.com/johnfercher/maroto/v2/pkg/components/text"
	"github.com/johnfercher/maroto/v2/pkg/consts/align"
	"github.com/johnfercher/maroto/v2/pkg/consts/border"
	"github.com/johnfercher/maroto/v2/pkg/consts/fontstyle"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/props"
)

// family is the name the fonts have inside the PDF writer.
const family = "go"

type weight = fontstyle.Type

const (
	regular = fontstyle.Normal
	bold    = fontstyle.Bold
)

// style is how a line of text looks. size is in points.
type style struct {
	weight weight
	size   float64
	color  props.Color
	after  float64 // extra room below, in millimetres
}

// The colours of the portal, for paper.
func ink() props.Color    { return props.Color{Red: 0x1c, Green: 0x23, Blue: 0x28} }
func soft() props.Color   { return props.Color{Red: 0x4b, Green: 0x55, Blue: 0x5c} }
func faint() props.Color  { return props.Color{Red: 0x6d, Green: 0x76, Blue: 0x7c} }
func hair() props.Color   { return props.Color{Red: 0xd9, Green: 0xd3, Blue: 0xc7} }
func accent() props.Color { return props.Color{Red: 0x0f, Green: 0x6b, Blue: 0x66} }
func moss() props.Color   { return props.Color{Red: 0x2c, Green: 0x6e, Blue: 0x45} }

func plain() style  { return style{regular, 9, ink(), 0} }
func strong() style { return style{bold, 9, ink(), 0} }
func small() style  { return style{regular, 7.5, soft(), 0} }
func label() style  { return style{regular, 7.5, faint(), 0} }

// heading is a label above a block.
func heading() style { return style{regular, 7.5, faint(), 0.9} }

// leading is the distance from line to line, in millimetres, rounded to
// hundredths (footHeight says why).
func (s style) leading() float64 { return math.Round(s.size*mmPerPoint*142)/100 + s.after }

// set is one line of text in its style.
type set struct {
	text  string
	style style
}

// block is a stack of lines.
type block []set

// stack wraps s to room millimetres and puts it into one style.
func (f *typeface) stack(s string, st style, room float64) block {
	var b block
	for _, line := range f.wrap(s, st, room) {
		b = append(b, set{line, st})
	}
	return b
}

func (b block) height() float64 {
	h := 0.0
	for _, line := range b {
		h += line.style.leading()
	}
	return h
}

// chunks cuts a block that is too tall for one row.
func (b block) chunks(lines int) []block {
	var all []block
	for len(b) > lines {
		all, b = append(all, b[:lines]), b[lines:]
	}
	return append(all, b)
}

// cell is a block in a column of the given width in millimetres.
type cell struct {
	width int
	block block
	align align.Type
}

// column draws the cell's lines below each other from top.
func (c cell) column(top float64) core.Col {
	column := col.New(c.width)
	for _, line := range c.block {
		color := line.style.color
		column.Add(text.New(line.text, props.Text{
			Top:    top,
			Family: family,
			Style:  line.style.weight,
			Size:   line.style.size,
			Align:  c.align,
			Color:  &color,
		}))
		top += line.style.leading()
	}
	return column
}

// strip is a row: cells side by side with padding above and below, and a rule
// below when its thickness is not 0. All in millimetres.
type strip struct {
	above, below float64
	rule         float64
	ruleColor    props.Color
	indent       int // of the rule, in a strip without cells
	cells        []cell
}

func (s strip) height() float64 {
	tallest := 0.0
	for _, c := range s.cells {
		tallest = max(tallest, c.block.height())
	}
	return s.above + tallest + s.below
}

func (s strip) row() core.Row {
	r := row.New(s.height())
	for _, c := range s.cells {
		r.Add(c.column(s.above))
	}
	color := s.ruleColor
	rule := &props.Cell{BorderType: border.Bottom, BorderThickness: s.rule, BorderColor: &color}
	switch {
	case s.indent > 0:
		r.Add(col.New(s.indent), col.New(innerWidth-s.indent).WithStyle(rule))
	case s.rule > 0:
		r.WithStyle(rule)
	}
	return r
}
