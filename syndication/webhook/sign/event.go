package sign

import (
	"bytes"
	"encoding/json"
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
	Date      string `json:"date"`
	Entity    string `json:"entity"`
	EntityURL string `json:"entityUrl"`
	ID        int64  `json:"id"`
	Type      string `json:"type"`
}

// Body returns the JSON to send: keys in a fixed order, no white space, the
// same bytes for the same event. Store these bytes and sign them as they are.
func (e Event) Body() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// Strings and a number always encode.
	_ = enc.Encode(wireEvent{
		Date:      e.Date.UTC().Format("2006-01-02T15:04:05Z"),
		Entity:    e.Entity,
		EntityURL: e.EntityURL,
		ID:        e.ID,
		Type:      e.Type,
	})
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
