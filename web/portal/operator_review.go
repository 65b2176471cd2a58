package portal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/web/portal/ui"
)

func reviewPath(id int64) string { return fmt.Sprintf("/operator/reviews/%d", id) }

// reviews lists products for operators: those that wait first, all on request.
func (p *Portal) reviews(v *visit) error {
	q := v.r.URL.Query()
	filter := catalog.Filter{Query: q.Get("q"), Status: catalog.Review}
	if q.Has("status") {
		filter.Status = catalog.Status(q.Get("status"))
	}
	found, err := p.Catalog.Products(v.r.Context(), v.actor, filter, v.list(0))
	if err != nil {
		return err
	}
	values := url.Values{"q": {filter.Query}, "status": {string(filter.Status)}}
	d := productsData{Page: v.base("Reviews"), Form: ui.Form{Values: values}, Statuses: productStatuses()}
	d.Pager = pager(d.Page, found.Next)
	d.Empty = ui.Empty{Title: "Nothing to review", Text: "Products that vendors submit wait here until you approve them or send them back.",
		Action: &ui.Link{Label: "Show all products", Href: "/operator/reviews?status="}}
	if filter.Status != catalog.Review || filter.Query != "" {
		d.Empty = ui.Empty{Title: "No product matches", Text: "No product has this state and these words.",
			Action: &ui.Link{Label: "Show what waits", Href: "/operator/reviews"}}
	}
	for _, item := range found.Items {
		d.Rows = append(d.Rows, productRow{Product: item, Badge: productBadge(item.Status), Href: reviewPath(item.ID)})
	}
	return v.render(http.StatusOK, "operator/reviews", d)
}

// reviewData is the data of page "operator/review".
type reviewData struct {
	ui.Page
	catalog.Listing
	Badge   badge
	Plans   []planView
	Preview productData
	Form    ui.Form
	History []ui.Event
	Open    bool // waits for a decision
	Approve ui.Dialog
	Facts   []compareRow // what the vendor told the plugin
	Drift   string
}

func (v *visit) reviewPage(status int, form ui.Form) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	d := reviewData{Page: v.base(l.Product.Name), Listing: l, Badge: productBadge(l.Product.Status), Plans: v.words.plans(l),
		Form: form, Open: l.Product.Status == catalog.Review}
	d.Crumbs = []ui.NavItem{{Label: "Reviews", Href: "/operator/reviews"}}
	d.Approve, d.Drift = v.approveDialog(l.Product), driftWords(l.Product.DriftPolicy)
	if kind, err := v.Catalog.Kind(v.r.Context(), l.Product.Type); err == nil { // without its plugin there are no words for it
		d.Facts = v.facts(kind.ProductSchema, json.RawMessage(l.Product.Configuration))
	}
	if d.Preview = v.preview(l); v.htmx() {
		return v.fragment("operator/review", "estimate", d.Preview)
	}
	trail, err := v.Accounts.AuditTrail(v.r.Context(), v.actor, audit.Filter{Entity: "product", EntityID: l.Product.ID}, page.Request{Limit: 20})
	if err != nil {
		return err
	}
	for _, r := range trail.Items {
		d.History = append(d.History, ui.Event{Tone: trailTone(r.Action), Text: trailWord(r.Action), Actor: r.Actor, At: r.HappenedAt, Zone: d.Zone})
	}
	return v.render(status, "operator/review", d)
}

// trailWord says what was done to a product.
func trailWord(action string) string {
	switch action {
	case "product.create":
		return "Created"
	case "product.update":
		return "Changed"
	case "product.addEndpoints":
		return "Endpoints added"
	case "product.updateEndpoint":
		return "Endpoint changed"
	case "product.rejected":
		return "Sent back"
	}
	return topicWord(action)
}

func trailTone(action string) ui.Tone {
	switch action {
	case "product.approved":
		return ui.Good
	case "product.rejected":
		return ui.Bad
	case "product.submitted":
		return ui.Pending
	}
	return ui.Info
}

func (v *visit) approveDialog(p catalog.Product) ui.Dialog {
	path := reviewPath(p.ID)
	return ui.Dialog{ID: "dialog-approve", Href: path + "/approve", Open: "Approve product", Kind: "primary",
		Title: "Approve " + p.Name + "?", Details: []string{"It appears in the catalog at once and can be ordered.", p.Vendor + " is told by mail."},
		Action: path + "/approve", Confirm: "Approve product", Keep: "Go on reviewing", Back: path, CSRF: v.csrf()}
}

func (p *Portal) review(v *visit) error { return v.reviewPage(http.StatusOK, ui.Form{}) }

func (p *Portal) askApprove(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	d := askData{Page: v.base("Approve " + l.Product.Name), Dialog: v.approveDialog(l.Product)}
	d.Crumbs = []ui.NavItem{{Label: "Reviews", Href: "/operator/reviews"}, {Label: l.Product.Name, Href: reviewPath(l.Product.ID)}}
	return v.render(http.StatusOK, "account/confirm", d)
}

func (p *Portal) approveProduct(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	approved, err := p.Catalog.Approve(v.r.Context(), v.actor, id)
	if err != nil {
		return v.refuse(reviewPath(id), err)
	}
	return v.done("/operator/reviews", approved.Name+" is published.")
}

func (p *Portal) rejectProduct(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	rejected, err := p.Catalog.Reject(v.r.Context(), v.actor, id, v.form("reason"))
	if err == nil {
		return v.done("/operator/reviews", rejected.Name+" was sent back to "+rejected.Vendor+".")
	}
	status, ok := refused(err)
	if !ok {
		return err
	}
	return v.reviewPage(status, ui.FormError(v.r.PostForm, err))
}
