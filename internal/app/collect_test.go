package app_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/stretchr/testify/require"
)

// metering is a marketplace in front of a cloud that measures, and one
// subscription that has used a core all the time since it became active.
func metering(t *testing.T, dbURL string) (*testBundle, *tenants, subscription.Subscription) {
	t.Helper()
	cloud := newTenants()
	b := setupWith(t, dbURL, cloud)
	return b, cloud, b.buy(b.plan.ID)
}

func (b *testBundle) used(sub int64, from, to time.Time) usage.Quantity {
	b.t.Helper()
	var sums map[string]usage.Quantity
	require.NoError(b.t, b.DB.View(b.ctx, b.market.ID, func(tx *store.Tx) (err error) {
		sums, err = usage.Sum(b.ctx, tx, sub, from, to)
		return err
	}))
	return sums["search"]
}

// hours is what a core uses in the time, as the cloud rounds it window by
// window: within a millionth for each.
func hours(from, to time.Time) float64 { return to.Sub(from).Hours() }

func TestCollect_aPeriodIsBilledWithExactlyItsUse(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b, cloud, sub := metering(t, dbURL)
		first, second := *sub.PeriodEnd, sub.PeriodStart.AddDate(0, 2, 0)
		b.advance(second.Add(90 * time.Minute))
		require.InDelta(t, hours(*sub.ActivatedAt, first), float64(b.used(sub.ID, *sub.PeriodStart, first))/1e6, 0.001)
		require.InDelta(t, hours(first, second), float64(b.used(sub.ID, first, second))/1e6, 0.001)
		require.Len(t, b.bills(sub.ID), 3)
		require.Len(t, amounts(b.bills(sub.ID)[1]), 2, "the next period and the use of this")

		at := *sub.ActivatedAt
		seen := map[window]int{}
		for _, w := range cloud.asked[sub.ID] {
			seen[w]++
			if seen[w] == 1 {
				require.Equal(t, at, w.from, "the windows follow each other")
				at = w.to
			}
		}
		require.Contains(t, seen, window{first.Truncate(time.Hour), first}, "cut at the end of the period")
	})
}

func TestCollect_billingWaitsForUsageButNotForEver(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b, cloud, sub := metering(t, dbURL)
		end := *sub.PeriodEnd
		b.advance(end.Add(-time.Minute))
		cloud.set(func() { cloud.down = sdk.Permanent("No metering today.") })
		b.advance(end.Add(2 * time.Hour))
		require.Len(t, b.bills(sub.ID), 1, "nothing is billed before its usage is in")
		stuck, err := b.Collector.Troubled(b.ctx, b.operator)
		require.NoError(t, err)
		require.Len(t, stuck, 1)
		require.Equal(t, "No metering today.", stuck[0].LastError)
		cloud.set(func() { cloud.down = nil })
		b.advance(end.Add(3 * time.Hour))
		require.Len(t, b.bills(sub.ID), 2)
		require.InDelta(t, hours(*sub.ActivatedAt, end), float64(b.used(sub.ID, *sub.PeriodStart, end))/1e6, 0.001)

		end = *b.sub(sub.ID).PeriodEnd
		b.advance(end.Add(-10 * time.Hour))
		cloud.set(func() { cloud.down = sdk.Permanent("No metering today.") })
		b.advance(end.Add(25 * time.Hour))
		require.Len(t, b.bills(sub.ID), 3, "a day later it is billed as it is")
		cloud.set(func() { cloud.down = nil })
		b.advance(b.sub(sub.ID).PeriodEnd.Add(time.Hour))
		require.Contains(t, kinds(amounts(b.bills(sub.ID)[3])), "adjustment", "and corrected later")
	})
}

func kinds(lines []string) (all []string) {
	for _, l := range lines {
		for i := range l {
			if l[i] == ' ' {
				all = append(all, l[:i])
				break
			}
		}
	}
	return all
}

func TestCollect_lateDataIsBookedAsGrowthAndNothingIsTakenBack(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b, cloud, sub := metering(t, dbURL)
		from := sub.ActivatedAt.Truncate(time.Hour).Add(time.Hour)
		b.advance(from.Add(5 * time.Hour))
		before := b.used(sub.ID, from, from.Add(3*time.Hour))
		require.EqualValues(t, 3_000_000, before)
		cloud.set(func() { cloud.late[from], cloud.late[from.Add(time.Hour)] = "1.75", "0.25" })
		b.advance(from.Add(26 * time.Hour))
		require.EqualValues(t, 3_000_000, b.used(sub.ID, from, from.Add(3*time.Hour)), "it is asked for after 26 hours")
		b.advance(from.Add(40 * time.Hour))
		require.EqualValues(t, 3_750_000, b.used(sub.ID, from, from.Add(3*time.Hour)))
		b.advance(from.Add(80 * time.Hour))
		require.EqualValues(t, 3_750_000, b.used(sub.ID, from, from.Add(3*time.Hour)), "once")
	})
}

