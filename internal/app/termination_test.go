package app_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

func TestTermination_endsByItselfForAConnectorThatWaitsForTheEnd(t *testing.T) {
	eachVendorWithin(t, 50*time.Millisecond, func(b *vendorBundle) {
		sub := b.active()
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		require.Eventually(b.t, func() bool { return b.sub(sub.ID).Status == subscription.Terminated }, 20*time.Second, 20*time.Millisecond)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Undeployed))
		require.Equal(b.t, []string{"MODIFIED subscription.terminating", "DELETED subscription.terminated"}, b.heard(sub.ID)[3:])
	})
}

func TestTermination_isOverWhenASandboxClockPassesTheGrace(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		sub := b.active()
		_, err := b.Subscriptions.SetAutoRenew(b.ctx, b.customer, sub.ID, false)
		require.NoError(b.t, err)
		b.advance(sub.PeriodEnd.Add(30 * time.Minute))
		b.is(sub.ID, subscription.Terminating)
		b.advance(sub.PeriodEnd.AddDate(0, 1, 0))
		over := b.is(sub.ID, subscription.Terminated)
		require.WithinDuration(b.t, sub.PeriodEnd.Add(time.Hour), *over.TerminatedAt, time.Minute)
		require.Nil(b.t, over.BillsAt)
		require.Len(b.t, b.bills(sub.ID), 1)
		require.Equal(b.t, []string{"MODIFIED subscription.autoRenewChanged", "MODIFIED subscription.terminating", "DELETED subscription.terminated"}, b.heard(sub.ID)[3:])
	})
}

func TestTermination_givesUpWhatWasNeverPaidAtOnce(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		o, sub := b.place(order.Input{})
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		b.is(sub.ID, subscription.Terminated)
		require.Equal(b.t, []string{"CREATED subscription.created", "DELETED subscription.terminated"}, b.heard(sub.ID))
		require.Equal(b.t, order.Cancelled, b.orderOf(o.ID).Status)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Undeployed), "a connector that hears DELETED says so")
	})
}

func (b *vendorBundle) orderOf(id int64) order.Order {
	b.t.Helper()
	o, err := b.Orders.Get(b.ctx, b.customer, id)
	require.NoError(b.t, err)
	return o
}

// TestTermination_isToldOnceThoughReportAndGraceMeet lets both come at the same

// moment, many times.

func TestTermination_isToldOnceThoughReportAndGraceMeet(t *testing.T) {
	eachVendorWithin(t, time.Millisecond, func(b *vendorBundle) {
		var all []int64
		for range 8 {
			all = append(all, b.active().ID)
		}
		var reports sync.WaitGroup
		for _, id := range all {
			_, err := b.Subscriptions.Terminate(b.ctx, b.customer, id)
			require.NoError(b.t, err)
			for range 2 {
				reports.Go(func() { require.NoError(b.t, b.report(id, fulfilment.Undeployed)) })
			}
		}
		reports.Wait()
		b.idle()
		for _, id := range all {
			b.is(id, subscription.Terminated)
			require.Equal(b.t, []string{"MODIFIED subscription.terminating", "DELETED subscription.terminated"}, b.heard(id)[3:])
		}
	})
}

// TestTermination_convergesAfterACrash kills the process between the

// termination and the end of its grace.

func TestTermination_convergesAfterACrash(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := vendorSetup(t, dbURL, 200*time.Millisecond)
		sub := b.active()
		require.NoError(t, b.Jobs.Stop(b.ctx)) // nothing works from here on
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(t, err)
		after := setupAgain(t, dbURL)
		require.Eventually(t, func() bool {
			found, err := after.Subscriptions.Get(b.ctx, b.customer, sub.ID)
			return err == nil && found.Status == subscription.Terminated
		}, 20*time.Second, 20*time.Millisecond)
		require.Equal(t, []string{"MODIFIED subscription.terminating", "DELETED subscription.terminated"}, b.heard(sub.ID)[3:])
	})
}

// setupAgain starts the system anew on a database that it worked on before.

func setupAgain(t *testing.T, dbURL string) *app.App {
	t.Helper()
	plugins := host.Static(map[string]sdk.Provider{})
	a, err := app.New(t.Context(), app.Config{DatabaseURL: dbURL, SecretKey: bytes.Repeat([]byte{1}, 32), Plugins: plugins, Log: quiet})
	require.NoError(t, err)
	require.NoError(t, a.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, a.Stop(ctx))
		require.NoError(t, plugins.Stop(ctx))
	})
	return a
}

func TestTermination_ofAPostpaidPlanBillsTheLastDays(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		plan := paidPlan()
		plan.Terms.Timing = price.Postpaid
		_, made := b.offer(catalog.Syndicated, "postpaid", plan)
		_, sub := b.place(order.Input{PlanID: made.ID})
		require.NoError(b.t, b.report(sub.ID, fulfilment.Deployed))
		b.advance(b.now().Add(240 * time.Hour))
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		require.NoError(b.t, b.report(sub.ID, fulfilment.Undeployed))
		b.advance(b.now().Add(time.Hour))
		bills := b.bills(sub.ID)
		require.Len(b.t, bills, 1)
		require.Equal(b.t, []string{"recurring 29.00"}, amounts(bills[0]))
		require.Nil(b.t, b.sub(sub.ID).BillsAt)
	})
}
