package provision

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
)

// productDocument is what a plugin is told about a product of type api.
type productDocument struct {
	ID        int64              `json:"id"`
	SKU       string             `json:"sku"`
	Name      string             `json:"name"`
	API       apiDocument        `json:"api"`
	Endpoints []catalog.Endpoint `json:"endpoints"`
}

type apiDocument struct {
	UpstreamURL string          `json:"upstreamUrl"`
	AuthHeader  *headerDocument `json:"authHeader,omitempty"`
}

type headerDocument struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// planDocument is what a plugin is told about a plan of type api.
type planDocument struct {
	ID        int64                  `json:"id"`
	Name      string                 `json:"name"`
	Endpoints []catalog.PlanEndpoint `json:"endpoints"`
}

// productDocument is what a plugin is told about a product. For type api we
// write it; for all others it is what the vendor gave by the plugin's own
// schema, secrets in clear, and nothing is added.
func (s *Service) productDocument(ctx context.Context, tx *store.Tx, p catalog.Product) (json.RawMessage, error) {
	if p.Type != catalog.API {
		return s.catalog.Configuration(p)
	}
	doc := productDocument{ID: p.ID, SKU: p.SKU, Name: p.Name, API: apiDocument{UpstreamURL: p.UpstreamURL}}
	var err error
	if doc.Endpoints, err = catalog.EndpointsOf(ctx, tx, p.ID); err != nil {
		return nil, err
	}
	value, err := s.catalog.AuthHeader(p)
	if err != nil {
		return nil, fmt.Errorf("product %d: %w", p.ID, err)
	}
	if p.AuthHeaderName != "" {
		doc.API.AuthHeader = &headerDocument{Name: p.AuthHeaderName, Value: value.Reveal()}
	}
	return json.Marshal(doc)
}

// planDocumentOf is what a plugin is told about a plan: its own document, but
// for type api.
func planDocumentOf(t catalog.Type, plan catalog.Plan, content catalog.PlanContent) (json.RawMessage, error) {
	switch {
	case t == catalog.API:
		text, err := json.Marshal(planDocument{ID: plan.ID, Name: plan.Name, Endpoints: content.Endpoints})
		if err != nil {
			return nil, fmt.Errorf("plan %d: %w", plan.ID, err)
		}
		return text, nil
	case len(content.Configuration) == 0:
		return json.RawMessage(`{}`), nil
	}
	return content.Configuration, nil
}
