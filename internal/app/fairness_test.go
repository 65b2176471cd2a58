package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/stretchr/testify/require"
)

// clouds is the example plugin in front of clouds that hang or fail; a plan's
// name says which cloud it is.
type clouds struct {
	example.Provider
	mu      sync.Mutex
	gates   map[string]chan struct{} // a call waits for its cloud's to close
	errs    map[string]error
	entered []string // "provision dead"
	results map[string]sdk.Result
}

func newClouds() *clouds {
	return &clouds{gates: map[string]chan struct{}{}, errs: map[string]error{}, results: map[string]sdk.Result{}}
}

func (c *clouds) pass(ctx context.Context, verb string, req sdk.Request) error {
	var plan struct{ Name string }
	if err := json.Unmarshal(req.Subscription.Plan, &plan); err != nil {
		return err
	}
	c.mu.Lock()
	c.entered = append(c.entered, verb+" "+plan.Name)
	gate, err := c.gates[plan.Name], c.errs[plan.Name]
	c.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

func (c *clouds) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	if err := c.pass(ctx, "provision", req); err != nil {
		return sdk.Result{}, err
	}
	var plan struct{ Name string }
	_ = json.Unmarshal(req.Subscription.Plan, &plan)
	if r, ok := c.results[plan.Name]; ok {
		return r, nil
	}
	return c.Provider.Provision(ctx, req, progress)
}

func (c *clouds) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	if err := c.pass(ctx, "update", req); err != nil {
		return sdk.Result{}, err
	}
	return c.Provider.Provision(ctx, req, progress)
}

func (c *clouds) Suspend(ctx context.Context, req sdk.Request) error {
	if err := c.pass(ctx, "suspend", req); err != nil {
		return err
	}
	return c.Provider.Suspend(ctx, req)
}

func (c *clouds) fail(cloud string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs[cloud] = err
}

func (c *clouds) block(cloud string) (open func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gate := make(chan struct{})
	c.gates[cloud] = gate
	return sync.OnceFunc(func() { close(gate) })
}

func (c *clouds) calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.entered...)
}

func (c *clouds) count(call string) (n int) {
	for _, e := range c.calls() {
		if e == call {
			n++
		}
	}
	return n
}

// planOn adds a free plan on a cloud of its own name.
func (b *testBundle) planOn(cloud string) int64 {
	b.t.Helper()
	in := starter()
	in.Name, in.Terms.SetupPrice, in.Terms.RecurringPrice = cloud, dec("0"), dec("0")
	plan, err := b.Catalog.CreatePlan(b.ctx, b.vendor, b.product.ID, in)
	require.NoError(b.t, err)
	content := plan.Revision.Content
	content.Configuration = fmt.Appendf(nil, `{"cloud":%q}`, cloud)
	text, err := json.Marshal(content)
	require.NoError(b.t, err)
	require.NoError(b.t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
		_, err := tx.Exec(b.ctx, `INSERT INTO plan_revision (marketplace_id, plan_id, number, content, created_at) VALUES (?, ?, 2, ?, ?)`,
			b.market.ID, plan.ID, string(text), tx.Now())
		return err
	}))
	return plan.ID
}

// place orders a free plan and does not wait.
func (b *testBundle) place(plan int64) int64 {
	b.t.Helper()
	o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: plan})
	require.NoError(b.t, err)
	return *o.SubscriptionID
}

func (b *testBundle) until(what string, ok func() bool) {
	b.t.Helper()
	require.Eventually(b.t, ok, 20*time.Second, 10*time.Millisecond, what)
}

func (b *testBundle) lane(cloud string) provision.LaneState {
	b.t.Helper()
	all, err := b.Provision.Lanes(b.ctx, b.operator)
	require.NoError(b.t, err)
	for _, l := range all {
		if l.Cloud == cloud {
			return l
		}
	}
	require.Failf(b.t, "no such lane", "%q in %v", cloud, all)
	return provision.LaneState{}
}

func (b *testBundle) attempt(sub int64) provision.Attempt {
	b.t.Helper()
	a, found, err := b.Provision.Progress(b.ctx, b.customer, sub)
	require.NoError(b.t, err)
	require.True(b.t, found)
	return a
}

