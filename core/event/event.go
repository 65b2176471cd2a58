// Package event is the outbox: what happened is written in the transaction of
// the change, and a loop tells everybody concerned afterwards. Nothing that was
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
	// For the owner of a webhook endpoint; not in the contract.
	Endpoint = "Endpoint"
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
	DispatchTries  int        `db:"dispatch_tries"` // that failed
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
	db      *store.DB
	subs    []Subscriber
	batches []BatchSubscriber
}

// Subscriber is told of every event, in a transaction of the event's
// marketplace, and may be told again after a crash: what it writes must be
// unique by event. Slow work is a job it inserts.
type Subscriber func(ctx context.Context, tx *store.Tx, e Event) error

// BatchSubscriber is a Subscriber that is told of several events at once,
// oldest first: for those who would read the same rows for each.
type BatchSubscriber func(ctx context.Context, tx *store.Tx, all []Event) error

// New returns the log and registers its loop.
func New(db *store.DB, client *jobs.Client) *Log {
	l := &Log{db: db}
	client.AddLoop(jobs.Loop{Name: "event.dispatch", Every: pollEvery, Round: l.round, Pending: pending})
	jobs.Register(client, func(context.Context, jobs.Job[dispatchArgs]) error { return nil })
	return l
}

// dispatchArgs are of a job that told one event, in the queues of databases
// from before the loop. The loop finds its event; the job has nothing to do.
type dispatchArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
}

// Kind names the job in the queue.
func (dispatchArgs) Kind() string { return "event.dispatch" }

// Scope says where it works.
func (a dispatchArgs) Scope() int64 { return a.MarketplaceID }

// Subscribe adds a subscriber; call it before the jobs start.
func (l *Log) Subscribe(s Subscriber) { l.subs = append(l.subs, s) }

// SubscribeBatch adds a subscriber that takes events together; call it before
// the jobs start.
func (l *Log) SubscribeBatch(s BatchSubscriber) { l.batches = append(l.batches, s) }

// Append writes the event. Once tx commits it is told, whatever happens to
// this process.
func (l *Log) Append(ctx context.Context, tx *store.Tx, in Input) error {
	data, err := json.Marshal(in.Data)
	if err != nil {
		return fmt.Errorf("event %s: %w", in.Topic, err)
	}
	if in.Data == nil {
		data = []byte("{}")
	}
	_, err = tx.Exec(ctx, `INSERT INTO event (marketplace_id, entity, entity_id, type, topic, subscription_id,
		customer_id, vendor_id, reseller_id, summary, data, actor, happened_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), in.Entity, in.EntityID, in.Type, in.Topic, orNil(in.SubscriptionID),
		orNil(in.CustomerID), orNil(in.VendorID), orNil(in.ResellerID), in.Summary, string(data), in.Actor.Name, tx.Now())
	if err != nil {
		return fmt.Errorf("event %s: %w", in.Topic, err)
	}
	return nil
}

const selectEvent = `SELECT id, marketplace_id, entity, entity_id, type, topic, subscription_id, customer_id,
	vendor_id, reseller_id, summary, data, actor, happened_at, dispatched_at, dispatch_tries FROM event`

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
