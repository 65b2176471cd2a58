package usage

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// Limit is a prepaid limit of a subscription as it stands.
type Limit struct {
	Meter    string
	Window   string // one of catalog.Windows
	Allowed  int64  // calls per window
	Used     Quantity
	ResetsAt time.Time
}

// Remaining is what is left of it, never negative.
func (l Limit) Remaining() Quantity { return max(Units(l.Allowed)-l.Used, 0) }

// Limits returns the limits of a subscription the actor may see, endpoint by
// endpoint and from the shortest window to the longest.
func (s *Service) Limits(ctx context.Context, actor account.Actor, id int64) (all []Limit, err error) {
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sub, err := subscription.Visible(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		all, err = LimitsOf(ctx, tx, sub)
		return err
	})
	return all, err
}

// LimitsOf is Limits within a transaction, without asking who wants to know.
func LimitsOf(ctx context.Context, tx *store.Tx, sub subscription.Subscription) ([]Limit, error) {
	rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
	if err != nil {
		return nil, err
	}
	used := map[string]map[string]Quantity{} // by window and meter
	var out []Limit
	for _, e := range rev.Content.Endpoints {
		for _, window := range catalog.Windows {
			allowed, ok := e.Limits[window]
			if !ok {
				continue
			}
			start, end := WindowAt(window, tx.Now())
			if used[window] == nil {
				if used[window], err = Sum(ctx, tx, sub.ID, start, end); err != nil {
					return nil, err
				}
			}
			out = append(out, Limit{Meter: e.Identifier, Window: window, Allowed: allowed, Used: used[window][e.Identifier], ResetsAt: end})
		}
	}
	return out, nil
}

// WindowAt returns the window of a limit that t lies in: a part of the
// calendar in UTC, as gateways count.
func WindowAt(window string, t time.Time) (start, end time.Time) {
	year, month, day := t.UTC().Date()
	switch window {
	case "year":
		start = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(1, 0, 0)
	case "month":
		start = time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 1, 0)
	case "day":
		start = time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 0, 1)
	}
	length := map[string]time.Duration{"hour": time.Hour, "minute": time.Minute, "second": time.Second}[window]
	start = t.UTC().Truncate(length)
	return start, start.Add(length)
}
