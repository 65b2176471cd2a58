package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/stretchr/testify/require"
)

// measuring is a subscription of a product whose vendor measures something.
func (b *vendorBundle) measuring(c *connector, metric string) subscription.Subscription {
	b.t.Helper()
	in := seats("Small", "9.00")
	in.Meters = []catalog.PlanMeter{{Meter: "users", Charge: *charge()}}
	in.Meters[0].UnitPrice = new(dec("0.50"))
	plans := b.hosting(c, fmt.Sprintf(`{"meters":[{"name":"users","unit":"user"}],"metrics":[{"meter":"users","endpoint":"/metric","frequency":"EVERY_24_HOUR",%s}]}`, metric), in)
	return b.deployed(order.Input{PlanID: plans[0].ID})
}

func (c *connector) reads(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.metric = text
}

func (c *connector) polled() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.polls)
}

// units are what a subscription used of the meter in a stretch of time.
func (b *vendorBundle) units(sub int64, from, to time.Time) float64 {
	b.t.Helper()
	var sums map[string]usage.Quantity
	require.NoError(b.t, b.DB.View(b.ctx, b.market.ID, func(tx *store.Tx) (err error) {
		sums, err = usage.Sum(b.ctx, tx, sub, from, to)
		return err
	}))
	return float64(sums["users"]) / 1e6
}

func TestMetric_aCounterIsReadInTimeAndBilledWithItsPeriod(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		c := newConnector(b.t)
		c.reads(`{"value": 100.0, "unit": "none of ours"}`)
		sub := b.measuring(c, `"counter":true`)
		require.NoError(b.t, b.Metrics.PollDue(b.ctx, b.market.ID))
		require.NoError(b.t, b.Metrics.PollDue(b.ctx, b.market.ID))
		require.Equal(b.t, 1, c.polled(), "only as often as the vendor said")
		require.Equal(b.t, fmt.Sprint(sub.ID), c.polls[0].Get("CD-Subscription-Id"))

		c.reads(`{"value": 110}`)
		b.advance(sub.PeriodStart.Add(25 * time.Hour))
		require.Equal(b.t, 2, c.polled())
		require.InDelta(b.t, 10, b.units(sub.ID, *sub.PeriodStart, *sub.PeriodEnd), 0)
		c.reads(`{"value": 4}`) // started anew
		b.advance(sub.PeriodEnd.Add(-time.Hour))
		c.reads(`{"value": 6}`)
		b.advance(sub.PeriodEnd.Add(10 * time.Minute))
		require.InDelta(b.t, 16, b.units(sub.ID, *sub.PeriodStart, *sub.PeriodEnd), 0, "read once more before the bill")
		require.Contains(b.t, amounts(b.bills(sub.ID)[1]), "usage 8.00")
	})
}

func TestMetric_aGaugeIsBilledByItsAverageOrItsPeak(t *testing.T) {
	for function, want := range map[string]float64{"AVERAGE": 20, "PEAK": 30} {
		t.Run(function, func(t *testing.T) {
			eachVendor(t, func(b *vendorBundle) {
				c := newConnector(b.t)
				c.reads(`{"value": 30}`)
				sub := b.measuring(c, fmt.Sprintf(`"function":%q`, function))
				require.NoError(b.t, b.Metrics.PollDue(b.ctx, b.market.ID))
				half := sub.PeriodStart.Add(sub.PeriodEnd.Sub(*sub.PeriodStart) / 2)
				b.advance(half)
				c.reads(`{"value": 10}`)
				b.advance(half.Add(25 * time.Hour))
				b.advance(sub.PeriodEnd.Add(10 * time.Minute))
				require.InDelta(b.t, want, b.units(sub.ID, *sub.PeriodStart, *sub.PeriodEnd), 0.8)
				require.Len(b.t, b.bills(sub.ID), 2)
			})
		})
	}
}

func TestMetric_oneThatCannotBeReadIsShownAndHoldsUpNobody(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		c := newConnector(b.t)
		c.reads("")
		sub := b.measuring(c, `"counter":true`)
		require.NoError(b.t, b.Metrics.PollDue(b.ctx, b.market.ID))
		stuck, err := b.Metrics.Troubled(b.ctx, b.vendor)
		require.NoError(b.t, err)
		require.Len(b.t, stuck, 1)
		require.Equal(b.t, 1, stuck[0].Failures)
		require.Contains(b.t, stuck[0].LastError, "answered 500")
		others, err := b.Metrics.Troubled(b.ctx, b.other)
		require.NoError(b.t, err)
		require.Empty(b.t, others, "another vendor does not see it")
		for _, wrong := range []string{`{}`, `[]`, `{"value":"many"}`, `{"value":-1}`, `{"value":1e12}`, `{"value":null}`} {
			c.reads(wrong)
			_, err := b.Callbacks.ReadMetric(b.ctx, b.market.ID, b.hosted(sub), catalog.Metric{Meter: "users", Endpoint: "/metric"}, sub.ID)
			require.Error(b.t, err, wrong)
		}

		b.advance(sub.PeriodEnd.Add(time.Hour))
		require.Len(b.t, b.bills(sub.ID), 1, "a bill waits for its usage")
		b.advance(sub.PeriodEnd.Add(25 * time.Hour))
		require.Len(b.t, b.bills(sub.ID), 2, "but not for ever")
		c.reads(`{"value": 1.2E1}`)
		b.advance(sub.PeriodEnd.Add(27 * time.Hour))
		states, err := b.Metrics.Of(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		require.Zero(b.t, states[0].Failures)
		require.Equal(b.t, usage.Units(12), *states[0].Last)
	})
}

