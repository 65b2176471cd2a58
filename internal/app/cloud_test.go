package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

// smallCloud is a plugin that sells cores and memory, on the example's file.
type smallCloud struct {
	example.Provider
	mu       sync.Mutex
	inUse    int64              // cores that no resize may take away
	metering error              // with it the cloud measures, and says only this
	down     error              // what every question is answered with
	asked    []sdk.Check        // with a plan, in order
	made     []sdk.Subscription // by Provision and Update, in order
}

func (*smallCloud) document(d sdk.Description) sdk.Description {
	d.Name, d.ProductTypes = "small", []string{"cloud"}
	d.ProductSchema = json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"greeting":{"type":"string"},"token":{"type":"string","writeOnly":true}}}`)
	d.PlanSchema = json.RawMessage(`{"type":"object","additionalProperties":false,"required":["billing"],"properties":{"cloud":{"type":"string"},"billing":{"enum":["prepaid","payAsYouGo"]}}}`)
	d.ParametersSchema = json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{
		"cores":{"title":"CPU cores","type":"integer","minimum":1,"maximum":64},"memoryGb":{"title":"Memory","type":"integer","minimum":1,"maximum":512},"label":{"type":"string"}}}`)
	d.Meters = []sdk.Meter{{Name: "coreHours", Unit: "core-hour"}}
	d.Abilities = []sdk.Ability{sdk.CanUpdate, sdk.CanSuspend, sdk.CanObserve}
	return d
}

func (c *smallCloud) Describe(ctx context.Context) (sdk.Description, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down != nil {
		return sdk.Description{}, c.down
	}
	d, err := c.Provider.Describe(ctx)
	d = c.document(d)
	if c.metering != nil {
		d.Abilities = append(d.Abilities, sdk.CanCollectUsage)
	}
	return d, err
}

func (c *smallCloud) Validate(_ context.Context, check sdk.Check) ([]sdk.Problem, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down != nil {
		return nil, c.down
	}
	if check.Subscription.Plan == nil {
		return nil, nil
	}
	c.asked = append(c.asked, check)
	wanted, parameters := struct{ Billing string }{}, struct{ Cores int64 }{}
	if err := errors.Join(json.Unmarshal(check.Subscription.Plan, &wanted), json.Unmarshal(check.Subscription.Parameters, &parameters)); err != nil {
		return nil, err
	}
	var problems []sdk.Problem
	if check.Current != nil {
		now := struct{ Billing string }{}
		if err := json.Unmarshal(check.Current.Plan, &now); err != nil {
			return nil, err
		}
		if now.Billing != wanted.Billing {
			problems = append(problems, sdk.Problem{Field: "plan.billing", Message: "A prepaid tenant cannot become a metered one: its quotas are paid already."})
		}
		if parameters.Cores < c.inUse {
			problems = append(problems, sdk.Problem{Field: "parameters.cores", Message: fmt.Sprintf("%d cores are in use; delete servers first.", c.inUse)})
		}
	}
	return problems, nil
}

func (c *smallCloud) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	c.mu.Lock()
	c.made = append(c.made, req.Subscription)
	c.mu.Unlock()
	return c.Provider.Provision(ctx, req, progress)
}

func (c *smallCloud) CollectUsage(context.Context, sdk.Subscription, time.Time, time.Time) ([]sdk.Usage, error) {
	return nil, c.metering
}

func (c *smallCloud) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return c.Provision(ctx, req, progress)
}

func (c *smallCloud) set(f func(*smallCloud)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c)
}

// parameters are what the plugin was told to make, in order.
func (c *smallCloud) parameters() (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.made {
		all = append(all, string(s.Parameters))
	}
	return all
}

func (c *smallCloud) questions() []sdk.Check {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked)
}

// cloudBundle is a marketplace that sells a small cloud.
type cloudBundle struct {
	*testBundle
	cloud *smallCloud
}

