package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/provision"
)

type providerRequest struct {
	Plugin      string          `json:"plugin" doc:"The plugin that drives it." example:"kong"`
	ProductType catalog.Type    `json:"productType" doc:"What is provisioned with it." example:"api"`
	Settings    json.RawMessage `json:"settings" doc:"By the plugin's schema. Kept encrypted and never answered."`
}

type providerView struct {
	ID          int64        `json:"id" example:"1"`
	Name        string       `json:"name" example:"main-gateway"`
	Plugin      string       `json:"plugin" example:"kong"`
	ProductType catalog.Type `json:"productType" example:"api"`
	CreatedAt   time.Time    `json:"createdAt"`
}

type healthView struct {
	OK      bool   `json:"ok"`
	Message string `json:"message" example:"Kong 3.9.3 at http://127.0.0.1:8001"`
}

func (s *server) providerRoutes() {
	register(s, route{method: http.MethodGet, path: "/providers", id: "listProviders", tag: "Operations", summary: "List providers",
		description: "The gateways and clouds that products are provisioned with. For operators."}, s.listProviders)
	register(s, route{method: http.MethodPut, path: "/providers/{name}", id: "saveProvider", tag: "Operations", summary: "Add or change a provider",
		description: "For operators. The settings replace the old ones; for Kong: adminUrl, adminToken, proxyUrl, ingestUrl, ingestSecret, rateLimitPolicy.",
		example:     `{"plugin":"kong","productType":"api","settings":{"adminUrl":"http://kong:8001","proxyUrl":"https://api.example.com","ingestUrl":"https://market.example.com/ingest/kong","ingestSecret":"at-least-16-characters"}}`}, s.saveProvider)
	register(s, route{method: http.MethodGet, path: "/providers/{id}/health", id: "getProviderHealth", tag: "Operations", summary: "Ask whether a provider works",
		description: "Asks its plugin to reach it with the saved settings. For operators."}, s.providerHealth)
}

func viewProvider(p provision.Provider) providerView {
	return providerView{ID: p.ID, Name: p.Name, Plugin: p.Plugin, ProductType: p.ProductType, CreatedAt: p.CreatedAt}
}

func (s *server) listProviders(ctx context.Context, actor account.Actor, _ *struct{}) (*reply[list[providerView]], error) {
	providers, err := s.Provision.Providers(ctx, actor)
	return answer(providers, err, func(p []provision.Provider) list[providerView] { return all(p, viewProvider) })
}

func (s *server) saveProvider(ctx context.Context, actor account.Actor, in *struct {
	Name string `path:"name" doc:"Its name, unique in the marketplace." example:"main-gateway"`
	Body body[providerRequest]
}) (*reply[providerView], error) {
	input, err := read(&in.Body, func(r providerRequest, _ *fault.Check) provision.ProviderInput {
		return provision.ProviderInput{Name: in.Name, Plugin: r.Plugin, ProductType: r.ProductType, Settings: r.Settings}
	})
	if err != nil {
		return nil, err
	}
	p, err := s.Provision.SaveProvider(ctx, actor, input)
	return answer(p, err, viewProvider)
}

func (s *server) providerHealth(ctx context.Context, actor account.Actor, in *ByID) (*reply[healthView], error) {
	h, err := s.Provision.Health(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return &reply[healthView]{Body: healthView{OK: h.OK, Message: h.Message}}, nil
}
