package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/reconcile"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

// drifting is a marketplace that sells tenants under a policy.
type drifting struct {
	*testBundle
	cloud *tenants
}

func setupDrift(t *testing.T, dbURL string, policy catalog.DriftPolicy) *drifting {
	t.Helper()
	cloud := newTenants()
	d := &drifting{setupTrying(t, dbURL, 0, map[string]sdk.Provider{"example": &example.Provider{}, "tenants": cloud}), cloud}
	_, err := d.Provision.SaveProvider(d.ctx, d.operator, provision.ProviderInput{Name: "cloud", Plugin: "tenants", ProductType: "tenant", Settings: []byte(`{}`)})
	require.NoError(t, err)
	d.product, err = d.Catalog.CreateProduct(d.ctx, d.vendor, catalog.ProductInput{Name: "Tenant", SKU: "tenant", Type: "tenant", Category: "clouds",
		ShortDescription: "Cores", DriftPolicy: policy})
	require.NoError(t, err)
	d.plan, err = d.Catalog.CreatePlan(d.ctx, d.vendor, d.product.ID, catalog.PlanInput{Name: "Cores", Terms: price.Terms{Currency: "EUR"},
		Resources: []catalog.PlanResource{{Parameter: "cores", Unit: "core", Min: 1, Max: 16, Default: 1, UnitPrice: dec("5.00")}}})
	require.NoError(t, err)
	_, err = d.Catalog.Submit(d.ctx, d.vendor, d.product.ID)
	require.NoError(t, err)
	_, err = d.Catalog.Approve(d.ctx, d.operator, d.product.ID)
	require.NoError(t, err)
	return d
}

// look compares and waits until that, and what follows from it, is over.
func (d *drifting) look(scope reconcile.Scope) reconcile.Run {
	d.t.Helper()
	r, err := d.Reconcile.ReconcileNow(d.ctx, d.operator, scope)
	require.NoError(d.t, err)
	d.idle()
	r, err = d.Reconcile.Run(d.ctx, d.operator, r.ID)
	require.NoError(d.t, err)
	require.NotNil(d.t, r.FinishedAt)
	return r
}

func (d *drifting) drifts(f reconcile.Filter) []reconcile.Drift {
	d.t.Helper()
	all, err := d.Reconcile.List(d.ctx, d.operator, f, pageAll)
	require.NoError(d.t, err)
	return all.Items
}

func (d *drifting) open() []reconcile.Drift {
	d.t.Helper()
	return d.drifts(reconcile.Filter{Open: true})
}

func TestReconcile_reportsWhatIsNotAsSoldUntilItIsGone(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.ReportDrift)
		fine, lost, blocked := d.buy(d.plan.ID), d.buy(d.plan.ID), d.buy(d.plan.ID)
		require.Zero(t, d.look(reconcile.Scope{}).Found)
		d.cloud.set(func() { delete(d.cloud.cores, lost.ID); d.cloud.off[blocked.ID] = true })

		r := d.look(reconcile.Scope{})
		require.Equal(t, []int{3, 2, 0, 0}, []int{r.Checked, r.Found, r.Failed, r.Repaired})
		open := d.open()
		require.Len(t, open, 2)
		require.Equal(t, []any{blocked.ID, reconcile.Changed, "state", "active", "suspended"},
			[]any{open[0].SubscriptionID, open[0].Kind, open[0].Subject, open[0].Want, open[0].Have})
		require.Equal(t, []any{lost.ID, reconcile.Missing, "tenant"}, []any{open[1].SubscriptionID, open[1].Kind, open[1].Subject})
		require.Zero(t, d.look(reconcile.Scope{}).Found, "the same drift is found once")
		require.Equal(t, 3, d.cloud.count("provision"), "and only reported")

		d.cloud.set(func() { d.cloud.cores[lost.ID] = 1; delete(d.cloud.off, blocked.ID) })
		require.Equal(t, 2, d.look(reconcile.Scope{ProviderID: fine.ProviderID}).Resolved)
		require.Empty(t, d.open())
		require.Equal(t, reconcile.Vanished, d.drifts(reconcile.Filter{})[0].Resolution)
		require.Equal(t, []string{"drift.found", "drift.resolved"}, d.topics(event.Reconciliation))
	})
}