func (b *vendorBundle) hosted(sub subscription.Subscription) (p catalog.Product) {
	b.t.Helper()
	require.NoError(b.t, b.DB.View(b.ctx, b.market.ID, func(tx *store.Tx) (err error) {
		p, err = catalog.ProductByID(b.ctx, tx, sub.ProductID)
		return err
	}))
	return p
}

func TestMetric_whatRestsIsNotAskedFor(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		c := newConnector(b.t)
		c.reads(`{"value": 24}`)
		sub := b.measuring(c, `"function":"AVERAGE"`)
		require.NoError(b.t, b.Metrics.PollDue(b.ctx, b.market.ID))
		_, err := b.Subscriptions.Suspend(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		b.advance(sub.PeriodStart.AddDate(0, 0, 10))
		require.Equal(b.t, 1, c.polled())
		used := b.units(sub.ID, *sub.PeriodStart, *sub.PeriodEnd)
		_, err = b.Subscriptions.Resume(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		require.NoError(b.t, b.Metrics.PollDue(b.ctx, b.market.ID))
		require.Equal(b.t, 2, c.polled())
		require.InDelta(b.t, used, b.units(sub.ID, *sub.PeriodStart, *sub.PeriodEnd), 0.04, "its rest costs nothing")
	})
}

// again makes everything due.
func (b *vendorBundle) again() {
	b.t.Helper()
	require.NoError(b.t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
		_, err := tx.Exec(b.ctx, `UPDATE metric_state SET due_at = ? WHERE marketplace_id = ?`, tx.Now().Add(-time.Second), tx.Marketplace())
		return err
	}))
}

func TestMetric_readByManyAtOnceIsBookedOnce(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		c := newConnector(b.t)
		c.reads(`{"value": 100}`)
		sub := b.measuring(c, `"counter":true`)
		require.NoError(b.t, b.Metrics.PollDue(b.ctx, b.market.ID))
		for n := range 5 {
			c.reads(fmt.Sprintf(`{"value": %d}`, 110+10*n))
			b.again()
			var polls sync.WaitGroup
			for range 6 {
				polls.Go(func() {
					if err := b.Metrics.PollDue(b.ctx, b.market.ID); err != nil {
						b.t.Error(err)
					}
				})
			}
			polls.Wait()
		}
		require.InDelta(b.t, 50, b.units(sub.ID, *sub.PeriodStart, *sub.PeriodEnd), 0)
	})
}

func TestMetric_aVendorThatHangsHoldsUpNobodyElse(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		release, hung := make(chan struct{}), make(chan struct{}, 1)
		slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/metric" {
				hung <- struct{}{}
				<-release
			}
			w.WriteHeader(http.StatusNoContent)
		}))
		b.t.Cleanup(slow.Close)
		p, err := b.Catalog.CreateProduct(b.ctx, b.vendor, catalog.ProductInput{Name: "Slow", SKU: "slow", Type: catalog.Syndicated, Category: "sites",
			ShortDescription: "Slow", SyndicationURL: slow.URL, Configuration: json.RawMessage(`{"meters":[{"name":"users"}],"metrics":[{"meter":"users","endpoint":"/metric","frequency":"EVERY_1_HOUR"}]}`)})
		require.NoError(b.t, err)
		plan, err := b.Catalog.CreatePlan(b.ctx, b.vendor, p.ID, freePlan())
		require.NoError(b.t, err)
		_, err = b.Catalog.Submit(b.ctx, b.vendor, p.ID)
		require.NoError(b.t, err)
		_, err = b.Catalog.Approve(b.ctx, b.operator, p.ID)
		require.NoError(b.t, err)
		b.deployed(order.Input{PlanID: plan.ID})
		c := newConnector(b.t)
		b.measuring(c, `"counter":true`)

		done := make(chan error, 1)
		go func() { done <- b.Metrics.PollDue(b.ctx, b.market.ID) }()
		<-hung
		require.Eventually(b.t, func() bool { return c.polled() == 1 }, 5*time.Second, 5*time.Millisecond)
		close(release)
		require.NoError(b.t, <-done)
		stuck, err := b.Metrics.Troubled(b.ctx, b.vendor)
		require.NoError(b.t, err)
		require.Len(b.t, stuck, 1)
		require.Contains(b.t, stuck[0].LastError, "204")
	})
}
