package pdf

import (
	"slices"

	"github.com/johnfercher/maroto/v2/pkg/components/row"
	"github.com/johnfercher/maroto/v2/pkg/consts/align"
	"github.com/johnfercher/maroto/v2/pkg/core"
)

// The columns of the table, in millimetres; with the gaps they fill the page.
const (
	descriptionWidth = 82
	quantityWidth    = 26
	priceWidth       = 29
	amountWidth      = 30
	gap              = 1 // before each number column
	sumIndent        = 90
	rowLines         = 12
)

func (s *sheet) draw(d Document) error {
	if err := s.RegisterFooter(s.foot(d)); err != nil {
		return err
	}
	s.add(s.letterhead(d)...)
	s.add(s.parties(d)...)

	head := s.tableHead()
	if err := s.RegisterHeader(head.row()); err != nil {
		return err
	}
	s.headHeight = head.height()
	for _, line := range d.Lines {
		s.together(s.position(line)...)
	}
	// The sums stand without a table head when they move to a new page.
	if err := s.RegisterHeader(); err != nil {
		return err
	}
	s.headHeight = 0
	s.together(slices.Concat(s.sums(d), s.notes(d), s.footnote(d))...)
	return nil
}

func (s *sheet) letterhead(d Document) []strip {
	logo := d.Marketplace.Logo
	if logo == "" {
		logo = d.Marketplace.Name
	}
	left := s.face.stack(logo, style{bold, 15, accent(), 0}, 95)
	right := s.face.stack(d.title(), style{regular, 15, ink(), 0}, 70)

	sender := block{}
	if logo != d.Marketplace.Name {
		sender = s.face.stack(d.Marketplace.Name, small(), 95)
	}
	for _, line := range d.Marketplace.lines() {
		sender = append(sender, s.face.stack(line, small(), 95)...)
	}
	return []strip{
		{below: 1.5, cells: []cell{{95, left, align.Left}, {75, right, align.Right}}},
		{below: 9, cells: []cell{{innerWidth, sender, align.Left}}},
	}
}

// parties puts customer and seller beside the facts of the document.
func (s *sheet) parties(d Document) []strip {
	const partyWidth, factWidth, valueWidth = 84, 22, 64
	who := s.party("Billed to", d.Customer, partyWidth)
	if d.Seller.Name != "" && d.Seller.Name != d.Marketplace.Name {
		who = append(who, set{"", label()})
		who = append(who, s.party("Sold by", d.Seller, partyWidth)...)
	}
	var names, values block
	for _, fact := range d.facts() {
		st := plain()
		if fact[0] == "Number" {
			st = strong()
		}
		value := s.face.stack(fact[1], st, valueWidth)
		for i := range value {
			name := ""
			if i == 0 {
				name = fact[0]
			}
			names = append(names, set{name, style{regular, plain().size, faint(), 0}})
		}
		values = append(values, value...)
	}
	return []strip{{below: 12, cells: []cell{
		{partyWidth, who, align.Left},
		{factWidth, names, align.Left},
		{valueWidth, values, align.Right},
	}}}
}

func (s *sheet) party(title string, p Party, width float64) block {
	b := block{{title, heading()}}
	b = append(b, s.face.stack(p.Name, strong(), width)...)
	for _, line := range p.lines() {
		b = append(b, s.face.stack(line, plain(), width)...)
	}
	return b
}

func (s *sheet) tableHead() strip {
	return strip{
		below: 1.6, rule: 0.3, ruleColor: ink(),
		cells: tableCells(
			block{{"Description", label()}},
			block{{"Quantity", label()}},
			block{{"Unit price", label()}},
			block{{"Amount", label()}},
		),
	}
}

// tableCells spaces the columns. The spacers keep numbers from touching.
func tableCells(description, quantity, price, amount block) []cell {
	return []cell{
		{descriptionWidth, description, align.Left},
		{gap + quantityWidth, quantity, align.Right},
		{gap + priceWidth, price, align.Right},
		{gap + amountWidth, amount, align.Right},
	}
}

// position is one line of the bill: the description with the numbers beside
// it, the detail small below. A long one takes several rows with one rule.
func (s *sheet) position(l Line) []strip {
	const room = descriptionWidth - 4
	words := s.face.stack(l.Description, plain(), room)
	words = append(words, s.face.stack(l.Detail, small(), room)...)
	var strips []strip
	for i, chunk := range words.chunks(rowLines) {
		row := strip{cells: tableCells(chunk, nil, nil, nil)}
		if i == 0 {
			row.above = 2.2
			row.cells = tableCells(chunk,
				s.face.stack(l.Quantity, plain(), quantityWidth),
				s.face.stack(l.UnitPrice, plain(), priceWidth),
				s.face.stack(l.Amount, plain(), amountWidth))
		}
		strips = append(strips, row)
	}
	last := &strips[len(strips)-1]
	last.below, last.rule, last.ruleColor = 1.8, 0.15, hair()
	return strips
}

// sums are net, tax and total under the amount column.
func (s *sheet) sums(d Document) []strip {
	strips := []strip{{above: 3}}
	add := func(name, value string, st style) {
		if value == "" {
			return
		}
		strips = append(strips, strip{above: 0.8, below: 0.8, cells: []cell{
			{sumIndent, nil, align.Left},
			{40, s.face.stack(name, st, 40), align.Left},
			{40, s.face.stack(value, st, 40), align.Right},
		}})
	}
	add("Net", d.Net, plain())
	taxLabel := d.TaxLabel
	if taxLabel == "" {
		taxLabel = "Tax"
	}
	add(taxLabel, d.Tax, plain())
	if len(strips) > 1 {
		strips = append(strips, strip{above: 1.5, indent: sumIndent, rule: 0.3, ruleColor: ink()}, strip{above: 1.5})
	}
	add("Total", d.Total, style{bold, 12, ink(), 0})
	return strips
}

// notes say why there is no tax and whether something is left to pay.
func (s *sheet) notes(d Document) []strip {
	var notes block
	state := plain()
	if !d.PaidAt.IsZero() {
		state = style{bold, 9, moss(), 0}
	}
	notes = append(notes, s.face.stack(d.paymentNote(), state, innerWidth)...)
	notes = append(notes, s.face.stack(d.TaxText, plain(), innerWidth)...)
	if len(notes) == 0 {
		return nil
	}
	return []strip{{above: 6, cells: []cell{{innerWidth, notes, align.Left}}}}
}

func (s *sheet) footnote(d Document) []strip {
	words := s.face.stack(d.Footnote, small(), innerWidth)
	if len(words) == 0 {
		return nil
	}
	var strips []strip
	for _, chunk := range words.chunks(rowLines) {
		strips = append(strips, strip{cells: []cell{{innerWidth, chunk, align.Left}}})
	}
	strips[0].above = 6
	return strips
}

// foot names the document on every page. Its text hangs out of its row into
// the bottom margin, onto the line of the page number.
func (s *sheet) foot(d Document) core.Row {
	words := s.face.stack(d.Marketplace.Name+"  ·  "+d.title()+" "+d.Number, label(), 130)
	line := cell{innerWidth, words[:min(len(words), 1)], align.Left}
	return row.New(footHeight).Add(line.column(footHeight))
}
