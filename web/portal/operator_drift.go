package portal

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/reconcile"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/web/portal/schemaform"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// driftData is the data of page "operator/drift": what is not as sold.
type driftData struct {
	ui.Page
	Tabs      ui.Tabs
	Form      ui.Form
	Kinds     []ui.Option
	Providers []ui.Option
	Products  []ui.Option
	Rows      []driftRow
	Pager     ui.Pager
	Empty     ui.Empty
	Last      *reconcile.Run // the newest comparison
	Now       ui.Dialog
}

// driftRow is a difference in words.
type driftRow struct {
	reconcile.Drift
	Text  string // "Cores: sold 4, found 8"
	Badge badge
	Sale  *subscription.Subscription // nil for an orphan of nobody
	Href  string
	Verbs []ui.Link
}

func driftPath(id int64) string { return fmt.Sprintf("/operator/drift/%d", id) }

// driftTabs lead through what is so, what was so, and who looked when.
func driftTabs(current string) ui.Tabs {
	t := ui.Tabs{Label: "Differences and comparisons"}
	for _, item := range []struct{ label, href string }{{"Open", "/operator/drift"}, {"History", "/operator/drift?state=all"}, {"Comparisons", "/operator/drift/runs"}} {
		t.Items = append(t.Items, ui.NavItem{Label: item.label, Href: item.href, Current: item.label == current})
	}
	return t
}

func (p *Portal) drift(v *visit) error {
	q := v.r.URL.Query()
	f := reconcile.Filter{Open: q.Get("state") != "all", Kind: reconcile.Kind(q.Get("kind")), ProviderID: number64(q.Get("provider")),
		ProductID: number64(q.Get("product")), SubscriptionID: number64(q.Get("subscription"))}
	found, err := p.Reconcile.List(v.r.Context(), v.actor, f, v.list(0))
	if err != nil {
		return err
	}
	d := driftData{Page: v.base("Drift"), Form: ui.Form{Values: q}, Now: v.compareDialog(reconcile.Scope{}, v.words.T("everything"))}
	d.Tabs = driftTabs("Open")
	if !f.Open {
		d.Tabs = driftTabs("History")
	}
	d.Pager, d.Empty = pager(d.Page, found.Next), noDrift(f)
	if err := v.fillDriftFilter(&d); err != nil {
		return err
	}
	if d.Rows, err = v.driftRows(found.Items); err != nil {
		return err
	}
	runs, err := p.Reconcile.Runs(v.r.Context(), v.actor, page.Request{Limit: 1})
	if err != nil {
		return err
	}
	if len(runs.Items) > 0 {
		d.Last = &runs.Items[0]
	}
	return v.render(http.StatusOK, "operator/drift", d)
}

