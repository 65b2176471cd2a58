package usage_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/core/usage/usagetest"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC)

// bundle is a shop with one subscription on a clock that stands at noon.
type bundle struct {
	*usagetest.Shop
	db    *store.DB
	clock *clock.Manual
	usage *usage.Service
	sub   int64
}

func each(t *testing.T, run func(t *testing.T, b *bundle)) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		c := clock.NewManual(noon)
		db, err := store.Open(t.Context(), store.Config{URL: url, Clock: c})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		shop := usagetest.NewShop(t, db, "rialto.test", true)
		run(t, &bundle{Shop: shop, db: db, clock: c, usage: usage.New(db), sub: shop.Subscribe(t)})
	})
}

func (b *bundle) call(id string, at time.Time) usage.Record {
	return usage.Record{EventID: id, SubscriptionID: b.sub, Meter: "search", Quantity: usage.Unit, Billable: true, StatusCode: 200, RealAt: at}
}

// calls returns records from..to-1, one a second, back from noon.
func (b *bundle) calls(from, to int) []usage.Record {
	var all []usage.Record
	for i := from; i < to; i++ {
		all = append(all, b.call(fmt.Sprintf("call-%05d", i), noon.Add(-time.Duration(i+1)*time.Second)))
	}
	return all
}

func (b *bundle) ingest(t *testing.T, records ...usage.Record) usage.Outcome {
	t.Helper()
	out, err := b.usage.Ingest(t.Context(), b.MarketplaceID, "kong/1", records)
	require.NoError(t, err)
	require.Equal(t, len(records), out.Accepted+out.Duplicates+out.Stray)
	return out
}

func (b *bundle) sum(t *testing.T, from, to time.Time) map[string]usage.Quantity {
	t.Helper()
	var sums map[string]usage.Quantity
	require.NoError(t, b.db.View(t.Context(), b.MarketplaceID, func(tx *store.Tx) (err error) {
		sums, err = usage.Sum(t.Context(), tx, b.sub, from, to)
		return err
	}))
	return sums
}

func (b *bundle) total(t *testing.T) usage.Quantity {
	t.Helper()
	return b.sum(t, noon.AddDate(-1, 0, 0), noon.AddDate(2, 0, 0))["search"]
}

func TestIngest_countsAnEventOnceWhateverIsSentAgain(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		require.Equal(t, usage.Outcome{Accepted: 700}, b.ingest(t, b.calls(0, 700)...))
		require.Equal(t, usage.Outcome{Duplicates: 700}, b.ingest(t, b.calls(0, 700)...), "the same batch")
		require.Equal(t, usage.Outcome{Accepted: 300, Duplicates: 350}, b.ingest(t, b.calls(350, 1000)...), "a batch half known")
		twice := append(b.calls(1000, 1010), b.calls(1000, 1010)...)
		require.Equal(t, usage.Outcome{Accepted: 10, Duplicates: 10}, b.ingest(t, twice...), "twice in one batch")
		require.Equal(t, usage.Units(1010), b.total(t))
		require.Equal(t, usage.Outcome{}, b.ingest(t))
	})
}

func TestIngest_tellsSourcesApart(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.ingest(t, b.calls(0, 3)...)
		out, err := b.usage.Ingest(t.Context(), b.MarketplaceID, "kong/2", b.calls(0, 3))
		require.NoError(t, err)
		require.Equal(t, usage.Outcome{Accepted: 3}, out)
	})
}

func TestIngest_countsOnceUnderConcurrentResends(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		other := b.Subscribe(t)
		batch := func(sender int) []usage.Record {
			records := b.calls(0, 600)
			for i := range records {
				if i%3 == 0 {
					records[i].SubscriptionID = other
				}
				records[i].Meter = []string{"search", "route"}[i%2]
			}
			for i := range records { // every sender in another order
				j := (i*7 + sender*131) % len(records)
				records[i], records[j] = records[j], records[i]
			}
			return records
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		accepted := 0
		for sender := range 8 {
			wg.Go(func() {
				out, err := b.usage.Ingest(t.Context(), b.MarketplaceID, "kong/1", batch(sender))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				accepted += out.Accepted
			})
		}
		wg.Wait()
		require.Equal(t, 600, accepted)
		require.EqualValues(t, 600, b.Count(t, `SELECT COUNT(*) FROM usage_event WHERE marketplace_id = ?`))
		require.EqualValues(t, usage.Units(600), b.Count(t, `SELECT CAST(SUM(quantity_micro) AS BIGINT) FROM usage_bucket WHERE marketplace_id = ?`))
	})
}

