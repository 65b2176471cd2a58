// Package webhook tells other people's systems what happened: each event goes,
// signed, to the endpoints of those whom it concerns, and is tried until it
// arrives, a newer one makes it needless or the schedule ends, with a log of
// every attempt.
package webhook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
)

// Status is where a delivery stands.
type Status string

// The statuses.
const (
	Pending    Status = "pending"    // to be sent, or sent again
	Delivered  Status = "delivered"  // the receiver answered 2xx
	Dead       Status = "dead"       // given up after the last attempt
	Superseded Status = "superseded" // not tried again: a newer event of the subscription says more
)

// Statuses lists them; the schema checks the same.
var Statuses = []Status{Pending, Delivered, Dead, Superseded}

// Delivery is one event on its way to one endpoint. Times are the
// marketplace's. Log is filled by Service.Delivery only. Ids are 0 where there
// is nothing of the kind.
type Delivery struct {
	ID             int64      `db:"id"`
	EndpointID     int64      `db:"endpoint_id"`
	Recipient      Recipient  `db:"recipient"`
	OwnerID        int64      `db:"owner_id"` // the organization whose endpoint it is; 0: the marketplace's
	EventID        int64      `db:"event_id"` // 0: a test
	Entity         string     `db:"entity"`
	EntityID       int64      `db:"entity_id"`
	EventType      event.Type `db:"event_type"`
	Topic          string     `db:"topic"` // "subscription.suspended"
	ProductID      int64      `db:"product_id"`
	Product        string     `db:"product"`
	SubscriptionID int64      `db:"subscription_id"`
	Format         Format     `db:"format"` // of Body
	URL            string     `db:"url"`    // where it went last
	Body           string     `db:"body"`
	Status         Status     `db:"status"`
	Attempts       int        `db:"attempts"`
	Replayed       bool       `db:"replayed"` // somebody asked for the attempt that is next
	NextAttemptAt  *time.Time `db:"next_attempt_at"`
	LastError      string     `db:"last_error"` // a sentence for the owner; "" when delivered
	CreatedAt      time.Time  `db:"created_at"` // when its event happened
	DeliveredAt    *time.Time `db:"delivered_at"`
	Log            []Attempt  `db:"-"`
}

// Test reports whether it is a test: of no event, somebody wanted to see it
// arrive.
func (d Delivery) Test() bool { return d.EventID == 0 }

// MessageID is the webhook-id: the same on every attempt and replay, so that
// receivers can drop repeats.
func (d Delivery) MessageID() string {
	if d.Test() {
		return "test_" + strconv.FormatInt(d.ID, 10)
	}
	return MessageID(d.EventID)
}

// MessageID is the webhook-id of an event at every endpoint.
func MessageID(eventID int64) string { return "evt_" + strconv.FormatInt(eventID, 10) }

// order is what the delivery keeps its turn in: its subscription, or whatever
// else the event is about. Tests wait for nobody.
func (d Delivery) order() string {
	if d.Test() {
		return d.MessageID()
	}
	return d.Entity + "/" + strconv.FormatInt(d.EntityID, 10)
}

// supersedable reports whether newer events of the same thing make another try
// needless: receivers read a subscription anew, whatever event brings them.
func (d Delivery) supersedable() bool { return !d.Test() && d.Entity == event.Subscription }

// Attempt is one try at a delivery as the log keeps it. StatusCode is 0 when
// there was no answer. No secret is in it; signatures are.
type Attempt struct {
	ID              int64     `db:"id"`
	Number          int       `db:"number"`
	SentAt          time.Time `db:"sent_at"`
	DurationMS      int64     `db:"duration_ms"`
	StatusCode      int       `db:"status_code"`
	RequestHeaders  Headers   `db:"request_headers"`
	ResponseHeaders Headers   `db:"response_headers"`
	ResponseBody    string    `db:"response_body"` // its beginning
	Error           string    `db:"error"`
}

// Headers are HTTP headers of the log, one value each, a JSON column.
type Headers map[string]string

// Scan reads the JSON column.
func (h *Headers) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return json.Unmarshal([]byte(v), h)
	case []byte:
		return json.Unmarshal(v, h)
	}
	return nil
}

// Filter narrows a list; zero values do not.
type Filter struct {
	SubscriptionID int64
	ProductID      int64
	EndpointID     int64
	Entity         string // what the events are about
	EntityID       int64
	Status         Status
	Arrived        *bool // whether they were delivered
}

// Validate reports every wrong field.
func (f Filter) Validate() error {
	var c fault.Check
	c.That(f.SubscriptionID >= 0, "subscriptionId", "Use the number of a subscription.")
	c.That(f.ProductID >= 0, "productId", "Use the number of a product.")
	c.That(f.EndpointID >= 0, "endpointId", "Use the number of an endpoint.")
	c.That(f.EntityID >= 0, "entityId", "Use the number of what the events are about.")
	c.That(f.Status == "" || slices.Contains(Statuses, f.Status), "status", fmt.Sprintf("Use one of: %v.", Statuses))
	return c.Err()
}
