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
	Plugin             string          `json:"plugin" doc:"The plugin that drives it." example:"kong"`
	ProductType        catalog.Type    `json:"productType" doc:"What is provisioned with it." example:"api"`
	Settings           json.RawMessage `json:"settings" doc:"By the plugin's schema. Kept encrypted and never answered."`
	MaxInFlight        int             `json:"maxInFlight,omitempty" doc:"Calls at once to each of its clouds, in one process: 1 to 64; 8 when it is left out." example:"8"`
	CallTimeoutSeconds int             `json:"callTimeoutSeconds,omitempty" doc:"How long one call may take: 1 to 3600; 45 when it is left out." example:"45"`
	Force              bool            `json:"force,omitempty" doc:"Keep settings that do not work now."`
}

type providerView struct {
	ID                 int64        `json:"id" example:"1"`
	Name               string       `json:"name" example:"main-gateway"`
	Plugin             string       `json:"plugin" example:"kong"`
	ProductType        catalog.Type `json:"productType" example:"api"`
	MaxInFlight        int          `json:"maxInFlight" example:"8"`
	CallTimeoutSeconds int          `json:"callTimeoutSeconds" example:"45"`
	CreatedAt          time.Time    `json:"createdAt"`
	Lanes              []laneView   `json:"lanes" nullable:"false" doc:"The ways to its clouds, when the providers are listed."`
}

type laneView struct {
	Cloud     string            `json:"cloud" doc:"As plans name it; empty where they name none." example:"main"`
	Circuit   provision.Circuit `json:"circuit" enum:"closed,half-open,open" doc:"open: the cloud does not answer, and calls wait."`
	Since     time.Time         `json:"since"`
	LastError string            `json:"lastError"`
	InFlight  int               `json:"inFlight" doc:"Calls under way, in the process that answers." example:"3"`
	Waiting   int               `json:"waiting" doc:"Calls that wait for a place there." example:"0"`
	Queued    int               `json:"queued" doc:"Attempts that are not over." example:"12"`
}

type healthView struct {
	OK      bool   `json:"ok"`
	Message string `json:"message" example:"Kong 3.9.3 at http://127.0.0.1:8001"`
}

func (s *server) providerRoutes() {
	register(s, route{method: http.MethodGet, path: "/providers", id: "listProviders", tag: "Operations", summary: "List providers",
		description: "The gateways and clouds that products are provisioned with. For operators."}, s.listProviders)
	register(s, route{method: http.MethodPut, path: "/providers/{name}", id: "saveProvider", tag: "Operations", summary: "Add or change a provider",
		description: "For operators. The settings replace the old ones, once their plugin has found that they work; for Kong: adminUrl, adminToken, proxyUrl, ingestUrl, ingestSecret, rateLimitPolicy.",
		example:     `{"plugin":"kong","productType":"api","settings":{"adminUrl":"http://kong:8001","proxyUrl":"https://api.example.com","ingestUrl":"https://market.example.com/ingest/kong","ingestSecret":"at-least-16-characters"}}`}, s.saveProvider)
	register(s, route{method: http.MethodGet, path: "/providers/{id}/health", id: "getProviderHealth", tag: "Operations", summary: "Ask whether a provider works",
		description: "Asks its plugin to reach it with the saved settings. For operators."}, s.providerHealth)
}

func viewProvider(p provision.Provider) providerView {
	return providerView{ID: p.ID, Name: p.Name, Plugin: p.Plugin, ProductType: p.ProductType, MaxInFlight: p.MaxInFlight,
		CallTimeoutSeconds: p.CallTimeoutSeconds, CreatedAt: p.CreatedAt, Lanes: []laneView{}}
}

func viewLane(l provision.LaneState) laneView {
	return laneView{Cloud: l.Cloud, Circuit: l.Circuit, Since: l.Since, LastError: l.LastError, InFlight: l.InFlight, Waiting: l.Waiting, Queued: l.Queued}
}

func (s *server) listProviders(ctx context.Context, actor account.Actor, _ *struct{}) (*reply[list[providerView]], error) {
	providers, err := s.Provision.Providers(ctx, actor)
	if err != nil {
		return nil, err
	}
	lanes, err := s.Provision.Lanes(ctx, actor)
	out := all(providers, viewProvider)
	for i := range out.Items {
		for _, l := range lanes {
			if l.ProviderID == out.Items[i].ID {
				out.Items[i].Lanes = append(out.Items[i].Lanes, viewLane(l))
			}
		}
	}
	return &reply[list[providerView]]{Body: out}, err
}

func (s *server) saveProvider(ctx context.Context, actor account.Actor, in *struct {
	Name string `path:"name" doc:"Its name, unique in the marketplace." example:"main-gateway"`
	Body body[providerRequest]
}) (*reply[providerView], error) {
	input, err := read(&in.Body, func(r providerRequest, _ *fault.Check) provision.ProviderInput {
		return provision.ProviderInput{Name: in.Name, Plugin: r.Plugin, ProductType: r.ProductType, Settings: r.Settings,
			MaxInFlight: r.MaxInFlight, CallTimeoutSeconds: r.CallTimeoutSeconds, Force: r.Force}
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
