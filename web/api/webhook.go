package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/syndication/webhook"
)

// WebhookEndpointView is an endpoint without its secret.
type WebhookEndpointView struct {
	ID             int64             `json:"id" example:"5"`
	Recipient      webhook.Recipient `json:"recipient" enum:"platform,vendor,product,reseller,customer"`
	OrganizationID *int64            `json:"organizationId" doc:"Whose it is; null for the marketplace's own." example:"2"`
	ProductID      *int64            `json:"productId" doc:"For recipient product." example:"7"`
	URL            string            `json:"url" example:"https://hooks.example.com/fondaco"`
	Description    string            `json:"description"`
	Format         webhook.Format    `json:"format" enum:"connector,cloudevents,cloudevents-binary"`
	HasSecret      bool              `json:"hasSecret"`
	PreviousUntil  *time.Time        `json:"previousSecretUntil" doc:"Until when the secret before this one signs, too."`
	Enabled        bool              `json:"enabled" doc:"What happens while it is not, waits."`
	DisabledReason string            `json:"disabledReason"`
	DisabledAt     *time.Time        `json:"disabledAt"`
	FailingSince   *time.Time        `json:"failingSince" doc:"null: the last attempt arrived."`
	CreatedAt      time.Time         `json:"createdAt"`
}

// newWebhookEndpointView is an endpoint with a new secret.
type newWebhookEndpointView struct {
	WebhookEndpointView
	Secret string `json:"secret" doc:"It is shown this once."`
}

type webhookEndpointRequest struct {
	Recipient      webhook.Recipient `json:"recipient,omitempty" enum:"platform,vendor,product,reseller,customer" doc:"Who is told, and so of what; what you are when left out."`
	OrganizationID int64             `json:"organizationId,omitempty" doc:"For operators, who say whose it is."`
	ProductID      int64             `json:"productId,omitempty" doc:"Makes it the product's endpoint."`
	URL            string            `json:"url" example:"https://hooks.example.com/fondaco"`
	Description    string            `json:"description,omitempty"`
	Format         webhook.Format    `json:"format,omitempty" enum:"connector,cloudevents,cloudevents-binary"`
	Secret         secret.Text       `json:"secret,omitempty" doc:"One is made when left out."`
}

func (r webhookEndpointRequest) input(*fault.Check) webhook.EndpointInput {
	return webhook.EndpointInput{Recipient: r.Recipient, OrganizationID: r.OrganizationID, ProductID: r.ProductID, URL: r.URL,
		Description: r.Description, Format: r.Format, Secret: r.Secret}
}

type webhookEndpointChange struct {
	URL         *string         `json:"url,omitempty"`
	Description *string         `json:"description,omitempty"`
	Format      *webhook.Format `json:"format,omitempty" enum:"connector,cloudevents,cloudevents-binary"`
	Enabled     *bool           `json:"enabled,omitempty"`
}

func (r webhookEndpointChange) input(*fault.Check) webhook.EndpointChange {
	return webhook.EndpointChange{URL: r.URL, Description: r.Description, Format: r.Format, Enabled: r.Enabled}
}

type rotateRequest struct {
	Secret    secret.Text `json:"secret,omitempty" doc:"One is made when left out."`
	KeepHours int         `json:"keepHours,omitempty" doc:"How long the secret before it stays valid; 24 when left out." example:"24"`
}

func (r rotateRequest) input(*fault.Check) webhook.RotateInput {
	return webhook.RotateInput{Secret: r.Secret, KeepFor: time.Duration(r.KeepHours) * time.Hour}
}

type webhookTestRequest struct {
	Entity   string          `json:"entity,omitempty" enum:"Subscription,Invoice,ProductVersion,User,Cart" doc:"Subscription when left out."`
	EntityID int64           `json:"entityId,omitempty" doc:"A reserved number, of nothing, when left out."`
	Type     event.Type      `json:"type,omitempty" enum:"CREATED,MODIFIED,DELETED"`
	Payload  json.RawMessage `json:"payload,omitempty" doc:"A JSON object that is sent in place of the notification."`
}

func (r webhookTestRequest) input(*fault.Check) webhook.TestInput {
	return webhook.TestInput{Entity: r.Entity, EntityID: r.EntityID, Type: r.Type, Payload: r.Payload}
}

func viewWebhookEndpoint(e webhook.Endpoint) WebhookEndpointView {
	return WebhookEndpointView{ID: e.ID, Recipient: e.Recipient, OrganizationID: idOrNull(e.OrganizationID), ProductID: idOrNull(e.ProductID), URL: e.URL,
		Description: e.Description, Format: e.Format, HasSecret: len(e.Secret) > 0, PreviousUntil: e.PreviousUntil, Enabled: e.Enabled,
		DisabledReason: e.DisabledReason, DisabledAt: e.DisabledAt, FailingSince: e.FailingSince, CreatedAt: e.CreatedAt}
}

