package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/catalog/openapi"
)

// schemaName drops the words that only tell our Go types apart: the schema of
// productView is "Product", of list[productView] "ProductList".
func schemaName(t reflect.Type, hint string) string {
	if t == typeOf[openapi.Endpoint]() {
		return "ProposedEndpoint"
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if rest, ok := strings.CutPrefix(name, "List"); ok && strings.HasSuffix(rest, "View") {
		return strings.TrimSuffix(rest, "View") + "List"
	}
	switch name {
	case "Document":
		return "Problem"
	case "Field":
		return "WrongField"
	}
	return strings.TrimSuffix(name, "View")
}
