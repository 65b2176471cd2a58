package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/web/portal/schemaform"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// checkoutRoutes are the way from a plan to an order.
func (p *Portal) checkoutRoutes() []route {
	return []route{
		get("/checkout", ui.Storefront, account.PlaceOrders, p.checkoutPage),
		post("/checkout", ui.Storefront, account.PlaceOrders, p.checkout),
	}
}

// checkoutData is the data of page "storefront/checkout".
type checkoutData struct {
	ui.Page
	Form    ui.Form
	Product catalog.Product
	Plan    catalog.Plan
	// Customer is for whom a reseller orders; zero for oneself.
	Customer account.Organization
	Gives    planGives
	Options  []ui.Option
	// Quantities are picked, Parameters are what else the order asks for.
	Quantities []ui.SchemaField
	Parameters []ui.SchemaField
	Bill       ui.Bill
	Secret     bool   // something of it must not stand in an address
	Wrong      bool   // what was chosen cannot be ordered, so there is no bill
	Live       bool   // only the bill is shown anew; it says what is wrong
	Anew       bool   // another plan was chosen, which has other quantities
	Seen       string // what the person saw of the price when they order
	Button     string
	Next       []ui.Step // what happens after the order
}

// checkoutDesk is where one plan is ordered.
type checkoutDesk struct {
	*visit
	customer account.Organization // for whom a reseller orders; zero for oneself
	plan     int64
	offer    catalog.Offer
	l        catalog.Listing
	fields   schemaform.Form
	// definition is what the vendor asks for, when it sets the product up.
	definition *catalog.Definition
}

func (v *visit) checkoutDesk(text string) (d checkoutDesk, err error) {
	d.visit = v
	if err := d.forCustomer(v.r.FormValue("customer")); err != nil {
		return d, err
	}
	if d.plan, err = idOf(text); err != nil {
		return d, fault.New(fault.NotFound, "There is no such plan. Choose one on the product's page.")
	}
	ctx := v.r.Context()
	if d.offer, err = v.offerOf(d.plan, d.buyer()); err != nil {
		return d, err
	}
	if d.l, err = v.Catalog.BySKU(ctx, d.buyer(), d.offer.Product.SKU); err != nil {
		return d, err
	}
	kind, err := v.Catalog.KindOf(ctx, d.offer.Product)
	if err != nil {
		return d, err
	}
	d.definition = kind.Definition
	d.fields = v.parameterForm(kind, d.offer.Revision.Content)
	return d, nil
}

// forCustomer makes it the order of one of the reseller's customers.
func (d *checkoutDesk) forCustomer(text string) error {
	if text == "" {
		return nil
	}
	id, err := idOf(text)
	if err != nil {
		return err
	}
	d.customer, _, err = d.Accounts.Customer(d.r.Context(), d.actor, id)
	return err
}

// buyer is who buys: the customer whom it is ordered for, else the actor.
func (d checkoutDesk) buyer() account.Actor {
	if d.customer.ID == 0 {
		return d.actor
	}
	return account.Visitor(d.market.ID, d.customer.Reseller())
}

// offerOf is a plan as it can be ordered now.
func (v *visit) offerOf(plan int64, buyer account.Actor) (o catalog.Offer, err error) {
	err = v.DB.View(v.r.Context(), v.market.ID, func(tx *store.Tx) error {
		o, err = catalog.ForSale(v.r.Context(), tx, plan, buyer.ResellerID)
		return err
	})
	return o, err
}

// typed are the fields of the order: those that were sent, or the plan's
// suggestions when none of them were.
func (d checkoutDesk) typed(sent url.Values) url.Values {
	for name := range sent {
		if strings.HasPrefix(name, d.fields.Prefix+".") {
			return sent
		}
	}
	v := d.fields.Defaults()
	for name, values := range sent {
		v[name] = values
	}
	return v
}