// idOrNull is null for what is not there.
func idOrNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func (s *server) webhookRoutes() {
	register(s, route{method: http.MethodGet, path: "/webhook-endpoints", id: "listWebhookEndpoints", tag: "Events", summary: "List webhook endpoints",
		description: "Where events go to that concern you. The endpoints of your products are among them."}, s.listWebhookEndpoints)
	register(s, route{method: http.MethodPost, path: "/webhook-endpoints", id: "createWebhookEndpoint", tag: "Events", summary: "Add a webhook endpoint",
		description: "Its secret is in this answer only.", status: http.StatusCreated,
		example: `{"url":"https://hooks.example.com/fondaco","description":"Our ERP"}`}, s.createWebhookEndpoint)
	register(s, route{method: http.MethodGet, path: "/webhook-endpoints/{id}", id: "getWebhookEndpoint", tag: "Events", summary: "Read a webhook endpoint"}, s.getWebhookEndpoint)
	register(s, route{method: http.MethodPatch, path: "/webhook-endpoints/{id}", id: "changeWebhookEndpoint", tag: "Events", summary: "Change a webhook endpoint",
		description: "What is left out stays as it is.", example: `{"description":"Our new ERP"}`}, s.changeWebhookEndpoint)
	register(s, route{method: http.MethodDelete, path: "/webhook-endpoints/{id}", id: "deleteWebhookEndpoint", tag: "Events", summary: "Delete a webhook endpoint",
		description: "What waits for it is given up. The log stays.", status: http.StatusNoContent}, s.deleteWebhookEndpoint)
	register(s, route{method: http.MethodPost, path: "/webhook-endpoints/{id}/rotate-secret", id: "rotateWebhookSecret", tag: "Events", summary: "Replace an endpoint's secret",
		description: "Both secrets sign for a while. The new one is in this answer only.", example: `{"keepHours":24}`}, s.rotateWebhookSecret)
	register(s, route{method: http.MethodPost, path: "/webhook-endpoints/{id}/enable", id: "enableWebhookEndpoint", tag: "Events", summary: "Enable a webhook endpoint",
		description: "What waits is sent."}, s.enableWebhookEndpoint)
	register(s, route{method: http.MethodPost, path: "/webhook-endpoints/{id}/test", id: "testWebhookEndpoint", tag: "Events", summary: "Send a test event",
		description: "Signed and logged as any other; it is about nothing that exists.", status: http.StatusCreated, example: `{"type":"MODIFIED"}`}, s.testWebhookEndpoint)
}

func (s *server) listWebhookEndpoints(ctx context.Context, actor account.Actor, in *struct {
	Paging
	ProductID int64             `query:"productId" minimum:"1" maximum:"2147483647"`
	Recipient webhook.Recipient `query:"recipient" enum:"platform,vendor,product,reseller,customer"`
}) (*reply[list[WebhookEndpointView]], error) {
	found, err := s.Webhooks.Endpoints(ctx, actor, webhook.EndpointFilter{ProductID: in.ProductID, Recipient: in.Recipient}, in.request())
	return listOf(found, err, viewWebhookEndpoint)
}

func (s *server) createWebhookEndpoint(ctx context.Context, actor account.Actor, in *struct{ Body body[webhookEndpointRequest] }) (*created[newWebhookEndpointView], error) {
	input, err := read(&in.Body, webhookEndpointRequest.input)
	if err != nil {
		return nil, err
	}
	e, key, err := s.Webhooks.CreateEndpoint(ctx, actor, input)
	if err != nil {
		return nil, err
	}
	return &created[newWebhookEndpointView]{Location: fmt.Sprintf("%s/webhook-endpoints/%d", Prefix, e.ID),
		Body: newWebhookEndpointView{viewWebhookEndpoint(e), key.Reveal()}}, nil
}

func (s *server) getWebhookEndpoint(ctx context.Context, actor account.Actor, in *ByID) (*reply[WebhookEndpointView], error) {
	e, err := s.Webhooks.Endpoint(ctx, actor, in.ID)
	return answer(e, err, viewWebhookEndpoint)
}

func (s *server) changeWebhookEndpoint(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[webhookEndpointChange]
}) (*reply[WebhookEndpointView], error) {
	input, err := read(&in.Body, webhookEndpointChange.input)
	if err != nil {
		return nil, err
	}
	e, err := s.Webhooks.UpdateEndpoint(ctx, actor, in.ID, input)
	return answer(e, err, viewWebhookEndpoint)
}

func (s *server) deleteWebhookEndpoint(ctx context.Context, actor account.Actor, in *ByID) (*done, error) {
	return &done{}, s.Webhooks.DeleteEndpoint(ctx, actor, in.ID)
}

func (s *server) rotateWebhookSecret(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[rotateRequest]
}) (*reply[newWebhookEndpointView], error) {
	input, err := read(&in.Body, rotateRequest.input)
	if err != nil {
		return nil, err
	}
	e, key, err := s.Webhooks.RotateSecret(ctx, actor, in.ID, input)
	return answer(e, err, func(e webhook.Endpoint) newWebhookEndpointView {
		return newWebhookEndpointView{viewWebhookEndpoint(e), key.Reveal()}
	})
}

func (s *server) enableWebhookEndpoint(ctx context.Context, actor account.Actor, in *ByID) (*reply[WebhookEndpointView], error) {
	e, err := s.Webhooks.EnableEndpoint(ctx, actor, in.ID)
	return answer(e, err, viewWebhookEndpoint)
}

func (s *server) testWebhookEndpoint(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[webhookTestRequest]
}) (*created[deliveryView], error) {
	input, err := read(&in.Body, webhookTestRequest.input)
	if err != nil {
		return nil, err
	}
	d, err := s.Webhooks.SendTest(ctx, actor, in.ID, input)
	if err != nil {
		return nil, err
	}
	return &created[deliveryView]{Location: fmt.Sprintf("%s/webhook-deliveries/%d", Prefix, d.ID), Body: viewDelivery(d)}, nil
}
