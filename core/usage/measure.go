package usage

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/store"
)

// Measure is billable usage that has its place in the marketplace's time
// already.
type Measure struct {
	EventID        string // unique within its source
	SubscriptionID int64
	Meter          string
	Quantity       Quantity
	At             time.Time // in the marketplace's time
}

// Book is Ingest within a transaction, for who measures by the marketplace's
// clock: each measure is counted once by its source and id.
func Book(ctx context.Context, tx *store.Tx, source string, measures []Measure) error {
	facts := make([]fact, len(measures))
	for i, m := range measures {
		facts[i] = fact{Record{EventID: m.EventID, SubscriptionID: m.SubscriptionID, Meter: m.Meter, Quantity: m.Quantity, Billable: true}, clock.Normal(m.At)}
	}
	return book(ctx, tx, source, facts)
}