// cloudy sets up the marketplace and puts a cloud with one prepaid plan on sale.
func cloudy(t *testing.T, dbURL string) *cloudBundle {
	t.Helper()
	plugin := &smallCloud{}
	b := &cloudBundle{setupTrying(t, dbURL, 0, map[string]sdk.Provider{"example": &example.Provider{}, "small": plugin}), plugin}
	_, err := b.Provision.SaveProvider(b.ctx, b.operator, provision.ProviderInput{Name: "cloud-a", Plugin: "small", ProductType: "cloud",
		Settings: fmt.Appendf(nil, `{"file":%q}`, filepath.Join(t.TempDir(), "cloud.json"))})
	require.NoError(t, err)
	b.product, err = b.Catalog.CreateProduct(b.ctx, b.vendor, catalog.ProductInput{Name: "Cloud", SKU: "cloud", Type: "cloud", Category: "clouds",
		ShortDescription: "Cores and memory", Configuration: json.RawMessage(`{"greeting":"Ciao","token":"t0p"}`)})
	require.NoError(t, err)
	b.plan = b.sell(prepaid())
	_, err = b.Catalog.Submit(b.ctx, b.vendor, b.product.ID)
	require.NoError(t, err)
	_, err = b.Catalog.Approve(b.ctx, b.operator, b.product.ID)
	require.NoError(t, err)
	return b
}

func (b *cloudBundle) sell(in catalog.PlanInput) catalog.Plan {
	b.t.Helper()
	plan, err := b.Catalog.CreatePlan(b.ctx, b.vendor, b.product.ID, in)
	require.NoError(b.t, err)
	return plan
}

// prepaid costs 10.00 and 5.00 for each core; 2 GB of memory are included, more
// cost 1.50 each.
func prepaid() catalog.PlanInput {
	return catalog.PlanInput{Name: "Prepaid", Terms: price.Terms{Currency: "EUR", SetupPrice: dec("3.00"), RecurringPrice: dec("10.00")},
		Configuration: json.RawMessage(`{"cloud":"main","billing":"prepaid"}`), Provider: "cloud-a",
		Resources: []catalog.PlanResource{
			{Parameter: "cores", Unit: "core", Min: 1, Max: 16, Default: 2, UnitPrice: dec("5.00")},
			{Parameter: "memoryGb", Unit: "GB", Min: 2, Max: 64, Step: 2, Default: 4, Included: 2, UnitPrice: dec("1.50")},
		}}
}

// metered costs 0.02 for each hour of a core, afterwards.
func metered() catalog.PlanInput {
	return catalog.PlanInput{Name: "Metered", Terms: price.Terms{Currency: "EUR", Timing: price.Postpaid},
		Configuration: json.RawMessage(`{"billing":"payAsYouGo"}`),
		Meters:        []catalog.PlanMeter{{Meter: "coreHours", Name: "Computing", Charge: price.Charge{UnitPrice: new(dec("0.02"))}}}}
}

// buyWith is buy with parameters.
func (b *testBundle) buyWith(plan int64, parameters string) subscription.Subscription {
	b.t.Helper()
	return b.order(order.Input{PlanID: plan, Parameters: json.RawMessage(parameters)})
}

func (b *cloudBundle) resize(sub int64, parameters string) (subscription.Subscription, error) {
	b.t.Helper()
	return b.Subscriptions.Resize(b.ctx, b.customer, sub, json.RawMessage(parameters))
}

// halfway is the middle of the subscription's period.
func (b *cloudBundle) halfway(sub subscription.Subscription) {
	b.t.Helper()
	b.advance(sub.PeriodStart.Add(sub.PeriodEnd.Sub(*sub.PeriodStart) / 2))
}

// wrong gives the wrong fields of an error.
func wrong(err error) map[string]string {
	out := map[string]string{}
	for _, f := range fault.As(err).Fields {
		out[f.Name] = f.Message
	}
	return out
}
