package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/syndication/webhook"
)

type deliveryView struct {
	ID             int64           `json:"id" example:"77"`
	EventID        int64           `json:"eventId" example:"101"`
	EventType      event.Type      `json:"eventType" enum:"CREATED,MODIFIED,DELETED"`
	Topic          string          `json:"topic" example:"subscription.suspended"`
	Product        reference       `json:"product"`
	SubscriptionID int64           `json:"subscriptionId" example:"21"`
	URL            string          `json:"url" example:"https://hooks.example.com/fondaco"`
	Body           json.RawMessage `json:"body" doc:"The exact bytes that were signed."`
	Status         webhook.Status  `json:"status" enum:"pending,delivered,dead"`
	Attempts       int             `json:"attempts" example:"1"`
	NextAttemptAt  *time.Time      `json:"nextAttemptAt"`
	LastError      string          `json:"lastError"`
	CreatedAt      time.Time       `json:"createdAt"`
	DeliveredAt    *time.Time      `json:"deliveredAt"`
	Log            []attemptView   `json:"log,omitempty" nullable:"false" doc:"Every attempt, when one delivery is asked for."`
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
	return deliveryView{ID: d.ID, EventID: d.EventID, EventType: d.EventType, Topic: d.Topic, Product: refer(d.ProductID, d.Product),
		SubscriptionID: d.SubscriptionID, URL: d.URL, Body: json.RawMessage(d.Body), Status: d.Status, Attempts: d.Attempts,
		NextAttemptAt: d.NextAttemptAt, LastError: d.LastError, CreatedAt: d.CreatedAt, DeliveredAt: d.DeliveredAt,
		Log: views(d.Log, viewAttempt)}
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
		description: "For vendors: what was sent to the endpoints of your products, newest first."}, s.listDeliveries)
	register(s, route{method: http.MethodGet, path: "/webhook-deliveries/{id}", id: "getDelivery", tag: "Events", summary: "Read a webhook delivery",
		description: "With every attempt."}, s.getDelivery)
	register(s, route{method: http.MethodPost, path: "/webhook-deliveries/{id}/replay", id: "replayDelivery", tag: "Events", summary: "Send a webhook again",
		description: "The same event, with the same id."}, s.replayDelivery)
}

func (s *server) listDeliveries(ctx context.Context, actor account.Actor, in *struct {
	Paging
	SubscriptionID int64          `query:"subscriptionId" minimum:"1" maximum:"2147483647"`
	ProductID      int64          `query:"productId" minimum:"1" maximum:"2147483647"`
	Status         webhook.Status `query:"status" enum:"pending,delivered,dead"`
}) (*reply[list[deliveryView]], error) {
	found, err := s.Webhooks.Deliveries(ctx, actor, webhook.Filter{SubscriptionID: in.SubscriptionID, ProductID: in.ProductID, Status: in.Status}, in.request())
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
