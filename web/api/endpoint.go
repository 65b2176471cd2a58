package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/catalog/openapi"
	"github.com/fondaco/fondaco/core/fault"
)

type endpointRequest struct {
	Identifier  string `json:"identifier,omitempty" doc:"What plans, limits and invoices call it. It never changes." example:"get-tile"`
	Name        string `json:"name,omitempty" doc:"Method and path when it is left out." example:"Get a tile"`
	Description string `json:"description,omitempty"`
	Method      string `json:"method" example:"GET"`
	Path        string `json:"path" doc:"With parameters as whole segments." example:"/tiles/{z}/{x}/{y}"`
	Deprecated  bool   `json:"deprecated,omitempty" doc:"Taken from proposals and not kept."`
}

func (r endpointRequest) input(*fault.Check) catalog.EndpointInput {
	return catalog.EndpointInput{Identifier: r.Identifier, Name: r.Name, Description: r.Description, Method: r.Method, Path: r.Path}
}

type endpointView struct {
	Identifier  string `json:"identifier" example:"get-tile"`
	Name        string `json:"name" example:"Get a tile"`
	Description string `json:"description"`
	Method      string `json:"method" example:"GET"`
	Path        string `json:"path" example:"/tiles/{z}/{x}/{y}"`
}

func viewEndpoint(e catalog.Endpoint) endpointView {
	return endpointView{Identifier: e.Identifier, Name: e.Name, Description: e.Description, Method: e.Method, Path: e.Path}
}

// endpointsRequest takes the endpoints in every shape they come in: under
// "endpoints", "items" (a list's answer) or "proposed" (an import's answer),
// as a bare array, or one alone.
type endpointsRequest struct {
	endpoints []endpointRequest
	field     string // what the caller calls the list
	alone     bool
}

func (r *endpointsRequest) decodeJSON(d *decoder, path string, v any) {
	object, isObject := v.(map[string]any)
	if !isObject {
		d.into("", v, reflect.ValueOf(&r.endpoints).Elem())
		return
	}
	for _, name := range []string{"endpoints", "items", "proposed"} {
		if items, ok := object[name]; ok {
			r.field = name
			d.into(name, items, reflect.ValueOf(&r.endpoints).Elem())
			return
		}
	}
	r.alone, r.endpoints = true, make([]endpointRequest, 1)
	d.into(path, v, reflect.ValueOf(&r.endpoints[0]).Elem())
}

// Schema documents the shapes.
func (*endpointsRequest) Schema(r huma.Registry) *huma.Schema {
	one := r.Schema(reflect.TypeFor[endpointRequest](), true, "")
	many := &huma.Schema{Type: huma.TypeArray, Items: one}
	named := func(name string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{name: many}, Required: []string{name}}
	}
	return &huma.Schema{AnyOf: []*huma.Schema{named("endpoints"), named("items"), named("proposed"), many, one}}
}

// asWritten names the wrong fields as the caller wrote them.
func (r *endpointsRequest) asWritten(err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || r.field == "endpoints" {
		return err
	}
	for i, f := range e.Fields {
		if r.alone {
			e.Fields[i].Name = renamed(f.Name, "endpoints[0]", "")
		} else {
			e.Fields[i].Name = renamed(f.Name, "endpoints", r.field)
		}
	}
	return err
}

type proposalView struct {
	Title       string             `json:"title" example:"Lagoon Maps"`
	Version     string             `json:"version" example:"1.4.0" doc:"Of the API itself."`
	Format      string             `json:"format" example:"OpenAPI 3.1.0"`
	Description string             `json:"description"`
	ServerURLs  []string           `json:"serverUrls" nullable:"false"`
	Proposed    []openapi.Endpoint `json:"proposed" nullable:"false" doc:"One endpoint per operation. Nothing is stored yet: send those you want to sell to /products/{id}/endpoints."`
	Notes       []string           `json:"notes" nullable:"false" doc:"What was left out or assumed."`
}

const endpointExample = `{"identifier":"get-tile","name":"Get a tile","method":"GET","path":"/tiles/{z}/{x}/{y}"}`

func (s *server) endpointRoutes() {
	register(s, route{method: http.MethodPost, path: "/products/{id}/openapi", id: "importOpenAPI", tag: "Products", summary: "Propose endpoints from an OpenAPI document",
		description: "Send the document itself, OpenAPI 3 or Swagger 2, JSON or YAML, at most 20 MiB, with any content type. Nothing is stored.",
		example:     `{"openapi":"3.1.0","info":{"title":"Lagoon Maps","version":"1.4.0"},"paths":{"/tiles/{z}/{x}/{y}":{"get":{"operationId":"getTile","responses":{"200":{"description":"The tile."}}}}}}`,
		maxBody:     openapi.MaxSize, raw: true}, s.importOpenAPI)
	register(s, route{method: http.MethodPost, path: "/products/{id}/endpoints", id: "addEndpoints", tag: "Products", summary: "Add endpoints",
		description: "All of them or none. The answer lists all endpoints of the product.", status: http.StatusCreated, example: `{"endpoints":[` + endpointExample + `]}`}, s.addEndpoints)
	register(s, route{method: http.MethodGet, path: "/products/{id}/endpoints", id: "listEndpoints", tag: "Products", summary: "List a product's endpoints"}, s.listEndpoints)
	register(s, route{method: http.MethodPut, path: "/products/{id}/endpoints/{identifier}", id: "replaceEndpoint", tag: "Products", summary: "Change an endpoint",
		description: "The identifier never changes: invoices and limits refer to it.", example: endpointExample}, s.replaceEndpoint)
}

func (s *server) importOpenAPI(ctx context.Context, actor account.Actor, in *struct {
	ByID
	RawBody []byte
}) (*reply[proposalView], error) {
	r, err := s.Catalog.Propose(ctx, actor, in.ID, in.RawBody)
	return answer(r, err, func(r openapi.Result) proposalView {
		return proposalView{Title: r.Title, Version: r.Version, Format: r.Format, Description: r.Description,
			ServerURLs: some(r.ServerURLs), Proposed: some(r.Proposed), Notes: some(r.Notes)}
	})
}

func (s *server) addEndpoints(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[endpointsRequest]
}) (*created[list[endpointView]], error) {
	r, err := read(&in.Body, same[endpointsRequest])
	if err != nil {
		return nil, err
	}
	var none fault.Check
	endpoints, err := s.Catalog.AddEndpoints(ctx, actor, in.ID, views(r.endpoints, func(e endpointRequest) catalog.EndpointInput { return e.input(&none) }))
	if err != nil {
		return nil, r.asWritten(err)
	}
	return &created[list[endpointView]]{Location: fmt.Sprintf("%s/products/%d/endpoints", Prefix, in.ID), Body: all(endpoints, viewEndpoint)}, nil
}

func (s *server) listEndpoints(ctx context.Context, actor account.Actor, in *ByID) (*reply[list[endpointView]], error) {
	l, err := s.Catalog.Product(ctx, actor, in.ID)
	return answer(l, err, func(l catalog.Listing) list[endpointView] { return all(l.Endpoints, viewEndpoint) })
}

func (s *server) replaceEndpoint(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Identifier string `path:"identifier" example:"get-tile"`
	Body       body[endpointRequest]
}) (*reply[endpointView], error) {
	input, err := read(&in.Body, endpointRequest.input)
	if err != nil {
		return nil, err
	}
	e, err := s.Catalog.UpdateEndpoint(ctx, actor, in.ID, in.Identifier, input)
	return answer(e, err, viewEndpoint)
}