// look prices what is chosen as the order will. What cannot be ordered is said
// beside its field, and has no bill.
func (d *checkoutDesk) look(values url.Values) (checkoutData, order.Input, error) {
	data := checkoutData{Page: d.base("Order " + d.offer.Product.Name), Product: d.offer.Product, Plan: d.offer.Plan, Form: ui.Form{Values: values},
		Options: d.planOptions(d.l.Plans, d.plan), Gives: d.words.gives(d.l.Endpoints, d.offer.Plan)}
	data.Crumbs = []ui.NavItem{{Label: d.offer.Product.Name, Href: "/products/" + d.offer.Product.SKU}}
	read := d.fields.Read(values)
	in := order.Input{PlanID: d.plan, Parameters: read.Document, CustomerID: d.customer.ID}
	if !d.onlyBill() {
		if err := d.offerValues(in); err != nil {
			return data, in, err
		}
	}
	data.Customer = d.customer
	q, err := d.Orders.Quote(d.r.Context(), d.actor, in)
	if err != nil && !fault.Is(err, fault.Invalid) {
		return data, in, err
	}
	if err != nil || len(read.Wrong) > 0 {
		data.Wrong = true
		data.Form.Errors = read.Fields(fault.As(err).Fields)
		data.Bill = ui.Bill{Title: d.words.T("Due now"), Live: true, Note: d.words.T("The bill appears here when what you chose can be ordered.")}
		data.Button, data.Next = d.words.T("Place order"), d.afterOrder(d.offer.Product.Type, false)
		return data, in, d.draw(&data)
	}
	data.Bill, data.Seen, data.Button, data.Next = d.quoteBill(q), seen(q), d.orderButton(q), d.afterOrder(d.offer.Product.Type, q.Totals.Total.IsZero())
	return data, in, d.draw(&data)
}

// onlyBill reports whether the page stays as it is, but for the bill.
func (d checkoutDesk) onlyBill() bool {
	return d.htmx() && d.r.Header.Get("HX-Trigger-Name") != "plan"
}

// offerValues makes choices of the parameters whose values the vendor knows,
// and of those that it lists with words.
func (d *checkoutDesk) offerValues(in order.Input) error {
	if d.definition == nil {
		return nil
	}
	d.fields.Fields = slices.Clone(d.fields.Fields)
	for i := range d.fields.Fields {
		f := &d.fields.Fields[i]
		p, known := d.definition.Parameter(f.Name)
		if !known || p.ExternalValuesURL == "" && len(p.AcceptedValues) == 0 {
			continue
		}
		v, err := d.Orders.Values(d.r.Context(), d.actor, in, p.Code)
		switch {
		case fault.Is(err, fault.Unavailable):
			f.Description = fault.As(err).Message
		case err != nil:
			return err
		case !v.Any && len(v.List) == 0:
			f.Description = "Nothing can be chosen here at the moment."
		}
		f.Enum, f.Labels = nil, nil
		for _, c := range v.List {
			f.Enum, f.Labels = append(f.Enum, c.Value), append(f.Labels, c.Description)
		}
	}
	return nil
}

// draw makes the fields of the order.
func (d checkoutDesk) draw(data *checkoutData) error {
	data.Secret = slices.ContainsFunc(d.fields.Fields, func(f schema.Field) bool { return f.Secret })
	all, err := d.fields.Draw(data.Form)
	for _, f := range all {
		if _, sold := d.offer.Revision.Content.Resource(strings.TrimPrefix(f.Name, d.fields.Prefix+".")); sold {
			data.Quantities = append(data.Quantities, f)
		} else {
			data.Parameters = append(data.Parameters, f)
		}
	}
	return err
}

func (p *Portal) checkoutPage(v *visit) error {
	d, err := v.checkoutDesk(v.query("plan"))
	if err != nil {
		return err
	}
	data, _, err := d.look(d.typed(v.r.URL.Query()))
	if err != nil {
		return err
	}
	if v.htmx() {
		data.Live, data.Anew = true, !d.onlyBill()
		return v.fragment("storefront/checkout", "checkout-swap", data)
	}
	return v.render(http.StatusOK, "storefront/checkout", data)
}

func (v *visit) planOptions(plans []catalog.Plan, chosen int64) []ui.Option {
	var out []ui.Option
	for _, p := range plans {
		h := v.words.planHead(p)
		hint := h.Text
		if h.Note != "" {
			hint += ", " + h.Note
		}
		out = append(out, ui.Option{Value: fmt.Sprint(p.ID), Label: p.Name, Hint: hint, Selected: p.ID == chosen})
	}
	return out
}

