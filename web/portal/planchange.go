package portal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// planChangeData is the data of page "account/change-plan": the plans of the
// product, and what the chosen one would mean in money.
type planChangeData struct {
	ui.Page
	Form     ui.Form
	Sub      subscription.Subscription
	Self     string
	Options  []ui.Option
	Chosen   *planHead // nil until one is chosen
	Rows     []compareRow
	Bill     ui.Bill
	Facts    []string
	Seen     string
	Current  planHead
	NoOthers bool
	Anew     []ui.Link // plans in another rhythm, which are ordered anew
}

func (p *Portal) changePlanPage(v *visit) error {
	d, err := v.planChangeData(v.query("plan"))
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "account/change-plan", d)
}

// changePlan changes when the person has seen what it costs; otherwise it
// shows that first.
func (p *Portal) changePlan(v *visit) error {
	d, err := v.planChangeData(v.form("plan"))
	if err != nil {
		return err
	}
	if d.Chosen == nil || v.form("seen") != d.Seen {
		d.Form.Values = v.r.PostForm
		return v.render(http.StatusUnprocessableEntity, "account/change-plan", d)
	}
	sub, err := p.Subscriptions.ChangePlan(v.r.Context(), v.actor, d.Sub.ID, d.Chosen.ID)
	if err != nil {
		status, ok := refused(err)
		if !ok {
			return err
		}
		d.Form = ui.FormError(v.r.PostForm, err)
		return v.render(status, "account/change-plan", d)
	}
	if sub.NextRevisionID != nil {
		return v.done(d.Self, v.words.T("Plan %s begins with the next period.", d.Chosen.Name))
	}
	return v.done(d.Self, v.words.T("You are on plan %s now.", sub.Plan))
}

func (v *visit) planChangeData(chosen string) (planChangeData, error) {
	id, err := v.id("id")
	if err != nil {
		return planChangeData{}, err
	}
	s, err := v.standing(id)
	if err != nil {
		return planChangeData{}, err
	}
	l, err := v.Catalog.BySKU(v.r.Context(), account.Visitor(v.market.ID, s.Sub.Reseller()), s.Sub.SKU)
	if err != nil {
		return planChangeData{}, err
	}
	d := planChangeData{Page: v.base("Change the plan of " + s.Sub.Product), Sub: s.Sub, Self: subscriptionPath(id)}
	d.Crumbs = []ui.NavItem{{Label: "Subscriptions", Href: "/account/subscriptions"}, {Label: s.Sub.Product, Href: d.Self}}
	mine := catalog.Plan{ID: s.Sub.PlanID, Name: s.Sub.Plan, Revision: s.Revision}
	d.Current = v.words.planHead(mine)
	for _, plan := range l.Plans {
		if plan.Revision.ID == s.Revision.ID {
			continue
		}
		if !subscription.Interchangeable(s.Revision.Content.Terms, plan.Revision.Content.Terms) {
			d.Anew = append(d.Anew, ui.Link{Label: plan.Name, Href: fmt.Sprintf("/checkout?plan=%d", plan.ID)})
			continue
		}
		h := v.words.planHead(plan)
		d.Options = append(d.Options, ui.Option{Value: fmt.Sprint(plan.ID), Label: plan.Name, Hint: h.Text})
		if chosen == fmt.Sprint(plan.ID) {
			d.Chosen = &h
			d.Rows = slices.DeleteFunc(v.words.compare(catalog.Listing{Endpoints: s.Endpoints, Plans: []catalog.Plan{mine, plan}}).Rows, compareRow.empty)
			if err := v.consequences(&d, s, plan); err != nil {
				return planChangeData{}, err
			}
		}
	}
	d.NoOthers = len(d.Options) == 0
	return d, nil
}

// consequences spells out what the change costs and when it happens, as the
// service will carry it out. A change that it refuses has none.
func (v *visit) consequences(d *planChangeData, s subscriptionStanding, to catalog.Plan) error {
	w, b := v.words, to.Revision.Content.Terms.WithDefaults()
	q, err := v.Subscriptions.QuoteChange(v.r.Context(), v.actor, s.Sub.ID, to.ID)
	if _, ok := refused(err); ok {
		d.Seen = fmt.Sprintf("%d refused", to.Revision.ID)
		d.Facts = []string{fault.As(whole(err)).Message}
		return nil
	}
	if err != nil {
		return err
	}
	fixed := fixedPrice(to.Revision.Content, q.Parameters)
	d.Seen = fmt.Sprintf("%d %s", to.Revision.ID, fixed)
	then := w.T("From then on it is %s %s.", w.Money(fixed), w.per(b.PeriodMonths))
	if fixed.Amount.IsZero() {
		then = w.T("From then on there is no recurring price.")
	}
	kept := w.T("Your access keys stay as they are.")
	until := s.Sub.PeriodEnd.UTC().Format("2 January 2006")
	if !q.AtOnce {
		d.Facts = []string{w.T("Nothing is due now, and nothing is paid back: you keep plan %s until %s.", s.Sub.Plan, until), then, kept}
		return nil
	}
	d.Bill = w.bill(w.T("Due now"), b.Currency, q.Lines, v.market.TaxPercent)
	d.Bill.Note = w.T("For the rest of the period, until %s. An invoice is issued with the change; the exact amount is that of the hour you confirm.", until)
	d.Facts = []string{w.T("The change takes effect at once, and %s is due for the rest of the period.", w.Money(q.Totals.Total)), then, kept}
	if q.Totals.Total.IsZero() {
		d.Facts[0] = w.T("The change takes effect at once. Nothing is due for it now.")
	}
	return nil
}