func TestIngest_keepsWhatBelongsToNobodyAsStray(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		elsewhere := usagetest.NewShop(t, b.db, "elsewhere.test", false)
		foreign, unknown, huge, nameless, future := b.call("a", noon), b.call("b", noon), b.call("c", noon), b.call("d", noon), b.call("e", noon.AddDate(0, 0, 1))
		foreign.SubscriptionID = elsewhere.Subscribe(t)
		unknown.SubscriptionID, unknown.Subject = 0, "nobody"
		huge.SubscriptionID = math.MaxInt64
		nameless.Meter = ""
		batch := []usage.Record{foreign, unknown, huge, nameless, future, b.call("good", noon)}
		require.Equal(t, usage.Outcome{Accepted: 1, Stray: 5}, b.ingest(t, batch...))
		require.Equal(t, usage.Outcome{Duplicates: 6}, b.ingest(t, batch...))
		require.EqualValues(t, 5, b.Count(t, `SELECT COUNT(*) FROM usage_stray WHERE marketplace_id = ?`))
		require.EqualValues(t, 1, b.Count(t, `SELECT COUNT(*) FROM usage_stray WHERE event_id = 'b' AND body LIKE '%nobody%' AND marketplace_id = ?`))
		require.Zero(t, elsewhere.Count(t, `SELECT COUNT(*) FROM usage_event WHERE marketplace_id = ?`))
	})
}

func TestStrays_areForWhoManagesProviders(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		for i := range 3 {
			lost := b.call(fmt.Sprint(i), noon)
			lost.SubscriptionID = 0
			b.ingest(t, lost)
		}
		first, err := b.usage.Strays(t.Context(), b.Operator, page.Request{Limit: 2})
		require.NoError(t, err)
		require.Len(t, first.Items, 2)
		require.Equal(t, []string{"2", "kong/1"}, []string{first.Items[0].EventID, first.Items[0].Source})
		rest, err := b.usage.Strays(t.Context(), b.Operator, page.Request{Limit: 2, Cursor: first.Next})
		require.NoError(t, err)
		require.Len(t, rest.Items, 1)
		_, err = b.usage.Strays(t.Context(), b.Vendor, page.Request{})
		require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
	})
}

// A bill is made beside a stream of events. Whatever the order, an event is
// in the bill or the billed period is stale.
func TestIngest_anEventIsInTheBillOrMarksItStale(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		for round := range 15 {
			from := noon.Add(time.Duration(-round-1) * time.Hour)
			to := from.Add(time.Hour)
			var sum map[string]usage.Quantity
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() {
					_, err := b.usage.Ingest(t.Context(), b.MarketplaceID, "kong/1", []usage.Record{b.call(fmt.Sprintf("%d/%d", round, i), from)})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Go(func() {
				err := b.db.InTx(t.Context(), b.MarketplaceID, func(tx *store.Tx) (err error) {
					sum, err = b.bill(t.Context(), tx, from, to)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			stale := b.Count(t, `SELECT COUNT(*) FROM billed_period WHERE stale AND period_start = ? AND marketplace_id = ?`, from) == 1
			require.Equal(t, stale, sum["search"] != usage.Units(4), "billed %s of 4", sum["search"])
		}
	})
}

// bill does what an invoice does with usage.
func (b *bundle) bill(ctx context.Context, tx *store.Tx, from, to time.Time) (map[string]usage.Quantity, error) {
	var id int64
	err := tx.Get(ctx, "subscription", &id, `SELECT id FROM subscription WHERE marketplace_id = ? AND id = ?`+tx.ForUpdate(), b.MarketplaceID, b.sub)
	if err != nil {
		return nil, err
	}
	sum, err := usage.Sum(ctx, tx, b.sub, from, to)
	if err != nil {
		return nil, err
	}
	_, err = tx.Insert(ctx, `INSERT INTO billed_period (marketplace_id, subscription_id, plan_revision_id, period_start, period_end, usage_amount)
		VALUES (?, ?, ?, ?, ?, '0')`, b.MarketplaceID, b.sub, b.RevisionID, from, to)
	return sum, err
}

func TestIngest_refusesABatchThatCannotBeSummed(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		batch := b.calls(0, 1001)
		for i := range batch {
			batch[i].Quantity = usage.MaxQuantity
		}
		_, err := b.usage.Ingest(t.Context(), b.MarketplaceID, "api", batch)
		require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		require.Equal(t, usage.Outcome{Accepted: 1000}, b.ingest(t, batch[:1000]...))
		require.Equal(t, 1000*usage.MaxQuantity, b.total(t))
	})
}

func TestIngest_refusesABrokenRecordAndKeepsNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		bad := usage.Record{EventID: "a\x00b", SubscriptionID: b.sub, Meter: "search", Quantity: -1, StatusCode: 1000}
		_, err := b.usage.Ingest(t.Context(), b.MarketplaceID, "kong/1", []usage.Record{b.call("good", noon), bad})
		require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		var names []string
		for _, f := range fault.As(err).Fields {
			names = append(names, f.Name)
		}
		require.Equal(t, []string{"records[1].eventId", "records[1].quantity", "records[1].realAt", "records[1].statusCode"}, names)
		require.Zero(t, b.total(t))
	})
}