// number64 is an id in an address; what is none does not filter.
func number64(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func noDrift(f reconcile.Filter) ui.Empty {
	if f == (reconcile.Filter{Open: true}) {
		return ui.Empty{Title: "Everything is as it was sold", Text: "What exists in gateways and clouds is compared with what was sold from time to time. Differences wait here."}
	}
	return ui.Empty{Title: "Nothing matches", Text: "No difference is like that.", Action: &ui.Link{Label: "Show what is open", Href: "/operator/drift"}}
}

func (v *visit) fillDriftFilter(d *driftData) error {
	d.Kinds = []ui.Option{{Label: "Any kind"}}
	for _, k := range reconcile.Kinds {
		d.Kinds = append(d.Kinds, ui.Option{Value: string(k), Label: driftKind(k)})
	}
	d.Providers, d.Products = []ui.Option{{Label: "Any provider"}}, []ui.Option{{Label: "Any product"}}
	providers, err := v.Provision.Providers(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	for _, p := range providers {
		d.Providers = append(d.Providers, ui.Option{Value: number(p.ID), Label: p.Name})
	}
	products, err := v.Catalog.Products(v.r.Context(), v.actor, catalog.Filter{}, page.Request{Limit: page.MaxLimit})
	for _, p := range products.Items {
		d.Products = append(d.Products, ui.Option{Value: number(p.ID), Label: p.Name})
	}
	return err
}

func driftKind(k reconcile.Kind) string {
	switch k {
	case reconcile.Missing:
		return "Missing"
	case reconcile.Extra:
		return "Not sold"
	case reconcile.Changed:
		return "Changed"
	}
	return "Left over"
}

// driftText says a difference: "Cores: sold 4, found 8".
func (w words) driftText(d reconcile.Drift) string {
	subject := d.Subject
	if !strings.ContainsAny(subject, " /") {
		subject = schemaform.Words(subject)
	}
	subject = w.T(subject)
	switch d.Kind {
	case reconcile.Missing:
		if d.Want == "" {
			return w.T("%s: sold, not found", subject)
		}
		return w.T("%s: sold %s, not found", subject, d.Want)
	case reconcile.Extra:
		return w.T("%s: not sold, found %s", subject, orElse(d.Have, w.T("one")))
	case reconcile.Orphaned:
		return w.T("Left over of subscription %d: %s", d.SubscriptionID, orElse(d.Have, subject))
	}
	return w.T("%s: sold %s, found %s", subject, orElse(d.Want, w.T("nothing")), orElse(d.Have, w.T("nothing")))
}

// driftRows are drifts with whose they are.
func (v *visit) driftRows(all []reconcile.Drift) ([]driftRow, error) {
	out := make([]driftRow, len(all))
	err := v.DB.View(v.r.Context(), v.market.ID, func(tx *store.Tx) error {
		for i, d := range all {
			out[i] = driftRow{Drift: d, Text: v.words.driftText(d), Badge: driftBadge(d), Verbs: driftLinks(d)}
			sub, err := subscription.Visible(v.r.Context(), tx, v.actor, d.SubscriptionID)
			if fault.Is(err, fault.NotFound) {
				continue // an orphan may name a subscription that there never was
			}
			if err != nil {
				return err
			}
			out[i].Sale, out[i].Href = &sub, v.salePath(sub.ID)
		}
		return nil
	})
	return out, err
}

func driftBadge(d reconcile.Drift) badge {
	switch d.Resolution {
	case reconcile.Repaired:
		return badge{ui.Good, "Repaired"}
	case reconcile.Vanished:
		return badge{ui.Off, "Gone by itself"}
	case reconcile.Billed:
		return badge{ui.Good, "Billed"}
	case reconcile.Removed:
		return badge{ui.Good, "Removed"}
	}
	switch {
	case d.Action == reconcile.RepairAction:
		return badge{ui.Pending, "Being repaired"}
	case d.Action == reconcile.RemoveAction:
		return badge{ui.Pending, "Being removed"}
	case d.Action == reconcile.BillAction:
		return badge{ui.Pending, "Being billed"}
	case d.AcknowledgedBy != "":
		return badge{ui.Off, "Left as it is"}
	}
	return badge{ui.Bad, "Open"}
}

// driftVerb is something that can be done about a difference.
type driftVerb struct {
	Verb, Label, Kind string
	Orphans           bool // for what is left over, or for what was sold
	Any               bool // for both
	Details           []string
	Done              string
	do                func(s *reconcile.Service) func(context.Context, account.Actor, int64) (reconcile.Drift, error)
}

// driftVerbs is the table of them. The service has the last word on each.
func driftVerbs() []driftVerb {
	type svc = *reconcile.Service
	type do = func(context.Context, account.Actor, int64) (reconcile.Drift, error)
	return []driftVerb{
		{Verb: "repair", Label: "Repair", Kind: "primary", Done: "It is being made as it was sold.",
			Details: []string{"The subscription is made again as it was sold.", "Its credentials stay as they are."},
			do:      func(s svc) do { return s.Repair }},
		{Verb: "remove", Label: "Remove orphan", Kind: "danger", Orphans: true, Done: "It is being removed.",
			Details: []string{"Everything that carries this subscription's number is removed, with all data in it.", "This cannot be undone."},
			do:      func(s svc) do { return s.RemoveOrphan }},
		{Verb: "leave", Label: "Leave it as it is", Any: true, Done: "Nothing is done about it by itself any more.",
			Details: []string{"Nothing is done about it by itself any more. It stays in this list until the difference is gone."},
			do:      func(s svc) do { return s.Acknowledge }},
	}
}

func (d driftVerb) fits(x reconcile.Drift) bool {
	return x.Open() && (d.Any && x.AcknowledgedBy == "" || !d.Any && d.Orphans == (x.Kind == reconcile.Orphaned))
}

func driftLinks(d reconcile.Drift) []ui.Link {
	var out []ui.Link
	for _, verb := range driftVerbs() {
		if verb.fits(d) {
			out = append(out, ui.Link{Label: verb.Label, Href: driftPath(d.ID) + "/" + verb.Verb, Kind: verb.Kind})
		}
	}
	return out
}

func driftVerbOf(name string) (driftVerb, error) {
	for _, verb := range driftVerbs() {
		if verb.Verb == name {
			return verb, nil
		}
	}
	return driftVerb{}, fault.New(fault.NotFound, "There is no such page.")
}

// driftAsked is what the address says is to be done about which drift.
func (v *visit) driftAsked() (verb driftVerb, id int64, err error) {
	if verb, err = driftVerbOf(v.param("verb")); err != nil {
		return verb, 0, err
	}
	id, err = v.id("id")
	return verb, id, err
}

func (p *Portal) askDrift(v *visit) error {
	verb, id, err := v.driftAsked()
	if err != nil {
		return err
	}
	found, err := p.Reconcile.Drift(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	rows, err := v.driftRows([]reconcile.Drift{found})
	if err != nil {
		return err
	}
	path := driftPath(id) + "/" + verb.Verb
	d := ui.Dialog{ID: "dialog-" + verb.Verb, Kind: orElse(verb.Kind, "primary"), Title: v.words.T(verb.Label) + "?", Text: rows[0].Text + ".", Details: verb.Details,
		Action: path, Confirm: verb.Label, Keep: "Go back", Back: "/operator/drift", CSRF: v.csrf()}
	if sale := rows[0].Sale; sale != nil {
		d.Title = v.words.T("%s: %s for %s?", v.words.T(verb.Label), sale.Product, sale.Customer)
	}
	return v.ask(d, ui.NavItem{Label: "Drift", Href: "/operator/drift"})
}

func (p *Portal) actOnDrift(v *visit) error {
	verb, id, err := v.driftAsked()
	if err != nil {
		return err
	}
	if _, err := verb.do(p.Reconcile)(v.r.Context(), v.actor, id); err != nil {
		return v.refuse("/operator/drift", err)
	}
	return v.done("/operator/drift", v.words.T(verb.Done))
}

// driftQueue is what is not as sold, and nothing is being done about.
func (v *visit) driftQueue() (queue, error) {
	found, err := v.Reconcile.List(v.r.Context(), v.actor, reconcile.Filter{Open: true}, page.Request{})
	if err != nil {
		return queue{}, err
	}
	rows, err := v.driftRows(found.Items)
	return queueOf("Not as sold", "/operator/drift", page.Page[driftRow]{Items: rows, Next: found.Next}, func(d driftRow) todo {
		t := todo{Badge: d.Badge, Title: d.Text, Text: d.Provider, At: d.FirstSeen, Action: ui.Link{Label: "Look at it", Href: "/operator/drift"}}
		if d.Sale != nil {
			t.Text = d.Sale.Product + " for " + d.Sale.Customer
		}
		return t
	}), err
}
