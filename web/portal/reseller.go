package portal

import (
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// logoBody is a logo with some room around it.
const logoBody = 1 << 20

// resellerRoutes are the pages of those who sell on.
func (p *Portal) resellerRoutes() []route {
	all := []route{
		{pattern: "/reseller", do: p.resellerHome},
		{pattern: "/reseller/sales", do: p.resellerSales},
		{pattern: "/reseller/sales/{id}", do: p.resellerSale},
		{method: http.MethodPost, pattern: "/reseller/sales/{id}/approve", do: p.approveSale},
		{method: http.MethodPost, pattern: "/reseller/sales/{id}/reject", do: p.rejectSale},
		{pattern: "/reseller/sales/{id}/{verb}", do: p.askSale},
		{method: http.MethodPost, pattern: "/reseller/sales/{id}/{verb}", do: p.changeSale},
		{pattern: "/reseller/prices", do: p.resellerPrices},
		{pattern: "/reseller/prices/{plan}", do: p.resellerPrice},
		{method: http.MethodPost, pattern: "/reseller/prices/{plan}", do: p.setResellerPrice},
		{pattern: "/reseller/customers", do: p.resellerCustomers},
		{pattern: "/reseller/customers/new", do: p.newCustomer},
		{method: http.MethodPost, pattern: "/reseller/customers/new", do: p.createCustomer},
		{pattern: "/reseller/customers/{id}", do: p.resellerCustomer},
		{pattern: "/reseller/storefront", do: p.storefrontPage},
		{method: http.MethodPost, pattern: "/reseller/storefront", do: p.saveStorefront, body: logoBody},
	}
	return inSpace(ui.Reseller, account.ManageStorefront, all)
}

// resellerNav is the side navigation of the reseller space.
func (v *visit) resellerNav() []ui.NavItem {
	return []ui.NavItem{
		{Label: "Overview", Href: "/reseller"},
		{Label: "Sales", Href: "/reseller/sales"},
		{Label: "Customers", Href: "/reseller/customers"},
		{Label: "Prices", Href: "/reseller/prices"},
		{Label: "Storefront", Href: "/reseller/storefront"},
		{Label: "Webhooks", Href: "/reseller/webhooks"},
		{Label: "Deliveries", Href: "/reseller/deliveries"},
	}
}