func TestCollect_aCrashBetweenCallAndCommitCountsNothingTwice(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b, cloud, sub := metering(t, dbURL)
		from := *sub.ActivatedAt
		to := from.Truncate(time.Hour).Add(7 * time.Hour)
		require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error { return tx.MoveClock(b.ctx, to.Add(time.Minute)) }))
		dying, die := context.WithCancel(b.ctx)
		cloud.set(func() {
			cloud.rawUsage = func(from, to time.Time) []sdk.Usage {
				die()
				return []sdk.Usage{{EventID: eventID(sub.ID, from, to), Meter: "search", Quantity: "1", At: from}}
			}
		})
		require.Error(t, b.Collector.CollectDue(dying, b.market.ID))
		cloud.set(func() { cloud.rawUsage = nil })
		var both sync.WaitGroup
		for range 3 { // and several processes at once
			both.Go(func() { require.NoError(t, b.Collector.CollectDue(b.ctx, b.market.ID)) })
		}
		both.Wait()
		require.InDelta(t, hours(from, to), float64(b.used(sub.ID, from, to))/1e6, 0.0001)
		require.GreaterOrEqual(t, len(cloud.asked[sub.ID]), 8, "the first window was asked for again")
	})
}

func TestCollect_theLastUseIsReadBeforeEverythingIsRemoved(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b, cloud, sub := metering(t, dbURL)
		b.advance(sub.ActivatedAt.Truncate(time.Hour).Add(3*time.Hour + 25*time.Minute))
		cloud.set(func() { cloud.down = sdk.NotYet(50*time.Millisecond, "Busy.") })
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(t, err)
		b.until("it is asked for patience", func() bool { return b.attempt(sub.ID).Tries > 1 })
		require.Zero(t, cloud.count("deprovision"), "nothing is removed before its use is read")
		cloud.set(func() { cloud.down = nil })
		b.eventually(sub.ID, subscription.Terminated)
		over := b.sub(sub.ID)
		require.InDelta(t, hours(*sub.ActivatedAt, *over.TerminatedAt), float64(b.used(sub.ID, *sub.PeriodStart, *over.TerminatedAt))/1e6, 0.01)
		require.NoError(t, b.BillAll(b.ctx))
		bills := b.bills(sub.ID)
		require.Equal(t, []string{"usage"}, kinds(amounts(bills[len(bills)-1])))
	})
}

func TestCollect_useThatCanNeverBeReadDoesNotKeepATenantForEver(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b, cloud, sub := metering(t, dbURL)
		cloud.set(func() {
			cloud.rawUsage = func(time.Time, time.Time) []sdk.Usage {
				return []sdk.Usage{{EventID: "x", Meter: "search", Quantity: "much"}}
			}
		})
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(t, err)
		b.eventually(sub.ID, subscription.Terminated)
		require.Equal(t, 1, cloud.count("deprovision"))
	})
}

func TestCollect_aPluginThatDoesNotMeasureHoldsUpNoBill(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		cloud := newTenants()
		cloud.blind = true
		b := setupWith(t, dbURL, cloud)
		sub := b.buy(b.plan.ID)
		require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error { return tx.MoveClock(b.ctx, sub.PeriodEnd.Add(time.Second)) }))
		n, err := b.Invoices.Run(b.ctx, b.market.ID)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}

func TestCollect_lateDataOfManyIsNotHeldUpByOnesThatCannotBeAsked(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b, cloud, broken := metering(t, dbURL)
		fine := b.buy(b.plan.ID)
		from := fine.ActivatedAt.Truncate(time.Hour).Add(time.Hour)
		b.advance(from.Add(5 * time.Hour))
		require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error { // as many as are asked at once, and before all others
			for i := range 200 {
				start := from.Add(-time.Duration(i+1) * 24 * time.Hour)
				if _, err := tx.Exec(b.ctx, `INSERT INTO usage_window (marketplace_id, subscription_id, window_start, window_end, ask_at) VALUES (?, ?, ?, ?, ?)`,
					b.market.ID, broken.ID, start, start.Add(time.Hour), from); err != nil {
					return err
				}
			}
			return nil
		}))
		cloud.set(func() {
			cloud.late[from] = "1.75"
			cloud.lost = map[int64]error{broken.ID: sdk.Permanent("The project is gone.")}
		})
		b.advance(from.Add(40 * time.Hour))
		require.EqualValues(t, 1_750_000, b.used(fine.ID, from, from.Add(time.Hour)))
		asked := cloud.count("usage")
		require.NoError(t, b.Collector.CollectDue(b.ctx, b.market.ID))
		require.Less(t, cloud.count("usage")-asked, 10, "what cannot be given is not asked for all the time")
	})
}
