package portal

import (
	"net/http"
	"net/url"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/reconcile"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// runsData is the data of page "operator/drift-runs": who compared what, when.
type runsData struct {
	ui.Page
	Tabs  ui.Tabs
	Rows  []runRow
	Pager ui.Pager
	Empty ui.Empty
	Now   ui.Dialog
	Moves bool // one of them is under way
}

// runRow is a comparison as a table shows it.
type runRow struct {
	reconcile.Run
	Badge badge
	What  string
	Href  string // of the subscription or provider that it was about
}

func (p *Portal) driftRuns(v *visit) error {
	d, err := v.runsData()
	if err != nil {
		return err
	}
	if v.htmx() {
		return v.fragment("operator/drift-runs", "runs", d)
	}
	return v.render(http.StatusOK, "operator/drift-runs", d)
}

func (v *visit) runsData() (runsData, error) {
	found, err := v.Reconcile.Runs(v.r.Context(), v.actor, v.list(0))
	if err != nil {
		return runsData{}, err
	}
	d := runsData{Page: v.base("Comparisons"), Tabs: driftTabs("Comparisons"), Now: v.compareDialog(reconcile.Scope{}, v.words.T("everything")),
		Empty: ui.Empty{Title: "Nothing was compared yet", Text: "What exists is compared with what was sold from time to time, and when you ask for it."}}
	d.Pager = pager(d.Page, found.Next)
	names := map[int64]string{}
	providers, err := v.Provision.Providers(v.r.Context(), v.actor)
	for _, p := range providers {
		names[p.ID] = p.Name
	}
	for _, run := range found.Items {
		d.Rows = append(d.Rows, v.runRow(run, names))
		d.Moves = d.Moves || run.FinishedAt == nil
	}
	return d, err
}

func (v *visit) runRow(run reconcile.Run, providers map[int64]string) runRow {
	row := runRow{Run: run, Badge: badge{ui.Good, "Done"}, What: v.words.T("Everything")}
	switch {
	case run.FinishedAt == nil:
		row.Badge = badge{ui.Pending, "Under way"}
	case run.Failed > 0:
		row.Badge = badge{ui.Warn, "Not all could be asked"}
	}
	switch {
	case run.SubscriptionID != nil:
		row.What, row.Href = v.words.T("Subscription %d", *run.SubscriptionID), v.salePath(*run.SubscriptionID)
	case run.ProviderID != nil:
		row.What, row.Href = providers[*run.ProviderID], providerPath(*run.ProviderID)
	}
	return row
}

// compareDialog asks before a comparison; what names what is compared.
func (v *visit) compareDialog(scope reconcile.Scope, what string) ui.Dialog {
	path := "/operator/drift/compare"
	if q := scopeQuery(scope).Encode(); q != "" {
		path += "?" + q
	}
	return ui.Dialog{ID: "dialog-compare", Href: path, Open: v.words.T("Reconcile now"), Kind: "primary", Title: v.words.T("Compare %s with what was sold?", what),
		Details: []string{"Gateways and clouds are asked what exists, behind what customers wait for.", "What differs is repaired or billed where the product's policy says so."},
		Action:  path, Confirm: v.words.T("Reconcile now"), Keep: v.words.T("Not now"), Back: "/operator/drift", CSRF: v.csrf()}
}

func scopeQuery(s reconcile.Scope) url.Values {
	q := url.Values{}
	if s.ProviderID != 0 {
		q.Set("provider", number(s.ProviderID))
	}
	if s.SubscriptionID != 0 {
		q.Set("subscription", number(s.SubscriptionID))
	}
	return q
}

// scopeOf is what the address says is to be compared, and its name.
func (v *visit) scopeOf() (reconcile.Scope, string, error) {
	s := reconcile.Scope{ProviderID: number64(v.query("provider")), SubscriptionID: number64(v.query("subscription"))}
	switch {
	case s.SubscriptionID != 0:
		sub, err := v.Subscriptions.Get(v.r.Context(), v.actor, s.SubscriptionID)
		return s, sub.Product + " for " + sub.Customer, err
	case s.ProviderID != 0:
		p, err := v.providerOf(s.ProviderID)
		return s, p.Name, err
	}
	return s, v.words.T("everything"), nil
}

// providerOf is one provider.
func (v *visit) providerOf(id int64) (provision.Provider, error) {
	all, err := v.Provision.Providers(v.r.Context(), v.actor)
	if err != nil {
		return provision.Provider{}, err
	}
	for _, p := range all {
		if p.ID == id {
			return p, nil
		}
	}
	return provision.Provider{}, fault.New(fault.NotFound, "There is no such provider.")
}

func (p *Portal) askCompare(v *visit) error {
	scope, what, err := v.scopeOf()
	if err != nil {
		return err
	}
	return v.ask(v.compareDialog(scope, what), ui.NavItem{Label: "Drift", Href: "/operator/drift"})
}

func (p *Portal) compare(v *visit) error {
	scope, _, err := v.scopeOf()
	if err != nil {
		return err
	}
	if _, err := p.Reconcile.ReconcileNow(v.r.Context(), v.actor, scope); err != nil {
		return v.refuse("/operator/drift", err)
	}
	return v.done("/operator/drift/runs", v.words.T("The comparison has begun."))
}