// quoteBill is the bill that explains itself: what is due now, and what then.
func (v *visit) quoteBill(q order.Quote) ui.Bill {
	w, currency := v.words, q.Offer.Revision.Content.Currency
	b := w.bill(w.T("Due now"), currency, q.Lines, q.TaxPercent)
	terms := q.Offer.Revision.Content.Terms.WithDefaults()
	then := w.T("Then %s %s", w.Money(q.Recurring), w.per(terms.PeriodMonths))
	if q.TaxPercent.Sign() > 0 {
		then += w.T(", net")
	}
	if q.Recurring.IsZero() {
		then = w.T("There is no recurring price")
	}
	if content := q.Offer.Revision.Content; len(content.Metered()) > 0 || len(content.Meters) > 0 {
		then += w.T(", plus what you use, billed when its period has ended")
	}
	b.Note = then + ". " + w.T("The next bill is issued on %s.", q.NextBillAt.UTC().Format("2 January 2006"))
	if q.TrialDays > 0 {
		b.Note = w.T("The first %s are free.", w.Plural(q.TrialDays, "day", "days")) + " " + b.Note
	}
	return b
}

// seen is the price as the page showed it; an order for another one is asked
// about again.
func seen(q order.Quote) string {
	return fmt.Sprintf("%d %s", q.Offer.Revision.ID, q.Totals.Total)
}

func (v *visit) orderButton(q order.Quote) string {
	switch {
	case q.TrialDays > 0:
		return v.words.T("Start the free trial")
	case q.Totals.Total.IsZero():
		return v.words.T("Place order, nothing is due now")
	}
	return v.words.T("Place order for %s", v.words.Money(q.Totals.Total))
}

// afterOrder is what happens after an order of the type, free or not.
func (v *visit) afterOrder(of catalog.Type, free bool) []ui.Step {
	pay := ui.Step{Label: v.words.T("You pay"), Note: v.words.T("by card, on the next page")}
	if free {
		pay = ui.Step{Label: v.words.T("Nothing to pay"), Note: v.words.T("no card is asked for")}
	}
	use := ui.Step{Label: v.words.T("You call"), Note: v.words.T("with your own key")}
	if of != catalog.API {
		use = ui.Step{Label: v.words.T("You use it"), Note: v.words.T("with your own credentials")}
	}
	return []ui.Step{{Label: v.words.T("You order"), Current: true}, pay,
		{Label: v.words.T("Access is set up"), Note: v.words.T("within seconds, while you watch")}, use}
}

func (p *Portal) checkout(v *visit) error {
	d, err := v.checkoutDesk(v.form("plan"))
	if err != nil {
		return err
	}
	typed := d.typed(v.r.PostForm)
	edited := d.fields.Edit(typed, v.form("do")) || v.form("do") == "look"
	data, in, err := d.look(typed)
	if err != nil {
		return err
	}
	if edited && v.htmx() {
		data.Live = true
		return v.fragment("storefront/checkout", "checkout-swap", data)
	}
	if edited {
		return v.render(http.StatusOK, "storefront/checkout", data)
	}
	if err := data.check(v); err != nil {
		return d.again(data, err)
	}
	o, err := p.Orders.Place(v.r.Context(), v.actor, in)
	if err != nil {
		return d.again(data, err)
	}
	if d.customer.ID != 0 {
		return v.done(fmt.Sprintf("/reseller/customers/%d", d.customer.ID), v.words.T("Ordered for %s.", d.customer.Name))
	}
	subscription := subscriptionPath(*o.SubscriptionID)
	if o.InvoiceID == nil {
		return v.done(subscription, "Order placed.")
	}
	return v.redirect(fmt.Sprintf("%s/pay?return=%s", invoicePath(*o.InvoiceID), subscription))
}

// again gives the order back with what is wrong in it.
func (d checkoutDesk) again(data checkoutData, cause error) error {
	status, ok := refused(cause)
	if !ok {
		return cause
	}
	form := ui.FormError(data.Form.Values, cause)
	form.Errors = d.fields.Read(data.Form.Values).Fields(form.Errors)
	data.Form, data.Quantities, data.Parameters = form, nil, nil
	if err := d.draw(&data); err != nil {
		return err
	}
	return d.render(status, "storefront/checkout", data)
}

// check is what only the form knows: that the terms were accepted, and that
// the person saw this very price.
func (d checkoutData) check(v *visit) error {
	var c fault.Check
	for _, f := range d.Form.Errors {
		c.Add(f.Name, f.Message)
	}
	c.That(v.form("terms") == "true", "terms", "Accept the terms to order.")
	c.That(d.Wrong || v.form("seen") == d.Seen, "plan", "The bill has changed since the page was opened. Look at it again, then order.")
	return c.Err()
}

func subscriptionPath(id int64) string { return fmt.Sprintf("/account/subscriptions/%d", id) }

func invoicePath(id int64) string { return fmt.Sprintf("/account/invoices/%d", id) }