func TestLanes_aCloudThatHangsHoldsUpNoOther(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupWith(t, dbURL, plugin)
		dead, alive := b.planOn("dead"), b.planOn("alive")
		open := plugin.block("dead")
		defer open()
		for range provision.DefaultInFlight + 4 {
			b.place(dead)
		}
		b.until("the dead cloud takes what it may", func() bool { return plugin.count("provision dead") == provision.DefaultInFlight })
		b.eventually(b.place(alive), subscription.Active)
		require.Equal(t, provision.DefaultInFlight, plugin.count("provision dead"), "no more at once than its limit")
		l := b.lane("dead")
		require.Equal(t, provision.DefaultInFlight, l.InFlight)
		require.Equal(t, provision.DefaultInFlight+4, l.Queued)
	})
}

func TestLanes_customersGoBeforeBillingAndBillingBeforeRepairs(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupWith(t, dbURL, plugin)
		b.provider(provision.ProviderInput{MaxInFlight: 1})
		plan := b.planOn("busy")
		renewed, repaired := b.place(plan), b.place(plan)
		b.eventually(renewed, subscription.Active)
		b.eventually(repaired, subscription.Active)
		require.NoError(t, b.damage(repaired))

		open := plugin.block("busy")
		first := b.place(plan)
		b.until("one is at it", func() bool { return plugin.count("provision busy") == 3 })
		require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
			for _, w := range []struct {
				sub int64
				op  subscription.Operation
				p   provision.Priority
			}{{repaired, subscription.Repair, provision.ForReconciliation}, {renewed, subscription.Update, provision.ForBilling}} {
				sub, err := subscription.ByID(b.ctx, tx, w.sub)
				if err != nil {
					return err
				}
				if _, err := b.Provision.Queue(b.ctx, tx, sub, w.op, w.p); err != nil {
					return err
				}
			}
			return nil
		}))
		b.until("two wait", func() bool { return b.lane("busy").Waiting == 2 })
		last := b.place(plan)
		b.until("three wait", func() bool { return b.lane("busy").Waiting == 3 })
		open()
		b.eventually(first, subscription.Active)
		b.eventually(last, subscription.Active)
		b.until("the repair is done", func() bool { return b.attempt(repaired).Status == provision.Done })
		require.Equal(t, []string{"provision busy", "provision busy", "update busy", "provision busy"}, plugin.calls()[2:],
			"the order, the later order, the renewal, the repair")
	})
}

// damage takes a box away behind everybody's back.
func (b *testBundle) damage(sub int64) error {
	var p example.Provider
	return p.Deprovision(b.ctx, sdk.Request{Key: fmt.Sprintf("outside-%d", time.Now().UnixNano()), Subscription: sdk.Subscription{ID: sub,
		Settings: fmt.Appendf(nil, `{"file":%q}`, b.file)}}, func(int, int, string) {})
}

func TestCircuit_opensOnAnOutageTellsAndClosesWhenTheCloudIsBack(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupConfig(t, app.Config{DatabaseURL: dbURL, CircuitRest: 300 * time.Millisecond}, map[string]sdk.Provider{"example": plugin})
		plan := b.planOn("flaky")
		plugin.fail("flaky", sdk.Transient(errors.New("reset"), "The cloud does not answer."))
		var subs []int64
		for range 6 {
			subs = append(subs, b.place(plan))
		}
		b.until("the circuit is open", func() bool { return b.lane("flaky").Circuit != provision.Closed })
		require.Equal(t, "The cloud does not answer.", b.lane("flaky").LastError)
		plugin.fail("flaky", nil)
		for _, sub := range subs {
			b.eventually(sub, subscription.Active)
		}
		b.until("it is closed again", func() bool { return b.lane("flaky").Circuit == provision.Closed })
		require.Equal(t, []string{"provider.circuitOpened", "provider.circuitClosed"}, b.topics(event.Provider), "one outage is told once")
	})
}

