package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
)

type productRequest struct {
	VendorID         int64                `json:"vendorId,omitempty" doc:"Operators only: the vendor whose product it is."`
	Name             string               `json:"name" doc:"At most 100 characters." example:"Lagoon Maps"`
	SKU              string               `json:"sku,omitempty" doc:"The product's address in the catalog: lower-case letters, digits and dashes. It never changes." example:"lagoon-maps"`
	Type             catalog.Type         `json:"type,omitempty" doc:"What kind of product it is. It never changes." example:"api"`
	Category         string               `json:"category" example:"Maps"`
	ShortDescription string               `json:"shortDescription,omitempty" doc:"What it does in two lines, at most 200 characters." example:"Tiles and routes of the lagoon."`
	Description      string               `json:"description,omitempty" doc:"The page's text, at most 20000 characters."`
	Features         []string             `json:"features,omitempty" nullable:"false"`
	FAQ              []catalog.Question   `json:"faq,omitempty" nullable:"false"`
	API              *upstreamRequest     `json:"api,omitempty" doc:"Required for products of type api."`
	Configuration    json.RawMessage      `json:"configuration,omitempty" doc:"For all other types: an object by the type's productSchema; see product-types. Secrets are kept sealed, never shown again, and stay as they are when they are left out."`
	DriftPolicy      catalog.DriftPolicy  `json:"driftPolicy,omitempty" doc:"What is done when what exists is not what was sold: report (unless told), repair or bill. Left out of a change, it stays." example:"report"`
	Approval         bool                 `json:"subscriptionApproval,omitempty" doc:"Whether orders wait for your approval, or for that of the reseller who sells."`
	Syndication      *syndicationEndpoint `json:"syndicationEndpoint,omitempty" doc:"Where events about subscriptions are sent. Required before a product of type syndicated can be submitted."`
}

// productPatch is a productRequest that may leave everything out.
type productPatch productRequest

// TransformSchema documents that.
func (*productPatch) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Required = nil
	return s
}

func (r productPatch) input(c *fault.Check) productInput { return productRequest(r).input(c) }

type upstreamRequest struct {
	UpstreamURL string         `json:"upstreamUrl" doc:"Where the gateway sends the requests." example:"https://api.example.com/v1"`
	AuthHeader  *headerRequest `json:"authHeader,omitempty" doc:"A header that the gateway adds, so that your API knows it."`
}

type headerRequest struct {
	Name  string      `json:"name" example:"X-Api-Key"`
	Value secret.Text `json:"value,omitempty" doc:"Kept sealed and never shown again. Left out, the value stays as it is."`
}

type syndicationEndpoint struct {
	URL    string      `json:"url" example:"https://hooks.example.com/fondaco"`
	Secret secret.Text `json:"secret,omitempty" doc:"What events are signed with. Kept sealed and never shown again. Left out, it stays as it is."`
}

// productInput is catalog.ProductInput, validated as far as that goes without
// the marketplace: only a sandbox may point at this machine.
type productInput struct{ catalog.ProductInput }

// Validate reports what is wrong on every marketplace.
func (p productInput) Validate() error {
	p.UpstreamURL, p.SyndicationURL = anywhere(p.UpstreamURL), anywhere(p.SyndicationURL)
	return p.ProductInput.Validate()
}

// anywhere is the address at a host that is allowed everywhere.
func anywhere(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	u.Host = "example.com"
	return u.String()
}

// input is the service's input; the service says what is missing.
func (r productRequest) input(c *fault.Check) productInput {
	in := catalog.ProductInput{VendorID: r.VendorID, Name: r.Name, SKU: r.SKU, Type: r.Type, Category: r.Category,
		ShortDescription: r.ShortDescription, Description: r.Description, Content: catalog.Content{Features: r.Features, FAQ: r.FAQ},
		Configuration: r.Configuration, DriftPolicy: r.DriftPolicy, SubscriptionApproval: r.Approval}
	c.That(validID(r.VendorID) || r.VendorID == 0, "vendorId", "There is no such vendor.")
	if r.API != nil {
		in.UpstreamURL = r.API.UpstreamURL
		if h := r.API.AuthHeader; h != nil {
			in.AuthHeaderName, in.AuthHeaderValue = h.Name, h.Value
		}
	}
	if r.Syndication != nil {
		in.SyndicationURL, in.SyndicationSecret = r.Syndication.URL, r.Syndication.Secret
	}
	return productInput{in}
}

// productOf is what a request that changes nothing would have sent.
func productOf(p catalog.Product) productPatch {
	r := productPatch{Name: p.Name, Category: p.Category, ShortDescription: p.ShortDescription, Description: p.Description,
		Features: p.Content.Features, FAQ: p.Content.FAQ, Approval: p.SubscriptionApproval}
	if p.Type == catalog.API {
		r.API = &upstreamRequest{UpstreamURL: p.UpstreamURL}
	} else {
		r.Configuration = json.RawMessage(p.Configuration)
	}
	if p.AuthHeaderName != "" {
		r.API.AuthHeader = &headerRequest{Name: p.AuthHeaderName}
	}
	if p.SyndicationURL != "" {
		r.Syndication = &syndicationEndpoint{URL: p.SyndicationURL}
	}
	return r
}

