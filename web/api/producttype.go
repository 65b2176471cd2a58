package api

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/schema"
)

type productTypeView struct {
	Type             catalog.Type    `json:"type" doc:"Empty when the plugin never answered." example:"openstack"`
	Name             string          `json:"name" example:"openstack"`
	Plugin           string          `json:"plugin" doc:"Empty for the built-in types api, syndicated and service." example:"openstack"`
	Unavailable      string          `json:"unavailable" doc:"Why the plugin cannot be asked now; empty when it can."`
	ProductSchema    document        `json:"productSchema" doc:"JSON Schema of a product's configuration; null for type api."`
	PlanSchema       document        `json:"planSchema" doc:"JSON Schema of a plan's configuration."`
	ParametersSchema document        `json:"parametersSchema" doc:"JSON Schema of an order's parameters."`
	Meters           []catalog.Meter `json:"meters" nullable:"false" doc:"What the plugin measures."`
}

func viewProductType(k catalog.Kind) productTypeView {
	return productTypeView{Type: k.Type, Name: k.Name, Plugin: k.Plugin, Unavailable: k.Unavailable, ProductSchema: rawSchema(k.ProductSchema),
		PlanSchema: rawSchema(k.PlanSchema), ParametersSchema: rawSchema(k.ParametersSchema), Meters: some(k.Meters)}
}

// rawSchema is the schema as the plugin wrote it, null when there is none.
func rawSchema(s *schema.Schema) document {
	if s == nil {
		return nil
	}
	return document(s.Raw())
}

func (s *server) productTypeRoutes() {
	register(s, route{method: http.MethodGet, path: "/product-types", id: "listProductTypes", tag: "Products", summary: "List the product types",
		description: "The built-in ones and those that plugins bring, with the schemas of their documents. Of the types syndicated and service each product has its own parameters and meters, in its configuration. For vendors and operators."}, s.listProductTypes)
}

func (s *server) listProductTypes(ctx context.Context, actor account.Actor, _ *struct{}) (*reply[list[productTypeView]], error) {
	kinds, err := s.Catalog.Kinds(ctx, actor)
	return answer(kinds, err, func(k []catalog.Kind) list[productTypeView] { return all(k, viewProductType) })
}
