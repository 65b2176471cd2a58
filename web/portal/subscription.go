package portal

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// subscriptionRoutes are what a customer has and does with it.
func (p *Portal) subscriptionRoutes() []route {
	const need = account.UseSubscriptions
	const one = "/account/subscriptions/{id}"
	return []route{
		get("/account/subscriptions", ui.Account, need, p.subscriptions),
		get(one, ui.Account, need, p.subscription),
		get(one+"/progress", ui.Account, need, p.progress),
		get(one+"/events", ui.Account, need, p.progressEvents),
		post(one+"/reveal", ui.Account, need, p.reveal),
		post(one+"/credentials/{name}", ui.Account, need, p.credentialFile),
		get(one+"/change-plan", ui.Account, need, p.changePlanPage),
		post(one+"/change-plan", ui.Account, need, p.changePlan),
		get(one+"/size", ui.Account, need, p.sizePage),
		post(one+"/size", ui.Account, need, p.resize),
		get(one+"/terminate", ui.Account, need, p.terminatePage),
		post(one+"/terminate", ui.Account, need, p.terminate),
		get(one+"/suspend", ui.Account, need, p.suspendPage),
		post(one+"/suspend", ui.Account, need, p.suspend),
		post(one+"/resume", ui.Account, need, p.resume),
		post(one+"/retry", ui.Account, need, p.retry),
		post(one+"/auto-renew", ui.Account, need, p.autoRenew),
	}
}

// statusWord is a subscription's status for people.
func statusWord(s subscription.Subscription) (ui.Tone, string) {
	switch s.Status {
	case subscription.WaitingPayment:
		return ui.Warn, "Waiting for payment"
	case subscription.Pending:
		return ui.Pending, "Being set up"
	case subscription.Active:
		return ui.Good, "Active"
	case subscription.Suspended:
		return ui.Warn, "Suspended"
	case subscription.Failed:
		return ui.Bad, "Setup failed"
	case subscription.Terminating:
		return ui.Pending, "Being terminated"
	case subscription.RequiresApproval:
		return ui.Warn, "Waiting for approval"
	case subscription.Postponed:
		return ui.Pending, "Waiting for its start"
	case subscription.Rejected:
		return ui.Bad, "Rejected"
	case subscription.PaymentExpired:
		return ui.Off, "Never paid"
	}
	return ui.Off, "Terminated"
}

// subscriptionItem is a subscription in a list.
type subscriptionItem struct {
	subscription.Subscription
	Tone     ui.Tone
	Word     string
	Meter    *ui.Meter // the tightest limit; nil when there is none
	Price    string
	Unbilled *money.Money // used in this period and not billed yet
	Next     *money.Money // fixed price of the next bill
}

func (v *visit) subscriptionItems(all []subscription.Subscription) ([]subscriptionItem, error) {
	out := make([]subscriptionItem, len(all))
	for i, s := range all {
		out[i] = subscriptionItem{Subscription: s}
		out[i].Tone, out[i].Word = statusWord(s)
		st, err := v.standing(s.ID)
		if err != nil {
			return nil, err
		}
		t := st.Revision.Content.Terms.WithDefaults()
		out[i].Price = v.words.Money(fixedPrice(st.Revision.Content, json.RawMessage(s.Parameters))) + " " + v.words.per(t.PeriodMonths)
		out[i].Unbilled, out[i].Next = st.Unbilled, st.Next
		if s.Alive() {
			out[i].Meter = tightest(st.Meters)
		}
	}
	return out, nil
}

// subscriptionsData is the data of page "account/subscriptions".
type subscriptionsData struct {
	ui.Page
	Form   ui.Form
	States []ui.Option
	Items  []subscriptionItem
	Pager  ui.Pager
	Empty  ui.Empty
}

// subscriptionsPerPage is small because each row reads its usage.
const subscriptionsPerPage = 25

func (p *Portal) subscriptions(v *visit) error {
	f := subscription.Filter{Status: subscription.Status(v.query("state"))}
	found, err := p.Subscriptions.List(v.r.Context(), v.actor, f, v.list(subscriptionsPerPage))
	if err != nil {
		return err
	}
	d := subscriptionsData{Page: v.base("Subscriptions"), Form: ui.Form{Values: v.r.URL.Query()}, States: []ui.Option{{Label: "Any state"}}}
	for _, s := range subscription.Statuses {
		_, word := statusWord(subscription.Subscription{Status: s})
		d.States = append(d.States, ui.Option{Value: string(s), Label: word})
	}
	if d.Items, err = v.subscriptionItems(found.Items); err != nil {
		return err
	}
	d.Pager = pager(d.Page, found.Next)
	d.Empty = noSubscriptions()
	return v.render(http.StatusOK, "account/subscriptions", d)
}

func noSubscriptions() ui.Empty {
	return ui.Empty{Title: "No subscriptions", Text: "What you order appears here with its state, its keys and its usage.",
		Action: &ui.Link{Kind: "primary", Label: "Look through the catalog", Href: "/catalog"}}
}