type productView struct {
	ID               int64                     `json:"id" example:"12"`
	Vendor           reference                 `json:"vendor"`
	SKU              string                    `json:"sku" example:"lagoon-maps"`
	Type             catalog.Type              `json:"type" example:"api"`
	Name             string                    `json:"name" example:"Lagoon Maps"`
	Category         string                    `json:"category" example:"Maps"`
	ShortDescription string                    `json:"shortDescription"`
	Description      string                    `json:"description"`
	Features         []string                  `json:"features" nullable:"false"`
	FAQ              []catalog.Question        `json:"faq" nullable:"false"`
	Status           catalog.Status            `json:"status" enum:"draft,review,published,rejected,retired"`
	ReviewNote       string                    `json:"reviewNote" doc:"Why the operator sent it back."`
	API              optional[upstreamView]    `json:"api" doc:"Of a product of type api."`
	Configuration    json.RawMessage           `json:"configuration,omitempty" doc:"Of all other types, without its secrets."`
	DriftPolicy      catalog.DriftPolicy       `json:"driftPolicy" enum:"report,repair,bill"`
	Approval         bool                      `json:"subscriptionApproval" doc:"Whether orders wait for approval."`
	Syndication      optional[syndicationView] `json:"syndicationEndpoint"`
	Endpoints        []endpointView            `json:"endpoints,omitempty" nullable:"false" doc:"When one product is asked for."`
	Plans            []planView                `json:"plans,omitempty" nullable:"false" doc:"When one product is asked for."`
	CreatedAt        time.Time                 `json:"createdAt"`
	UpdatedAt        time.Time                 `json:"updatedAt"`
	PublishedAt      *time.Time                `json:"publishedAt"`
}

type upstreamView struct {
	UpstreamURL string               `json:"upstreamUrl" example:"https://api.example.com/v1"`
	AuthHeader  optional[headerView] `json:"authHeader"`
}

type headerView struct {
	Name     string `json:"name" example:"X-Api-Key"`
	HasValue bool   `json:"hasValue" doc:"Whether a value is kept. It is never shown."`
}

type syndicationView struct {
	URL       string `json:"url" example:"https://hooks.example.com/fondaco"`
	HasSecret bool   `json:"hasSecret" doc:"Whether a secret is kept. It is never shown."`
}

func viewProduct(p catalog.Product) productView {
	v := productView{ID: p.ID, Vendor: refer(p.VendorID, p.Vendor), SKU: p.SKU, Type: p.Type, Name: p.Name, Category: p.Category,
		ShortDescription: p.ShortDescription, Description: p.Description, Features: some(p.Content.Features), FAQ: some(p.Content.FAQ),
		Status: p.Status, ReviewNote: p.ReviewNote, DriftPolicy: p.DriftPolicy, Approval: p.SubscriptionApproval,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, PublishedAt: p.PublishedAt}
	if p.Type == catalog.API {
		v.API = maybe(viewUpstream(p))
	} else {
		v.Configuration = json.RawMessage(p.Configuration)
	}
	if p.SyndicationURL != "" {
		v.Syndication = maybe(&syndicationView{URL: p.SyndicationURL, HasSecret: len(p.SyndicationKey) > 0})
	}
	return v
}

func viewUpstream(p catalog.Product) *upstreamView {
	v := &upstreamView{UpstreamURL: p.UpstreamURL}
	if p.AuthHeaderName != "" {
		v.AuthHeader = maybe(&headerView{Name: p.AuthHeaderName, HasValue: len(p.AuthHeaderSealed) > 0})
	}
	return v
}

func viewListing(l catalog.Listing) productView {
	v := viewProduct(l.Product)
	v.Endpoints, v.Plans = views(l.Endpoints, viewEndpoint), views(l.Plans, viewPlan)
	return v
}

