package invoice

import (
	"context"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/pricing/invoice/pdf"
	"github.com/fondaco/fondaco/pricing/money"
)

// PDF renders an invoice of the actor's organization from what was issued, and
// names the file.
func (s *Service) PDF(ctx context.Context, actor account.Actor, id int64) (file []byte, name string, err error) {
	inv, err := s.Get(ctx, actor, id)
	if err != nil {
		return nil, "", err
	}
	file, err = pdf.Render(inv.document())
	return file, strings.ToLower(inv.title()) + "-" + inv.Number + ".pdf", err
}

func (i Invoice) title() string {
	switch negative := i.Total.Sign() < 0; {
	case negative && i.SelfBilled():
		return "Pro-forma-credit-note"
	case i.SelfBilled():
		return "Pro-forma-invoice"
	case negative:
		return "Credit-note"
	}
	return "Invoice"
}

// collected puts the seller of a pro-forma invoice at its head, and says who
// takes the money.
func (i Invoice) collected(d *pdf.Document) {
	if !i.SelfBilled() || i.Snapshot.Seller == nil {
		return
	}
	d.Marketplace, d.Seller = i.Snapshot.Seller.party(), pdf.Party{}
	d.Footnote = "This is a pro-forma invoice. " + i.Snapshot.Seller.Name + " sends the invoice and collects the amount; " + i.Snapshot.Marketplace.Name + " does not."
}

func (i Invoice) document() pdf.Document {
	d := pdf.Document{Title: strings.ReplaceAll(i.title(), "-", " "), Number: i.Number, Status: string(i.Status),
		Marketplace: i.Snapshot.Marketplace.party(), Customer: i.Snapshot.Customer.party(), Seller: pdf.Party{Name: i.Snapshot.Vendor},
		IssuedAt: i.IssuedAt, DueAt: i.DueAt, Currency: i.Currency,
		Net: i.plain(i.Net), TaxLabel: "Tax " + i.TaxPercent.String() + " %", Tax: i.plain(i.Tax), Total: i.plain(i.Total)}
	if i.TaxPercent.IsZero() {
		d.TaxText = i.TaxText
	}
	i.collected(&d)
	if i.PaidAt != nil {
		d.PaidAt = *i.PaidAt
	}
	for _, l := range i.Lines {
		d.Lines = append(d.Lines, i.line(l))
		d.PeriodStart, d.PeriodEnd = widen(d.PeriodStart, d.PeriodEnd, l)
	}
	return d
}

func (i Invoice) line(l Line) pdf.Line {
	unit := i.plain(l.UnitPrice)
	if l.UnitPrice.IsZero() {
		unit = "" // several prices: the detail shows them
	}
	return pdf.Line{Description: i.Snapshot.Product + " – " + l.Description, Detail: l.Explanation.Formula,
		Quantity: l.Quantity.Trim(0).String(), UnitPrice: unit, Amount: i.plain(l.Amount)}
}

func widen(start, end time.Time, l Line) (time.Time, time.Time) {
	if l.PeriodStart != nil && (start.IsZero() || l.PeriodStart.Before(start)) {
		start = *l.PeriodStart
	}
	if l.PeriodEnd != nil && l.PeriodEnd.After(end) {
		end = *l.PeriodEnd
	}
	return start, end
}

func (i Invoice) plain(d money.Decimal) string { return d.Trim(money.Digits(i.Currency)).String() }

func (p Party) party() pdf.Party {
	out := pdf.Party{Name: p.Name, VATID: p.VATID, Email: p.Email}
	if p.Address != "" {
		out.Address = strings.Split(p.Address, "\n")
	}
	return out
}