func TestReconcile_repairsAndKeepsTheCredentials(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.RepairDrift)
		changed, lost, paused, opened := d.buy(d.plan.ID), d.buy(d.plan.ID), d.buy(d.plan.ID), d.buy(d.plan.ID)
		for _, sub := range []int64{paused.ID, opened.ID} {
			_, err := d.Subscriptions.Suspend(d.ctx, d.operator, sub)
			require.NoError(t, err)
		}
		d.idle()
		d.cloud.set(func() {
			d.cloud.cores[changed.ID] = 9
			delete(d.cloud.cores, lost.ID)
			delete(d.cloud.off, opened.ID)
		})
		r := d.look(reconcile.Scope{})
		require.Equal(t, []int{3, 3}, []int{r.Found, r.Repaired})
		d.idle()
		require.Empty(t, d.open(), "a repaired subscription is looked at again by itself")
		for _, drift := range d.drifts(reconcile.Filter{}) {
			require.Equal(t, reconcile.Repaired, drift.Resolution)
		}
		require.Equal(t, map[int64]int64{changed.ID: 1, lost.ID: 1, paused.ID: 1, opened.ID: 1}, d.cloud.cores)
		require.Equal(t, map[int64]bool{paused.ID: true, opened.ID: true}, d.cloud.off)
		for _, sub := range []int64{changed.ID, lost.ID} {
			creds, err := d.Provision.Credentials(d.ctx, d.customer, sub)
			require.NoError(t, err)
			require.Len(t, creds, 1)
			require.Equal(t, subscription.Active, d.sub(sub).Status)
		}
	})
}

func TestReconcile_aDriftThatARepairDoesNotMendIsNotRepairedInALoop(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.RepairDrift)
		sub := d.buy(d.plan.ID)
		d.cloud.set(func() { d.cloud.cores[sub.ID] = 9; d.cloud.stuck[sub.ID] = true })
		for range 4 {
			d.look(reconcile.Scope{})
		}
		open := d.open()
		require.Len(t, open, 1)
		require.Equal(t, 1, open[0].Actions)
		require.Equal(t, 1, d.cloud.count("update"), "the next repair waits for its time")
		for range 10 {
			d.advance(d.now().Add(24 * time.Hour))
			d.look(reconcile.Scope{})
		}
		require.Equal(t, 5, d.cloud.count("update"), "after that it is left to people")
	})
}

func TestReconcile_billsWhatRunsBeyondWhatWasBoughtAndRepairsWhatIsMissing(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.BillDrift)
		buy := func() subscription.Subscription { return d.buyWith(d.plan.ID, `{"cores":4,"note":"x"}`) }
		more, less, lost := buy(), buy(), buy()
		d.cloud.set(func() { d.cloud.cores[more.ID] = 8; d.cloud.cores[less.ID] = 2; delete(d.cloud.cores, lost.ID) })
		d.look(reconcile.Scope{})
		require.JSONEq(t, `{"cores":8,"note":"x"}`, d.sub(more.ID).Parameters)
		require.Equal(t, []string{"upgrade 20.00"}, amounts(d.bills(more.ID)[1]), "4 more, at once and at their price")
		require.EqualValues(t, 4, d.cloud.cores[less.ID])
		d.look(reconcile.Scope{})
		open := d.open()
		require.Len(t, open, 1, "what is no quantity is reported")
		require.Equal(t, lost.ID, open[0].SubscriptionID)
		ends := map[int64]reconcile.Resolution{}
		for _, drift := range d.drifts(reconcile.Filter{}) {
			ends[drift.SubscriptionID] = drift.Resolution
		}
		require.Equal(t, map[int64]reconcile.Resolution{more.ID: reconcile.Billed, less.ID: reconcile.Repaired, lost.ID: reconcile.Unresolved}, ends)
	})
}

func TestReconcile_orphansAreListedAndRemovedOnRequestOnly(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.RepairDrift)
		living, gone := d.buy(d.plan.ID), d.buy(d.plan.ID)
		_, err := d.Subscriptions.Terminate(d.ctx, d.customer, gone.ID)
		require.NoError(t, err)
		d.idle()
		d.cloud.set(func() { d.cloud.cores[gone.ID], d.cloud.cores[90001] = 1, 1 })
		d.look(reconcile.Scope{})
		open := d.open()
		require.Len(t, open, 1, "what has just ended is given a while")
		require.EqualValues(t, 90001, open[0].SubscriptionID)
		require.Equal(t, "tenant fondaco-90001", open[0].Have)

		d.advance(d.now().Add(time.Hour))
		d.look(reconcile.Scope{})
		open = d.open()
		require.Len(t, open, 2)
		require.Equal(t, gone.ID, open[0].SubscriptionID)
		require.Contains(t, d.cloud.cores, int64(90001), "nobody asked to remove it")

		_, err = d.Reconcile.RemoveOrphan(d.ctx, d.customer, open[0].ID)
		require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
		_, err = d.Reconcile.Repair(d.ctx, d.operator, open[0].ID)
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		for _, orphan := range open {
			_, err = d.Reconcile.RemoveOrphan(d.ctx, d.operator, orphan.ID)
			require.NoError(t, err)
		}
		d.idle()
		require.Equal(t, map[int64]int64{living.ID: 1}, d.cloud.cores)
		require.Empty(t, d.open())
		require.Equal(t, reconcile.Removed, d.drifts(reconcile.Filter{Kind: reconcile.Orphaned})[0].Resolution)
	})
}