// some is a list that is never null.
func some[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

const productExample = `{"name":"Lagoon Maps","sku":"lagoon-maps","type":"api","category":"Maps",
"shortDescription":"Tiles and routes of the lagoon.",
"api":{"upstreamUrl":"https://api.example.com/v1","authHeader":{"name":"X-Api-Key","value":"s3cret"}},
"syndicationEndpoint":{"url":"https://hooks.example.com/fondaco","secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}`

// syndicatedExample is the configuration of a product that its vendor sets up.
const syndicatedExample = `{"parameters":[{"code":"region","name":"Region","required":true,"acceptedValues":{"n":"North","s":"South"}}],` +
	`"orderValidationUrls":["https://hooks.example.com/validate"],"meters":[{"name":"visits","unit":"visit"}],` +
	`"metrics":[{"meter":"visits","endpoint":"/metrics/visits","frequency":"EVERY_1_HOUR","counter":true}]}`

func (s *server) productRoutes() {
	register(s, route{method: http.MethodPost, path: "/products", id: "createProduct", tag: "Products", summary: "Create a product",
		description: "It begins as a draft. Add endpoints and plans, then submit it for review. A product of type api has api; one of type syndicated, which your own connector sets up, a syndicationEndpoint and a configuration such as " + syndicatedExample + ", which product-types describes in full.", status: http.StatusCreated, example: productExample}, s.createProduct)
	register(s, route{method: http.MethodGet, path: "/products", id: "listProducts", tag: "Products", summary: "List your products",
		description: "In any status; operators see those of every vendor."}, s.listProducts)
	register(s, route{method: http.MethodGet, path: "/products/{id}", id: "getProduct", tag: "Products", summary: "Read a product with its endpoints and plans"}, s.getProduct)
	register(s, route{method: http.MethodPut, path: "/products/{id}", id: "replaceProduct", tag: "Products", summary: "Replace a product's description",
		description: "What is left out is emptied, but for secrets. SKU and type never change.", example: productExample}, s.replaceProduct)
	register(s, route{method: http.MethodPatch, path: "/products/{id}", id: "changeProduct", tag: "Products", summary: "Change a product's description",
		description: "What is left out stays as it is; null empties.", example: `{"shortDescription":"Tiles, routes and tides of the lagoon."}`}, s.changeProduct)
}

func (s *server) createProduct(ctx context.Context, actor account.Actor, in *struct{ Body body[productRequest] }) (*created[productView], error) {
	input, err := read(&in.Body, productRequest.input)
	if err != nil {
		return nil, err
	}
	p, err := s.Catalog.CreateProduct(ctx, actor, input.ProductInput)
	if err != nil {
		return nil, err
	}
	return &created[productView]{Location: fmt.Sprintf("%s/products/%d", Prefix, p.ID), Body: viewListing(catalog.Listing{Product: p})}, nil
}

type productsRequest struct {
	Paging
	Query    string         `query:"q" doc:"Words that all occur in the name, SKU, category or texts."`
	Category string         `query:"category"`
	Status   catalog.Status `query:"status" enum:"draft,review,published,rejected,retired"`
}

func (s *server) listProducts(ctx context.Context, actor account.Actor, in *productsRequest) (*reply[list[productView]], error) {
	found, err := s.Catalog.Products(ctx, actor, catalog.Filter{Query: in.Query, Category: in.Category, Status: in.Status}, in.request())
	return listOf(found, err, viewProduct)
}

func (s *server) getProduct(ctx context.Context, actor account.Actor, in *ByID) (*reply[productView], error) {
	l, err := s.Catalog.Product(ctx, actor, in.ID)
	return answer(l, err, viewListing)
}

type productChange struct {
	ByID
	Body body[productRequest]
}

func (s *server) replaceProduct(ctx context.Context, actor account.Actor, in *productChange) (*reply[productView], error) {
	input, err := read(&in.Body, productRequest.input)
	if err != nil {
		return nil, err
	}
	p, err := s.Catalog.UpdateProduct(ctx, actor, in.ID, input.ProductInput)
	return answer(p, err, viewProduct)
}

func (s *server) changeProduct(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[productPatch]
}) (*reply[productView], error) {
	old, err := s.Catalog.Product(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	input, err := readOver(&in.Body, productOf(old.Product), productPatch.input)
	if err != nil {
		return nil, err
	}
	p, err := s.Catalog.UpdateProduct(ctx, actor, in.ID, input.ProductInput)
	return answer(p, err, viewProduct)
}

type rejection struct {
	Reason string `json:"reason" doc:"What the vendor should change." example:"The description says nothing about limits."`
}

func (s *server) reviewRoutes() {
	register(s, route{method: http.MethodPost, path: "/products/{id}/submit", id: "submitProduct", tag: "Products", summary: "Submit a product for review",
		description: "It needs a plan and a short description, an API at least one endpoint, and a syndicated product its syndicationEndpoint."}, s.submitProduct)
	register(s, route{method: http.MethodPost, path: "/products/{id}/approve", id: "approveProduct", tag: "Review", summary: "Approve a product",
		description: "Operators only. It can be found and bought from now on."}, s.approveProduct)
	register(s, route{method: http.MethodPost, path: "/products/{id}/reject", id: "rejectProduct", tag: "Review", summary: "Send a product back to its vendor",
		description: "Operators only.", example: `{"reason":"The description says nothing about limits."}`}, s.rejectProduct)
}

func (s *server) submitProduct(ctx context.Context, actor account.Actor, in *ByID) (*reply[productView], error) {
	p, err := s.Catalog.Submit(ctx, actor, in.ID)
	return answer(p, err, viewProduct)
}

func (s *server) approveProduct(ctx context.Context, actor account.Actor, in *ByID) (*reply[productView], error) {
	p, err := s.Catalog.Approve(ctx, actor, in.ID)
	return answer(p, err, viewProduct)
}

func (s *server) rejectProduct(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[rejection]
}) (*reply[productView], error) {
	r, err := read(&in.Body, same[rejection])
	if err != nil {
		return nil, err
	}
	p, err := s.Catalog.Reject(ctx, actor, in.ID, r.Reason)
	return answer(p, err, viewProduct)
}
