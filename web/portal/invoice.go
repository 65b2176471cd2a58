package portal

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// invoiceRoutes are the bills of a customer and their payment.
func (p *Portal) invoiceRoutes() []route {
	return []route{
		get("/account/invoices", ui.Account, account.PayInvoices, p.invoices),
		get("/account/invoices/{id}", ui.Account, account.PayInvoices, p.invoice),
		get("/account/invoices/{id}/pdf", ui.Account, account.PayInvoices, p.invoicePDF),
		get("/account/invoices/{id}/pay", ui.Account, account.PayInvoices, p.payPage),
		post("/account/invoices/{id}/pay", ui.Account, account.PayInvoices, p.pay),
	}
}

// invoiceItem is an invoice in a list.
type invoiceItem struct {
	invoice.Invoice
	Amount money.Money
	Tone   ui.Tone
	Word   string
	Unpaid bool
}

func (v *visit) invoiceItem(inv invoice.Invoice) invoiceItem {
	it := invoiceItem{Invoice: inv, Amount: money.New(inv.Total, inv.Currency), Unpaid: inv.Status == invoice.Unpaid}
	switch {
	case inv.Total.Sign() < 0:
		it.Tone, it.Word, it.Unpaid = ui.Info, "Credit note", false
	case inv.Status == invoice.Paid:
		it.Tone, it.Word = ui.Good, "Paid"
	case inv.Status == invoice.Cancelled:
		it.Tone, it.Word = ui.Off, "Cancelled"
	case v.now.After(inv.DueAt):
		it.Tone, it.Word = ui.Bad, "Overdue"
	default:
		it.Tone, it.Word = ui.Pending, "Open"
	}
	return it
}

func (v *visit) invoiceItems(all []invoice.Invoice) []invoiceItem {
	out := make([]invoiceItem, len(all))
	for i, inv := range all {
		out[i] = v.invoiceItem(inv)
	}
	return out
}

// invoicesData is the data of page "account/invoices".
type invoicesData struct {
	ui.Page
	Form     ui.Form
	States   []ui.Option
	Invoices []invoiceItem
	Pager    ui.Pager
	Empty    ui.Empty
}

func (p *Portal) invoices(v *visit) error {
	f := invoice.Filter{Status: invoice.Status(v.query("state"))}
	found, err := p.Invoices.List(v.r.Context(), v.actor, f, v.list(0))
	if err != nil {
		return err
	}
	d := invoicesData{Page: v.base("Invoices"), Form: ui.Form{Values: v.r.URL.Query()}, Invoices: v.invoiceItems(found.Items)}
	d.States = []ui.Option{{Label: "Any state"}, {Value: string(invoice.Unpaid), Label: "Open"},
		{Value: string(invoice.Paid), Label: "Paid"}, {Value: string(invoice.Cancelled), Label: "Cancelled"}}
	d.Pager = pager(d.Page, found.Next)
	d.Empty = ui.Empty{Title: "No invoices", Text: "Invoices appear here with the first order, and when a period ends.",
		Action: &ui.Link{Label: "Look through the catalog", Href: "/catalog"}}
	return v.render(http.StatusOK, "account/invoices", d)
}

// invoiceData is the data of pages "account/invoice" and "account/pay".
type invoiceData struct {
	ui.Page
	Form          ui.Form
	Invoice       invoiceItem
	Lines         []invoiceLine
	Net, Tax      money.Money
	TaxPercent    string
	Payments      []payment.Payment
	PaymentStates map[payment.Status]badge
	Bill          ui.Bill
	Return        string
	Cards         []testCard
}

// invoiceLine is a line with its arithmetic.
type invoiceLine struct {
	invoice.Line
	Name      string
	Spans     bool // it is for a stretch of time
	Unit, Sum *money.Money
	Steps     []stepView
}

// stepView is one term of a line's amount.
type stepView struct {
	Text, Quantity string
	Price, Amount  money.Money
	Flat           *money.Money
}

// testCard is a card that the sandbox gateway knows.
type testCard struct{ Number, Does string }

func (v *visit) invoiceData(title string) (invoiceData, error) {
	id, err := v.id("id")
	if err != nil {
		return invoiceData{}, err
	}
	inv, err := v.Invoices.Get(v.r.Context(), v.actor, id)
	if err != nil {
		return invoiceData{}, err
	}
	d := invoiceData{Page: v.base(title + " " + inv.Number), Invoice: v.invoiceItem(inv), Net: money.New(inv.Net, inv.Currency),
		Tax: money.New(inv.Tax, inv.Currency), TaxPercent: v.words.Num(inv.TaxPercent.Trim(0))}
	d.Crumbs = []ui.NavItem{{Label: "Invoices", Href: "/account/invoices"}}
	for _, l := range inv.Lines {
		d.Lines = append(d.Lines, v.invoiceLine(l, inv.Currency))
	}
	return d, nil
}

