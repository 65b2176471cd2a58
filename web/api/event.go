package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
)

type eventView struct {
	ID             int64           `json:"id" example:"101"`
	Type           event.Type      `json:"type" enum:"CREATED,MODIFIED,DELETED"`
	Entity         string          `json:"entity" example:"Subscription"`
	EntityID       int64           `json:"entityId" example:"21"`
	Topic          string          `json:"topic" doc:"What happened, finer than the type." example:"subscription.suspended"`
	SubscriptionID *int64          `json:"subscriptionId" example:"21"`
	Summary        string          `json:"summary" example:"Suspended by Ada Rossi (Acme)"`
	Data           json.RawMessage `json:"data"`
	Actor          string          `json:"actor" example:"Ada Rossi (Acme)"`
	HappenedAt     time.Time       `json:"happenedAt"`
}

func viewEvent(e event.Event) eventView {
	return eventView{ID: e.ID, Type: e.Type, Entity: e.Entity, EntityID: e.EntityID, Topic: e.Topic, SubscriptionID: e.SubscriptionID,
		Summary: e.Summary, Data: json.RawMessage(e.Data), Actor: e.Actor, HappenedAt: e.HappenedAt}
}

func (s *server) eventRoutes() {
	register(s, route{method: http.MethodGet, path: "/events", id: "listEvents", tag: "Events", summary: "List what happened",
		description: "Newest first: what your organization bought, or what was bought of it; operators see everything."}, s.listEvents)
}

func (s *server) listEvents(ctx context.Context, actor account.Actor, in *struct {
	Paging
	SubscriptionID int64 `query:"subscriptionId" minimum:"1" maximum:"2147483647"`
}) (*reply[list[eventView]], error) {
	found, err := s.Accounts.Events(ctx, actor, in.SubscriptionID, in.request())
	return listOf(found, err, viewEvent)
}

type auditView struct {
	ID         int64           `json:"id" example:"300"`
	HappenedAt time.Time       `json:"happenedAt"`
	Actor      string          `json:"actor" example:"Ada Rossi (Lagoon Maps)"`
	Action     string          `json:"action" example:"product.approved"`
	Entity     string          `json:"entity" example:"product"`
	EntityID   int64           `json:"entityId" example:"12"`
	Before     json.RawMessage `json:"before,omitempty" doc:"Left out when there was nothing."`
	After      json.RawMessage `json:"after,omitempty" doc:"Left out when there is nothing more."`
}

func viewAudit(r audit.Record) auditView {
	return auditView{ID: r.ID, HappenedAt: r.HappenedAt, Actor: r.Actor, Action: r.Action, Entity: r.Entity, EntityID: r.EntityID,
		Before: camelCased(r.Before), After: camelCased(r.After)}
}

// camelCased writes what the trail keeps of our Go types as the API writes
// names; nothing for nothing.
func camelCased(text string) json.RawMessage {
	v, err := parseJSON([]byte(text))
	if err != nil || v == nil {
		return nil
	}
	raw, _ := json.Marshal(camelKeys(v)) // it was parsed from JSON
	return raw
}

func camelKeys(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[camel(key)] = camelKeys(value)
		}
		return out
	case []any:
		for i := range v {
			v[i] = camelKeys(v[i])
		}
	}
	return v
}

// camel gives "id" for "ID", "vendorId" for "VendorID", "url" for "URL".
func camel(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, c := range letters {
		afterUpper := i == 0 || unicode.IsUpper(letters[i-1])
		beforeLower := i+1 < len(letters) && unicode.IsLower(letters[i+1])
		if i == 0 || (afterUpper && !beforeLower) {
			c = unicode.ToLower(c)
		}
		b.WriteRune(c)
	}
	return b.String()
}

func (s *server) auditRoutes() {
	register(s, route{method: http.MethodGet, path: "/audit", id: "listAudit", tag: "Operations", summary: "Read the audit trail",
		description: "Operators only. Who changed what, with before and after, newest first."}, s.listAudit)
}

func (s *server) listAudit(ctx context.Context, actor account.Actor, in *Paging) (*reply[list[auditView]], error) {
	found, err := s.Accounts.AuditTrail(ctx, actor, audit.Filter{}, in.request())
	return listOf(found, err, viewAudit)
}
