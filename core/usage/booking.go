package usage

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/money"
)

// maxEventID leaves room for the number of a later growth.
const maxEventID = maxText - 10

// readUsage turns a plugin's answer for a window into facts. Quantities with
// more than six decimals are rounded half up; rounded says how many. Anything
// that cannot be booked as it is refuses the whole answer.
func readUsage(sub int64, w span, answer []sdk.Usage) (facts []fact, rounded int, err error) {
	seen := map[string]bool{}
	for _, u := range answer {
		d, err := money.Parse(u.Quantity)
		if err != nil {
			return nil, 0, unusable(u, "its quantity is no decimal number")
		}
		if d.Decimals() > 6 {
			d, rounded = d.Round(6), rounded+1
		}
		q, err := FromDecimal(d)
		at := clock.Normal(u.At)
		switch {
		case err != nil:
			return nil, 0, unusable(u, err.Error())
		case !isText(u.EventID) || len(u.EventID) > maxEventID:
			return nil, 0, unusable(u, fmt.Sprintf("its id must have 1 to %d characters", maxEventID))
		case seen[u.EventID]:
			return nil, 0, unusable(u, "it is there twice")
		case !isText(u.Meter):
			return nil, 0, unusable(u, "it names no meter")
		case at.Before(w.from) || !at.Before(w.to):
			return nil, 0, unusable(u, "it lies outside the window that was asked for")
		}
		seen[u.EventID] = true
		facts = append(facts, fact{Record{EventID: u.EventID, SubscriptionID: sub, Meter: u.Meter, Quantity: q, Billable: true}, at})
	}
	return facts, rounded, nil
}

func unusable(u sdk.Usage, why string) error {
	return sdk.Permanent("The plugin returned usage that cannot be booked (%.60q): %s.", u.EventID, why)
}

// book keeps facts that are in the marketplace's time already.
func book(ctx context.Context, tx *store.Tx, source string, facts []fact) error {
	facts = sorted(facts)
	if len(facts) == 0 {
		return nil
	}
	_, err := keepFacts(ctx, tx, source, facts)
	return err
}

// growth is what the facts of a window have beyond what is booked of them: as
// events of their own, since events never change. shrunk lists what would have
// become less.
func growth(ctx context.Context, tx *store.Tx, source string, facts []fact) (more []fact, shrunk []string, err error) {
	for _, f := range facts {
		booked, n, err := bookedOf(ctx, tx, source, f.EventID)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case f.Quantity < booked:
			shrunk = append(shrunk, f.EventID)
		case f.Quantity > booked:
			if n > 0 {
				f.EventID += "+" + strconv.Itoa(n)
			}
			f.Quantity -= booked
			more = append(more, f)
		}
	}
	return more, shrunk, nil
}

// maxGrowths bounds how often one event can have grown.
const maxGrowths = 9

// bookedOf returns what is booked under an event's id and its growths.
func bookedOf(ctx context.Context, tx *store.Tx, source, eventID string) (sum Quantity, n int, err error) {
	ids := []string{eventID}
	for i := 1; i <= maxGrowths; i++ {
		ids = append(ids, eventID+"+"+strconv.Itoa(i))
	}
	var booked []Quantity
	err = tx.SelectIn(ctx, &booked, `SELECT quantity_micro FROM usage_event WHERE marketplace_id = ? AND source = ? AND event_id IN (?)`,
		tx.Marketplace(), source, ids)
	for _, q := range booked {
		sum += q
	}
	return sum, len(booked), err
}

// collection is how far the usage of a subscription has been fetched.
type collection struct {
	SubscriptionID int64      `db:"subscription_id"`
	ProviderID     int64      `db:"provider_id"`
	Until          time.Time  `db:"collected_until"`
	Closed         bool       `db:"closed"`
	LastError      string     `db:"last_error"`
	PeriodStart    *time.Time `db:"period_start"`
	PeriodEnd      *time.Time `db:"period_end"`
}

const selectCollection = `SELECT c.subscription_id, c.provider_id, c.collected_until, c.closed, c.last_error, s.period_start, s.period_end
	FROM usage_collection c JOIN subscription s ON s.id = c.subscription_id WHERE c.marketplace_id = ?`

