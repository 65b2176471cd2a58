// Package pdf draws an invoice or a credit note as an A4 document. It gets
// texts that are formatted already and knows nothing of money, tax or storage.
package pdf

import "time"

// Document is what the page shows. Amounts, prices and quantities come as they
// shall be read ("1,234.50 €"); empty texts and zero times are left out.
type Document struct {
	Title       string // "Invoice" when empty; "Credit note" for one
	Number      string // "FON-2026-000123"
	Status      string // "Issued", "Paid", "Draft"
	Marketplace Party  // the letterhead
	Seller      Party  // who sells, when that is not the marketplace
	Customer    Party
	IssuedAt    time.Time // shown as days in UTC, as all times here
	DueAt       time.Time
	PeriodStart time.Time
	PeriodEnd   time.Time // the first instant after the period; the last day before it is shown
	Currency    string    // "EUR"
	Lines       []Line
	Net         string
	TaxLabel    string // "VAT 22 %"
	Tax         string
	Total       string
	TaxText     string // why there is no tax, for 0 %
	Footnote    string // bank details, register entries; may hold line breaks
	PaidAt      time.Time
}

// Party is a company or person on the page.
type Party struct {
	Name    string
	Logo    string   // the word set large in the letterhead; Name when empty
	Address []string // one entry per line
	VATID   string
	Email   string
}

// Line is one position of the bill.
type Line struct {
	Description string
	Detail      string // how the amount came about; may hold line breaks
	Quantity    string
	UnitPrice   string
	Amount      string
}

const day = "2 January 2006"

func (d Document) title() string {
	if d.Title == "" {
		return "Invoice"
	}
	return d.Title
}

// facts are the labelled values in the upper right.
func (d Document) facts() [][2]string {
	all := [][2]string{
		{"Number", d.Number},
		{"Issued", date(d.IssuedAt)},
		{"Due", date(d.DueAt)},
		{"Period", d.period()},
		{"Currency", d.Currency},
		{"Status", d.Status},
	}
	present := all[:0]
	for _, f := range all {
		if f[1] != "" {
			present = append(present, f)
		}
	}
	return present
}

func (d Document) period() string {
	if d.PeriodStart.IsZero() || d.PeriodEnd.IsZero() {
		return ""
	}
	last := d.PeriodEnd.Add(-time.Microsecond)
	return date(d.PeriodStart) + " – " + date(last)
}

// paymentNote says whether anything is left to do.
func (d Document) paymentNote() string {
	switch {
	case !d.PaidAt.IsZero():
		return "Paid on " + date(d.PaidAt) + ". Thank you."
	case !d.DueAt.IsZero():
		return "Please pay by " + date(d.DueAt) + "."
	}
	return ""
}

// created dates the file. It comes from the document, never from the clock, so
// that the same document is the same bytes.
func (d Document) created() time.Time {
	for _, t := range []time.Time{d.IssuedAt, d.PeriodEnd, d.PeriodStart} {
		if !t.IsZero() {
			return t.UTC()
		}
	}
	return time.Unix(0, 0).UTC()
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(day)
}

// lines are the texts of a party under its name.
func (p Party) lines() []string {
	lines := append([]string{}, p.Address...)
	if p.VATID != "" {
		lines = append(lines, "VAT id "+p.VATID)
	}
	if p.Email != "" {
		lines = append(lines, p.Email)
	}
	return lines
}
