// Package event is the outbox: what happened is written in the transaction of
// the change, and a job tells everybody concerned afterwards. Nothing that was
// committed goes untold; nothing that was rolled back is told.
package event

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// Type is what happened to the entity, in the words of the connector contract.
type Type string

// The types.
const (
	Created  Type = "CREATED"
	Modified Type = "MODIFIED"
	Deleted  Type = "DELETED"
)

// Entities that events are about, as the connector contract writes them.
const (
	Subscription   = "Subscription"
	ProductVersion = "ProductVersion"
	User           = "User"
	Cart           = "Cart"
	Invoice        = "Invoice"
	Product        = "Product"
	Order          = "Order"
	// For operators only; not in the contract.
	Provider       = "Provider"
	Reconciliation = "Reconciliation"
)

// Event is something that happened. Topic is finer than Type
// ("subscription.suspended") and drives e-mail; Type drives webhooks.
type Event struct {
	ID             int64      `db:"id"`
	MarketplaceID  int64      `db:"marketplace_id"`
	Entity         string     `db:"entity"`
	EntityID       int64      `db:"entity_id"`
	Type           Type       `db:"type"`
	Topic          string     `db:"topic"`
	SubscriptionID *int64     `db:"subscription_id"`
	CustomerID     *int64     `db:"customer_id"`
	VendorID       *int64     `db:"vendor_id"`
	ResellerID     *int64     `db:"reseller_id"`
	Summary        string     `db:"summary"`
	Data           string     `db:"data"`
	Actor          string     `db:"actor"`
	HappenedAt     time.Time  `db:"happened_at"`
	DispatchedAt   *time.Time `db:"dispatched_at"`
}

// Input is an event to be written. Zero ids mean "concerns none".
type Input struct {
	Entity         string
	EntityID       int64
	Type           Type
	Topic          string
	SubscriptionID int64
	CustomerID     int64
	VendorID       int64
	ResellerID     int64
	Summary        string // one sentence for the timeline
	Data           any    // small JSON for templates; no secrets
	Actor          audit.Actor
}

// Log writes events and dispatches them.
type Log struct {
	db   *store.DB
	jobs *jobs.Client
	subs []Subscriber
}

// Subscriber is told of every event, in a transaction of the event's
// marketplace, and may be told again after a crash: what it writes must be
// unique by event. Slow work is a job it inserts.
type Subscriber func(ctx context.Context, tx *store.Tx, e Event) error

// New returns the log and registers its job.
func New(db *store.DB, client *jobs.Client) *Log {
	l := &Log{db: db, jobs: client}
	jobs.Register(client, l.dispatch)
	return l
}

// Subscribe adds a subscriber; call it before the jobs start.
func (l *Log) Subscribe(s Subscriber) { l.subs = append(l.subs, s) }

// Append writes the event and the job that will tell it.
func (l *Log) Append(ctx context.Context, tx *store.Tx, in Input) error {
	data, err := json.Marshal(in.Data)
	if err != nil {
		return fmt.Errorf("event %s: %w", in.Topic, err)
	}
	if in.Data == nil {
		data = []byte("{}")
	}
	id, err := tx.Insert(ctx, `INSERT INTO event (marketplace_id, entity, entity_id, type, topic, subscription_id,
		customer_id, vendor_id, reseller_id, summary, data, actor, happened_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), in.Entity, in.EntityID, in.Type, in.Topic, orNil(in.SubscriptionID),
		orNil(in.CustomerID), orNil(in.VendorID), orNil(in.ResellerID), in.Summary, string(data), in.Actor.Name, tx.Now())
	if err != nil {
		return fmt.Errorf("event %s: %w", in.Topic, err)
	}
	return l.jobs.Insert(ctx, tx, dispatchArgs{MarketplaceID: tx.Marketplace(), EventID: id}, jobs.Options{})
}

type dispatchArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
	EventID       int64 `json:"eventId"`
}

func (dispatchArgs) Kind() string   { return "event.dispatch" }
func (a dispatchArgs) Scope() int64 { return a.MarketplaceID }

func (l *Log) dispatch(ctx context.Context, job jobs.Job[dispatchArgs]) error {
	return l.db.InTx(ctx, job.Args.MarketplaceID, func(tx *store.Tx) error {
		var e Event
		err := tx.Get(ctx, "event", &e, selectEvent+` WHERE marketplace_id = ? AND id = ?`+tx.ForUpdate(), tx.Marketplace(), job.Args.EventID)
		if err != nil || e.DispatchedAt != nil {
			return err
		}
		for _, tell := range l.subs {
			if err := tell(ctx, tx, e); err != nil {
				return fmt.Errorf("event %d (%s): %w", e.ID, e.Topic, err)
			}
		}
		_, err = tx.Exec(ctx, `UPDATE event SET dispatched_at = ? WHERE marketplace_id = ? AND id = ?`, tx.Now(), tx.Marketplace(), e.ID)
		return err
	})
}

const selectEvent = `SELECT id, marketplace_id, entity, entity_id, type, topic, subscription_id, customer_id,
	vendor_id, reseller_id, summary, data, actor, happened_at, dispatched_at FROM event`

// Filter narrows a list; zero values do not.
type Filter struct {
	SubscriptionID int64
	// PartyID is an organization: only what it bought, sold or resold.
	PartyID int64
}

// List returns events, newest first.
func List(ctx context.Context, tx *store.Tx, f Filter, req page.Request) (page.Page[Event], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Event]{}, err
	}
	where, args := f.where(tx, " AND id < ?", before)
	var rows []Event
	err = tx.Select(ctx, &rows, selectEvent+where+" ORDER BY id DESC LIMIT ?", append(args, req.Size()+1)...)
	return page.Cut(req, rows, func(e Event) int64 { return e.ID }), err
}

// where is the condition that the filter and one more come to, with its values.
func (f Filter) where(tx *store.Tx, more string, val any) (string, []any) {
	where, args := " WHERE marketplace_id = ?"+more, []any{tx.Marketplace(), val}
	if f.SubscriptionID != 0 {
		where, args = where+" AND subscription_id = ?", append(args, f.SubscriptionID)
	}
	if f.PartyID != 0 {
		where, args = where+" AND (customer_id = ? OR vendor_id = ? OR reseller_id = ?)", append(args, f.PartyID, f.PartyID, f.PartyID)
	}
	return where, args
}

func orNil(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
