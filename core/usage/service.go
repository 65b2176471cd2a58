package usage

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// Service is what can be done with usage.
type Service struct{ db *store.DB }

// New returns the service.
func New(db *store.DB) *Service { return &Service{db: db} }

// Ingest keeps a batch: each event is counted once by its source and id,
// whatever is re-sent and however many batches arrive at once, and all of the
// batch is durable when Ingest returns nil. A record of a subscription that
// the marketplace does not have is kept as a stray. A billed period that a
// new billable event falls into becomes stale in the same transaction.
//
// A record without an id, with a quantity out of range or without a time is
// an Invalid fault that names it; nothing of the batch is kept then.
func (s *Service) Ingest(ctx context.Context, marketplace int64, source string, records []Record) (Outcome, error) {
	if err := validate(source, records); err != nil {
		return Outcome{}, err
	}
	if len(records) == 0 {
		return Outcome{}, nil
	}
	var out Outcome
	err := s.db.InTx(ctx, marketplace, func(tx *store.Tx) (err error) {
		out, err = ingest(ctx, tx, source, records)
		return err
	})
	if err != nil {
		return Outcome{}, err
	}
	return out, nil
}

func ingest(ctx context.Context, tx *store.Tx, source string, records []Record) (Outcome, error) {
	facts := once(records)
	if err := setMarketTime(ctx, tx, facts); err != nil {
		return Outcome{}, err
	}
	out, err := keepFacts(ctx, tx, source, facts)
	out.Duplicates = len(records) - out.Accepted - out.Stray
	return out, err
}

// keepFacts keeps facts that are sorted by event id and have their place in
// the marketplace's time.
func keepFacts(ctx context.Context, tx *store.Tx, source string, facts []fact) (Outcome, error) {
	ours, lost, err := split(ctx, tx, facts)
	if err != nil {
		return Outcome{}, err
	}
	fresh, err := insertEvents(ctx, tx, source, ours)
	if err != nil {
		return Outcome{}, err
	}
	if err := addToBuckets(ctx, tx, bucketsOf(fresh)); err != nil {
		return Outcome{}, err
	}
	if err := markStale(ctx, tx, fresh); err != nil {
		return Outcome{}, err
	}
	stray, err := insertStrays(ctx, tx, source, lost)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Accepted: len(fresh), Stray: stray}, nil
}

// fact is a record with its place in the marketplace's time.
type fact struct {
	Record
	at time.Time
}

// once drops what is twice in the batch (the first stays) and sorts by event
// id: concurrent batches then lock equal events in one order and cannot
// deadlock.
func once(records []Record) []fact {
	facts := make([]fact, len(records))
	for i, r := range records {
		facts[i] = fact{Record: r}
	}
	facts = sorted(facts)
	return slices.CompactFunc(facts, func(a, b fact) bool { return a.EventID == b.EventID })
}

func sorted(facts []fact) []fact {
	slices.SortStableFunc(facts, func(a, b fact) int { return strings.Compare(a.EventID, b.EventID) })
	return facts
}

// setMarketTime converts the real time of each fact. A marketplace's offset
// only grows, so where it is the same at both ends of a stretch of time it is
// the same within, and a batch costs two reads unless the clock was moved.
func setMarketTime(ctx context.Context, tx *store.Tx, facts []fact) error {
	byTime := make([]*fact, len(facts))
	for i := range facts {
		byTime[i] = &facts[i]
	}
	slices.SortFunc(byTime, func(a, b *fact) int { return a.RealAt.Compare(b.RealAt) })
	first, last := byTime[0], byTime[len(byTime)-1]
	for _, f := range []*fact{first, last} {
		at, err := tx.MarketTime(ctx, f.RealAt)
		if err != nil {
			return err
		}
		f.at = at
	}
	return fill(ctx, tx, byTime)
}

// fill sets the time of all facts between the first and the last, which have it.
func fill(ctx context.Context, tx *store.Tx, facts []*fact) error {
	if len(facts) < 3 {
		return nil
	}
	first, last := facts[0].offset(), facts[len(facts)-1].offset()
	if first == last {
		for _, f := range facts {
			f.at = clock.Normal(f.RealAt).Add(first)
		}
		return nil
	}
	middle := len(facts) / 2
	at, err := tx.MarketTime(ctx, facts[middle].RealAt)
	if err != nil {
		return err
	}
	facts[middle].at = at
	if err := fill(ctx, tx, facts[:middle+1]); err != nil {
		return err
	}
	return fill(ctx, tx, facts[middle:])
}

func (f *fact) offset() time.Duration { return f.at.Sub(clock.Normal(f.RealAt)) }

// stray is a fact that belongs to nobody, and why.
type stray struct {
	fact
	reason string
}

// futureTolerance is how far a gateway's clock may be ahead of ours.
const futureTolerance = time.Hour

