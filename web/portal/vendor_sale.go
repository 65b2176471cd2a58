package portal

import (
	"context"
	"fmt"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// saleData is what pages about one subscription know, for who sold it and for
// operators.
type saleData struct {
	ui.Page
	saleRow
	Timeline []ui.Event
	More     bool // the timeline has older entries
	Charts   []ui.Chart
	Meters   []ui.Meter
	Unbilled *money.Money // what was used in the running period
	NextPlan string
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
	switch v.space {
	case ui.Operator:
		d.Crumbs = []ui.NavItem{{Label: "Subscriptions", Href: "/operator/subscriptions"}}
	case ui.Reseller:
		d.Crumbs = []ui.NavItem{{Label: "Sales", Href: "/reseller/sales"}}
	}
	events, err := v.Subscriptions.Timeline(v.r.Context(), v.actor, sub.ID, page.Request{Limit: timelineLength})
	if err != nil {
		return saleData{}, err
	}
	for _, e := range events.Items {
		d.Timeline = append(d.Timeline, ui.Event{Tone: topicTone(e.Topic), Text: e.Summary, Actor: e.Actor, At: e.HappenedAt, Zone: d.Zone})
	}
	d.More = events.Next != ""
	now, err := v.standing(sub.ID)
	if err != nil {
		return saleData{}, err
	}
	d.Meters, d.Unbilled, d.NextPlan = now.Meters, now.Unbilled, now.NextPlan
	if d.Charts, err = v.usageCharts(now); err != nil {
		return saleData{}, err
	}
	v.offer(&d, sub)
	return d, nil
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
		{Verb: "renew", Label: "Renew now", From: []subscription.Status{subscription.Active}, Need: account.ChargeSubscriptions,
			Ask: "Renew", Details: []string{"The next period is billed to the customer now; a trial becomes a paid subscription."},
			Done: "The next period is billed.", do: func(s svc) do {
				return func(ctx context.Context, actor account.Actor, id int64) (subscription.Subscription, error) {
					return s.Renew(ctx, actor, id, subscription.RenewInput{})
				}
			}},
		{Verb: "retry", Label: "Set up again", Kind: "primary", From: []subscription.Status{subscription.Failed}, Need: account.SuspendSubscription,
			Done: "It is being set up again.", do: func(s svc) do { return s.Retry }},
		{Verb: "resume", Label: "Resume subscription", Kind: "primary", From: []subscription.Status{subscription.Suspended}, Need: account.SuspendSubscription,
			Done: "The subscription is resumed.", do: func(s svc) do { return s.Resume }},
		{Verb: "suspend", Label: "Suspend subscription", From: []subscription.Status{subscription.Active}, Need: account.SuspendSubscription,
			Ask: "Suspend", Details: []string{"Every call is refused until it is resumed.", "Its key, limits and billing stay as they are."},
			Done: "The subscription is suspended.", do: func(s svc) do { return s.Suspend }},
		{Verb: "terminate", Label: "Terminate subscription", Kind: "danger", Need: account.EndSubscriptions,
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
	d := askData{Page: v.base(verb.Label), Dialog: v.saleDialog(verb, sub)}
	d.Crumbs = []ui.NavItem{{Label: sub.Product + " for " + sub.Customer, Href: v.salePath(sub.ID)}}
	return v.render(http.StatusOK, "account/confirm", d)
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
