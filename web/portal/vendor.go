package portal

import (
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// Bodies of large forms: an OpenAPI document with some room around it, and
// what is proposed from one.
const (
	documentBody = 48 << 20
	planBody     = 8 << 20
)

// vendorRoutes are the pages of those who sell.
func (p *Portal) vendorRoutes() []route {
	all := []route{
		{pattern: "/vendor", do: p.vendorHome},
		{pattern: "/vendor/products", do: p.vendorProducts},
		{pattern: "/vendor/products/new", do: p.newProduct},
		{method: http.MethodPost, pattern: "/vendor/products/new", do: p.createProduct},
		{pattern: "/vendor/products/{id}", do: p.productPage},
		{pattern: "/vendor/products/{id}/edit", do: p.editProduct},
		{method: http.MethodPost, pattern: "/vendor/products/{id}/edit", do: p.updateProduct},
		{method: http.MethodPost, pattern: "/vendor/products/{id}/submit", do: p.submitProduct},
		{pattern: "/vendor/products/{id}/import", do: p.importPage},
		{method: http.MethodPost, pattern: "/vendor/products/{id}/import", do: p.importForm, body: documentBody},
		{pattern: "/vendor/products/{id}/endpoints", do: p.productEndpoints},
		{pattern: "/vendor/products/{id}/endpoints/{identifier}", do: p.editEndpoint},
		{method: http.MethodPost, pattern: "/vendor/products/{id}/endpoints/{identifier}", do: p.updateEndpoint},
		{pattern: "/vendor/products/{id}/plans", do: p.productPlans},
		{pattern: "/vendor/products/{id}/plans/new", do: p.newPlan},
		{method: http.MethodPost, pattern: "/vendor/products/{id}/plans/new", do: p.createPlan, body: planBody},
		{pattern: "/vendor/products/{id}/plans/{plan}", do: p.editPlan},
		{method: http.MethodPost, pattern: "/vendor/products/{id}/plans/{plan}", do: p.revisePlan, body: planBody},
		{pattern: "/vendor/products/{id}/integration", do: p.productIntegration},
		{pattern: "/vendor/products/{id}/subscribers", do: p.productSubscribers},
		{pattern: "/vendor/products/{id}/deliveries", do: p.productDeliveries},
		{pattern: "/vendor/subscribers", do: p.vendorSubscribers},
		{pattern: "/vendor/subscribers/{id}", do: p.vendorSubscriber},
		{method: http.MethodPost, pattern: "/vendor/subscribers/{id}/approve", do: p.approveSale},
		{method: http.MethodPost, pattern: "/vendor/subscribers/{id}/reject", do: p.rejectSale},
		{method: http.MethodPost, pattern: "/vendor/subscribers/{id}/report", do: p.reportSale},
		{method: http.MethodPost, pattern: "/vendor/subscribers/{id}/addresses", do: p.setAddresses},
		{method: http.MethodPost, pattern: "/vendor/subscribers/{id}/instructions", do: p.setInstructions},
		{method: http.MethodPost, pattern: "/vendor/subscribers/{id}/credentials", do: p.setCredentials},
		{method: http.MethodPost, pattern: "/vendor/subscribers/{id}/lines", do: p.addLine},
		{method: http.MethodPost, pattern: "/vendor/subscribers/{id}/lines/remove", do: p.removeLine},
		{pattern: "/vendor/subscribers/{id}/{verb}", do: p.askSale},
		{method: http.MethodPost, pattern: "/vendor/subscribers/{id}/{verb}", do: p.changeSale},
	}
	return inSpace(ui.Vendor, account.EditProducts, all)
}

// inSpace completes routes of one space that all need the same right.
func inSpace(space ui.Space, need account.Right, all []route) []route {
	for i := range all {
		all[i].space, all[i].need = space, need
		if all[i].method == "" {
			all[i].method = http.MethodGet
		}
	}
	return all
}

// vendorNav is the side navigation of the vendor space.
func (v *visit) vendorNav() []ui.NavItem {
	return []ui.NavItem{
		{Label: "Overview", Href: "/vendor"},
		{Label: "Products", Href: "/vendor/products"},
		{Label: "Subscribers", Href: "/vendor/subscribers"},
		{Label: "Webhooks", Href: "/vendor/webhooks"},
		{Label: "Deliveries", Href: "/vendor/deliveries"},
	}
}

// productOf reads the product that the address names, with all of it.
func (v *visit) productOf() (catalog.Listing, error) {
	id, err := v.id("id")
	if err != nil {
		return catalog.Listing{}, err
	}
	return v.Catalog.Product(v.r.Context(), v.actor, id)
}

// workspace is what the pages of one product know.
type workspace struct {
	ui.Page
	catalog.Listing
	Badge badge
	Tabs  ui.Tabs
	Steps []ui.Step // on the way to the first publication only
}

// To is the address of a page of the product.
func (w workspace) To(page string) string { return productPath(w.Product.ID, page) }

func (v *visit) workspace(title string, l catalog.Listing) workspace {
	p := v.base(title)
	p.Crumbs = []ui.NavItem{{Label: "Products", Href: "/vendor/products"}, {Label: l.Product.Name, Href: productPath(l.Product.ID, "")}}
	w := workspace{Page: p, Listing: l, Badge: productBadge(l.Product.Status)}
	w.Tabs = ui.Tabs{Label: "Pages of " + l.Product.Name}
	for _, t := range []struct {
		page, label string
		count       int
	}{{"", "Page", 0}, {"endpoints", "Endpoints", len(l.Endpoints)}, {"plans", "Plans and prices", len(l.Plans)},
		{"integration", "Integration", 0}, {"subscribers", "Subscribers", 0}, {"deliveries", "Deliveries", 0}} {
		if t.page == "endpoints" && l.Product.Type != catalog.API {
			continue
		}
		href := w.To(t.page)
		w.Tabs.Items = append(w.Tabs.Items, ui.NavItem{Label: t.label, Href: href, Count: t.count, Current: v.r.URL.Path == href})
	}
	if l.Product.PublishedAt == nil && l.Product.Status != catalog.Review {
		w.Steps = onboarding(l, v.r.URL.Path)
		if t := orElse(string(l.Product.Type), v.query("type")); t != "" && t != string(catalog.API) {
			w.Steps = append(w.Steps[:1:1], w.Steps[2:]...) // only APIs have endpoints
		}
	}
	return w
}

// onboarding are the steps from nothing to a product in review, seen from the
// page at path.
func onboarding(l catalog.Listing, path string) []ui.Step {
	id := l.Product.ID
	steps := []ui.Step{{Label: "Describe", Href: productPath(id, "edit"), Done: id != 0},
		{Label: "Choose endpoints", Href: productPath(id, "import"), Done: len(l.Endpoints) > 0},
		{Label: "Set prices", Href: productPath(id, "plans"), Done: len(l.Plans) > 0},
		{Label: "Look and submit", Href: productPath(id, "")}}
	here := map[string]int{"/vendor/products/new": 0, productPath(id, "edit"): 0, productPath(id, "import"): 1,
		productPath(id, "plans/new"): 2, productPath(id, ""): 3}
	if i, ok := here[path]; ok {
		steps[i].Current, steps[i].Done = true, false
	}
	return steps
}
