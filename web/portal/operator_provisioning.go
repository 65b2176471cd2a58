package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// workData is the data of page "operator/provisioning": what is being set up,
// changed and removed, and the lanes it goes through.
type workData struct {
	ui.Page
	Tabs      ui.Tabs
	Form      ui.Form
	Providers []ui.Option
	Lanes     []laneRow
	Rows      []attemptRow
	Pager     ui.Pager
	Empty     ui.Empty
	Live      string // address of the stream that keeps the lists up to date
}

// laneRow is the way to one cloud as a table shows it.
type laneRow struct {
	provision.LaneState
	Badge badge
	Name  string // the provider's
	Limit int
	Href  string
}

// attemptRow is an attempt with whose it is and what can be done about it.
type attemptRow struct {
	workRow
	Sale     *subscription.Subscription
	Href     string
	Progress string
	Verb     *ui.Link
}

// workStates are the tabs of the queue.
func workStates() []struct{ label, status string } {
	return []struct{ label, status string }{{"All", ""}, {"Waiting", string(provision.Queued)}, {"Running", string(provision.Running)},
		{"Failed", string(provision.Failed)}, {"Done", string(provision.Done)}}
}

func (p *Portal) provisioning(v *visit) error {
	d, err := v.workData()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "operator/provisioning", d)
}

// provisioningEvents keep the page's lists up to date.
func (p *Portal) provisioningEvents(v *visit) error {
	return v.follow("work", 2*time.Second, func() (string, bool, error) {
		d, err := v.workData()
		if err != nil {
			return "", false, err
		}
		html, err := p.ui.Block("en", "operator/provisioning", "work", d)
		return html, true, err
	})
}

func (v *visit) workData() (workData, error) {
	q := v.r.URL.Query()
	f := provision.Filter{Status: provision.Status(q.Get("status")), ProviderID: number64(q.Get("provider"))}
	found, err := v.Provision.List(v.r.Context(), v.actor, f, v.list(0))
	if err != nil {
		return workData{}, err
	}
	d := workData{Page: v.base("Provisioning"), Form: ui.Form{Values: q}}
	d.URL = &url.URL{Path: strings.TrimSuffix(v.r.URL.Path, "/events"), RawQuery: v.r.URL.RawQuery}
	d.Live = "/operator/provisioning/events?" + v.r.URL.RawQuery
	d.Tabs.Label = "States of attempts"
	for _, s := range workStates() {
		d.Tabs.Items = append(d.Tabs.Items, ui.NavItem{Label: s.label, Href: d.With("status", s.status), Current: s.status == string(f.Status)})
	}
	d.Pager = pager(d.Page, found.Next)
	d.Empty = ui.Empty{Title: "Nothing is under way", Text: "What is ordered, changed and terminated passes through here on its way to gateways and clouds."}
	if f != (provision.Filter{}) {
		d.Empty = ui.Empty{Title: "Nothing matches", Text: "No attempt is in this state.", Action: &ui.Link{Label: "Show all", Href: "/operator/provisioning"}}
	}
	if err := v.fillLanes(&d); err != nil {
		return d, err
	}
	d.Rows, err = v.attemptRows(found.Items)
	return d, err
}