func TestCircuit_aPluginThatRefusesIsNoOutage(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupWith(t, dbURL, plugin)
		plan := b.planOn("full")
		plugin.fail("full", sdk.Permanent("The region is full."))
		for range 7 {
			b.eventually(b.place(plan), subscription.Failed)
		}
		require.Equal(t, provision.Closed, b.lane("full").Circuit)
	})
}

// topics are those of the events about an entity, oldest first.
func (b *testBundle) topics(entity string) (all []string) {
	b.t.Helper()
	require.NoError(b.t, b.DB.View(b.ctx, b.market.ID, func(tx *store.Tx) error {
		found, err := event.List(b.ctx, tx, event.Filter{}, page.Request{Limit: page.MaxLimit})
		for i := len(found.Items) - 1; i >= 0; i-- {
			if e := found.Items[i]; e.Entity == entity {
				all = append(all, e.Topic)
			}
		}
		return err
	}))
	return all
}

func TestCancel_aQueuedAttemptEndsAtOnceAndARunningOneIsBrokenOff(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupWith(t, dbURL, plugin)
		b.provider(provision.ProviderInput{MaxInFlight: 1})
		plan := b.planOn("slow")
		defer plugin.block("slow")()
		running := b.place(plan)
		b.until("it runs", func() bool { return b.attempt(running).CallingSince != nil })
		queued := b.place(plan)

		_, err := b.Provision.Cancel(b.ctx, b.customer, b.attempt(queued).ID)
		require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
		for _, sub := range []int64{queued, running} {
			_, err := b.Provision.Cancel(b.ctx, b.operator, b.attempt(sub).ID)
			require.NoError(t, err)
			b.eventually(sub, subscription.Failed)
			a := b.attempt(sub)
			require.Equal(t, provision.Failed, a.Status)
			require.Equal(t, "Cancelled by Operator (Operator).", a.Error)
			_, err = b.Provision.Cancel(b.ctx, b.operator, a.ID)
			require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		}
		require.Equal(t, 1, plugin.count("provision slow"), "the queued one never reached the plugin")
		b.until("its place is free", func() bool { return b.lane("slow").InFlight == 0 })
	})
}

func TestCancel_onAnotherProcessIsSeen(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupWith(t, dbURL, plugin)
		plan := b.planOn("slow")
		defer plugin.block("slow")()
		sub := b.place(plan)
		b.until("it runs", func() bool { return b.attempt(sub).CallingSince != nil })
		require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
			_, err := tx.Exec(b.ctx, `UPDATE provision_attempt SET cancelled_by = 'Ada' WHERE subscription_id = ?`, sub)
			return err
		}))
		b.eventually(sub, subscription.Failed)
		require.Equal(t, "Cancelled by Ada.", b.attempt(sub).Error)
	})
}

func TestProvision_aCallThatHangsEndsWithItsTime(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupTrying(t, dbURL, 1, map[string]sdk.Provider{"example": plugin})
		b.provider(provision.ProviderInput{CallTimeoutSeconds: 1})
		plan := b.planOn("hangs")
		defer plugin.block("hangs")()
		sub := b.place(plan)
		b.eventually(sub, subscription.Failed)
		require.Equal(t, "The provider did not answer within 1s.", b.attempt(sub).Error)
	})
}

func TestProvision_anotherTenantsResourceIsRefusedAndNothingOfTheAnswerKept(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupWith(t, dbURL, plugin)
		mine := b.place(b.planOn("honest"))
		b.eventually(mine, subscription.Active)
		plugin.results["liar"] = sdk.Result{Resources: []sdk.Resource{{Kind: "box", ID: fmt.Sprint(mine), Name: "box"}},
			Credentials: []sdk.Credential{{Name: "boxKey", Label: "Key", Value: "not yours", Secret: true}}}
		sub := b.place(b.planOn("liar"))
		b.eventually(sub, subscription.Failed)
		require.Contains(t, b.attempt(sub).Error, "another tenant's resource")
		creds, err := b.Provision.Credentials(b.ctx, b.customer, sub)
		require.NoError(t, err)
		require.Empty(t, creds)
	})
}

