package webhook

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
)

// announce makes the deliveries of events: one to each endpoint that is to be
// told (event.BatchSubscriber). Bodies are built this once.
func (s *Service) announce(ctx context.Context, tx *store.Tx, all []event.Event) error {
	events := slices.DeleteFunc(slices.Clone(all), func(e event.Event) bool { return !slices.Contains(ToPlatform.entities(), e.Entity) })
	if len(events) == 0 {
		return nil
	}
	endpoints, err := liveEndpoints(ctx, tx)
	if err != nil || len(endpoints) == 0 {
		return err
	}
	sales, err := salesOf(ctx, tx, events)
	if err != nil {
		return err
	}
	who := newDirectory(endpoints)
	var out []Delivery
	for _, e := range events {
		for _, to := range who.recipients(e, sales[idOf(e.SubscriptionID)]) {
			out = append(out, write(e, to, sales[idOf(e.SubscriptionID)]))
		}
	}
	if err := supersedeRetries(ctx, tx, out); err != nil {
		return err
	}
	return insertDeliveries(ctx, tx, out, s.db.Clock().Now())
}

// sale is what decides who is told of a subscription.
type sale struct {
	ID         int64               `db:"id"`
	ProductID  int64               `db:"product_id"`
	VendorID   int64               `db:"vendor_id"`
	CustomerID int64               `db:"customer_id"`
	ResellerID int64               `db:"reseller_id"`
	Status     subscription.Status `db:"status"`
}

// directory finds the endpoints of recipients.
type directory struct {
	platform []Endpoint
	products map[int64][]Endpoint
	others   map[owner][]Endpoint
}

type owner struct {
	recipient    Recipient
	organization int64
}

func newDirectory(all []Endpoint) directory {
	d := directory{products: map[int64][]Endpoint{}, others: map[owner][]Endpoint{}}
	for _, e := range all {
		switch e.Recipient {
		case ToPlatform:
			d.platform = append(d.platform, e)
		case ToProduct:
			d.products[e.ProductID] = append(d.products[e.ProductID], e)
		default:
			o := owner{e.Recipient, e.OrganizationID}
			d.others[o] = append(d.others[o], e)
		}
	}
	return d
}

// recipients are the endpoints that are told of an event. The product's are
// told beside the vendor's; an address that is both is told once. Before a
// subscription is approved only the operator's own systems hear of it: the
// first that a vendor hears of it is its approval.
func (d directory) recipients(e event.Event, of sale) []Endpoint {
	out := slices.Clone(d.platform)
	if untold(e, of) {
		return out
	}
	if e.Entity == event.Subscription {
		out = append(out, d.products[of.ProductID]...)
		for _, v := range d.others[owner{ToVendor, of.VendorID}] {
			if !slices.ContainsFunc(d.products[of.ProductID], func(p Endpoint) bool { return p.URL == v.URL }) {
				out = append(out, v)
			}
		}
	}
	if slices.Contains(ToCustomer.entities(), e.Entity) {
		out = append(out, d.others[owner{ToReseller, max(of.ResellerID, idOf(e.ResellerID))}]...)
		out = append(out, d.others[owner{ToCustomer, max(of.CustomerID, idOf(e.CustomerID))}]...)
	}
	return out
}

// untold reports whether the subscription waited for approval or for its
// start, or was refused, when the event happened.
func untold(e event.Event, of sale) bool {
	var then struct {
		Status subscription.Status `json:"status"`
	}
	if e.Entity != event.Subscription || json.Unmarshal([]byte(e.Data), &then) != nil || then.Status == "" {
		then.Status = of.Status
	}
	return then.Status.Untold()
}

// write makes the delivery of an event to an endpoint, in its format.
func write(e event.Event, to Endpoint, of sale) Delivery {
	var data struct {
		Metadata json.RawMessage `json:"metadata"`
	}
	_ = json.Unmarshal([]byte(e.Data), &data) // other data is no metadata
	d := Delivery{EndpointID: to.ID, OwnerID: to.OrganizationID, EventID: e.ID, Entity: e.Entity, EntityID: e.EntityID, EventType: e.Type,
		Topic: e.Topic, SubscriptionID: idOf(e.SubscriptionID), ProductID: of.ProductID, Format: to.Format, URL: to.URL, CreatedAt: e.HappenedAt}
	if e.Entity == event.Subscription {
		d.SubscriptionID = e.EntityID
	}
	body := sign.Event{Date: e.HappenedAt, Entity: e.Entity, EntityURL: entityURL(e.Entity, e.EntityID), ID: e.EntityID, Type: string(e.Type),
		EventID: e.ID, Metadata: data.Metadata}.Body()
	d.Body = string(d.enclose(e.MarketplaceID, body))
	return d
}

// enclose puts a body into the document that the delivery's format wants.
func (d Delivery) enclose(marketplace int64, body []byte) []byte {
	if d.Format == CloudEvents {
		return d.cloudEvent(marketplace).Structured(body)
	}
	return body
}

// cloudEvent is the delivery's envelope.
func (d Delivery) cloudEvent(marketplace int64) sign.CloudEvent {
	return sign.CloudEvent{ID: d.MessageID(), Source: "/marketplaces/" + strconv.FormatInt(marketplace, 10),
		Type:    "fondaco." + strings.ToLower(d.Entity) + "." + strings.ToLower(string(d.EventType)),
		Subject: entityURL(d.Entity, d.EntityID), Time: d.CreatedAt}
}

// entityURL is where the contract's API has the entity: "productVersion/7".
func entityURL(entity string, id int64) string {
	first, rest := entity[:1], entity[1:]
	return strings.Map(unicode.ToLower, first) + rest + "/" + strconv.FormatInt(id, 10)
}

func idOf(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