func (v *visit) fillLanes(d *workData) error {
	providers, err := v.Provision.Providers(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	d.Providers = []ui.Option{{Label: "Any provider"}}
	for _, p := range providers {
		d.Providers = append(d.Providers, ui.Option{Value: number(p.ID), Label: p.Name})
	}
	d.Lanes, err = v.laneRows(providers)
	return err
}

// laneRows are the lanes of the providers.
func (v *visit) laneRows(providers []provision.Provider) ([]laneRow, error) {
	known := map[int64]provision.Provider{}
	for _, p := range providers {
		known[p.ID] = p
	}
	lanes, err := v.Provision.Lanes(v.r.Context(), v.actor)
	var out []laneRow
	for _, l := range lanes {
		if p, ok := known[l.ProviderID]; ok {
			out = append(out, laneRow{LaneState: l, Badge: circuitBadge(l.Circuit), Name: p.Name, Limit: p.MaxInFlight, Href: providerPath(p.ID)})
		}
	}
	return out, err
}

// circuitBadge says whether calls go through a lane.
func circuitBadge(c provision.Circuit) badge {
	switch c {
	case provision.Open:
		return badge{ui.Bad, "Held up"}
	case provision.HalfOpen:
		return badge{ui.Warn, "Trying again"}
	}
	return badge{ui.Good, "Calls go through"}
}

func (v *visit) attemptRows(all []provision.Attempt) ([]attemptRow, error) {
	out := make([]attemptRow, len(all))
	err := v.DB.View(v.r.Context(), v.market.ID, func(tx *store.Tx) error {
		for i, a := range all {
			sub, err := subscription.Visible(v.r.Context(), tx, v.actor, a.SubscriptionID)
			if err != nil {
				return err
			}
			out[i] = attemptRow{workRow: workRow{Attempt: a, Badge: attemptBadge(a.Status), Word: topicWord(string(a.Operation))},
				Sale: &sub, Href: v.salePath(sub.ID), Progress: v.words.progress(a), Verb: attemptVerb(a, sub, v.salePath(sub.ID))}
		}
		return nil
	})
	return out, err
}

// progress is where an attempt stands: "step 2 of 3: Setting quotas".
func (w words) progress(a provision.Attempt) string {
	switch {
	case a.CancelledBy != "" && a.Open():
		return w.T("%s wants it cancelled", a.CancelledBy)
	case a.Steps == 0:
		return a.StepText
	case a.StepText == "":
		return w.T("step %d of %d", a.Step, a.Steps)
	}
	return w.T("step %d of %d: %s", a.Step, a.Steps, a.StepText)
}

func attemptPath(id int64) string { return fmt.Sprintf("/operator/provisioning/%d", id) }

// attemptVerb is what can be done about an attempt now.
func attemptVerb(a provision.Attempt, sub subscription.Subscription, sale string) *ui.Link {
	switch {
	case a.Status == provision.Failed && sub.Status == subscription.Failed:
		return &ui.Link{Label: "Look at it", Href: sale} // it is set up again as a whole there
	case a.Open() && a.CancelledBy == "":
		return &ui.Link{Label: "Cancel", Href: attemptPath(a.ID) + "/cancel"}
	case a.Status == provision.Failed:
		return &ui.Link{Label: "Try again", Href: attemptPath(a.ID) + "/again"}
	}
	return nil
}

// askAttempt asks before an attempt is cancelled or made anew.
func (p *Portal) askAttempt(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	a, err := p.Provision.Attempt(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	rows, err := v.attemptRows([]provision.Attempt{a})
	if err != nil {
		return err
	}
	what := v.words.T("%s of %s for %s", v.words.T(rows[0].Word), rows[0].Sale.Product, rows[0].Sale.Customer)
	d := ui.Dialog{ID: "dialog-attempt", Back: "/operator/provisioning", CSRF: v.csrf()}
	switch v.param("verb") {
	case "cancel":
		d.Kind, d.Title, d.Confirm, d.Keep = "danger", v.words.T("Cancel: %s?", what), v.words.T("Cancel this attempt"), v.words.T("Let it go on")
		d.Details = []string{"It counts as failed, and the customer sees that.", "What was done so far stays, and is found by the next attempt or comparison."}
	case "again":
		d.Kind, d.Title, d.Confirm, d.Keep = "primary", v.words.T("Try again: %s?", what), v.words.T("Try again"), v.words.T("Leave it failed")
		d.Details = []string{"It is queued once more, before renewals and comparisons."}
	default:
		return fault.New(fault.NotFound, "There is no such page.")
	}
	d.Action = attemptPath(id) + "/" + v.param("verb")
	return v.ask(d, ui.NavItem{Label: "Provisioning", Href: "/operator/provisioning"})
}

func (p *Portal) cancelAttempt(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if _, err := p.Provision.Cancel(v.r.Context(), v.actor, id); err != nil {
		return v.refuse("/operator/provisioning", err)
	}
	return v.done("/operator/provisioning", v.words.T("The attempt is being cancelled."))
}

func (p *Portal) attemptAgain(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if _, err := p.Provision.Again(v.r.Context(), v.actor, id); err != nil {
		return v.refuse("/operator/provisioning", err)
	}
	return v.done("/operator/provisioning", v.words.T("It is queued again."))
}

// circuitQueue are the clouds that no call is made to for now.
func (v *visit) circuitQueue() (queue, error) {
	providers, err := v.Provision.Providers(v.r.Context(), v.actor)
	if err != nil {
		return queue{}, err
	}
	lanes, err := v.laneRows(providers)
	var held []laneRow
	for _, l := range lanes {
		if l.Circuit != provision.Closed {
			held = append(held, l)
		}
	}
	return queueOf("Clouds held up", "/operator/provisioning", page.Page[laneRow]{Items: held}, func(l laneRow) todo {
		return todo{Badge: l.Badge, Title: strings.TrimSpace(l.Name + " " + l.Cloud), Text: l.LastError, At: l.Since,
			Action: ui.Link{Label: "Look at it", Href: l.Href}}
	}), err
}
