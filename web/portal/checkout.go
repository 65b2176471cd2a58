package portal

import (
	"fmt"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
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
	Gives   planGives
	Options []ui.Option
	Bill    ui.Bill
	Seen    string // what the person saw of the price when they order
	Button  string
	Next    []ui.Step // what happens after the order
}

func (p *Portal) checkoutPage(v *visit) error {
	plan, err := idOf(v.query("plan"))
	if err != nil {
		return fault.New(fault.NotFound, "There is no such plan. Choose one on the product's page.")
	}
	d, err := v.checkoutData(plan)
	if err != nil {
		return err
	}
	if v.htmx() {
		return v.fragment("storefront/checkout", "checkout-swap", d)
	}
	return v.render(http.StatusOK, "storefront/checkout", d)
}

// checkoutData prices the plan as the order will.
func (v *visit) checkoutData(plan int64) (checkoutData, error) {
	ctx := v.r.Context()
	q, err := v.Orders.Quote(ctx, v.market.ID, order.Input{PlanID: plan})
	if err != nil {
		return checkoutData{}, err
	}
	l, err := v.Catalog.BySKU(ctx, v.market.ID, q.Offer.Product.SKU)
	if err != nil {
		return checkoutData{}, err
	}
	d := checkoutData{Page: v.base("Order " + q.Offer.Product.Name), Product: q.Offer.Product, Plan: q.Offer.Plan,
		Bill: v.quoteBill(q), Seen: seen(q), Button: v.orderButton(q), Next: v.afterOrder(q)}
	d.Crumbs = []ui.NavItem{{Label: q.Offer.Product.Name, Href: "/products/" + q.Offer.Product.SKU}}
	d.Options = v.planOptions(l.Plans, plan)
	d.Gives = v.words.gives(l.Endpoints, q.Offer.Plan)
	return d, nil
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
	if len(q.Offer.Revision.Content.Metered()) > 0 {
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

func (v *visit) afterOrder(q order.Quote) []ui.Step {
	pay := ui.Step{Label: v.words.T("You pay"), Note: v.words.T("by card, on the next page")}
	if q.Totals.Total.IsZero() {
		pay = ui.Step{Label: v.words.T("Nothing to pay"), Note: v.words.T("no card is asked for")}
	}
	return []ui.Step{{Label: v.words.T("You order"), Current: true}, pay,
		{Label: v.words.T("Access is set up"), Note: v.words.T("within seconds, while you watch")},
		{Label: v.words.T("You call"), Note: v.words.T("with your own key")}}
}

func (p *Portal) checkout(v *visit) error {
	plan, err := idOf(v.form("plan"))
	if err != nil {
		return fault.New(fault.NotFound, "There is no such plan. Choose one on the product's page.")
	}
	d, err := v.checkoutData(plan)
	if err != nil {
		return err
	}
	if err := d.check(v); err != nil {
		d.Form = ui.FormError(v.r.PostForm, err)
		return v.render(http.StatusUnprocessableEntity, "storefront/checkout", d)
	}
	o, err := p.Orders.Place(v.r.Context(), v.actor, order.Input{PlanID: plan})
	if err != nil {
		status, ok := refused(err)
		if !ok {
			return err
		}
		d.Form = ui.FormError(v.r.PostForm, err)
		return v.render(status, "storefront/checkout", d)
	}
	subscription := subscriptionPath(*o.SubscriptionID)
	if o.InvoiceID == nil {
		return v.done(subscription, "Order placed.")
	}
	return v.redirect(fmt.Sprintf("%s/pay?return=%s", invoicePath(*o.InvoiceID), subscription))
}

// check is what only the form knows: that the terms were accepted, and that
// the person saw this very price.
func (d checkoutData) check(v *visit) error {
	var c fault.Check
	c.That(v.form("terms") == "true", "terms", "Accept the terms to order.")
	c.That(v.form("seen") == d.Seen, "plan", "The bill has changed since the page was opened. Look at it again, then order.")
	return c.Err()
}

func subscriptionPath(id int64) string { return fmt.Sprintf("/account/subscriptions/%d", id) }

func invoicePath(id int64) string { return fmt.Sprintf("/account/invoices/%d", id) }
