package sign

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"
)

// Content types of what is sent.
const (
	TypeJSON        = "application/json; charset=utf-8"
	TypeCloudEvents = "application/cloudevents+json; charset=utf-8"
)

// CloudEvent is the envelope of CloudEvents 1.0 around a body.
type CloudEvent struct {
	ID      string    // the webhook-id
	Source  string    // "/marketplaces/1"
	Type    string    // "fondaco.subscription.created"
	Subject string    // "subscription/2388"
	Time    time.Time // when the change happened
}

type wireCloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            string          `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

const specVersion = "1.0"

// Structured returns the event with data in it, a JSON document (the JSON
// event format of CloudEvents 1.0).
func (c CloudEvent) Structured(data []byte) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// Strings and valid JSON always encode.
	_ = enc.Encode(wireCloudEvent{SpecVersion: specVersion, ID: c.ID, Source: c.Source, Type: c.Type, Subject: c.Subject,
		Time: c.time(), DataContentType: "application/json", Data: data})
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Binary adds the event's attributes to the headers that go with data as it is
// (the HTTP binary content mode of CloudEvents 1.0).
func (c CloudEvent) Binary(h http.Header) {
	h.Set("Ce-Specversion", specVersion)
	h.Set("Ce-Id", c.ID)
	h.Set("Ce-Source", c.Source)
	h.Set("Ce-Type", c.Type)
	h.Set("Ce-Subject", c.Subject)
	h.Set("Ce-Time", c.time())
}

func (c CloudEvent) time() string { return c.Time.UTC().Format("2006-01-02T15:04:05Z") }