func TestReconcile_whatIsBeingChangedIsLeftOut(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.RepairDrift)
		sub := d.buy(d.plan.ID)
		d.cloud.set(func() { d.cloud.down = sdk.NotYet(time.Hour, "Maintenance.") })
		_, err := d.Subscriptions.Suspend(d.ctx, d.operator, sub.ID)
		require.NoError(t, err)
		d.until("the cloud asks for patience", func() bool { return d.attempt(sub.ID).Error == "Maintenance." })
		d.cloud.set(func() { d.cloud.down = nil })
		r := d.look(reconcile.Scope{SubscriptionID: sub.ID})
		require.Equal(t, []int{0, 0, 0}, []int{r.Checked, r.Found, r.Failed})
	})
}

func TestReconcile_aProviderThatDoesNotAnswerIsSaidAndNothingResolved(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.ReportDrift)
		sub := d.buy(d.plan.ID)
		d.cloud.set(func() { delete(d.cloud.cores, sub.ID) })
		d.look(reconcile.Scope{})
		d.cloud.set(func() { d.cloud.down = sdk.Transient(errors.New("reset"), "The cloud does not answer.") })
		r := d.look(reconcile.Scope{})
		require.Equal(t, []int{0, 0, 2}, []int{r.Checked, r.Resolved, r.Failed}, "the subscription and the inventory")
		require.Contains(t, r.LastError, "The cloud does not answer.")
		require.Len(t, d.open(), 1)
	})
}

func TestAcknowledge_leavesADriftAsItIs(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.ReportDrift)
		sub := d.buy(d.plan.ID)
		d.cloud.set(func() { d.cloud.cores[sub.ID] = 9 })
		d.look(reconcile.Scope{})
		drift, err := d.Reconcile.Acknowledge(d.ctx, d.operator, d.open()[0].ID)
		require.NoError(t, err)
		require.Equal(t, "Operator (Operator)", drift.AcknowledgedBy)

		_, err = d.Reconcile.Repair(d.ctx, d.operator, drift.ID)
		require.NoError(t, err)
		d.idle()
		require.Empty(t, d.open(), "a person may still repair it")
		_, err = d.Reconcile.Repair(d.ctx, d.operator, drift.ID)
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	})
}

func TestReconcile_findsTheOneOfAThousand(t *testing.T) {
	t.Parallel()
	const n = 1000 // several batches
	d := setupDrift(t, storetest.SQLiteURL(t), catalog.ReportDrift)
	first := d.buy(d.plan.ID)
	require.NoError(t, d.DB.InTx(d.ctx, d.market.ID, func(tx *store.Tx) error {
		_, err := tx.Exec(d.ctx, `INSERT INTO subscription (marketplace_id, customer_id, vendor_id, product_id, plan_id, plan_revision_id, order_id,
			provider_id, status, auto_renew, parameters, created_at, activated_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			SELECT marketplace_id, customer_id, vendor_id, product_id, plan_id, plan_revision_id, order_id, provider_id, status, auto_renew,
			parameters, created_at, activated_at FROM subscription, n WHERE id = ?`, n-1, first.ID)
		return err
	}))
	d.cloud.set(func() {
		for i := range int64(n) {
			d.cloud.cores[first.ID+i] = 1
		}
		delete(d.cloud.cores, first.ID+700)
	})
	r, err := d.Reconcile.ReconcileNow(d.ctx, d.operator, reconcile.Scope{})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		r, err = d.Reconcile.Run(d.ctx, d.operator, r.ID)
		return err == nil && r.FinishedAt != nil
	}, 2*time.Minute, 20*time.Millisecond)
	require.Equal(t, []int{n, 1, 0}, []int{r.Checked, r.Found, r.Failed})
}

func TestReconcile_aRepairThatComesAfterTheEndMakesNothing(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.RepairDrift)
		sub := d.buy(d.plan.ID)
		_, err := d.Subscriptions.Terminate(d.ctx, d.customer, sub.ID)
		require.NoError(t, err)
		d.eventually(sub.ID, subscription.Terminated)
		for _, op := range []subscription.Operation{subscription.Repair, subscription.Update} {
			require.NoError(t, d.DB.InTx(d.ctx, d.market.ID, func(tx *store.Tx) error {
				_, err := d.Provision.Queue(d.ctx, tx, sub, op, provision.ForReconciliation)
				return err
			}))
			d.idle()
			require.Equal(t, provision.Superseded, d.attempt(sub.ID).Status, "%s", op)
		}
		require.Empty(t, d.cloud.cores)
	})
}

