// Package webhook tells vendors' systems what happened: each event of a
// subscription becomes a signed delivery to the product's endpoint, tried
// until it arrives or the schedule ends, with a log of every attempt.
package webhook

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
)

// Status is where a delivery stands.
type Status string

// The statuses.
const (
	Pending   Status = "pending"   // to be sent, or sent again
	Delivered Status = "delivered" // the receiver answered 2xx
	Dead      Status = "dead"      // given up after the last attempt
)

// Statuses lists them; the schema checks the same.
var Statuses = []Status{Pending, Delivered, Dead}

// Delivery is one event on its way to one endpoint. Times are the
// marketplace's. Log is filled by Service.Delivery only.
type Delivery struct {
	ID             int64      `db:"id"`
	EventID        int64      `db:"event_id"`
	EventType      event.Type `db:"event_type"`
	Topic          string     `db:"topic"` // "subscription.suspended"
	ProductID      int64      `db:"product_id"`
	Product        string     `db:"product"`
	VendorID       int64      `db:"vendor_id"`
	SubscriptionID int64      `db:"subscription_id"`
	URL            string     `db:"url"` // where it went last
	Body           string     `db:"body"`
	Status         Status     `db:"status"`
	Attempts       int        `db:"attempts"`
	NextAttemptAt  *time.Time `db:"next_attempt_at"`
	LastError      string     `db:"last_error"` // a sentence for the vendor; "" when delivered
	CreatedAt      time.Time  `db:"created_at"`
	DeliveredAt    *time.Time `db:"delivered_at"`
	Log            []Attempt  `db:"-"`
}

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
	Status         Status
}

// Validate reports every wrong field.
func (f Filter) Validate() error {
	var c fault.Check
	c.That(f.SubscriptionID >= 0, "subscriptionId", "Use the number of a subscription.")
	c.That(f.ProductID >= 0, "productId", "Use the number of a product.")
	c.That(f.Status == "" || slices.Contains(Statuses, f.Status), "status", "Use pending, delivered or dead.")
	return c.Err()
}
