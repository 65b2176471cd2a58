package portal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/web/portal/schemaform"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// sizeData is the data of page "account/size": the quantities of a
// subscription, and what others would mean in money.
type sizeData struct {
	ui.Page
	Form   ui.Form
	Sub    subscription.Subscription
	Self   string
	Fields []ui.SchemaField
	Quoted bool // something else was chosen, and it is possible
	Rows   []sizeRow
	Bill   ui.Bill
	Facts  []string
	Seen   string
	Hidden []ui.Option // what was chosen, to be sent with the confirmation
	Live   bool        // only the quote is shown anew; it says what is wrong
}

// sizeRow is a quantity as it is, as it will be, and from when on.
type sizeRow struct{ Label, Now, Then, When string }

// sizeDesk is where the size of one subscription is changed.
type sizeDesk struct {
	*visit
	s      subscriptionStanding
	fields schemaform.Form
}

func (v *visit) sizeDesk() (sizeDesk, error) {
	id, err := v.id("id")
	if err != nil {
		return sizeDesk{}, err
	}
	s, err := v.standing(id)
	if err != nil {
		return sizeDesk{}, err
	}
	kind, err := v.Catalog.KindOf(v.r.Context(), s.Product)
	if err != nil {
		return sizeDesk{}, err
	}
	return sizeDesk{visit: v, s: s, fields: v.quantityForm(kind, s.Revision.Content)}, nil
}

// look quotes what was typed as the service will carry it out.
func (d sizeDesk) look(typed url.Values) (sizeData, json.RawMessage, error) {
	self := subscriptionPath(d.s.Sub.ID)
	data := sizeData{Page: d.base("Change the size of " + d.s.Sub.Product), Sub: d.s.Sub, Self: self, Form: ui.Form{Values: d.fields.Values(d.s.Sub.Upcoming())}}
	data.Crumbs = []ui.NavItem{{Label: "Subscriptions", Href: "/account/subscriptions"}, {Label: d.s.Sub.Product, Href: self}}
	if !d.chosen(typed) {
		return data, nil, d.draw(&data)
	}
	data.Form.Values = typed
	read := d.fields.Read(typed)
	if len(read.Wrong) > 0 {
		data.Form.Errors = read.Wrong
		return data, read.Document, d.draw(&data)
	}
	q, err := d.Subscriptions.QuoteResize(d.r.Context(), d.actor, d.s.Sub.ID, read.Document)
	if err != nil {
		if _, ok := refused(err); !ok {
			return data, nil, err
		}
		data.Form = refusedSize(typed, fault.As(err), read)
		return data, read.Document, d.draw(&data)
	}
	d.consequences(&data, q)
	return data, read.Document, d.draw(&data)
}

// refusedSize is the form with the refusal beside its field, or above it all.
func refusedSize(typed url.Values, err *fault.Error, read schemaform.Reading) ui.Form {
	f := ui.FormError(typed, err)
	f.Errors = read.Fields(err.Fields)
	if len(f.Errors) == 1 && f.Errors[0].Name == "parameters" {
		f.Errors = nil
	}
	return f
}

func (d sizeDesk) chosen(typed url.Values) bool {
	for name := range typed {
		if strings.HasPrefix(name, d.fields.Prefix+".") {
			return true
		}
	}
	return false
}

func (d sizeDesk) draw(data *sizeData) (err error) {
	data.Fields, err = d.fields.Draw(data.Form)
	return err
}

// consequences spells out a quote.
func (d sizeDesk) consequences(data *sizeData, q subscription.ResizeQuote) {
	w, content := d.words, q.Offer.Revision.Content
	terms := content.Terms.WithDefaults()
	target, until := q.Parameters, q.StartsAt.UTC().Format("2 January 2006")
	if q.Next != nil {
		target = q.Next
	}
	for _, r := range content.Resources {
		data.Rows = append(data.Rows, d.sizeRow(r, q, until))
		data.Hidden = append(data.Hidden, ui.Option{Label: d.fields.Prefix + "." + r.Parameter, Value: number(r.Quantity(target))})
	}
	data.Quoted, data.Seen = true, fmt.Sprintf("%s %s", target, fixedPrice(content, target))
	if q.AtOnce(d.s.Sub) {
		data.Bill = w.bill(w.T("Due now"), terms.Currency, q.Lines, d.market.TaxPercent)
		data.Bill.Note = w.T("For the rest of the period, until %s. An invoice is issued with the change; the exact amount is that of the hour you confirm.", until)
		data.Facts = append(data.Facts, w.T("More takes effect at once."))
	}
	if q.Next != nil {
		data.Facts = append(data.Facts, w.T("Less takes effect on %s; until then you keep what is paid.", until))
	}
	data.Facts = append(data.Facts, w.T("From then on it is %s %s.", w.Money(fixedPrice(content, target)), w.per(terms.PeriodMonths)),
		w.T("Your credentials stay as they are."))
}

func (d sizeDesk) sizeRow(r catalog.PlanResource, q subscription.ResizeQuote, until string) sizeRow {
	u, now := unitOf(r.Unit), r.Quantity(json.RawMessage(d.s.Sub.Parameters))
	row := sizeRow{Label: d.words.T(r.Name), Now: d.words.count(now, u), Then: d.words.count(now, u)}
	if at := r.Quantity(q.Parameters); at != now {
		row.Then, row.When = d.words.count(at, u), d.words.T("at once")
	}
	if q.Next != nil {
		if later := r.Quantity(q.Next); later != r.Quantity(q.Parameters) {
			row.Then, row.When = d.words.count(later, u), d.words.T("from %s", until)
		}
	}
	return row
}

func (p *Portal) sizePage(v *visit) error {
	d, err := v.sizeDesk()
	if err != nil {
		return err
	}
	data, _, err := d.look(v.r.URL.Query())
	if err != nil {
		return err
	}
	if v.htmx() {
		data.Live = true
		return v.fragment("account/size", "size-quote", data)
	}
	return v.render(http.StatusOK, "account/size", data)
}

// resize changes the size when the person has seen what it means; otherwise it
// shows that first.
func (p *Portal) resize(v *visit) error {
	d, err := v.sizeDesk()
	if err != nil {
		return err
	}
	data, wanted, err := d.look(v.r.PostForm)
	if err != nil {
		return err
	}
	if !data.Quoted || v.form("seen") != data.Seen {
		return v.render(http.StatusUnprocessableEntity, "account/size", data)
	}
	sub, err := p.Subscriptions.Resize(v.r.Context(), v.actor, d.s.Sub.ID, wanted)
	if err != nil {
		status, ok := refused(err)
		if !ok {
			return err
		}
		data.Form = refusedSize(v.r.PostForm, fault.As(err), d.fields.Read(v.r.PostForm))
		if err := d.draw(&data); err != nil {
			return err
		}
		return v.render(status, "account/size", data)
	}
	if sub.NextParameters != nil {
		return v.done(data.Self, v.words.T("The new size begins with the next period."))
	}
	return v.done(data.Self, v.words.T("The size is being changed."))
}
