package invoice

import (
	"context"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// NameFunc names on a line what was measured, an endpoint or a plugin's meter:
// its name, and what was used.
type NameFunc func(name string, quantity usage.Quantity) string

// Accrued returns what was used so far in the running period of a subscription,
// and the lines that would bill it now. Whoever shows them shows what the
// billing run will write, if nothing more is used.
func Accrued(ctx context.Context, tx *store.Tx, sub subscription.Subscription, name NameFunc) ([]rating.Metered, []rating.Line, error) {
	rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
	if err != nil {
		return nil, nil, err
	}
	p := rating.Period{Start: *sub.PeriodStart, End: *sub.PeriodEnd}
	all, err := metered(ctx, tx, sub, rev, p, name)
	if err != nil {
		return nil, nil, err
	}
	terms := rev.Content.Terms.WithDefaults()
	terms.Timing = price.Prepaid // only the use: a recurring price afterwards is no use
	lines, err := rating.Arrears(terms, all, p, false)
	return all, lines, err
}

// metered gathers the quantities and prices of a period.
func metered(ctx context.Context, tx *store.Tx, sub subscription.Subscription, rev catalog.Revision, p rating.Period, name NameFunc) ([]rating.Metered, error) {
	sums, err := usage.Sum(ctx, tx, sub.ID, p.Start, p.End)
	if err != nil {
		return nil, err
	}
	endpoints, err := catalog.EndpointsOf(ctx, tx, sub.ProductID)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(endpoints))
	for _, e := range endpoints {
		names[e.Identifier] = e.Name
	}
	var out []rating.Metered
	for _, e := range rev.Content.Metered() {
		used := sums[e.Identifier]
		out = append(out, rating.Metered{Meter: e.Identifier, Name: name(names[e.Identifier], used), Charge: *e.Charge, Quantity: used.Decimal()})
	}
	for _, m := range rev.Content.Meters {
		used := sums[m.Meter]
		out = append(out, rating.Metered{Meter: m.Meter, Name: name(m.Title(), used), Charge: m.Charge, Quantity: used.Decimal()})
	}
	return out, nil
}
