package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// productPath is the address of a page of a product's workspace; "" is its
// first page.
func productPath(id int64, page string) string {
	return strings.TrimSuffix(fmt.Sprintf("/vendor/products/%d/%s", id, page), "/")
}

// productRow is a product in a list.
type productRow struct {
	catalog.Product
	Badge badge
	Alive int // subscriptions that are neither gone nor going
	Href  string
}

type productsData struct {
	ui.Page
	Rows     []productRow
	Pager    ui.Pager
	Form     ui.Form
	Statuses []ui.Option
	Empty    ui.Empty
}

func (p *Portal) vendorProducts(v *visit) error {
	ctx := v.r.Context()
	q := v.r.URL.Query()
	filter := catalog.Filter{Query: q.Get("q"), Status: catalog.Status(q.Get("status"))}
	found, err := p.Catalog.Products(ctx, v.actor, filter, v.list(0))
	if err != nil {
		return err
	}
	alive, err := v.aliveByProduct()
	if err != nil {
		return err
	}
	d := productsData{Page: v.base("Products"), Form: ui.Form{Values: q}, Statuses: productStatuses()}
	d.Pager = pager(d.Page, found.Next)
	d.Empty = noProducts(filter)
	for _, item := range found.Items {
		d.Rows = append(d.Rows, productRow{Product: item, Badge: productBadge(item.Status), Alive: alive[item.ID], Href: productPath(item.ID, "")})
	}
	return v.render(http.StatusOK, "vendor/products", d)
}

func productStatuses() []ui.Option {
	out := []ui.Option{{Value: "", Label: "Any state"}}
	for _, s := range []catalog.Status{catalog.Draft, catalog.Review, catalog.Published, catalog.Rejected, catalog.Retired} {
		out = append(out, ui.Option{Value: string(s), Label: productBadge(s).Word})
	}
	return out
}

func noProducts(f catalog.Filter) ui.Empty {
	if f != (catalog.Filter{}) {
		return ui.Empty{Title: "No product matches", Text: "No product of yours has this state and these words.",
			Action: &ui.Link{Label: "Show all products", Href: "/vendor/products"}}
	}
	return ui.Empty{Title: "No products yet", Text: "What you sell appears here with its state. Start with the OpenAPI document of your API; the rest follows from it.",
		Action: &ui.Link{Label: "Create a product", Href: "/vendor/products/new", Kind: "primary"}}
}

// aliveByProduct counts the living subscriptions of what the actor sells.
func (v *visit) aliveByProduct() (map[int64]int, error) {
	all, err := v.Subscriptions.Tallies(v.r.Context(), v.actor)
	out := map[int64]int{}
	for _, t := range all {
		if (subscription.Subscription{Status: t.Status}).Alive() {
			out[t.ProductID] += t.Count
		}
	}
	return out, err
}

// readProduct is what was typed. Field names are those of the API.
func readProduct(f url.Values) catalog.ProductInput {
	text := func(name string) string { return strings.TrimSpace(f.Get(name)) }
	return catalog.ProductInput{
		Name: text("name"), SKU: text("sku"), Type: catalog.Type(text("type")), Category: text("category"),
		ShortDescription: text("shortDescription"), Description: text("description"), Content: readContent(f),
		UpstreamURL: text("api.upstreamUrl"), AuthHeaderName: text("api.authHeader.name"),
		AuthHeaderValue: secret.Text(text("api.authHeader.value")),
		SyndicationURL:  text("syndicationEndpoint.url"), SyndicationSecret: secret.Text(text("syndicationEndpoint.secret")),
		DriftPolicy: catalog.DriftPolicy(text("driftPolicy")), SubscriptionApproval: text("subscriptionApproval") != "",
	}
}

func readContent(f url.Values) catalog.Content {
	var c catalog.Content
	for line := range strings.Lines(f.Get("features")) {
		if line = strings.TrimSpace(line); line != "" {
			c.Features = append(c.Features, line)
		}
	}
	for i := range faqRows(f) {
		q := catalog.Question{Question: strings.TrimSpace(f.Get(fmt.Sprintf("faq[%d].question", i))), Answer: strings.TrimSpace(f.Get(fmt.Sprintf("faq[%d].answer", i)))}
		if q != (catalog.Question{}) {
			c.FAQ = append(c.FAQ, q)
		}
	}
	return c
}

// faqRows counts the rows up to the last that is filled in.
func faqRows(f url.Values) int {
	rows := 0
	for i := 0; f.Has(fmt.Sprintf("faq[%d].question", i)); i++ {
		if f.Get(fmt.Sprintf("faq[%d].question", i))+f.Get(fmt.Sprintf("faq[%d].answer", i)) != "" {
			rows = i + 1
		}
	}
	return rows
}

// productValues are the fields of a product that exists, without its secrets.
func productValues(p catalog.Product) url.Values {
	v := url.Values{"name": {p.Name}, "sku": {p.SKU}, "category": {p.Category}, "shortDescription": {p.ShortDescription},
		"description": {p.Description}, "features": {strings.Join(p.Content.Features, "\n")}, "api.upstreamUrl": {p.UpstreamURL},
		"api.authHeader.name": {p.AuthHeaderName}, "syndicationEndpoint.url": {p.SyndicationURL}, "driftPolicy": {string(p.DriftPolicy)}}
	if p.SubscriptionApproval {
		v.Set("subscriptionApproval", "true")
	}
	for i, q := range p.Content.FAQ {
		v.Set(fmt.Sprintf("faq[%d].question", i), q.Question)
		v.Set(fmt.Sprintf("faq[%d].answer", i), q.Answer)
	}
	return v
}

var notInSKU = regexp.MustCompile(`[^a-z0-9]+`)

// skuOf proposes a SKU from a name: "Lagoon Maps 2" is lagoon-maps-2.
func skuOf(name string) string {
	sku := strings.Trim(notInSKU.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if len(sku) > 64 {
		sku = strings.TrimRight(sku[:64], "-")
	}
	return sku
}

func (p *Portal) submitProduct(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	product, err := p.Catalog.Submit(v.r.Context(), v.actor, id)
	if err != nil {
		return v.refuse(productPath(id, ""), whole(err))
	}
	return v.done(productPath(id, ""), product.Name+" was handed in. You get a mail when it is approved or sent back.")
}

// whole is err with the words of all its fields in its message, for places
// that show one line.
func whole(err error) error {
	f := fault.As(err)
	if len(f.Fields) < 2 {
		return err
	}
	var words []string
	for _, e := range f.Fields {
		words = append(words, e.Message)
	}
	return fault.New(f.Code, strings.Join(words, " "))
}
