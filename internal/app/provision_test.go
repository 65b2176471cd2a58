package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/stretchr/testify/require"
)

// scripted is the example plugin behind a script of errors: each mutating call
// takes the next one, nil lets it through.
type scripted struct {
	example.Provider
	mu     sync.Mutex
	script []error
	keys   []string
}

func (p *scripted) next(key string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, key)
	if len(p.script) == 0 {
		return nil
	}
	err := p.script[0]
	p.script = p.script[1:]
	return err
}

func (p *scripted) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	if err := p.next(req.Key); err != nil {
		return sdk.Result{}, err
	}
	return p.Provider.Provision(ctx, req, progress)
}

func (p *scripted) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	if err := p.next(req.Key); err != nil {
		return err
	}
	return p.Provider.Deprovision(ctx, req, progress)
}

func (p *scripted) calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.keys)
}

// placeAndPay orders the plan and pays, without waiting for what follows.
func (b *testBundle) placeAndPay() int64 {
	b.t.Helper()
	o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID})
	require.NoError(b.t, err)
	b.pay(*o.InvoiceID)
	return *o.SubscriptionID
}

func (b *testBundle) eventually(sub int64, want subscription.Status) {
	b.t.Helper()
	require.Eventually(b.t, func() bool { return b.sub(sub).Status == want }, 20*time.Second, 20*time.Millisecond)
}

func TestSaveProvider_changesNoPluginUnderASubscription(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setupTrying(t, dbURL, 0, map[string]sdk.Provider{"example": &example.Provider{}, "other": &example.Provider{}})
		sub := b.buy(b.plan.ID)
		in := provision.ProviderInput{Name: "main", Plugin: "other", ProductType: catalog.API, Settings: fmt.Appendf(nil, `{"file":%q}`, b.file)}
		_, err := b.Provision.SaveProvider(b.ctx, b.operator, in)
		require.Contains(t, wrong(err)["plugin"], "example")
		_, err = b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(t, err)
		b.eventually(sub.ID, subscription.Terminated)
		p, err := b.Provision.SaveProvider(b.ctx, b.operator, in)
		require.NoError(t, err)
		require.Equal(t, "other", p.Plugin)
	})
}

func TestProvision_triesAgainWithTheSameKeyUntilItWorks(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := &scripted{script: []error{sdk.Transient(errors.New("reset"), "The gateway did not answer."),
			sdk.NotYet(50*time.Millisecond, "Still booting."), nil}}
		b := setupWith(t, dbURL, plugin)
		sub := b.placeAndPay()
		b.eventually(sub, subscription.Active)
		keys := plugin.calls()
		require.Len(t, keys, 3)
		require.Len(t, slices.Compact(keys), 1, "every try has the same idempotency key")
		creds, err := b.Provision.Credentials(b.ctx, b.customer, sub)
		require.NoError(t, err)
		require.Len(t, creds, 1)
		require.NotEmpty(t, creds[0].Value.Reveal())
	})
}

func TestProvision_aPermanentErrorStopsAndTellsWhy(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := &scripted{script: []error{sdk.Permanent("The region is full.")}}
		b := setupWith(t, dbURL, plugin)
		sub := b.placeAndPay()
		b.eventually(sub, subscription.Failed)
		a, found, err := b.Provision.Progress(b.ctx, b.customer, sub)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, provision.Failed, a.Status)
		require.Equal(t, "The region is full.", a.Error)
		require.Len(t, plugin.calls(), 1)

		_, err = b.Subscriptions.Retry(b.ctx, b.operator, sub)
		require.NoError(t, err)
		b.eventually(sub, subscription.Active)
		require.NotEqual(t, plugin.calls()[0], plugin.calls()[1], "a new wish has a new key")
	})
}

func TestProvision_terminatingWhileItIsSetUpLeavesNothing(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := &scripted{script: []error{sdk.NotYet(300*time.Millisecond, "Booting.")}}
		b := setupWith(t, dbURL, plugin)
		sub := b.placeAndPay()
		require.Eventually(t, func() bool { return len(plugin.calls()) > 0 }, 10*time.Second, 10*time.Millisecond)
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub)
		require.NoError(t, err)
		b.eventually(sub, subscription.Terminated)
		obs, err := b.Provision.Observe(b.ctx, b.operator, sub)
		require.NoError(t, err)
		require.Equal(t, sdk.StateAbsent, obs.State)
	})
}

