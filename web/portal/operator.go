package portal

import (
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// operatorRoutes are the pages of those who run the marketplace.
func (p *Portal) operatorRoutes() []route {
	return []route{
		get("/operator/styleguide", ui.Operator, account.SeeWorkspace, p.styleguide),
		post("/operator/styleguide", ui.Operator, account.SeeWorkspace, p.styleguide),
	}
}

// operatorNav is the side navigation of the operator space.
func (v *visit) operatorNav() []ui.NavItem {
	return []ui.NavItem{{Label: "Overview", Href: "/operator"}, {Label: "Style guide", Href: "/operator/styleguide"}}
}

// styleguide shows every component with all its states.
func (p *Portal) styleguide(v *visit) error {
	return v.render(http.StatusOK, "styleguide", ui.Styleguide(v.base("Style guide")))
}
