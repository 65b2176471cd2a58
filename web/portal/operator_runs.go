package portal

import (
	"net/http"

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
