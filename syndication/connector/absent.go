package connector

import (
	"net/http"
	"slices"
	"strings"
)

// absence is a resource of the contract that this marketplace does not keep.
// Reading it finds nothing, changing it is refused.
type absence struct {
	resource string
	why      string
	// reads are the paths of lists; the resource itself when it is nil.
	reads []string
	// writes are the refused calls, such as "POST coupon".
	writes []string
}

// absences is the one table of what is not here; the README shows it.
func absences() []absence {
	crud := func(resource string) []string {
		return []string{"POST " + resource, "PUT " + resource + "/{id}", "PATCH " + resource + "/{id}", "DELETE " + resource + "/{id}"}
	}
	return []absence{
		{resource: "coupon", why: "There are no coupons here.", writes: crud("coupon")},
		{resource: "distributorCatalog", why: "There is no level of distributors here.", writes: crud("distributorCatalog")},
		{resource: "distributorPricing", why: "There is no level of distributors here.", writes: crud("distributorPricing")},
		{resource: "resellerCatalog", why: "Resellers set up their storefront in their space of the portal.", reads: []string{}, writes: crud("resellerCatalog")},
		{resource: "resellerPricing", why: "Resellers set their prices in their space of the portal.", reads: []string{}, writes: crud("resellerPricing")},
		{resource: "proceedsReport", why: "What a sale earns is not shared out here yet.",
			reads: []string{"proceedsReport", "proceedsReport/vendor"}, writes: []string{"POST proceedsReport"}},
		{resource: "costs", why: "Costs are on the invoices.", reads: []string{"costs", "costs/tags/keys", "costs/tags/{key}/values"},
			writes: []string{"POST costs/refresh"}},
		{resource: "comment", why: "Nobody rates products here.", writes: crud("comment")},
		{resource: "file", why: "Files are not kept here; put their addresses into the texts.", writes: crud("file")},
		{resource: "cloudCredential", why: "Products are set up with the marketplace's own providers.", writes: crud("cloudCredential")},
		{resource: "bulk/result", why: "There are no bulk changes here; send them one by one.",
			writes: []string{"PUT bulk/plans", "PUT bulk/users", "PUT bulk/cloudPricings", "PUT bulk/distributorCatalog/{id}", "PUT bulk/resellerCatalog/{id}"}},
	}
}

func (s *server) absentRoutes() []route {
	var out []route
	for _, a := range absences() {
		out = slices.Concat(out, a.routes())
	}
	return out
}

func (a absence) routes() []route {
	var out []route
	reads := a.reads
	if reads == nil {
		reads = []string{a.resource}
	}
	for _, path := range reads {
		out = append(out, route{method: http.MethodGet, path: path, handle: nothing}, route{method: http.MethodHead, path: path, handle: nothing})
	}
	for _, call := range a.writes {
		method, path, _ := strings.Cut(call, " ")
		out = append(out, route{method: method, path: path, handle: notHere(a.why)})
	}
	return out
}
