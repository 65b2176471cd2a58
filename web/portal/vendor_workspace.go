package portal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// productPageData is the data of page "vendor/product": what the storefront
// will show, and what is missing before it does.
type productPageData struct {
	workspace
	Preview productData
	Missing []ui.Link
	Can     bool // its state lets it be submitted
	Ready   bool // nothing is missing either
	Hidden  int  // plans the page does not show
}

func (p *Portal) productPage(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	d := productPageData{workspace: v.workspace(l.Product.Name, l), Preview: v.preview(l)}
	d.Crumbs = d.Crumbs[:1]
	if v.htmx() {
		return v.fragment("vendor/product", "estimate", d.Preview)
	}
	d.Can, d.Missing = l.Product.Status.CanBecome(catalog.Review), missing(l)
	d.Ready, d.Hidden = d.Can && len(d.Missing) == 0, len(l.Plans)-len(d.Preview.Comparison.Plans)
	return v.render(http.StatusOK, "vendor/product", d)
}

// preview is the product's page as the storefront will show it.
func (v *visit) preview(l catalog.Listing) productData {
	l.Plans = slices.DeleteFunc(slices.Clone(l.Plans), func(p catalog.Plan) bool { return p.Hidden })
	d := v.productData(l)
	d.Preview, d.Crumbs = true, nil
	return d
}

// missing says what the service will ask for, before it does.
func missing(l catalog.Listing) (out []ui.Link) {
	id := l.Product.ID
	if l.Product.ShortDescription == "" {
		out = append(out, ui.Link{Label: "Write a short description", Href: productPath(id, "edit")})
	}
	if l.Product.Type == catalog.API && len(l.Endpoints) == 0 {
		out = append(out, ui.Link{Label: "Choose endpoints", Href: productPath(id, "import")})
	}
	if len(l.Plans) == 0 {
		out = append(out, ui.Link{Label: "Set prices", Href: productPath(id, "plans/new")})
	}
	return out
}

func (p *Portal) productEndpoints(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	d := v.workspace("Endpoints of "+l.Product.Name, l)
	return v.render(http.StatusOK, "vendor/endpoints", d)
}

// plansData is the data of page "vendor/plans".
type plansData struct {
	workspace
	Plans []planView
}

func (p *Portal) productPlans(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "vendor/plans", plansData{workspace: v.workspace("Plans of "+l.Product.Name, l), Plans: v.words.plans(l)})
}

// integrationData is the data of page "vendor/integration".
type integrationData struct {
	workspace
	Example ui.Code
	Headers ui.Code
	// What a plugin is told of a product that is no API.
	Configured bool
	Facts      []compareRow
	Drift      string
}

func (p *Portal) productIntegration(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	d := integrationData{workspace: v.workspace("Integration of "+l.Product.Name, l), Configured: l.Product.Type != catalog.API, Drift: driftWords(l.Product.DriftPolicy)}
	if d.Configured {
		kind, err := p.Catalog.Kind(v.r.Context(), l.Product.Type)
		if err != nil {
			return err
		}
		d.Facts = v.facts(kind.ProductSchema, json.RawMessage(l.Product.Configuration))
	}
	d.Example = ui.Code{Title: "What is sent when somebody subscribes", Lang: "json", Text: fmt.Sprintf(
		"{\n  \"date\": %q,\n  \"entity\": \"Subscription\",\n  \"entityUrl\": \"subscription/4812\",\n  \"id\": 4812,\n  \"type\": \"CREATED\"\n}", v.now.UTC().Format(time.RFC3339))}
	d.Headers = ui.Code{Title: "How it is signed", Lang: "http", Text: "CMW-Event-Signature: sha1=…\nwebhook-id: evt_…\nwebhook-timestamp: …\nwebhook-signature: v1,…"}
	return v.render(http.StatusOK, "vendor/integration", d)
}

// salesData is the data of lists of subscriptions; Workspace is nil on those
// of all products.
type salesData struct {
	workspace
	Rows  []saleRow
	Pager ui.Pager
	Form  ui.Form
	Empty ui.Empty
	// Filter's choices, on lists that have a filter.
	Statuses []ui.Option
	Customer string
}

// saleRow is a subscription in a list of what was sold.
type saleRow struct {
	subscription.Subscription
	Badge badge
	Href  string
}

func (v *visit) saleRows(all []subscription.Subscription) []saleRow {
	out := make([]saleRow, len(all))
	for i, s := range all {
		out[i] = saleRow{Subscription: s, Badge: saleBadge(s.Status), Href: v.salePath(s.ID)}
	}
	return out
}

// salePath is the address of a subscription in the visit's space.
func (v *visit) salePath(id int64) string {
	switch v.space {
	case ui.Account:
		return subscriptionPath(id)
	case ui.Operator:
		return fmt.Sprintf("/operator/subscriptions/%d", id)
	case ui.Reseller:
		return fmt.Sprintf("/reseller/sales/%d", id)
	}
	return fmt.Sprintf("/vendor/subscribers/%d", id)
}

func (p *Portal) productSubscribers(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	d := salesData{workspace: v.workspace("Subscribers of "+l.Product.Name, l)}
	d.Empty = noSubscribers()
	if err := v.fillSales(&d, subscription.Filter{ProductID: l.Product.ID}); err != nil {
		return err
	}
	return v.render(http.StatusOK, "vendor/product-subscribers", d)
}

func noSubscribers() ui.Empty {
	return ui.Empty{Title: "Nobody has subscribed yet", Text: "Who buys one of your plans appears here, with what they have and since when."}
}

func (v *visit) fillSales(d *salesData, f subscription.Filter) error {
	q := v.r.URL.Query()
	if f.Status == "" {
		f.Status = subscription.Status(q.Get("status"))
	}
	found, err := v.Subscriptions.List(v.r.Context(), v.actor, f, v.list(0))
	if err != nil {
		return err
	}
	d.Form, d.Statuses = ui.Form{Values: q}, saleStatuses()
	d.Rows, d.Pager = v.saleRows(found.Items), pager(d.Page, found.Next)
	if f.Status != "" {
		d.Empty = ui.Empty{Title: "No subscription is in this state", Text: "There are none now.", Action: &ui.Link{Label: "Show all", Href: d.With("status", "")}}
	}
	return nil
}

func saleStatuses() []ui.Option {
	out := []ui.Option{{Value: "", Label: "Any state"}}
	for _, s := range subscription.Statuses {
		out = append(out, ui.Option{Value: string(s), Label: saleBadge(s).Word})
	}
	return out
}

func (p *Portal) vendorSubscribers(v *visit) error {
	d := salesData{workspace: workspace{Page: v.base("Subscribers")}, Empty: noSubscribers()}
	if err := v.fillSales(&d, subscription.Filter{}); err != nil {
		return err
	}
	return v.render(http.StatusOK, "vendor/subscribers", d)
}

func (p *Portal) productDeliveries(v *visit) error {
	l, err := v.productOf()
	if err != nil {
		return err
	}
	d := deliveriesData{workspace: v.workspace("Deliveries of "+l.Product.Name, l)}
	if err := v.fillDeliveries(&d, webhook.Filter{ProductID: l.Product.ID}); err != nil {
		return err
	}
	return v.render(http.StatusOK, "vendor/product-deliveries", d)
}