func (p *Portal) terminatePage(v *visit) error {
	return v.confirmPage(v.terminateDialog)
}

func (p *Portal) suspendPage(v *visit) error {
	return v.confirmPage(v.suspendDialog)
}

// askData is the data of page "account/confirm".
type askData struct {
	ui.Page
	Dialog ui.Dialog
}

// confirmPage asks on a page of its own what a dialog asks.
func (v *visit) confirmPage(ask func(subscriptionStanding) ui.Dialog) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	s, err := v.standing(id)
	if err != nil {
		return err
	}
	d := askData{Dialog: ask(s)}
	d.Page = v.base(d.Dialog.Title)
	d.Crumbs = []ui.NavItem{{Label: "Subscriptions", Href: "/account/subscriptions"}, {Label: s.Sub.Product, Href: d.Dialog.Back}}
	return v.render(http.StatusOK, "account/confirm", d)
}

func (v *visit) terminateDialog(s subscriptionStanding) ui.Dialog {
	w, self := v.words, subscriptionPath(s.Sub.ID)
	d := ui.Dialog{ID: "dialog-terminate", Href: self + "/terminate", Action: self + "/terminate", Back: self, Kind: "danger", CSRF: v.csrf(),
		Open: w.T("Terminate"), Confirm: w.T("Terminate subscription"), Keep: w.T("Keep subscription"),
		Title: w.T("Terminate %s, plan %s?", s.Sub.Product, s.Sub.Plan), Text: w.T("This cannot be undone.")}
	if s.Sub.Status == subscription.WaitingPayment {
		d.Details = []string{w.T("The unpaid invoice is cancelled; nothing is due.")}
		return d
	}
	d.Details = []string{w.T("The access key stops working at once.")}
	if s.Product.Type != catalog.API {
		d.Details = []string{w.T("Everything in it is removed, with all data.")}
	}
	if words, err := s.Product.Definition(); err == nil && words.TerminationMessage != "" {
		d.Details = append(d.Details, words.TerminationMessage)
	}
	if s.Unbilled != nil && !s.Sub.InTrial(v.now) {
		d.Details = append(d.Details, w.T("Use since the last bill, %s so far, is billed on a last invoice.", w.Money(*s.Unbilled)))
	}
	fixed := fixedPrice(s.Revision.Content, json.RawMessage(s.Sub.Parameters))
	if t := s.Revision.Content.Terms.WithDefaults(); t.Timing == price.Prepaid && s.Sub.PeriodEnd != nil && fixed.Amount.Sign() > 0 && !s.Sub.InTrial(v.now) {
		d.Details = append(d.Details, w.T("The %s paid until %s are not paid back. To use them up, turn off renewal instead.",
			w.Money(fixed), s.Sub.PeriodEnd.UTC().Format("2 January 2006")))
	}
	return d
}

func (v *visit) suspendDialog(s subscriptionStanding) ui.Dialog {
	w, self := v.words, subscriptionPath(s.Sub.ID)
	stops := w.T("Calls are refused until you resume; the access key stays the same.")
	if s.Product.Type != catalog.API {
		stops = w.T("It cannot be used until you resume. Nothing in it is lost.")
	}
	return ui.Dialog{ID: "dialog-suspend", Href: self + "/suspend", Action: self + "/suspend", Back: self, CSRF: v.csrf(),
		Open: w.T("Suspend"), Confirm: w.T("Suspend subscription"), Keep: w.T("Leave it active"),
		Title: w.T("Suspend %s, plan %s?", s.Sub.Product, s.Sub.Plan),
		Details: []string{stops,
			w.T("The recurring price goes on being billed.")}}
}

// act does one thing with the subscription of the address, and goes back.
func (v *visit) act(said string, do func(id int64) error) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	self := subscriptionPath(id)
	if err := do(id); err != nil {
		return v.refuse(self, err)
	}
	return v.done(self, v.words.T(said))
}

func (p *Portal) terminate(v *visit) error {
	return v.act("Subscription terminated. Access is being removed.", func(id int64) error {
		_, err := p.Subscriptions.Terminate(v.r.Context(), v.actor, id)
		return err
	})
}

func (p *Portal) suspend(v *visit) error {
	return v.act("Subscription suspended.", func(id int64) error {
		_, err := p.Subscriptions.Suspend(v.r.Context(), v.actor, id)
		return err
	})
}

func (p *Portal) resume(v *visit) error {
	return v.act("Subscription resumed.", func(id int64) error {
		_, err := p.Subscriptions.Resume(v.r.Context(), v.actor, id)
		return err
	})
}

func (p *Portal) retry(v *visit) error {
	return v.act("It is being set up again.", func(id int64) error {
		_, err := p.Subscriptions.Retry(v.r.Context(), v.actor, id)
		return err
	})
}

func (p *Portal) autoRenew(v *visit) error {
	on := v.form("on") == "true"
	said := "Renewal is off: the subscription ends with its period."
	if on {
		said = "Renewal is on."
	}
	return v.act(said, func(id int64) error {
		_, err := p.Subscriptions.SetAutoRenew(v.r.Context(), v.actor, id, on)
		return err
	})
}
