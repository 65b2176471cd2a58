package portal

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// storefrontRoutes are the pages for everybody who looks around.
func (p *Portal) storefrontRoutes() []route {
	return []route{
		get("/", ui.Storefront, "", p.home),
		get("/catalog", ui.Storefront, "", p.catalog),
		get("/products/{sku}", ui.Storefront, "", p.product),
		get("/terms", ui.Storefront, "", p.text("Terms", "storefront/terms")),
		get("/privacy", ui.Storefront, "", p.text("Privacy", "storefront/privacy")),
	}
}

// productItem is a product in a list.
type productItem struct {
	Name, SKU, Vendor, Category, Text, Price string
}

func (v *visit) items(found []catalog.Listing) []productItem {
	out := make([]productItem, len(found))
	for i, l := range found {
		out[i] = productItem{Name: l.Product.Name, SKU: l.Product.SKU, Vendor: l.Product.Vendor, Category: l.Product.Category,
			Text: l.Product.ShortDescription, Price: v.words.from(l.Plans)}
	}
	return out
}

// facet is a category with a link to what is in it.
type facet struct {
	Name    string
	Count   int
	Href    string
	Current bool
}

func facets(all []catalog.Facet, current string, href func(category string) string) []facet {
	var out []facet
	for _, f := range all {
		if f.Category != "" {
			out = append(out, facet{Name: f.Category, Count: f.Products, Href: href(f.Category), Current: f.Category == current})
		}
	}
	return out
}

// homeData is the data of page "storefront/home".
type homeData struct {
	ui.Page
	Categories []facet
	Products   []productItem
	All        int
}

// featured is how many products the start page shows.
const featured = 6

func (p *Portal) home(v *visit) error {
	found, err := p.Catalog.Search(v.r.Context(), v.looker(), catalog.Filter{}, page.Request{Limit: featured})
	if err != nil {
		return err
	}
	d := homeData{Page: v.base(""), Products: v.items(found.Page.Items)}
	d.Categories = facets(found.Facets, "", func(c string) string { return "/catalog?category=" + url.QueryEscape(c) })
	for _, f := range found.Facets {
		d.All += f.Products
	}
	return v.render(http.StatusOK, "storefront/home", d)
}

// catalogData is the data of page "storefront/catalog".
type catalogData struct {
	ui.Page
	Category string
	Facets   []facet
	Products []productItem
	Pager    ui.Pager
	Empty    ui.Empty
	Clear    string // address without the category
}

// resultsPerPage is how many products a page of results shows.
const resultsPerPage = 24

func (p *Portal) catalog(v *visit) error {
	f := catalog.Filter{Query: v.query("q"), Category: v.query("category")}
	found, err := p.Catalog.Search(v.r.Context(), v.looker(), f, v.list(resultsPerPage))
	if err != nil {
		return err
	}
	d := catalogData{Page: v.base("Catalog"), Category: f.Category, Products: v.items(found.Page.Items)}
	if f.Query != "" {
		d.Title = v.words.T("Results for “%s”", f.Query)
	} else if f.Category != "" {
		d.Title = f.Category
	}
	d.Facets = facets(found.Facets, f.Category, func(c string) string { return d.With("category", c) })
	d.Clear = d.With("category", "")
	d.Pager = pager(d.Page, found.Page.Next)
	d.Empty = ui.Empty{Title: "Nothing found", Text: "No product matches all of this. Try fewer or other words, or look through the categories.",
		Action: &ui.Link{Label: "Show all products", Href: "/catalog"}}
	return v.render(http.StatusOK, "storefront/catalog", d)
}

// productData is the data of page "storefront/product"; the vendor's preview
// draws it too.
type productData struct {
	ui.Page
	Product    catalog.Product
	About      []string
	Endpoints  []catalog.Endpoint
	Comparison comparison
	Estimate   estimate
	Net        bool // tax comes on top of prices
	Preview    bool // shown to its vendor or an operator, not for sale here
	Shop       storefront.Storefront
}

// Orderable reports whether people order by themselves here.
func (d productData) Orderable() bool { return !d.Preview && d.Shop.Mode.TakesOrders() }

// InPerson reports whether the reseller is asked instead.
func (d productData) InPerson() bool { return !d.Preview && !d.Shop.Mode.TakesOrders() }

// Described reports whether any endpoint says what it does.
func (d productData) Described() bool {
	return slices.ContainsFunc(d.Endpoints, func(e catalog.Endpoint) bool { return e.Description != "" })
}

func (p *Portal) product(v *visit) error {
	l, err := p.Catalog.BySKU(v.r.Context(), v.looker(), v.param("sku"))
	if err != nil {
		return err
	}
	d := v.productData(l)
	if d.Shop, err = p.Storefronts.Of(v.r.Context(), v.market.ID, v.looker().ResellerID); err != nil {
		return err
	}
	if v.htmx() {
		return v.fragment("storefront/product", "estimate", d)
	}
	return v.render(http.StatusOK, "storefront/product", d)
}

// productData lays out a product's page.
func (v *visit) productData(l catalog.Listing) productData {
	d := productData{Page: v.base(l.Product.Name), Product: l.Product, About: paragraphs(l.Product.Description), Endpoints: l.Endpoints,
		Comparison: v.words.compare(l), Net: v.market.TaxPercent.Sign() > 0, Estimate: v.words.estimate(l, v.r.URL.Query(), v.market.TaxPercent, v.now)}
	d.Crumbs = []ui.NavItem{{Label: "Catalog", Href: "/catalog"}}
	if c := l.Product.Category; c != "" {
		d.Crumbs = append(d.Crumbs, ui.NavItem{Label: c, Href: "/catalog?category=" + url.QueryEscape(c)})
	}
	return d
}

// text is a page that only says something.
func (p *Portal) text(title, name string) func(*visit) error {
	return func(v *visit) error { return v.render(http.StatusOK, name, v.base(title)) }
}
