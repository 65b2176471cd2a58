// Package gatewaylog reads what Kong's http-log plugin sends and says whom a
// request belongs to. It is pure: no network, no database, no clock.
//
// Delivery is at least once. RequestID is unique per request and the same
// when a batch is sent again, so it is what to count by. Only entries with
// source "upstream" reached the vendor; what Kong refused itself (no key, not
// in the plan, over the limit) has source "kong" and is not billed.
package gatewaylog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

// The values of Entry.Source.
const (
	SourceUpstream = "upstream" // the vendor was asked
	SourceKong     = "kong"     // the gateway answered itself
)

// Entry is one request that went through the gateway.
type Entry struct {
	// RequestID is Kong's id of the request, the X-Kong-Request-Id header.
	RequestID string
	// SubscriptionID is the consumer's subscription, 0 when the request had
	// no valid key or the consumer is not one of ours.
	SubscriptionID int64
	// ConsumerName is the consumer's username as Kong knows it, "" for none.
	ConsumerName string
	// Endpoint is the identifier of the product's endpoint, "" when the
	// route is not one of ours.
	Endpoint string
	// ProductID is the product's number, 0 when the service is not ours.
	ProductID int64
	// StartedAt is when Kong received the request: UTC, milliseconds.
	StartedAt time.Time
	// Status is what the client was answered.
	Status int
	// Source is SourceUpstream or SourceKong.
	Source string
	// LatencyMS is the whole time in Kong and upstream, in milliseconds.
	LatencyMS int64
}

// wire is the part of Kong's entry that is read; the rest is ignored.
type wire struct {
	StartedAt float64 `json:"started_at"`
	Source    string  `json:"source"`
	Request   struct {
		ID string `json:"id"`
	} `json:"request"`
	Response struct {
		Status int `json:"status"`
	} `json:"response"`
	Latencies struct {
		Request float64 `json:"request"`
	} `json:"latencies"`
	Consumer struct {
		Username string   `json:"username"`
		Tags     []string `json:"tags"`
	} `json:"consumer"`
	Route struct {
		Tags []string `json:"tags"`
	} `json:"route"`
	Service struct {
		Tags []string `json:"tags"`
	} `json:"service"`
}

// Parse reads a batch: a JSON array of entries, or one bare entry. A body
// that is cut off or not JSON, or an entry that cannot be counted once (no
// request id) or not placed in time, is a fault.Invalid that says where;
// nothing of the batch is returned then. Unknown fields are ignored.
func Parse(body []byte) ([]Entry, error) {
	batch, err := decode(body)
	if err != nil {
		return nil, err
	}
	var c fault.Check
	entries := make([]Entry, len(batch))
	for i, w := range batch {
		at := c.At("entries[%d]", i)
		at.That(w.Request.ID != "", "request.id", "This is missing, so the request cannot be counted exactly once; Kong 3.5 and newer send it.")
		at.That(w.StartedAt > 0 && w.StartedAt < maxMillis, "started_at", "This must be the time of the request in milliseconds since 1970.")
		entries[i] = w.entry()
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	return entries, nil
}

// maxMillis is the end of the year 9999.
const maxMillis = 253402300800000

func decode(body []byte) ([]wire, error) {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) == 0 {
		return nil, fault.InvalidField("body", "The log batch is empty.")
	}
	if trimmed[0] == '[' {
		batch := []wire{}
		if err := json.Unmarshal(body, &batch); err != nil {
			return nil, whereWrong(body, err)
		}
		return batch, nil
	}
	var one wire
	if err := json.Unmarshal(body, &one); err != nil {
		return nil, whereWrong(body, err)
	}
	return []wire{one}, nil
}

// whereWrong turns a JSON error into a fault that names the byte or field.
func whereWrong(body []byte, err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := wrong.Field
		if field == "" {
			field = "body"
		}
		return fault.InvalidField(field, fmt.Sprintf("At byte %d of %d there is a %s where the log format has another type.", wrong.Offset, len(body), wrong.Value)).Because(err)
	}
	at := int64(len(body))
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	message := fmt.Sprintf("The log batch is not JSON: something is wrong at byte %d of %d.", at, len(body))
	if at >= int64(len(body)) && err.Error() == "unexpected end of JSON input" {
		message = fmt.Sprintf("The log batch is cut off: the JSON ends too early at byte %d. Send the whole batch again.", len(body))
	}
	return fault.InvalidField("body", message).Because(err)
}

func (w wire) entry() Entry {
	e := Entry{
		RequestID: w.Request.ID, ConsumerName: w.Consumer.Username, Endpoint: endpointFrom(w.Route.Tags),
		ProductID: idFrom(w.Service.Tags, productPrefix), StartedAt: time.UnixMilli(int64(w.StartedAt)).UTC(),
		Status: w.Response.Status, Source: w.Source, LatencyMS: int64(w.Latencies.Request),
	}
	if e.Source != SourceUpstream {
		e.Source = SourceKong // whatever else it says, it is not billed
	}
	id, err := strconv.ParseInt(w.Consumer.Username, 10, 64)
	if err == nil && id > 0 && slices.Contains(w.Consumer.Tags, SubscriptionTag(id)) {
		e.SubscriptionID = id
	}
	return e
}
