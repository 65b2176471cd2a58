package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/syndication/webhook"
)

type deliveryView struct {
	ID             int64               `json:"id" example:"77"`
	EndpointID     int64               `json:"endpointId" example:"5"`
	EventID        *int64              `json:"eventId" doc:"null: a test." example:"101"`
	Entity         string              `json:"entity" example:"Subscription"`
	EntityID       int64               `json:"entityId" example:"21"`
	EventType      event.Type          `json:"eventType" enum:"CREATED,MODIFIED,DELETED"`
	Topic          string              `json:"topic" example:"subscription.suspended"`
	Product        optional[reference] `json:"product"`
	SubscriptionID *int64              `json:"subscriptionId" example:"21"`
	Format         webhook.Format      `json:"format" enum:"connector,cloudevents,cloudevents-binary"`
	URL            string              `json:"url" example:"https://hooks.example.com/fondaco"`
	Body           json.RawMessage     `json:"body" doc:"The exact bytes that were signed."`
	Status         webhook.Status      `json:"status" enum:"pending,delivered,dead,superseded"`
	Attempts       int                 `json:"attempts" example:"1"`
	NextAttemptAt  *time.Time          `json:"nextAttemptAt"`
	LastError      string              `json:"lastError"`
	CreatedAt      time.Time           `json:"createdAt"`
	DeliveredAt    *time.Time          `json:"deliveredAt"`
	Log            []attemptView       `json:"log,omitempty" nullable:"false" doc:"Every attempt, when one delivery is asked for."`
}

type attemptView struct {
	Number          int             `json:"number" example:"1"`
	SentAt          time.Time       `json:"sentAt"`
	DurationMS      int64           `json:"durationMs" example:"84"`
	StatusCode      int             `json:"statusCode" doc:"0 when there was no answer." example:"204"`
	RequestHeaders  webhook.Headers `json:"requestHeaders"`
	ResponseHeaders webhook.Headers `json:"responseHeaders"`
	ResponseBody    string          `json:"responseBody" doc:"Its beginning."`
	Error           string          `json:"error"`
}

func viewDelivery(d webhook.Delivery) deliveryView {
	v := deliveryView{ID: d.ID, EndpointID: d.EndpointID, EventID: idOrNull(d.EventID), Entity: d.Entity, EntityID: d.EntityID, EventType: d.EventType,
		Topic: d.Topic, SubscriptionID: idOrNull(d.SubscriptionID), Format: d.Format, URL: d.URL, Body: json.RawMessage(d.Body), Status: d.Status, Attempts: d.Attempts,
		NextAttemptAt: d.NextAttemptAt, LastError: d.LastError, CreatedAt: d.CreatedAt, DeliveredAt: d.DeliveredAt,
		Log: views(d.Log, viewAttempt)}
	if d.ProductID != 0 {
		v.Product = maybe(new(refer(d.ProductID, d.Product)))
	}
	return v
}

func viewAttempt(a webhook.Attempt) attemptView {
	return attemptView{Number: a.Number, SentAt: a.SentAt, DurationMS: a.DurationMS, StatusCode: a.StatusCode,
		RequestHeaders: headers(a.RequestHeaders), ResponseHeaders: headers(a.ResponseHeaders), ResponseBody: a.ResponseBody, Error: a.Error}
}

// headers are never null: there are none when there was no answer.
func headers(h webhook.Headers) webhook.Headers {
	if h == nil {
		return webhook.Headers{}
	}
	return h
}

func (s *server) deliveryRoutes() {
	register(s, route{method: http.MethodGet, path: "/webhook-deliveries", id: "listDeliveries", tag: "Events", summary: "List webhook deliveries",
		description: "What was sent to your endpoints and those of your products, newest first."}, s.listDeliveries)
	register(s, route{method: http.MethodGet, path: "/webhook-deliveries/{id}", id: "getDelivery", tag: "Events", summary: "Read a webhook delivery",
		description: "With every attempt."}, s.getDelivery)
	register(s, route{method: http.MethodPost, path: "/webhook-deliveries/{id}/replay", id: "replayDelivery", tag: "Events", summary: "Send a webhook again",
		description: "The same event, with the same id."}, s.replayDelivery)
	register(s, route{method: http.MethodPost, path: "/webhook-deliveries/replay", id: "replayDeliveries", tag: "Events", summary: "Send webhooks of an endpoint again",
		description: "Those of a status, of a range of time, or everything since an instant. Each keeps its id.", status: http.StatusAccepted,
		example: `{"endpointId":5,"status":"dead","since":"2026-11-01T00:00:00Z"}`}, s.replayDeliveries)
}

type replayRequest struct {
	EndpointID int64          `json:"endpointId" example:"5"`
	Status     webhook.Status `json:"status,omitempty" enum:"delivered,dead,superseded" doc:"All but those that are pending when left out."`
	Since      *time.Time     `json:"since,omitempty" doc:"From the first when left out."`
	Until      *time.Time     `json:"until,omitempty" doc:"To the last when left out."`
}

func (r replayRequest) input(*fault.Check) webhook.ReplayInput {
	return webhook.ReplayInput{EndpointID: r.EndpointID, Status: r.Status, Since: r.Since, Until: r.Until}
}

type replayedView struct {
	Replayed int `json:"replayed" doc:"How many are sent again." example:"12"`
}

func (s *server) listDeliveries(ctx context.Context, actor account.Actor, in *struct {
	Paging
	SubscriptionID int64          `query:"subscriptionId" minimum:"1" maximum:"2147483647"`
	ProductID      int64          `query:"productId" minimum:"1" maximum:"2147483647"`
	EndpointID     int64          `query:"endpointId" minimum:"1" maximum:"2147483647"`
	Status         webhook.Status `query:"status" enum:"pending,delivered,dead,superseded"`
}) (*reply[list[deliveryView]], error) {
	found, err := s.Webhooks.Deliveries(ctx, actor, webhook.Filter{SubscriptionID: in.SubscriptionID, ProductID: in.ProductID, EndpointID: in.EndpointID, Status: in.Status}, in.request())
	return listOf(found, err, viewDelivery)
}

func (s *server) getDelivery(ctx context.Context, actor account.Actor, in *ByID) (*reply[deliveryView], error) {
	d, err := s.Webhooks.Delivery(ctx, actor, in.ID)
	return answer(d, err, viewDelivery)
}

func (s *server) replayDelivery(ctx context.Context, actor account.Actor, in *ByID) (*reply[deliveryView], error) {
	d, err := s.Webhooks.Replay(ctx, actor, in.ID)
	return answer(d, err, viewDelivery)
}

func (s *server) replayDeliveries(ctx context.Context, actor account.Actor, in *struct{ Body body[replayRequest] }) (*reply[replayedView], error) {
	input, err := read(&in.Body, replayRequest.input)
	if err != nil {
		return nil, err
	}
	n, err := s.Webhooks.ReplayMany(ctx, actor, input)
	return answer(n, err, func(n int) replayedView { return replayedView{n} })
}