// freePlan adds a plan that needs no payment.
func (d *drifting) freePlan() int64 {
	d.t.Helper()
	plan, err := d.Catalog.CreatePlan(d.ctx, d.vendor, d.product.ID, catalog.PlanInput{Name: "Free", Terms: price.Terms{Currency: "EUR"}})
	require.NoError(d.t, err)
	return plan.ID
}

func TestReconcile_whatOneThatCouldNotBeSetUpLeftBehindIsListed(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.RepairDrift)
		living := d.buy(d.plan.ID)
		d.cloud.set(func() { d.cloud.half = sdk.Permanent("The network is full.") })
		failed := d.place(d.freePlan())
		d.eventually(failed, subscription.Failed)
		d.look(reconcile.Scope{})
		require.Empty(t, d.open(), "somebody may be about to try it again")
		d.advance(d.now().Add(time.Hour))
		d.look(reconcile.Scope{})
		open := d.open()
		require.Len(t, open, 1)
		require.Equal(t, []any{failed, reconcile.Orphaned}, []any{open[0].SubscriptionID, open[0].Kind})
		_, err := d.Reconcile.RemoveOrphan(d.ctx, d.operator, open[0].ID)
		require.NoError(t, err)
		d.idle()
		require.Equal(t, map[int64]int64{living.ID: 1}, d.cloud.cores)
		require.Empty(t, d.open())

		d.cloud.set(func() { d.cloud.half = nil })
		_, err = d.Subscriptions.Retry(d.ctx, d.operator, failed)
		require.NoError(t, err)
		d.eventually(failed, subscription.Active)
	})
}

func TestReconcile_driftOfASubscriptionThatIsOverIsOver(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.ReportDrift)
		sub := d.buy(d.plan.ID)
		d.cloud.set(func() { d.cloud.cores[sub.ID] = 9 })
		d.look(reconcile.Scope{})
		require.Len(t, d.open(), 1)
		_, err := d.Subscriptions.Terminate(d.ctx, d.customer, sub.ID)
		require.NoError(t, err)
		d.idle()
		require.Equal(t, 1, d.look(reconcile.Scope{}).Resolved)
		require.Empty(t, d.open())
	})
}

func TestReconcile_aProviderThatCannotBeReadHoldsUpNoComparisonForEver(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.ReportDrift)
		d.buy(d.plan.ID)
		require.NoError(t, d.DB.InTx(d.ctx, d.market.ID, func(tx *store.Tx) error {
			_, err := tx.Exec(d.ctx, `UPDATE provider SET settings_sealed = ? WHERE marketplace_id = ? AND name = 'cloud'`, []byte("of another key"), d.market.ID)
			return err
		}))
		r := d.look(reconcile.Scope{})
		require.Equal(t, []int{0, 1}, []int{r.Checked, r.Failed})
		require.NotEmpty(t, r.LastError)
	})
}

func TestReconcile_marketplacesThatShareACloudDoNotSeeEachOthersRemains(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		d := setupDrift(t, dbURL, catalog.ReportDrift)
		sub := d.buy(d.plan.ID)
		_, err := d.Subscriptions.Terminate(d.ctx, d.customer, sub.ID)
		require.NoError(t, err)
		d.eventually(sub.ID, subscription.Terminated)
		d.cloud.set(func() { d.cloud.cores[sub.ID] = 1 })
		d.advance(d.now().Add(time.Hour))

		other, err := d.Accounts.CreateMarketplace(d.ctx, account.MarketplaceInput{Name: "Lido", Host: "lido.test", Sandbox: true, Currency: "EUR"})
		require.NoError(t, err)
		require.NoError(t, d.DB.InTx(d.ctx, other.ID, func(tx *store.Tx) error { return tx.MoveClock(d.ctx, tx.Now().Add(3*time.Hour)) }))
		operator := account.SystemActor(other.ID)
		_, err = d.Provision.SaveProvider(d.ctx, operator, provision.ProviderInput{Name: "main", Plugin: "tenants", ProductType: "tenant", Settings: json.RawMessage(`{}`)})
		require.NoError(t, err)
		_, err = d.Reconcile.ReconcileNow(d.ctx, operator, reconcile.Scope{})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(d.ctx, 20*time.Second)
		defer cancel()
		require.NoError(t, d.Jobs.WaitIdle(ctx, other.ID))
		theirs, err := d.Reconcile.List(d.ctx, operator, reconcile.Filter{}, pageAll)
		require.NoError(t, err)
		require.Empty(t, theirs.Items)
		d.look(reconcile.Scope{})
		require.Len(t, d.open(), 1, "it is ours")
	})
}