// subscriptionData is the data of page "account/subscription".
type subscriptionData struct {
	ui.Page
	Sub      subscription.Subscription
	Tone     ui.Tone
	Word     string
	Alive    bool
	Waits    string // what it waits for that is nobody's to hurry here; "" when it does not
	Progress progressView
	Access   accessView
	Standing subscriptionStanding
	Charts   []ui.Chart
	Gives    planGives
	Price    string
	NextPlan string       // a downgrade that waits
	Chosen   []compareRow // what was chosen with the order, in words
	Then     []compareRow // what of it will be otherwise with the next period
	Sizable  bool         // quantities were bought, so they can be changed
	Invoices []invoiceItem
	Open     *invoiceItem // the invoice to be paid first
	Events   []ui.Event
	// Path is the subscription's own; the address may be one of its actions.
	Self      string
	Terminate ui.Dialog
	Suspend   ui.Dialog
}

func (p *Portal) subscription(v *visit) error {
	d, err := v.subscriptionData()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "account/subscription", d)
}

// reveal is the same page with the access key on it. That somebody looked is
// kept in the audit trail by the service.
func (p *Portal) reveal(v *visit) error {
	d, err := v.subscriptionData()
	if err != nil {
		return err
	}
	keys, err := p.Fulfilment.Credentials(v.r.Context(), v.actor, d.Sub.ID)
	if err != nil {
		return err
	}
	d.Access.show(keys, d.Self)
	return v.render(http.StatusOK, "account/subscription", d)
}

func (v *visit) subscriptionData() (d subscriptionData, err error) {
	id, err := v.id("id")
	if err != nil {
		return d, err
	}
	ctx := v.r.Context()
	if d.Standing, err = v.standing(id); err != nil {
		return d, err
	}
	d.Sub, d.Self = d.Standing.Sub, subscriptionPath(id)
	d.Tone, d.Word = statusWord(d.Sub)
	d.Alive = d.Sub.Alive()
	if d.Progress, err = v.progressView(d.Sub); err != nil {
		return d, err
	}
	if d.Access, err = v.accessView(d.Sub, d.Standing.Product); err != nil {
		return d, err
	}
	if d.Charts, err = v.usageCharts(d.Standing); err != nil {
		return d, err
	}
	bills, err := v.Invoices.List(ctx, v.actor, invoice.Filter{SubscriptionID: id}, page.Request{Limit: 12})
	if err != nil {
		return d, err
	}
	d.Invoices = v.invoiceItems(bills.Items)
	for i := range d.Invoices {
		if d.Invoices[i].Unpaid {
			d.Open = &d.Invoices[i]
		}
	}
	if d.Events, err = v.timeline(d.Sub); err != nil {
		return d, err
	}
	v.describe(&d)
	return d, nil
}

// describeChoice words what was chosen with the order. While its plugin does
// not answer, a subscription is shown without what only the plugin has words for.
func (v *visit) describeChoice(d *subscriptionData) {
	content := d.Standing.Revision.Content
	kind, err := v.Catalog.KindOf(v.r.Context(), d.Standing.Product)
	if err != nil {
		kind = catalog.Kind{}
	}
	d.Sizable = len(content.Resources) > 0
	d.Chosen = v.chosen(kind, content, d.Sub.Parameters)
	if d.Sub.NextParameters == nil {
		return
	}
	for i, row := range v.chosen(kind, content, *d.Sub.NextParameters) {
		if i < len(d.Chosen) && !slices.Equal(row.Cells[0].Lines, d.Chosen[i].Cells[0].Lines) {
			d.Then = append(d.Then, row)
		}
	}
}

// waits says what a subscription waits for, or why it never began.
func (v *visit) waits(sub subscription.Subscription) string {
	switch {
	case sub.Status == subscription.RequiresApproval:
		return v.words.T("It is set up when whoever sells it has approved the order. Nothing is billed before.")
	case sub.Status == subscription.Rejected:
		return v.words.T("Whoever sells it did not accept the order. Nothing was billed.")
	case sub.Status == subscription.Postponed && sub.BillsAt != nil:
		return v.words.T("It begins on %s. Nothing is billed before.", sub.BillsAt.UTC().Format("2 January 2006"))
	case sub.Status == subscription.Pending && sub.VendorProvisioned():
		return v.words.T("%s is setting it up. You get a mail when it is ready.", sub.Vendor)
	case sub.Status == subscription.Failed && sub.VendorProvisioned():
		return v.words.T("%s could not set it up yet, and knows of it.", sub.Vendor)
	}
	return ""
}

// describe fills in what is words.
func (v *visit) describe(d *subscriptionData) {
	d.Page = v.base(d.Sub.Product)
	d.Crumbs = []ui.NavItem{{Label: "Subscriptions", Href: "/account/subscriptions"}}
	t := d.Standing.Revision.Content.Terms.WithDefaults()
	d.Price = v.words.Money(fixedPrice(d.Standing.Revision.Content, json.RawMessage(d.Sub.Parameters))) + " " + v.words.per(t.PeriodMonths)
	d.Gives = v.words.gives(d.Standing.Endpoints, catalog.Plan{Name: d.Sub.Plan, Revision: d.Standing.Revision})
	d.NextPlan = d.Standing.NextPlan
	d.Waits = v.waits(d.Sub)
	v.describeChoice(d)
	d.Terminate, d.Suspend = v.terminateDialog(d.Standing), v.suspendDialog(d.Standing)
}
