package portal

import "github.com/fondaco/fondaco/web/portal/ui"

// vendorRoutes are the pages of those who sell.
func (p *Portal) vendorRoutes() []route { return nil }

// vendorNav is the side navigation of the vendor space.
func (v *visit) vendorNav() []ui.NavItem {
	return []ui.NavItem{{Label: "Overview", Href: "/vendor"}}
}
