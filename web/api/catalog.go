package api

import (
	"context"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
)

// offerView is a product as anybody may see it.
type offerView struct {
	ID               int64              `json:"id" example:"12"`
	SKU              string             `json:"sku" example:"lagoon-maps"`
	Type             catalog.Type       `json:"type" example:"api"`
	Name             string             `json:"name" example:"Lagoon Maps"`
	Vendor           reference          `json:"vendor"`
	Category         string             `json:"category" example:"Maps"`
	ShortDescription string             `json:"shortDescription"`
	Description      string             `json:"description"`
	Features         []string           `json:"features" nullable:"false"`
	FAQ              []catalog.Question `json:"faq" nullable:"false"`
	Endpoints        []endpointView     `json:"endpoints,omitempty" nullable:"false" doc:"When one product is asked for."`
	Plans            []planView         `json:"plans" nullable:"false"`
	Parameters       []parameterView    `json:"parameters,omitempty" nullable:"false" doc:"When one product of type syndicated or service is asked for: what its order wants to know beside quantities."`
	PublishedAt      *time.Time         `json:"publishedAt"`
}

func viewOffer(l catalog.Listing) offerView {
	p := l.Product
	return offerView{ID: p.ID, SKU: p.SKU, Type: p.Type, Name: p.Name, Vendor: refer(p.VendorID, p.Vendor), Category: p.Category,
		ShortDescription: p.ShortDescription, Description: p.Description, Features: some(p.Content.Features), FAQ: some(p.Content.FAQ),
		Endpoints: views(l.Endpoints, viewEndpoint), Plans: views(l.Plans, viewPlan), PublishedAt: p.PublishedAt}
}

// parameterView is what a vendor's product asks its customers for.
type parameterView struct {
	Code           string            `json:"code" doc:"Its name among an order's parameters." example:"region"`
	Name           string            `json:"name" example:"Region"`
	Description    string            `json:"description"`
	Hint           string            `json:"hint" doc:"An example."`
	Required       bool              `json:"required"`
	Validation     string            `json:"validation" doc:"A regular expression that the whole value matches."`
	AcceptedValues map[string]string `json:"acceptedValues,omitempty" doc:"The only values there are, each with its words."`
	External       bool              `json:"externalValues" doc:"Whether the vendor says at the time which values can be chosen."`
	Min            *int64            `json:"min" doc:"With min or max the value is a whole number."`
	Max            *int64            `json:"max"`
	Sensitive      bool              `json:"sensitive" doc:"Kept sealed, and shown to the vendor only."`
}

func viewParameter(p catalog.Parameter) parameterView {
	return parameterView{Code: p.Code, Name: p.Name, Description: p.Description, Hint: p.Hint, Required: p.Required, Validation: p.Validation,
		AcceptedValues: p.AcceptedValues, External: p.ExternalValuesURL != "", Min: p.Min, Max: p.Max, Sensitive: p.Sensitive}
}

type resultsView struct {
	Items  []offerView     `json:"items" nullable:"false"`
	Next   string          `json:"next,omitempty" doc:"The cursor of the next page; not there on the last."`
	Facets []catalog.Facet `json:"facets" nullable:"false" doc:"Every category with the number of published products in it."`
}

func (s *server) catalogRoutes() {
	register(s, route{method: http.MethodGet, path: "/catalog", id: "searchCatalog", tag: "Catalog", summary: "Search what is for sale",
		description: "Without a token, of the marketplace at this host.", public: true}, s.searchCatalog)
	register(s, route{method: http.MethodGet, path: "/catalog/{sku}", id: "getOffer", tag: "Catalog", summary: "Read a product for sale",
		description: "With its endpoints and plans.", public: true}, s.getOffer)
}

func (s *server) searchCatalog(ctx context.Context, actor account.Actor, in *struct {
	Paging
	Query    string `query:"q" doc:"Words that all occur in the name, SKU, category or texts."`
	Category string `query:"category"`
}) (*reply[resultsView], error) {
	r, err := s.Catalog.Search(ctx, actor, catalog.Filter{Query: in.Query, Category: in.Category}, in.request())
	return answer(r, err, func(r catalog.Results) resultsView {
		p := page.Map(r.Page, viewOffer)
		return resultsView{Items: p.Items, Next: p.Next, Facets: some(r.Facets)}
	})
}

func (s *server) getOffer(ctx context.Context, actor account.Actor, in *struct {
	SKU string `path:"sku" example:"lagoon-maps"`
}) (*reply[offerView], error) {
	l, err := s.Catalog.BySKU(ctx, actor, in.SKU)
	if err != nil {
		return nil, err
	}
	d, err := l.Product.Definition()
	return answer(l, err, func(l catalog.Listing) offerView {
		v := viewOffer(l)
		v.Parameters = views(d.Parameters, viewParameter)
		return v
	})
}
