package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/money"
)

const selectMail = `SELECT id, event_id, kind, recipient, subject, body, status, error, created_at, sent_at FROM mail WHERE marketplace_id = ?`

func insert(ctx context.Context, tx *store.Tx, m Mail) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO mail (marketplace_id, event_id, kind, recipient, subject, body, status, error, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), m.EventID, m.Kind, m.Recipient, m.Subject, m.Body, m.Status, m.Error, tx.Now())
}

func byID(ctx context.Context, tx *store.Tx, id int64) (m Mail, err error) {
	return m, tx.Get(ctx, "mail", &m, selectMail+` AND id = ?`, tx.Marketplace(), id)
}

// written reports whether the event has its mails already.
func written(ctx context.Context, tx *store.Tx, eventID int64) (bool, error) {
	var n int
	err := tx.Get(ctx, "count", &n, `SELECT COUNT(*) FROM mail WHERE marketplace_id = ? AND event_id = ?`, tx.Marketplace(), eventID)
	return n > 0, err
}

// settle records what came of sending; a mail that is settled stays as it is.
func settle(ctx context.Context, tx *store.Tx, id int64, to Status, message string) error {
	var sentAt *time.Time
	if to == Sent {
		sentAt = new(tx.Now())
	}
	_, err := tx.Exec(ctx, `UPDATE mail SET status = ?, error = ?, sent_at = ? WHERE marketplace_id = ? AND id = ? AND status = ?`,
		to, message, sentAt, tx.Marketplace(), id, Pending)
	return err
}

func list(ctx context.Context, tx *store.Tx, req page.Request) (page.Page[Mail], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Mail]{}, err
	}
	var rows []Mail
	err = tx.Select(ctx, &rows, selectMail+` AND id < ? ORDER BY id DESC LIMIT ?`, tx.Marketplace(), before, req.Size()+1)
	return page.Cut(req, rows, func(m Mail) int64 { return m.ID }), err
}

// details are what an event says of a subscription at that moment.
type details struct {
	Product string              `json:"product"`
	Plan    string              `json:"plan"`
	Reason  string              `json:"reason"`
	Status  subscription.Status `json:"status"`
}

func detailsOf(e event.Event) (d details, err error) {
	if err := json.Unmarshal([]byte(e.Data), &d); err != nil {
		return d, fmt.Errorf("data of event %d: %w", e.ID, err)
	}
	return d, nil
}

// before returns the subscription's event before e: what held until then.
func before(ctx context.Context, tx *store.Tx, e event.Event) (event.Event, error) {
	var found event.Event
	err := tx.Get(ctx, "earlier event", &found, `SELECT id, topic, summary, data FROM event WHERE marketplace_id = ? AND entity = ? AND entity_id = ? AND id < ?
		ORDER BY id DESC LIMIT 1`, tx.Marketplace(), e.Entity, e.EntityID, e.ID)
	return found, err
}

// bill is what a mail says of an invoice.
type bill struct {
	ID         int64         `db:"id"`
	CustomerID int64         `db:"customer_id"`
	Number     string        `db:"number"`
	Currency   string        `db:"currency"`
	Total      money.Decimal `db:"total"`
	DueAt      time.Time     `db:"due_at"`
}

func (b bill) amount() string { return money.New(b.Total, b.Currency).String() }

const selectBill = `SELECT id, customer_id, number, currency, total, due_at FROM invoice WHERE marketplace_id = ?`

func billByID(ctx context.Context, tx *store.Tx, id int64) (b bill, err error) {
	return b, tx.Get(ctx, "invoice", &b, selectBill+` AND id = ?`, tx.Marketplace(), id)
}

// unpaidOf returns the first unpaid invoice of a subscription; NotFound when
// there is none.
func unpaidOf(ctx context.Context, tx *store.Tx, subscription int64) (b bill, err error) {
	return b, tx.Get(ctx, "unpaid invoice", &b, selectBill+` AND subscription_id = ? AND status = 'unpaid' ORDER BY id LIMIT 1`, tx.Marketplace(), subscription)
}