// split parts the facts that can be counted from the strays.
func split(ctx context.Context, tx *store.Tx, facts []fact) (ours []fact, lost []stray, err error) {
	known, err := lockSubscriptions(ctx, tx, subscriptionsOf(facts))
	if err != nil {
		return nil, nil, err
	}
	for _, f := range facts {
		switch {
		case !known[f.SubscriptionID]:
			lost = append(lost, stray{f, "The marketplace has no such subscription."})
		case !isText(f.Meter):
			lost = append(lost, stray{f, "It names no meter."})
		case f.at.After(tx.Now().Add(futureTolerance)):
			lost = append(lost, stray{f, "It is dated in the future."})
		default:
			ours = append(ours, f)
		}
	}
	return ours, lost, nil
}

// subscriptionsOf returns the ids named, each once, rising, without those
// that no subscription can have.
func subscriptionsOf(facts []fact) []int64 {
	ids := make([]int64, 0, len(facts))
	for _, f := range facts {
		if isID(f.SubscriptionID) {
			ids = append(ids, f.SubscriptionID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// bucket is what one meter of one subscription counted in one hour.
type bucket struct {
	SubscriptionID int64     `db:"subscription_id"`
	Meter          string    `db:"meter"`
	Hour           time.Time `db:"hour"`
	Quantity       Quantity  `db:"quantity_micro"`
	Refused        int64     `db:"refused"`
}

func (b *bucket) add(r Record) {
	if r.Billable {
		b.Quantity += r.Quantity
	} else {
		b.Refused++
	}
}

// bucketsOf sums facts by hour, in the order in which rows are locked.
func bucketsOf(facts []fact) []bucket {
	type key struct {
		subscription int64
		meter        string
		hour         int64
	}
	place := make(map[key]int)
	var all []bucket
	for _, f := range facts {
		k := key{f.SubscriptionID, f.Meter, f.at.Unix() / 3600}
		i, known := place[k]
		if !known {
			i, place[k] = len(all), len(all)
			all = append(all, bucket{SubscriptionID: f.SubscriptionID, Meter: f.Meter, Hour: f.at.Truncate(time.Hour)})
		}
		all[i].add(f.Record)
	}
	slices.SortFunc(all, func(a, b bucket) int {
		return cmp.Or(cmp.Compare(a.SubscriptionID, b.SubscriptionID), strings.Compare(a.Meter, b.Meter), a.Hour.Compare(b.Hour))
	})
	return all
}

// Series returns a subscription's usage by step and meter, oldest first, with
// exact edges. Only the subscription's customer, vendor and reseller (and those who
// see all) get an answer; to others there is no such subscription.
func (s *Service) Series(ctx context.Context, actor account.Actor, in SeriesInput) ([]Point, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	var cells []bucket
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		owners, err := ownersOf(ctx, tx, in.SubscriptionID)
		if err != nil {
			return err
		}
		if err := actor.NeedOwn("subscription", owners...); err != nil {
			return err
		}
		cells, err = hourly(ctx, tx, in.SubscriptionID, clock.Normal(in.From), clock.Normal(in.To))
		return err
	})
	return pointsOf(cells, in.Step), err
}

// pointsOf folds hours into steps.
func pointsOf(cells []bucket, step Step) []Point {
	type key struct {
		start int64
		meter string
	}
	place := make(map[key]int)
	points := []Point{}
	for _, c := range cells {
		start := step.start(c.Hour)
		k := key{start.Unix(), c.Meter}
		i, known := place[k]
		if !known {
			i, place[k] = len(points), len(points)
			points = append(points, Point{Start: start, Meter: c.Meter})
		}
		points[i].Quantity += c.Quantity
		points[i].Refused += c.Refused
	}
	slices.SortFunc(points, func(a, b Point) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.Meter, b.Meter))
	})
	return points
}

// Strays lists what belongs to nobody, newest first, for who manages providers.
func (s *Service) Strays(ctx context.Context, actor account.Actor, req page.Request) (page.Page[Stray], error) {
	if err := actor.Need(account.ManageProviders); err != nil {
		return page.Page[Stray]{}, err
	}
	before, err := req.Before()
	if err != nil {
		return page.Page[Stray]{}, err
	}
	var rows []Stray
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		rows, err = straysBefore(ctx, tx, before, req.Size()+1)
		return err
	})
	return page.Cut(req, rows, func(r Stray) int64 { return r.ID }), err
}

// Sum returns the billable quantity of each meter from from (included) to to
// (excluded), in marketplace time, exact to the microsecond. Meters without
// usage are not in it.
//
// Who bills from it locks the subscription's row (SELECT … FOR UPDATE) before,
// in the same transaction: Ingest takes the same lock, so an event is either
// in the sum or finds the billed period and marks it stale.
func Sum(ctx context.Context, tx *store.Tx, subscription int64, from, to time.Time) (map[string]Quantity, error) {
	rows, err := summed(ctx, tx, subscription, clock.Normal(from), clock.Normal(to))
	sums := make(map[string]Quantity, len(rows))
	for _, r := range rows {
		if r.Quantity != 0 {
			sums[r.Meter] += r.Quantity
		}
	}
	return sums, err
}
