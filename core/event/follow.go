package event

import (
	"context"
	"slices"

	"github.com/fondaco/fondaco/core/store"
)

// Since returns the events after the one of that id, oldest first and at most
// limit of them, of the entities; of all entities when none is named.
func Since(ctx context.Context, tx *store.Tx, f Filter, after int64, limit int, entities ...string) (all []Event, err error) {
	where, args := f.where(tx, ` AND id > ?`, after)
	if len(entities) > 0 {
		where += ` AND entity IN (?)`
		return all, tx.SelectIn(ctx, &all, selectEvent+where+` ORDER BY id LIMIT ?`, append(args, entities, limit)...)
	}
	return all, tx.Select(ctx, &all, selectEvent+where+` ORDER BY id LIMIT ?`, append(args, limit)...)
}

// Newest returns the id of the newest event of the marketplace, 0 when there
// is none.
func Newest(ctx context.Context, tx *store.Tx) (id int64, err error) {
	return id, tx.Get(ctx, "event", &id, `SELECT COALESCE(MAX(id), 0) FROM event WHERE marketplace_id = ?`, tx.Marketplace())
}

// overlap is how far back a follower looks again: a transaction that took its
// number early may commit late.
const overlap = 100

// Follower reads events as they come, each once.
type Follower struct {
	from int64   // where it began
	last int64   // the newest it gave
	seen []int64 // ids within the overlap
}

// From returns a follower of what comes after the event of that id.
func From(id int64) *Follower { return &Follower{from: id, last: id} }

// Next gives what read finds after an id and was not given yet, oldest first.
func (f *Follower) Next(read func(after int64) ([]Event, error)) ([]Event, error) {
	found, err := read(max(f.from, f.last-overlap))
	if err != nil {
		return nil, err
	}
	fresh := slices.DeleteFunc(found, func(e Event) bool { return slices.Contains(f.seen, e.ID) })
	for _, e := range fresh {
		f.seen = append(f.seen, e.ID)
		f.last = max(f.last, e.ID)
	}
	f.seen = slices.DeleteFunc(f.seen, func(id int64) bool { return id <= f.last-overlap })
	return fresh, nil
}
