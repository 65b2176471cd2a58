package openapi

import "strings"

// maxServers bounds the server URLs of one result.
const maxServers = 20

// serverURLs reads OpenAPI 3 "servers", with variables at their defaults.
func serverURLs(servers node) []string {
	var urls []string
	for _, s := range asItems(servers) {
		o := asObject(s)
		if len(urls) == maxServers {
			break
		}
		variables := asObject(o.get("variables"))
		u := template.ReplaceAllStringFunc(oneLine(text(o.get("url")), maxPathLength), func(name string) string {
			v := asObject(variables.get(strings.Trim(name, "{}")))
			if value := oneLine(text(v.get("default")), maxPathLength); value != "" {
				return value
			}
			return name
		})
		if u = oneLine(u, maxPathLength); u != "" {
			urls = append(urls, u)
		}
	}
	return urls
}

// swaggerServers puts Swagger 2's schemes, host and basePath together; https
// first, and assumed when no scheme is named.
func (imp *importer) swaggerServers() {
	host, base := text(imp.root.get("host")), strings.TrimRight(text(imp.root.get("basePath")), "/")
	if host == "" {
		if base != "" {
			imp.result.ServerURLs = []string{oneLine(base, maxPathLength)}
		}
		return
	}
	schemes := swaggerSchemes(imp.root.get("schemes"))
	for _, scheme := range schemes {
		imp.result.ServerURLs = append(imp.result.ServerURLs, oneLine(scheme+"://"+host+base, maxPathLength))
	}
}

func swaggerSchemes(list node) []string {
	var https, http []string
	for _, s := range asItems(list) {
		switch s.text() {
		case "https":
			https = []string{"https"}
		case "http":
			http = []string{"http"}
		}
	}
	if all := append(https, http...); len(all) > 0 {
		return all
	}
	return []string{"https"}
}
