// Package audit keeps who changed what, with before and after. An entry is
// written in the transaction of the change, so there is no change without one.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/store"
)

// Actor is who did it, as the trail shows it.
type Actor struct {
	ID   int64  // user id; 0 for the system itself
	Name string // "Ada Rossi (Lagoon Maps)", "system"
}

// System is the actor of what happens by itself.
var System = Actor{Name: "system"}

// Entry is one change. Before and After are JSON-encoded; nil is left empty.
// They must hold no secret.
type Entry struct {
	Actor    Actor
	Action   string // "product.approve"
	Entity   string // "product"
	EntityID int64
	Before   any
	After    any
}

// Record is an entry as it was written.
type Record struct {
	ID         int64     `db:"id"`
	HappenedAt time.Time `db:"happened_at"`
	Actor      string    `db:"actor"`
	Action     string    `db:"action"`
	Entity     string    `db:"entity"`
	EntityID   int64     `db:"entity_id"`
	Before     string    `db:"before"`
	After      string    `db:"after"`
}

// Write adds an entry to the marketplace's trail.
func Write(ctx context.Context, tx *store.Tx, e Entry) error {
	before, err := encode(e.Before)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	after, err := encode(e.After)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	_, err = tx.Insert(ctx, `INSERT INTO audit_entry
		(marketplace_id, happened_at, actor_id, actor, action, entity, entity_id, before, after)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), tx.Now(), e.Actor.ID, e.Actor.Name, e.Action, e.Entity, e.EntityID, before, after)
	return err
}

func encode(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}