func TestProvision_anAnswerThatCannotBeKeptIsToldInsteadOfRetriedForever(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupWith(t, dbURL, plugin)
		twice := sdk.Resource{Kind: "box", ID: "1", Name: "box"}
		plugin.results["babbles"] = sdk.Result{Resources: []sdk.Resource{twice, twice}}
		sub := b.place(b.planOn("babbles"))
		b.eventually(sub, subscription.Failed)
		require.Contains(t, b.attempt(sub).Error, "twice")
	})
}

func TestAgain_aRemovalThatFailedCanBeTriedAgain(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := &scripted{script: []error{nil, sdk.Permanent("A server is locked.")}}
		b := setupWith(t, dbURL, plugin)
		sub := b.buy(b.plan.ID)
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(t, err)
		b.until("it failed", func() bool { return b.attempt(sub.ID).Status == provision.Failed })
		_, err = b.Provision.Again(b.ctx, b.operator, b.attempt(sub.ID).ID)
		require.NoError(t, err)
		b.eventually(sub.ID, subscription.Terminated)
	})
}

func TestCancel_saysNothingAboutTheCloud(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupWith(t, dbURL, plugin)
		plan := b.planOn("slow")
		defer plugin.block("slow")()
		for range 6 {
			sub := b.place(plan)
			b.until("it runs", func() bool { return b.attempt(sub).CallingSince != nil })
			_, err := b.Provision.Cancel(b.ctx, b.operator, b.attempt(sub).ID)
			require.NoError(t, err)
			b.eventually(sub, subscription.Failed)
		}
		b.until("all places are free", func() bool { return b.lane("slow").InFlight == 0 })
		require.Equal(t, provision.Closed, b.lane("slow").Circuit)
		require.Empty(t, b.topics(event.Provider))
	})
}

func TestTerminate_isNotHeldUpByAnOperationThatKeepsFailing(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupWith(t, dbURL, plugin)
		plan := b.planOn("flaky")
		plugin.fail("flaky", sdk.NotYet(time.Hour, "The region is full; wait."))
		sub := b.place(plan)
		b.until("it was tried", func() bool { a := b.attempt(sub); return a.Tries == 1 && a.CallingSince == nil })
		making := b.attempt(sub).ID
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub)
		require.NoError(t, err)
		b.eventually(sub, subscription.Terminated)
		a, err := b.Provision.Attempt(b.ctx, b.operator, making)
		require.NoError(t, err)
		require.Equal(t, provision.Superseded, a.Status)
	})
}

func TestProvision_aServerThatStopsAtTheLastTryLosesNoOrder(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupTrying(t, dbURL, 1, map[string]sdk.Provider{"example": plugin})
		plan := b.planOn("slow")
		plugin.block("slow")
		sub := b.place(plan)
		b.until("it runs", func() bool { return b.attempt(sub).CallingSince != nil })
		now, cancel := context.WithCancel(b.ctx)
		cancel()
		require.NoError(t, b.Jobs.Stop(now))
		b.until("its call is over", func() bool { return b.attempt(sub).CallingSince == nil })
		require.Equal(t, provision.Running, b.attempt(sub).Status, b.attempt(sub).Error)

		plugin = newClouds()
		plugins := host.Static(map[string]sdk.Provider{"example": plugin})
		next, err := app.New(b.ctx, app.Config{DatabaseURL: dbURL, SecretKey: bytes.Repeat([]byte{1}, 32), Plugins: plugins, Log: quiet})
		require.NoError(t, err)
		require.NoError(t, next.Start(b.ctx))
		defer func() { require.NoError(t, next.Stop(context.Background())) }()
		b.eventually(sub, subscription.Active)
	})
}

func TestTerminate_endsAnOperationOnceItsCallIsOver(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := newClouds()
		b := setupWith(t, dbURL, plugin)
		plan := b.planOn("slow")
		plugin.fail("slow", sdk.NotYet(time.Hour, "The region is full; wait."))
		open := plugin.block("slow")
		defer open()
		sub := b.place(plan)
		b.until("it runs", func() bool { return b.attempt(sub).CallingSince != nil })
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub)
		require.NoError(t, err)
		open()
		b.eventually(sub, subscription.Terminated)
	})
}
