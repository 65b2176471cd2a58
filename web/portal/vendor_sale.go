package portal

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// saleData is what pages about one subscription know, for who sold it and for
// operators.
type saleData struct {
	ui.Page
	saleRow
	Timeline []ui.Event
	More     bool // the timeline has older entries
	Chart    ui.Chart
	Verbs    []ui.Link   // what can be done at once
	Dialogs  []ui.Dialog // what is asked first
}

func (v *visit) saleOf() (subscription.Subscription, error) {
	id, err := v.id("id")
	if err != nil {
		return subscription.Subscription{}, err
	}
	return v.Subscriptions.Get(v.r.Context(), v.actor, id)
}

func (v *visit) saleData() (saleData, error) {
	sub, err := v.saleOf()
	if err != nil {
		return saleData{}, err
	}
	d := saleData{Page: v.base(sub.Product + " for " + sub.Customer), saleRow: v.saleRows([]subscription.Subscription{sub})[0]}
	d.Crumbs = []ui.NavItem{{Label: "Subscribers", Href: "/vendor/subscribers"}}
	if v.space == ui.Operator {
		d.Crumbs = []ui.NavItem{{Label: "Subscriptions", Href: "/operator/subscriptions"}}
	}
	events, err := v.Subscriptions.Timeline(v.r.Context(), v.actor, sub.ID, page.Request{Limit: 30})
	if err != nil {
		return saleData{}, err
	}
	for _, e := range events.Items {
		d.Timeline = append(d.Timeline, ui.Event{Tone: eventTone(e), Text: e.Summary, Actor: e.Actor, At: e.HappenedAt, Zone: d.Zone})
	}
	d.More = events.Next != ""
	if d.Chart, err = v.saleChart(sub); err != nil {
		return saleData{}, err
	}
	v.offer(&d, sub)
	return d, nil
}

func eventTone(e event.Event) ui.Tone {
	switch e.Topic {
	case "subscription.activated", "subscription.resumed", "subscription.paid", "invoice.paid":
		return ui.Good
	case "subscription.failed", "subscription.operationFailed":
		return ui.Bad
	case "subscription.suspended":
		return ui.Warn
	case "subscription.terminated":
		return ui.Off
	}
	return ui.Info
}

// chartDays is how many days the chart of a subscription shows.
const chartDays = 30

// saleChart counts the calls of all endpoints by day.
func (v *visit) saleChart(sub subscription.Subscription) (ui.Chart, error) {
	end := v.now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	start := end.AddDate(0, 0, -chartDays)
	points, err := v.Usage.Series(v.r.Context(), v.actor, usage.SeriesInput{SubscriptionID: sub.ID, From: start, To: end, Step: usage.Day})
	if err != nil {
		return ui.Chart{}, err
	}
	c := ui.Chart{Title: "Calls per day, last 30 days", Unit: "calls", X: "Day"}
	if len(points) == 0 {
		return c, nil
	}
	counted, refused := make([]float64, chartDays), make([]float64, chartDays)
	anyRefused := false
	for _, p := range points {
		day := int(p.Start.Sub(start) / (24 * time.Hour))
		counted[day] += float64(p.Quantity) / float64(usage.Unit)
		refused[day] += float64(p.Refused)
		anyRefused = anyRefused || p.Refused > 0
	}
	for i := range chartDays {
		c.Labels = append(c.Labels, start.AddDate(0, 0, i).Format("2 Jan"))
	}
	c.Series = []ui.Series{{Name: "Counted", Values: counted}}
	if anyRefused {
		c.Series = append(c.Series, ui.Series{Name: "Refused", Values: refused})
	}
	return c, nil
}

// saleVerb is something that can be done with a subscription.
type saleVerb struct {
	Verb    string
	Label   string
	Kind    string
	From    []subscription.Status // shown while it stands in one of them
	Need    account.Right
	Ask     string // the question before it; "" asks nothing
	Details []string
	Done    string
	do      func(s *subscription.Service) func(context.Context, account.Actor, int64) (subscription.Subscription, error)
}

