package portal

import (
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// spaces are the parts of the portal that this person may enter.
func (v *visit) spaces() []ui.NavItem {
	all := []ui.NavItem{{Label: "Catalog", Href: "/catalog", Current: v.space == ui.Storefront}}
	if v.actor.May(account.PlaceOrders) {
		all = append(all, ui.NavItem{Label: "Account", Href: "/account", Current: v.space == ui.Account})
	}
	if v.actor.Kind == account.Vendor {
		all = append(all, ui.NavItem{Label: "Selling", Href: "/vendor", Current: v.space == ui.Vendor})
	}
	if v.actor.Kind == account.Reseller {
		all = append(all, ui.NavItem{Label: "Reselling", Href: "/reseller", Current: v.space == ui.Reseller})
	}
	if v.actor.May(account.SeeWorkspace) {
		all = append(all, ui.NavItem{Label: "Operations", Href: "/operator", Current: v.space == ui.Operator})
	}
	return all
}

// nav is the side navigation of the visit's space.
func (v *visit) nav() []ui.NavItem {
	switch v.space {
	case ui.Account:
		return v.mark(v.accountNav())
	case ui.Vendor:
		return v.mark(v.vendorNav())
	case ui.Reseller:
		return v.mark(v.resellerNav())
	case ui.Operator:
		return v.mark(v.operatorNav())
	}
	return nil
}

// mark marks the item whose address is the longest beginning of this page's.
func (v *visit) mark(items []ui.NavItem) []ui.NavItem {
	best := -1
	for i, item := range items {
		within := v.r.URL.Path == item.Href || strings.HasPrefix(v.r.URL.Path, item.Href+"/")
		if within && (best < 0 || len(item.Href) > len(items[best].Href)) {
			best = i
		}
	}
	if best >= 0 {
		items[best].Current = true
	}
	return items
}

func (v *visit) accountNav() []ui.NavItem {
	var all []ui.NavItem
	if v.actor.May(account.UseSubscriptions) {
		all = append(all, ui.NavItem{Label: "Overview", Href: "/account"},
			ui.NavItem{Label: "Subscriptions", Href: "/account/subscriptions"},
			ui.NavItem{Label: "Invoices", Href: "/account/invoices"},
			ui.NavItem{Label: "Webhooks", Href: "/account/webhooks"},
			ui.NavItem{Label: "Deliveries", Href: "/account/deliveries"})
	}
	return append(all, ui.NavItem{Label: "API tokens", Href: "/account/tokens"},
		ui.NavItem{Label: "Settings", Href: "/account/settings"})
}

// home is where a person works.
func home(a account.Actor) string {
	switch {
	case a.May(account.SeeWorkspace):
		return "/operator"
	case a.Kind == account.Vendor:
		return "/vendor"
	case a.Kind == account.Reseller:
		return "/reseller"
	}
	return "/account"
}