func insertCollection(ctx context.Context, tx *store.Tx, sub, provider int64, from time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO usage_collection (marketplace_id, subscription_id, provider_id, started_at, collected_until)
		VALUES (?, ?, ?, ?, ?) ON CONFLICT (marketplace_id, subscription_id) DO NOTHING`, tx.Marketplace(), sub, provider, from, from)
	return err
}

// collectionOf returns false when nothing is collected for the subscription.
func collectionOf(ctx context.Context, tx *store.Tx, sub int64) (collection, bool, error) {
	var rows []collection
	err := tx.Select(ctx, &rows, selectCollection+` AND c.subscription_id = ?`, tx.Marketplace(), sub)
	if err != nil || len(rows) == 0 {
		return collection{}, false, err
	}
	return rows[0], true, nil
}

// dueCollections reads those of a provider with a window that is over.
func dueCollections(ctx context.Context, tx *store.Tx, provider int64, now time.Time, after int64, limit int) (all []collection, err error) {
	return all, tx.Select(ctx, &all, selectCollection+` AND c.provider_id = ? AND c.closed = ? AND c.subscription_id > ?
		AND s.status IN ('active', 'suspended', 'terminating')
		AND (c.collected_until < ? OR (s.period_end > c.collected_until AND s.period_end <= ?) OR (s.period_start > c.collected_until AND s.period_start <= ?))
		ORDER BY c.subscription_id LIMIT ?`, tx.Marketplace(), provider, false, after, now.Truncate(time.Hour), now, now, limit)
}

// edgesOf are the ends of billing periods within a stretch of time: windows
// are cut there, or use could not be told apart by period.
func (c collection) edgesOf(ctx context.Context, tx *store.Tx) (edges []time.Time, err error) {
	err = tx.Select(ctx, &edges, `SELECT period_end FROM billed_period WHERE marketplace_id = ? AND subscription_id = ? AND period_end > ?`,
		tx.Marketplace(), c.SubscriptionID, c.Until)
	for _, e := range []*time.Time{c.PeriodStart, c.PeriodEnd} {
		if e != nil {
			edges = append(edges, *e)
		}
	}
	return edges, err
}

// advance moves the position over a window, if it stands at its beginning;
// false when another process has moved it.
func advance(ctx context.Context, tx *store.Tx, sub int64, w span, closed bool) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE usage_collection SET collected_until = ?, closed = ?, last_error = '' WHERE marketplace_id = ? AND subscription_id = ?
		AND collected_until = ? AND closed = ?`, w.to, closed, tx.Marketplace(), sub, w.from, false)
	return n > 0, err
}

func saveError(ctx context.Context, tx *store.Tx, sub int64, text string) error {
	_, err := tx.Exec(ctx, `UPDATE usage_collection SET last_error = ? WHERE marketplace_id = ? AND subscription_id = ? AND last_error <> ?`,
		text, tx.Marketplace(), sub, text)
	return err
}

func insertWindow(ctx context.Context, tx *store.Tx, sub int64, w span, askAt time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO usage_window (marketplace_id, subscription_id, window_start, window_end, ask_at) VALUES (?, ?, ?, ?, ?)`,
		tx.Marketplace(), sub, w.from, w.to, askAt)
	return err
}

func postponeWindow(ctx context.Context, tx *store.Tx, sub int64, w span, askAt time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE usage_window SET ask_at = ? WHERE marketplace_id = ? AND subscription_id = ? AND window_start = ?`,
		askAt, tx.Marketplace(), sub, w.from)
	return err
}

// takeWindow reports whether the window was still to be asked for again.
func takeWindow(ctx context.Context, tx *store.Tx, sub int64, w span) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM usage_window WHERE marketplace_id = ? AND subscription_id = ? AND window_start = ?`, tx.Marketplace(), sub, w.from)
	return n > 0, err
}

// pastWindow is a window that is asked for once more.
type pastWindow struct {
	SubscriptionID int64     `db:"subscription_id"`
	From           time.Time `db:"window_start"`
	To             time.Time `db:"window_end"`
}

func dueWindows(ctx context.Context, tx *store.Tx, provider int64, now time.Time, limit int) (all []pastWindow, err error) {
	return all, tx.Select(ctx, &all, `SELECT w.subscription_id, w.window_start, w.window_end FROM usage_window w
		JOIN usage_collection c ON c.marketplace_id = w.marketplace_id AND c.subscription_id = w.subscription_id
		WHERE w.marketplace_id = ? AND c.provider_id = ? AND c.closed = ? AND w.ask_at <= ? ORDER BY w.ask_at, w.subscription_id LIMIT ?`,
		tx.Marketplace(), provider, false, now, limit)
}

func windowsOf(ctx context.Context, tx *store.Tx, sub int64) (all []pastWindow, err error) {
	return all, tx.Select(ctx, &all, `SELECT subscription_id, window_start, window_end FROM usage_window
		WHERE marketplace_id = ? AND subscription_id = ? ORDER BY window_start`, tx.Marketplace(), sub)
}
