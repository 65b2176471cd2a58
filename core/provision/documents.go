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

// documents are what a plugin is told about a product and a plan.
func (s *Service) documents(ctx context.Context, tx *store.Tx, p catalog.Product, plan catalog.Plan, content catalog.PlanContent) (product, terms json.RawMessage, err error) {
	return s.apiDocuments(ctx, tx, p, plan, content)
}

func (s *Service) apiDocuments(ctx context.Context, tx *store.Tx, p catalog.Product, plan catalog.Plan, content catalog.PlanContent) (product, terms json.RawMessage, err error) {
	doc := productDocument{ID: p.ID, SKU: p.SKU, Name: p.Name, API: apiDocument{UpstreamURL: p.UpstreamURL}}
	if doc.Endpoints, err = catalog.EndpointsOf(ctx, tx, p.ID); err != nil {
		return nil, nil, err
	}
	value, err := s.catalog.AuthHeader(p)
	if err != nil {
		return nil, nil, fmt.Errorf("product %d: %w", p.ID, err)
	}
	if p.AuthHeaderName != "" {
		doc.API.AuthHeader = &headerDocument{Name: p.AuthHeaderName, Value: value.Reveal()}
	}
	if product, err = json.Marshal(doc); err != nil {
		return nil, nil, fmt.Errorf("product %d: %w", p.ID, err)
	}
	terms, err = json.Marshal(planDocument{ID: plan.ID, Name: plan.Name, Endpoints: content.Endpoints})
	return product, terms, err
}