func TestCredentials_areTheCustomersOnly(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		_, err := b.Provision.Credentials(b.ctx, b.vendor, sub.ID)
		require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
		stranger := b.customer
		stranger.OrganizationID = 9999
		_, err = b.Provision.Credentials(b.ctx, stranger, sub.ID)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		_, err = b.Subscriptions.Get(b.ctx, stranger, sub.ID)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		require.False(t, stranger.May(account.ReviewProducts))
	})
}

func TestOrder_anUnpublishedPlanOrNonsenseIsRefusedByName(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		draft, err := b.Catalog.CreateProduct(b.ctx, b.vendor, productInput("draft"))
		require.NoError(t, err)
		_, err = b.Catalog.AddEndpoints(b.ctx, b.vendor, draft.ID, endpointInputs())
		require.NoError(t, err)
		plan, err := b.Catalog.CreatePlan(b.ctx, b.vendor, draft.ID, starter())
		require.NoError(t, err)
		_, err = b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: plan.ID})
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		require.Equal(t, "planId", fault.As(err).Fields[0].Name)
		_, err = b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: 4711})
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		_, err = b.Orders.Place(b.ctx, b.customer, order.Input{Parameters: json.RawMessage(`[1]`)})
		require.Len(t, fault.As(err).Fields, 2)
		_, err = b.Orders.Place(b.ctx, b.vendor, order.Input{PlanID: b.plan.ID})
		require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
		all, err := b.Subscriptions.List(b.ctx, b.operator, subscription.Filter{}, pageAll)
		require.NoError(t, err)
		require.Empty(t, all.Items, "nothing half done")
	})
}

func TestBilling_isParkedWhileASubscriptionIsNotReadyAndGoesOnAfterwards(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		plugin := &scripted{script: []error{sdk.Permanent("The region is full.")}}
		b := setupWith(t, dbURL, plugin)
		sub := b.placeAndPay()
		b.eventually(sub, subscription.Failed)
		b.advance(*b.sub(sub).PeriodEnd)
		require.NotEmpty(t, b.sub(sub).ParkedReason)
		require.Len(t, b.bills(sub), 1, "nothing is billed for what does not work")

		_, err := b.Subscriptions.Retry(b.ctx, b.operator, sub)
		require.NoError(t, err)
		b.eventually(sub, subscription.Active)
		require.NoError(t, b.BillAll(b.ctx))
		require.Empty(t, b.sub(sub).ParkedReason)
		require.Equal(t, []string{"recurring 29.00"}, amounts(b.bills(sub)[1]))
	})
}

func TestProvision_aPluginThatIsNotThereIsToldAfterTheLastTry(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setupTrying(t, dbURL, 1, nil)
		sub := b.placeAndPay()
		b.eventually(sub, subscription.Failed)
		a, found, err := b.Provision.Progress(b.ctx, b.customer, sub)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, provision.Failed, a.Status)
		require.Contains(t, a.Error, "operator")
	})
}

func TestSaveProvider_keepsWhatIsNotGivenAgain(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		in := provision.ProviderInput{Name: "apart", Plugin: "nowhere", ProductType: catalog.API, Settings: []byte(`{}`), Force: true,
			IngestSecret: "a-secret-of-its-own", CallTimeoutSeconds: 90}
		first, err := b.Provision.SaveProvider(b.ctx, b.operator, in)
		require.NoError(t, err)
		in.IngestSecret, in.MaxInFlight, in.CallTimeoutSeconds = "", 3, 0
		second, err := b.Provision.SaveProvider(b.ctx, b.operator, in)
		require.NoError(t, err)
		require.Equal(t, []int{3, 90}, []int{second.MaxInFlight, second.CallTimeoutSeconds})
		_, id, err := b.Provision.ByIngestSecret(b.ctx, "a-secret-of-its-own")
		require.NoError(t, err)
		require.Equal(t, first.ID, id)
	})
}