func TestIngest_countsRefusedEventsWithoutBillingThem(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		refused := b.call("429", noon.Add(-time.Minute))
		refused.Billable, refused.StatusCode = false, 429
		billed := b.Bill(t, b.sub, noon.Add(-time.Hour), noon)
		b.ingest(t, refused)
		require.Empty(t, b.sum(t, noon.Add(-time.Hour), noon))
		points, err := b.usage.Series(t.Context(), b.Customer, usage.SeriesInput{SubscriptionID: b.sub, From: noon.Add(-90 * time.Second), To: noon, Step: usage.Day})
		require.NoError(t, err)
		require.Equal(t, []usage.Point{{Start: noon.Add(-12 * time.Hour), Meter: "search", Refused: 1}}, points)
		require.Zero(t, b.Count(t, `SELECT COUNT(*) FROM billed_period WHERE id = ? AND stale AND marketplace_id = ?`, billed))
	})
}

func TestIngest_marksExactlyTheBilledPeriodThatALateEventFallsInto(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		start, middle, end := noon.AddDate(0, 0, -2), noon.AddDate(0, 0, -1), noon.Add(-time.Hour)
		first, second := b.Bill(t, b.sub, start, middle), b.Bill(t, b.sub, middle, end)
		others := b.Bill(t, b.Subscribe(t), start, end)
		stale := func(id int64) bool {
			return b.Count(t, `SELECT COUNT(*) FROM billed_period WHERE id = ? AND stale AND marketplace_id = ?`, id) == 1
		}
		b.ingest(t, b.call("before all", start.Add(-time.Microsecond)), b.call("after all", end))
		require.False(t, stale(first) || stale(second))
		b.ingest(t, b.call("late", middle))
		require.False(t, stale(first), "the end of a period is not in it")
		require.True(t, stale(second))
		require.False(t, stale(others))
		b.ingest(t, b.call("later", middle.Add(-time.Microsecond)))
		require.True(t, stale(first))
		require.Equal(t, map[string]usage.Quantity{"search": usage.Unit}, b.sum(t, start, middle))
	})
}

func TestIngest_putsWhatHappenedBeforeAClockMoveBeforeIt(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		var batch []usage.Record
		for i := range 50 { // a call in each real minute, the clock moved twice meanwhile
			batch = append(batch, b.call(fmt.Sprint(i), b.clock.Now()))
			b.clock.Advance(30 * time.Second)
			if i == 19 || i == 29 {
				b.InTx(t, func(ctx context.Context, tx *store.Tx) error { return tx.MoveClock(ctx, tx.Now().AddDate(0, 1, 0)) })
			}
			b.clock.Advance(30 * time.Second)
		}
		require.Equal(t, 50, b.ingest(t, batch...).Accepted)
		points, err := b.usage.Series(t.Context(), b.Vendor, usage.SeriesInput{SubscriptionID: b.sub, From: noon.AddDate(0, 0, -1), To: noon.AddDate(0, 3, 0), Step: usage.Month})
		require.NoError(t, err)
		month := func(m time.Month, year int) time.Time { return time.Date(year, m, 1, 0, 0, 0, 0, time.UTC) }
		require.Equal(t, []usage.Point{
			{Start: month(11, 2026), Meter: "search", Quantity: usage.Units(20)},
			{Start: month(12, 2026), Meter: "search", Quantity: usage.Units(10)},
			{Start: month(1, 2027), Meter: "search", Quantity: usage.Units(20)},
		}, points)
	})
}

