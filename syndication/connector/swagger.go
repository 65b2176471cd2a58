package connector

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Groups of resources in the documentation; what is in none is shown in all.
var groups = map[string][]string{
	"admin":          {"event", "environment", "enum", "test"},
	"billing":        {"order", "invoice", "budgetEstimate", "cart", "coupon", "costs"},
	"catalog":        {"product", "productVersion", "billingItem", "configurationParameter", "category", "productTag", "file", "comment", "applicationMetric"},
	"channel":        {"reseller", "distributor", "resellerCatalog", "resellerPricing", "distributorCatalog", "distributorPricing", "proceedsReport"},
	"cloudApps":      {"subscription"},
	"cloudProviders": {"cloudCredential"},
	"users":          {"user", "company", "userCompany", "login", "logout"},
	"environment":    {"environment", "countryCodes", "enum"},
}

// swaggerRoutes are known to the router alone: the document of all others is
// made of their table.
func (s *server) swaggerRoutes(all []route) []route {
	return []route{{method: http.MethodGet, path: "v2/api-docs", handle: documentation(all), public: true}}
}

// documentation answers a Swagger 2 document of the calls there are, or of one
// group of them (?group=catalog).
func documentation(all []route) handlerFunc {
	return func(_ context.Context, c *call) (answer, error) {
		paths := map[string]map[string]any{}
		for _, r := range all {
			if !inGroup(r.resource(), c.value("group")) {
				continue
			}
			path := "/" + r.path
			if paths[path] == nil {
				paths[path] = map[string]any{}
			}
			paths[path][strings.ToLower(r.method)] = r.operation()
		}
		return ok(map[string]any{
			"swagger": "2.0", "info": map[string]string{"title": "Connector API", "version": "1"}, "basePath": c.Prefixes[0],
			"produces": []string{"application/json"}, "consumes": []string{"application/json"},
			"securityDefinitions": map[string]any{"basic": map[string]string{"type": "basic"},
				"token": map[string]string{"type": "apiKey", "in": "header", "name": tokenHeader}},
			"tags": tagsOf(all, c.value("group")), "paths": paths,
		}), nil
	}
}

// resource is the first part of a path: "product" of "product/{id}".
func (r route) resource() string {
	first, _, _ := strings.Cut(r.path, "/")
	return first
}

func inGroup(resource, group string) bool {
	members, known := groups[group]
	return !known || slices.Contains(members, resource)
}

// tagsOf names the resources of a group.
func tagsOf(all []route, group string) []map[string]string {
	names := map[string]bool{}
	for _, r := range all {
		if inGroup(r.resource(), group) {
			names[r.resource()] = true
		}
	}
	out := []map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		out = append(out, map[string]string{"name": name})
	}
	return out
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// operation describes a call as far as its route does.
func (r route) operation() map[string]any {
	parameters := []map[string]any{}
	for _, m := range pathParameter.FindAllStringSubmatch(r.path, -1) {
		p := map[string]any{"name": m[1], "in": "path", "required": true, "type": "string"}
		if m[1] == "id" {
			p["type"], p["format"] = "integer", "int32"
		}
		parameters = append(parameters, p)
	}
	parameters = append(parameters, map[string]any{"name": "apiVersion", "in": "query", "required": false, "type": "string"})
	o := map[string]any{"tags": []string{r.resource()}, "operationId": r.operationID(), "parameters": parameters,
		"responses": map[string]any{"default": map[string]string{"description": "errorHolders say what was wrong."}}}
	if !r.public {
		o["security"] = []map[string][]string{{"token": {}}, {"basic": {}}}
	}
	return o
}

var notWord = regexp.MustCompile(`\W+`)

// operationID is unique, because method and path are.
func (r route) operationID() string {
	return strings.ToLower(r.method) + "_" + strings.Trim(notWord.ReplaceAllString(r.path, "_"), "_")
}