// saleVerbs is the table of them. The service has the last word on each.
func saleVerbs() []saleVerb {
	type svc = *subscription.Service
	type do = func(context.Context, account.Actor, int64) (subscription.Subscription, error)
	return []saleVerb{
		{Verb: "retry", Label: "Set up again", Kind: "primary", From: []subscription.Status{subscription.Failed}, Need: account.SuspendSubscription,
			Done: "It is being set up again.", do: func(s svc) do { return s.Retry }},
		{Verb: "resume", Label: "Resume subscription", Kind: "primary", From: []subscription.Status{subscription.Suspended}, Need: account.SuspendSubscription,
			Done: "The subscription is resumed.", do: func(s svc) do { return s.Resume }},
		{Verb: "suspend", Label: "Suspend subscription", From: []subscription.Status{subscription.Active}, Need: account.SuspendSubscription,
			Ask: "Suspend", Details: []string{"Every call is refused until it is resumed.", "Its key, limits and billing stay as they are."},
			Done: "The subscription is suspended.", do: func(s svc) do { return s.Suspend }},
		{Verb: "terminate", Label: "Terminate subscription", Kind: "danger", Need: account.UseSubscriptions,
			From: []subscription.Status{subscription.WaitingPayment, subscription.Pending, subscription.Active, subscription.Suspended, subscription.Failed},
			Ask:  "Terminate", Details: []string{"The key stops working at once.", "Use until now is billed; what was paid in advance is not refunded.", "This cannot be undone."},
			Done: "The subscription is being removed.", do: func(s svc) do { return s.Terminate }},
	}
}

// offer puts the verbs that fit on the page.
func (v *visit) offer(d *saleData, sub subscription.Subscription) {
	for _, verb := range saleVerbs() {
		if !verb.fits(sub.Status) || !v.actor.May(verb.Need) {
			continue
		}
		href := v.salePath(sub.ID) + "/" + verb.Verb
		if verb.Ask == "" {
			d.Verbs = append(d.Verbs, ui.Link{Label: verb.Label, Href: href, Kind: verb.Kind, Post: true})
			continue
		}
		d.Dialogs = append(d.Dialogs, v.saleDialog(verb, sub))
	}
}

func (s saleVerb) fits(status subscription.Status) bool {
	for _, from := range s.From {
		if from == status {
			return true
		}
	}
	return false
}

func (v *visit) saleDialog(verb saleVerb, sub subscription.Subscription) ui.Dialog {
	path := v.salePath(sub.ID)
	kind := verb.Kind
	if kind == "" {
		kind = "primary"
	}
	return ui.Dialog{ID: "dialog-" + verb.Verb, Href: path + "/" + verb.Verb, Open: verb.Label, Kind: verb.Kind,
		Title: fmt.Sprintf("%s %s for %s?", verb.Ask, sub.Product, sub.Customer), Details: verb.Details,
		Action: path + "/" + verb.Verb, Confirm: verb.Label, Keep: "Leave it as it is", Back: path, CSRF: v.csrf()}
}

func verbOf(name string) (saleVerb, error) {
	for _, verb := range saleVerbs() {
		if verb.Verb == name {
			return verb, nil
		}
	}
	return saleVerb{}, fault.New(fault.NotFound, "There is no such page.")
}

// confirmData is the data of page "vendor/confirm": a question on a page of
// its own, for browsers without JavaScript.
type confirmData struct {
	ui.Page
	Dialog ui.Dialog
}

func (p *Portal) askSale(v *visit) error {
	verb, err := verbOf(v.param("verb"))
	if err != nil {
		return err
	}
	sub, err := v.saleOf()
	if err != nil {
		return err
	}
	if verb.Ask == "" {
		return v.redirect(v.salePath(sub.ID))
	}
	dialog := v.saleDialog(verb, sub)
	return v.render(http.StatusOK, "vendor/confirm", confirmData{Page: v.base(verb.Label), Dialog: dialog})
}

func (p *Portal) changeSale(v *visit) error {
	verb, err := verbOf(v.param("verb"))
	if err != nil {
		return err
	}
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if _, err := verb.do(p.Subscriptions)(v.r.Context(), v.actor, id); err != nil {
		return v.refuse(v.salePath(id), err)
	}
	return v.done(v.salePath(id), verb.Done)
}

func (p *Portal) vendorSubscriber(v *visit) error {
	d, err := v.saleData()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "vendor/subscriber", d)
}