func TestSum_isExactAtPeriodEdgesWithinAnHour(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.ingest(t, b.calls(0, 4*3600)...) // one a second in (08:00:00 .. 12:00:00]
		for _, c := range []struct {
			from, to time.Duration // before noon
			want     int64
		}{
			{4 * time.Hour, 0, 4 * 3600},
			{3*time.Hour + 30*time.Minute, 10 * time.Minute, 3*3600 + 1200},
			{90 * time.Minute, time.Hour, 1800},
			{time.Hour, 59 * time.Minute, 60},
			{50 * time.Minute, 40 * time.Minute, 600},
			{2 * time.Hour, time.Hour, 3600},
			{70 * time.Minute, 50 * time.Minute, 1200},
			{time.Hour, time.Hour, 0},
		} {
			got := b.sum(t, noon.Add(-c.from), noon.Add(-c.to))["search"]
			require.Equal(t, usage.Units(c.want), got, "%v to %v", c.from, c.to)
		}
		points, err := b.usage.Series(t.Context(), b.Customer, usage.SeriesInput{SubscriptionID: b.sub, From: noon.Add(-90 * time.Minute), To: noon.Add(-30 * time.Minute), Step: usage.Hour})
		require.NoError(t, err)
		require.Equal(t, []usage.Point{
			{Start: noon.Add(-2 * time.Hour), Meter: "search", Quantity: usage.Units(1800)},
			{Start: noon.Add(-time.Hour), Meter: "search", Quantity: usage.Units(1800)},
		}, points)
	})
}

func TestSeries_isForCustomerVendorAndOperatorOnly(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		elsewhere := usagetest.NewShop(t, b.db, "elsewhere.test", false)
		in := usage.SeriesInput{SubscriptionID: b.sub, From: noon.Add(-time.Hour), To: noon, Step: usage.Hour}
		for _, actor := range []account.Actor{b.Customer, b.Vendor, b.Operator} {
			points, err := b.usage.Series(t.Context(), actor, in)
			require.NoError(t, err)
			require.NotNil(t, points)
		}
		for _, actor := range []account.Actor{b.Stranger, elsewhere.Operator, elsewhere.Customer, {}} {
			_, err := b.usage.Series(t.Context(), actor, in)
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		}
		in.SubscriptionID = math.MaxInt64
		_, err := b.usage.Series(t.Context(), b.Operator, in)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	})
}

func TestSeriesInput_namesWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := usage.SeriesInput{SubscriptionID: 1, From: noon, To: noon.Add(time.Hour), Step: usage.Hour}
	require.NoError(t, good.Validate())
	for field, spoil := range map[string]func(*usage.SeriesInput){
		"from": func(in *usage.SeriesInput) { in.From = time.Time{} },
		"to":   func(in *usage.SeriesInput) { in.To = in.From },
		"step": func(in *usage.SeriesInput) { in.To = in.From.AddDate(1, 0, 0) },
	} {
		in := good
		spoil(&in)
		require.Equal(t, field, fault.As(in.Validate()).Fields[0].Name)
	}
	require.Len(t, fault.As(usage.SeriesInput{}.Validate()).Fields, 3)
}

func TestQuantity_survivesADecimal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := usage.Quantity(rapid.Int64Range(0, int64(usage.MaxQuantity)).Draw(t, "q"))
		back, err := usage.FromDecimal(q.Decimal())
		require.NoError(t, err)
		require.Equal(t, q, back)
	})
	for _, bad := range []string{"0.0000001", "-1", "1000000000.000001", "1e30"} {
		_, err := usage.FromDecimal(money.MustParse(bad))
		require.Error(t, err, bad)
	}
	q, err := usage.FromDecimal(money.MustParse("1.500"))
	require.NoError(t, err)
	require.Equal(t, "1.5", q.String())
}
