package sign

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// Event is a notification as connectors read it. It names the entity that
// changed; the receiver reads the entity itself through the API.
type Event struct {
	Date      time.Time // when the change happened; written in UTC, cut to seconds
	Entity    string    // "Subscription"
	EntityURL string    // "subscription/2388": relative, no leading slash
	ID        int64     // id of the entity, not of the event
	Type      string    // "CREATED", "MODIFIED" or "DELETED"
	// EventID is the number of the event itself; 0 leaves it and Self out.
	EventID int64
	// Metadata says more about the change, such as published; usually nothing.
	Metadata json.RawMessage
}

// The types a connector knows; it refuses any other.
const (
	Created  = "CREATED"
	Modified = "MODIFIED"
	Deleted  = "DELETED"
)

// wireEvent fixes the order of the keys. The id is a number: two of the public
// connector templates refuse a string.
type wireEvent struct {
	Date      string          `json:"date"`
	Entity    string          `json:"entity"`
	EntityURL string          `json:"entityUrl"`
	EventID   int64           `json:"eventId,omitempty"`
	ID        int64           `json:"id"`
	Metadata  json.RawMessage `json:"metadata,omitempty"`
	Self      string          `json:"self,omitempty"`
	Type      string          `json:"type"`
}

// Body returns the JSON to send: keys in a fixed order, no white space, the
// same bytes for the same event. Store these bytes and sign them as they are.
func (e Event) Body() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	wire := wireEvent{
		Date:      e.Date.UTC().Format("2006-01-02T15:04:05Z"),
		Entity:    e.Entity,
		EntityURL: e.EntityURL,
		EventID:   e.EventID,
		ID:        e.ID,
		Metadata:  e.Metadata,
		Type:      e.Type,
	}
	if !json.Valid(wire.Metadata) {
		wire.Metadata = nil
	}
	if e.EventID != 0 {
		wire.Self = "eventNotification/" + strconv.FormatInt(e.EventID, 10)
	}
	// Strings, numbers and valid JSON always encode.
	_ = enc.Encode(wire)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