func (v *visit) invoiceLine(l invoice.Line, currency string) invoiceLine {
	out := invoiceLine{Line: l, Name: v.words.T(l.Description), Sum: new(money.New(l.Amount, currency))}
	out.Spans = l.PeriodStart != nil && l.PeriodEnd != nil && l.PeriodEnd.After(*l.PeriodStart)
	if !l.UnitPrice.IsZero() {
		out.Unit = new(money.New(l.UnitPrice, currency))
	}
	for _, s := range l.Explanation.Steps {
		out.Steps = append(out.Steps, v.step(s, currency))
	}
	return out
}

func (v *visit) step(s rating.Step, currency string) stepView {
	out := stepView{Text: s.Text, Quantity: v.words.Num(s.Quantity.Trim(0)), Price: money.New(s.UnitPrice, currency), Amount: money.New(s.Amount, currency)}
	if !s.FlatPrice.IsZero() {
		out.Flat = new(money.New(s.FlatPrice, currency))
	}
	return out
}

func (p *Portal) invoice(v *visit) error {
	d, err := v.invoiceData("Invoice")
	if err != nil {
		return err
	}
	if d.Payments, err = p.Payments.List(v.r.Context(), v.actor, d.Invoice.ID); err != nil {
		return err
	}
	d.PaymentStates = map[payment.Status]badge{payment.Pending: {ui.Pending, "Under way"}, payment.Succeeded: {ui.Good, "Charged"},
		payment.Declined: {ui.Bad, "Declined"}, payment.Abandoned: {ui.Off, "Not charged"}}
	return v.render(http.StatusOK, "account/invoice", d)
}

func (p *Portal) invoicePDF(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	file, name, err := p.Invoices.PDF(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", fmt.Sprint(len(file)))
	h.Set("Cache-Control", "no-store")
	_, err = v.w.Write(file)
	return err
}

func (v *visit) payData() (invoiceData, error) {
	d, err := v.invoiceData("Pay invoice")
	if err != nil {
		return d, err
	}
	inv := d.Invoice.Invoice
	d.Return = ui.LocalPath(v.r.FormValue("return"))
	if d.Return == "/" {
		d.Return = invoicePath(inv.ID)
	}
	d.Bill = ui.Bill{Title: v.words.T("%s, %s", inv.Snapshot.Product, inv.Snapshot.Plan)}
	for _, l := range inv.Lines {
		d.Bill.Lines = append(d.Bill.Lines, ui.BillLine{Label: v.words.T(l.Description),
			Detail: v.words.why(l.Kind, l.Explanation.Explanation), Amount: money.New(l.Amount, inv.Currency)})
	}
	totals := rating.Totals{Net: d.Net, Tax: d.Tax, Total: d.Invoice.Amount}
	d.Bill = v.words.total(d.Bill, totals, inv.TaxPercent)
	if v.market.Sandbox {
		d.Cards = []testCard{{"4242 4242 4242 4242", "is accepted"}, {"4000 0000 0000 0002", "is declined"}, {"4000 0000 0000 9995", "has too little money"}}
	}
	return d, nil
}

func (p *Portal) payPage(v *visit) error {
	d, err := v.payData()
	if err != nil {
		return err
	}
	if !d.Invoice.Unpaid {
		return v.redirect(invoicePath(d.Invoice.ID))
	}
	return v.render(http.StatusOK, "account/pay", d)
}

func (p *Portal) pay(v *visit) error {
	d, err := v.payData()
	if err != nil {
		return err
	}
	_, err = p.Payments.Pay(v.r.Context(), v.actor, d.Invoice.ID, v.card())
	if err == nil {
		return v.done(d.Return, v.words.T("Invoice %s is paid.", d.Invoice.Number))
	}
	status, ok := refused(err)
	if !ok {
		return err
	}
	// Number and code of a card are not given back.
	v.r.PostForm.Del("card.number")
	v.r.PostForm.Del("card.cvc")
	d.Form = ui.FormError(v.r.PostForm, cardFields(err))
	if len(d.Form.Errors) == 1 {
		d.Form.Message = v.words.T("Nothing was charged.")
	}
	return v.render(status, "account/pay", d)
}

// card reads the card; what is no date becomes one that the payment refuses.
func (v *visit) card() payment.Card {
	month, year, _ := strings.Cut(v.form("card.expiry"), "/")
	number := func(text string) int {
		if text = strings.TrimSpace(text); text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return -1
		}
		return n
	}
	return payment.Card{Number: secret.Text(v.form("card.number")), CVC: secret.Text(v.form("card.cvc")), Name: v.form("card.name"),
		ExpMonth: number(month), ExpYear: number(year)}
}

// cardFields puts the words about a card beside the form's own fields.
func cardFields(err error) error {
	f := *fault.As(err)
	f.Fields = append([]fault.Field(nil), f.Fields...)
	for i, field := range f.Fields {
		switch field.Name {
		case "card":
			f.Fields[i].Name = "card.number"
		case "card.expMonth", "card.expYear":
			f.Fields[i].Name = "card.expiry"
		}
	}
	return &f
}
