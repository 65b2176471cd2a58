package portal

import (
	"context"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// addLine bills a line of the vendor's own: now, with the next invoice or with
// every one.
func (p *Portal) addLine(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	line, err := v.sentLine()
	if err == nil {
		err = v.putLine(id, v.form("when"), line)
	}
	if err != nil {
		return v.saleRefused(named(err), func(d *vendorSaleData) *ui.Form { return &d.Lines })
	}
	return v.done(v.salePath(id), "The line is added.")
}

// putLine adds a line to those that are there of its kind, or bills it now.
func (v *visit) putLine(id int64, when string, line invoice.LineInput) error {
	ctx := v.r.Context()
	set, there, err := v.extrasOf(id, invoice.ExtraKind(when))
	switch {
	case err != nil:
		return err
	case set == nil:
		_, err = v.Invoices.Charge(ctx, v.actor, id, invoice.ChargeInput{Lines: []invoice.LineInput{line}})
		return err
	}
	return set(ctx, v.actor, id, append(there, line))
}

// setLines replaces the lines of one kind.
type setLines func(context.Context, account.Actor, int64, []invoice.LineInput) error

// extrasOf are the lines of a kind, and what replaces them; nil when lines of
// the kind are not kept.
func (v *visit) extrasOf(id int64, kind invoice.ExtraKind) (setLines, []invoice.LineInput, error) {
	all, err := v.Invoices.Extras(v.r.Context(), v.actor, id)
	if err != nil {
		return nil, nil, err
	}
	var set setLines
	var kept []invoice.ExtraLine
	switch kind {
	case invoice.OneShot:
		set, kept = v.Invoices.SetOneShot, all.OneShot
	case invoice.Recurring:
		set, kept = v.Invoices.SetRecurring, all.Recurring
	}
	var there []invoice.LineInput
	for _, l := range kept {
		there = append(there, lineInput(l))
	}
	return set, there, nil
}

// removeLine takes away a line that is billed with a later invoice.
func (p *Portal) removeLine(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	set, there, err := v.extrasOf(id, invoice.ExtraKind(v.form("kind")))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(v.form("number"))
	if set == nil || err != nil || n < 0 || n >= len(there) {
		return v.refuse(v.salePath(id), fault.New(fault.Conflict, "This line is not there any more."))
	}
	if err := set(v.r.Context(), v.actor, id, append(there[:n:n], there[n+1:]...)); err != nil {
		return v.refuse(v.salePath(id), err)
	}
	return v.done(v.salePath(id), "The line is removed.")
}

// sentLine reads the line of the form.
func (v *visit) sentLine() (invoice.LineInput, error) {
	in := invoice.LineInput{Description: v.form("description"), Unit: v.form("unit")}
	var c fault.Check
	c.Need("description", in.Description)
	in.Price = readDecimal(&c, "price", v.form("price"))
	if text := v.form("quantity"); text != "" {
		in.Quantity = new(readDecimal(&c, "quantity", text))
	}
	return in, c.Err()
}

// named gives a fault of the last of the lines to the fields of the form.
func named(err error) error {
	f := fault.As(err)
	if len(f.Fields) == 0 {
		return err
	}
	var c fault.Check
	for _, field := range f.Fields {
		c.Add(field.Name[strings.LastIndexByte(field.Name, '.')+1:], field.Message)
	}
	return c.Err()
}

func readDecimal(c *fault.Check, name, text string) money.Decimal {
	d, err := money.Parse(text)
	if err != nil {
		c.Add(name, sentence(err.Error()))
	}
	return d
}
