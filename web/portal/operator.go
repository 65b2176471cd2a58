package portal

import (
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// operatorRoutes are the pages of those who run the marketplace.
func (p *Portal) operatorRoutes() []route {
	return inSpace(ui.Operator, account.SeeWorkspace, []route{
		{pattern: "/operator", do: p.operatorHome},
		{pattern: "/operator/reviews", do: p.reviews},
		{pattern: "/operator/reviews/{id}", do: p.review},
		{pattern: "/operator/reviews/{id}/approve", do: p.askApprove},
		{method: http.MethodPost, pattern: "/operator/reviews/{id}/approve", do: p.approveProduct},
		{method: http.MethodPost, pattern: "/operator/reviews/{id}/reject", do: p.rejectProduct},
		{pattern: "/operator/subscriptions", do: p.operatorSales},
		{pattern: "/operator/subscriptions/{id}", do: p.operatorSale},
		{pattern: "/operator/subscriptions/{id}/{verb}", do: p.askSale},
		{method: http.MethodPost, pattern: "/operator/subscriptions/{id}/{verb}", do: p.changeSale},
		{pattern: "/operator/customers", do: p.organizations},
		{pattern: "/operator/customers/{id}", do: p.organization},
		{pattern: "/operator/invoices", do: p.operatorInvoices},
		{pattern: "/operator/invoices/{id}", do: p.operatorInvoice},
		{pattern: "/operator/invoices/{id}/pdf", do: p.invoicePDF},
		{pattern: "/operator/providers", do: p.providers},
		{pattern: "/operator/providers/new", do: p.newProvider},
		{method: http.MethodPost, pattern: "/operator/providers/new", do: p.createProvider},
		{pattern: "/operator/providers/{id}", do: p.provider},
		{method: http.MethodPost, pattern: "/operator/providers/{id}", do: p.updateProvider},
		{pattern: "/operator/plugins", do: p.plugins},
		{pattern: "/operator/plugins/{name}", do: p.plugin},
		{pattern: "/operator/plugins/{name}/restart", do: p.askRestart},
		{method: http.MethodPost, pattern: "/operator/plugins/{name}/restart", do: p.restartPlugin},
		{pattern: "/operator/provisioning", do: p.provisioning},
		{pattern: "/operator/provisioning/events", do: p.provisioningEvents},
		{pattern: "/operator/provisioning/{id}/{verb}", do: p.askAttempt},
		{method: http.MethodPost, pattern: "/operator/provisioning/{id}/cancel", do: p.cancelAttempt},
		{method: http.MethodPost, pattern: "/operator/provisioning/{id}/again", do: p.attemptAgain},
		{pattern: "/operator/drift", do: p.drift},
		{pattern: "/operator/drift/runs", do: p.driftRuns},
		{pattern: "/operator/drift/compare", do: p.askCompare},
		{method: http.MethodPost, pattern: "/operator/drift/compare", do: p.compare},
		{pattern: "/operator/drift/{id}/{verb}", do: p.askDrift},
		{method: http.MethodPost, pattern: "/operator/drift/{id}/{verb}", do: p.actOnDrift},
		{pattern: "/operator/mail", do: p.mails},
		{pattern: "/operator/audit", do: p.auditTrail},
		{pattern: "/operator/styleguide", do: p.styleguide},
		{method: http.MethodPost, pattern: "/operator/styleguide", do: p.styleguide},
	})
}

// operatorNav is the side navigation of the operator space.
func (v *visit) operatorNav() []ui.NavItem {
	return []ui.NavItem{
		{Label: "Queue", Href: "/operator"},
		{Label: "Reviews", Href: "/operator/reviews"},
		{Label: "Subscriptions", Href: "/operator/subscriptions"},
		{Label: "Organizations", Href: "/operator/customers"},
		{Label: "Invoices", Href: "/operator/invoices"},
		{Label: "Provisioning", Href: "/operator/provisioning", Group: "Machinery"},
		{Label: "Drift", Href: "/operator/drift"},
		{Label: "Webhooks", Href: "/operator/webhooks"},
		{Label: "Deliveries", Href: "/operator/deliveries"},
		{Label: "Mail", Href: "/operator/mail"},
		{Label: "Providers", Href: "/operator/providers"},
		{Label: "Plugins", Href: "/operator/plugins"},
		{Label: "Audit trail", Href: "/operator/audit"},
		{Label: "Style guide", Href: "/operator/styleguide"},
	}
}

// styleguide shows every component with all its states.
func (p *Portal) styleguide(v *visit) error {
	return v.render(http.StatusOK, "styleguide", ui.Styleguide(v.base("Style guide")))
}
