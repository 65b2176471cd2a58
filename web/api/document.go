package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/web/problem"
)

const introduction = `Sell, buy, call and bill APIs on this marketplace.

Send an API token with each request: ` + "`Authorization: Bearer fdk_…`" + `. Bodies are JSON in UTF-8 with camelCase names. A field that is not
known is refused by name. Money in answers is ` + "`{\"amount\":\"39.00\",\"currency\":\"EUR\"}`" + `; prices in requests are decimal strings, numbers or such
money. Ids are positive 32-bit integers. Times are RFC 3339 in UTC. Lists are ` + "`{\"items\":[…],\"next\":\"…\"}`" + `, newest first; send next as
` + "`cursor`" + ` to go on.

An error is ` + "`application/problem+json`" + ` (RFC 9457) and names every wrong field under errors. Send an Idempotency-Key with a POST, and it is
carried out once however often you send it.`

func newDocument() *huma.OpenAPI {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: "Fondaco API", Version: "1.0.0", Description: introduction},
		Servers: []*huma.Server{{URL: Prefix}},
		Tags: []*huma.Tag{
			{Name: "Catalog", Description: "What is for sale. Anybody may look."},
			{Name: "Orders", Description: "From a quote to an order."},
			{Name: "Subscriptions", Description: "What was bought: access, usage, plan."},
			{Name: "Fulfilment", Description: "For vendors: what you set up yourself for customers."},
			{Name: "Invoices", Description: "What it costs, and paying for it."},
			{Name: "Charges", Description: "What a vendor bills beside its plans."},
			{Name: "Products", Description: "For vendors: what you sell."},
			{Name: "Plans", Description: "For vendors: what it costs."},
			{Name: "Review", Description: "For operators: what may be sold."},
			{Name: "Events", Description: "What happened, and who was told."},
			{Name: "Account", Description: "Who you are, and your tokens."},
			{Name: "Reselling", Description: "For resellers: a storefront, its prices and its customers."},
			{Name: "Operations", Description: "For operators."},
			{Name: "Sandbox", Description: "Time travel in sandbox marketplaces."},
		},
		Components: &huma.Components{
			Schemas: registry,
			SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer",
				Description: "An API token: make one on your account page, or with POST /tokens."}},
			Responses: map[string]*huma.Response{"Problem": {
				Description: "What went wrong and what to do (RFC 9457).",
				Headers:     map[string]*huma.Param{problem.Header: {Description: "Tell us this when you ask for help.", Schema: &huma.Schema{Type: huma.TypeString}}},
				Content: map[string]*huma.MediaType{problem.ContentType: {
					Schema: registry.Schema(typeOf[problem.Document](), true, "Problem")}},
			}},
		},
	}
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// exampleBody documents the request's body; huma adds the schema.
func exampleBody(rt route) *huma.RequestBody {
	content := map[string]*huma.MediaType{"application/json": {Example: json.RawMessage(rt.example)}}
	if rt.raw {
		anything := &huma.Schema{Description: "The document itself."}
		content["application/json"].Schema = anything
		content["application/yaml"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Description: "The document itself."}}
	}
	return &huma.RequestBody{Required: true, Content: content}
}

// finishDocument sets what huma cannot know.
func (s *server) finishDocument() {
	pdf := s.huma.OpenAPI().Paths["/invoices/{id}/pdf"].Get.Responses["200"]
	pdf.Content = map[string]*huma.MediaType{"application/pdf": {Schema: &huma.Schema{Type: huma.TypeString, Description: "The document."}}}
	for _, path := range []string{progressPath, livePath} {
		watch := s.huma.OpenAPI().Paths[path].Get.Responses["200"]
		watch.Content = map[string]*huma.MediaType{eventStream: {Schema: &huma.Schema{Type: huma.TypeString, Description: "The events."}}}
	}
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} {
		delete(s.huma.OpenAPI().Components.Schemas.Map(), unused) // huma's own errors, which asProblem replaces
	}
	for _, item := range s.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil && op.RequestBody != nil {
				delete(op.RequestBody.Content, "application/octet-stream")
			}
		}
	}
}
