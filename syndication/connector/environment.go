package connector

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
)

func (s *server) environmentRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "environment", handle: s.getEnvironment, public: true},
		{method: http.MethodGet, path: "environment/{name}", handle: s.getSetting, public: true},
	}
}

// settings are what everybody may know of the marketplace.
func settings(m account.Marketplace) map[string]any {
	return map[string]any{"id": m.ID, "name": m.Name, "currency": m.Currency, "vat": amount{m.TaxPercent}, "sandbox": m.Sandbox,
		"supportEmail": m.SupportEmail, "languages": []string{"en"}, "defaultLanguage": "en", "pageSize": defaultPageSize, "maxPageSize": maxPageSize,
		"latestApiVersion": latestVersion}
}

func (s *server) getEnvironment(ctx context.Context, c *call) (answer, error) {
	m, err := s.Accounts.Marketplace(ctx, c.actor.MarketplaceID)
	if err != nil {
		return answer{}, err
	}
	return ok(settings(m)), nil
}

// getSetting answers one setting as a bare value: "EUR".
func (s *server) getSetting(ctx context.Context, c *call) (answer, error) {
	m, err := s.Accounts.Marketplace(ctx, c.actor.MarketplaceID)
	if err != nil {
		return answer{}, err
	}
	value, known := settings(m)[c.param("name")]
	if !known {
		return answer{}, fault.Newf(fault.NotFound, "There is no setting %q.", c.param("name"))
	}
	return ok(value), nil
}
