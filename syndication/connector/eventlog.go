package connector

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/syndication/webhook"
)

// eventDocument is an event on its way to one address, as the log keeps it.
// Payload is the notification that was sent.
type eventDocument struct {
	ID         int64           `json:"id"`
	Self       string          `json:"self"`
	EntityName string          `json:"entityName"`
	EntityID   int64           `json:"entityId"`
	EntityURL  *ref            `json:"entityUrl,omitempty"`
	Type       string          `json:"type"`
	Recipient  string          `json:"recipient"`
	Endpoint   string          `json:"endpoint"`
	Notified   bool            `json:"notified"`
	Date       *date           `json:"date"`
	NextRetry  *date           `json:"nextRetry,omitempty"`
	LastError  string          `json:"lastError,omitempty"`
	Payload    json.RawMessage `json:"payload,omitempty"`
	Product    *ref            `json:"product,omitempty"`
	Vendor     *ref            `json:"vendor,omitempty"`
}

// eventWish is an event that did not happen, to be sent to an address of the
// caller's.
type eventWish struct {
	EntityName string `json:"entityName"`
	EntityID   int64  `json:"entityId"`
	Type       string `json:"type"`
	Endpoint   string `json:"endpoint"`
	Product    *ref   `json:"product"`
}

func (s *server) eventRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "event", handle: s.listEvents},
		{method: http.MethodPost, path: "event", handle: s.testEvent},
	}
}

// recipients are those of events in the contract's words: a reseller and a
// customer are companies as well.
var recipients = map[webhook.Recipient]string{webhook.ToPlatform: "PLATFORM", webhook.ToVendor: "COMPANY", webhook.ToProduct: "PRODUCT",
	webhook.ToReseller: "COMPANY", webhook.ToCustomer: "COMPANY"}

// entityResources are the documents that events are about.
var entityResources = map[string]string{event.Subscription: "subscription", event.Invoice: "invoice", event.ProductVersion: "productVersion",
	event.User: "user", event.Cart: "cart"}

func viewEvent(d webhook.Delivery) eventDocument {
	out := eventDocument{ID: d.ID, Self: self("event", d.ID), EntityName: d.Entity, EntityID: d.EntityID, Type: string(d.EventType),
		Recipient: recipients[d.Recipient], Endpoint: d.URL, Notified: d.Status == webhook.Delivered, Date: at(&d.CreatedAt),
		NextRetry: at(d.NextAttemptAt), LastError: d.LastError, Product: refer("product", d.ProductID)}
	if resource := entityResources[d.Entity]; resource != "" {
		out.EntityURL = refer(resource, d.EntityID)
	}
	if d.Recipient == webhook.ToVendor || d.Recipient == webhook.ToProduct {
		out.Vendor = refer("company", d.OwnerID)
	}
	if json.Valid([]byte(d.Body)) {
		out.Payload = json.RawMessage(d.Body)
	}
	return out
}

// listEvents lists what was sent to the caller's addresses. type=true and false
// are those that arrived and those that did not; type=entity is those about the
// entity and id.
func (s *server) listEvents(ctx context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	f, err := eventFilter(c)
	if err != nil {
		return answer{}, err
	}
	found, err := s.Webhooks.Deliveries(ctx, c.actor, f, req)
	return listOf(c, req, found, err, viewEvent)
}

func eventFilter(c *call) (f webhook.Filter, err error) {
	f.Entity = c.value("entity")
	if f.EntityID, err = c.whole("id"); err != nil {
		return f, err
	}
	switch strings.ToLower(c.value("type")) {
	case "true":
		f.Arrived = new(true)
	case "false":
		f.Arrived = new(false)
	case "", "all", "entity":
	default:
		return f, fault.InvalidField("type", "Use all, entity, true or false.")
	}
	return f, nil
}

// testEvent sends an event that starts nothing to one of the caller's
// addresses.
func (s *server) testEvent(ctx context.Context, c *call) (answer, error) {
	var wish eventWish
	if err := c.read(&wish); err != nil {
		return answer{}, err
	}
	endpoint, err := s.endpointAt(ctx, c, wish)
	if err != nil {
		return answer{}, err
	}
	d, err := s.Webhooks.SendTest(ctx, c.actor, endpoint, webhook.TestInput{Entity: wish.EntityName, EntityID: wish.EntityID,
		Type: event.Type(strings.ToUpper(wish.Type))})
	if err != nil {
		return answer{}, err
	}
	return c.created("event", d.ID, viewEvent(d)), nil
}

// endpointAt finds the caller's endpoint of an address. Events are sent to no
// other: this is nobody's way to send requests elsewhere.
func (s *server) endpointAt(ctx context.Context, c *call, wish eventWish) (int64, error) {
	product, _ := wish.Product.to("product")
	for req := (page.Request{Limit: page.MaxLimit}); ; {
		found, err := s.Webhooks.Endpoints(ctx, c.actor, webhook.EndpointFilter{ProductID: product}, req)
		if err != nil {
			return 0, err
		}
		for _, e := range found.Items {
			if e.URL == wish.Endpoint {
				return e.ID, nil
			}
		}
		if req.Cursor = found.Next; req.Cursor == "" {
			return 0, fault.InvalidField("endpoint", "You receive no events at this address. Enter it as an endpoint first.")
		}
	}
}
