package webhook

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
)

// TestEntityID is the id of what test events are about: the highest that a
// connector can read, and of nothing that exists. Whatever a connector does
// with it comes to nothing.
const TestEntityID = math.MaxInt32

// maxPayload is the largest payload of a test.
const maxPayload = 64 << 10

// TestInput is an event that did not happen.
type TestInput struct {
	Entity   string     // "": Subscription
	EntityID int64      // 0: TestEntityID
	Type     event.Type // "": CREATED
	// Payload is sent in place of the notification: a JSON object.
	Payload json.RawMessage
}

// Validate reports every wrong field.
func (in TestInput) Validate() error {
	var c fault.Check
	c.That(slices.Contains(ToPlatform.entities(), in.Entity), "entity", fmt.Sprintf("Use one of: %v.", ToPlatform.entities()))
	c.That(in.EntityID > 0 && in.EntityID <= math.MaxInt32, "entityId", "Use a number from 1 to 2147483647.")
	c.That(slices.Contains([]event.Type{event.Created, event.Modified, event.Deleted}, in.Type), "type", "Use CREATED, MODIFIED or DELETED.")
	var object map[string]json.RawMessage
	c.That(in.Payload == nil || json.Unmarshal(in.Payload, &object) == nil && object != nil, "payload", "Give a JSON object.")
	c.That(len(in.Payload) <= maxPayload, "payload", "The payload is too long: at most 64 KiB.")
	return c.Err()
}

func (in TestInput) normal() TestInput {
	in.Entity, in.EntityID, in.Type = cmp.Or(in.Entity, event.Subscription), cmp.Or(in.EntityID, TestEntityID), cmp.Or(in.Type, event.Created)
	if len(in.Payload) == 0 || string(in.Payload) == "null" {
		in.Payload = nil
	}
	return in
}

// SendTest sends an event that did not happen to one of the actor's endpoints,
// signed and logged as any other. It starts nothing here, and at a connector
// that reads what it is about, nothing there.
func (s *Service) SendTest(ctx context.Context, actor account.Actor, endpoint int64, in TestInput) (Delivery, error) {
	in = in.normal()
	if err := in.Validate(); err != nil {
		return Delivery{}, err
	}
	var d Delivery
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		e, err := own(actor, func() (Endpoint, error) { return receiving(ctx, tx, endpoint) })
		if err != nil {
			return err
		}
		if d, err = s.insertTest(ctx, tx, e, in); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "endpoint.test", Entity: "endpoint", EntityID: e.ID,
			After: map[string]any{"delivery": d.ID, "entity": in.Entity, "type": in.Type}})
	})
	return d, err
}

// insertTest writes the delivery, and then its body, which may hold its id.
func (s *Service) insertTest(ctx context.Context, tx *store.Tx, e Endpoint, in TestInput) (Delivery, error) {
	d := Delivery{EndpointID: e.ID, OwnerID: e.OrganizationID, Entity: in.Entity, EntityID: in.EntityID, EventType: in.Type, Topic: "test",
		ProductID: e.ProductID, Format: e.Format, URL: e.URL, CreatedAt: tx.Now()}
	id, err := tx.Insert(ctx, `INSERT INTO webhook_delivery (marketplace_id, endpoint_id, owner_id, entity, entity_id, event_type, topic, product_id,
		format, url, body, status, next_attempt_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)`,
		tx.Marketplace(), d.EndpointID, orNil(d.OwnerID), d.Entity, d.EntityID, d.EventType, d.Topic, orNil(d.ProductID),
		d.Format, d.URL, Pending, s.db.Clock().Now(), tx.Now())
	if err != nil {
		return Delivery{}, err
	}
	d.ID = id
	body := []byte(in.Payload)
	if body == nil {
		body = sign.Event{Date: tx.Now(), Entity: d.Entity, EntityURL: entityURL(d.Entity, d.EntityID), ID: d.EntityID, Type: string(d.EventType)}.Body()
	}
	_, err = tx.Exec(ctx, `UPDATE webhook_delivery SET body = ? WHERE marketplace_id = ? AND id = ?`, string(d.enclose(tx.Marketplace(), body)), tx.Marketplace(), id)
	if err != nil {
		return Delivery{}, err
	}
	return byID(ctx, tx, id)
}
