package portal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

// cloud is a plugin that sells projects with cores and memory, in memory. Its
// schemas have what forms of real clouds have.
type cloud struct {
	mu       sync.Mutex
	projects map[int64]project
	inUse    int           // cores that a project cannot go below
	hold     chan struct{} // set: step 2 of setting up waits until it is closed
	refuse   error         // set: what setting up ends with
	deaf     error         // set: why usage cannot be read
}

type project struct {
	Cores, MemoryGb int
	Locked          bool
}

var _ sdk.Provider = (*cloud)(nil)

const (
	cloudSettings = `{"type":"object","required":["clouds"],"properties":{
		"mark":{"type":"string","title":"Mark","default":"fondaco","pattern":"^[a-z]+$"},
		"inFlight":{"type":"integer","title":"Calls at once","minimum":1,"maximum":64,"default":8},
		"clouds":{"type":"object","title":"Clouds","description":"Each by the name that plans refer to.","minProperties":1,"additionalProperties":{"type":"object","required":["authUrl","password"],"properties":{
			"authUrl":{"type":"string","title":"Auth URL","format":"uri"},
			"password":{"type":"string","title":"Password","writeOnly":true}}}}}}`
	cloudProduct = `{"type":"object","properties":{"image":{"type":"string","title":"Default image"}}}`
	cloudPlan    = `{"type":"object","required":["cloud","billing"],"properties":{
		"cloud":{"type":"string","title":"Cloud"},
		"billing":{"enum":["prepaid","payAsYouGo"],"title":"Billing","default":"prepaid"}}}`
	cloudParameters = `{"type":"object","required":["cores","memoryGb"],"properties":{
		"cores":{"type":"integer","title":"CPU cores","minimum":1,"maximum":32},
		"memoryGb":{"type":"integer","title":"Memory","minimum":1},
		"projectName":{"type":"string","title":"Project name","pattern":"^[a-z-]*$","description":"Shown in the cloud's own console."}}}`
)

// Describe says what the plugin is.
func (*cloud) Describe(context.Context) (sdk.Description, error) {
	return sdk.Description{Name: "cloud", Version: "1.2.3", ProductTypes: []string{"cloud"},
		SettingsSchema: json.RawMessage(cloudSettings), ProductSchema: json.RawMessage(cloudProduct), PlanSchema: json.RawMessage(cloudPlan),
		ParametersSchema: json.RawMessage(cloudParameters), Meters: []sdk.Meter{{Name: "coreHours", Unit: "core-hour"}, {Name: "memoryGbHours", Unit: "GB-hour"}},
		Abilities: []sdk.Ability{sdk.CanUpdate, sdk.CanSuspend, sdk.CanObserve, sdk.CanInventory, sdk.CanCollectUsage}}, nil
}

// Validate refuses a project that would be smaller than what is in use.
func (c *cloud) Validate(_ context.Context, check sdk.Check) ([]sdk.Problem, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	want := wanted(check.Subscription)
	if check.Current != nil && want.Cores < c.inUse {
		return []sdk.Problem{{Field: "parameters.cores", Message: fmt.Sprintf("%d cores are in use; delete servers first or choose at least %d.", c.inUse, c.inUse)}}, nil
	}
	return nil, nil
}

func wanted(sub sdk.Subscription) (p project) {
	_ = json.Unmarshal(sub.Parameters, &p)
	return p
}

// Provision makes the project in three steps.
func (c *cloud) Provision(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	progress(1, 3, "Making the project")
	c.mu.Lock()
	hold, refuse := c.hold, c.refuse
	c.mu.Unlock()
	progress(2, 3, "Setting quotas")
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return sdk.Result{}, sdk.Transient(ctx.Err(), "The cloud was not waited for.")
		}
	}
	if refuse != nil {
		return sdk.Result{}, refuse
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.projects[req.Subscription.ID] = wanted(req.Subscription)
	progress(3, 3, "Writing credentials")
	return sdk.Result{Resources: owned(req.Subscription.ID), Endpoints: []sdk.Endpoint{{Identifier: "identity", URL: "https://cloud.example:5000/v3"}},
		Credentials: []sdk.Credential{
			{Name: "username", Label: "User", Value: "fondaco-" + strconv.FormatInt(req.Subscription.ID, 10)},
			{Name: "password", Label: "Password", Value: "s3cret-of-the-project", Secret: true},
			{Name: "clouds.yaml", Label: "clouds.yaml", Value: "clouds:\n  fondaco:\n    auth:\n      password: s3cret-of-the-project\n", Secret: true},
			{Name: "openrc", Label: "openrc", Value: "export OS_PASSWORD='s3cret-of-the-project'\nexport OS_PROJECT_NAME=fondaco\n", Secret: true}}}, nil
}

func owned(id int64) []sdk.Resource {
	text := strconv.FormatInt(id, 10)
	return []sdk.Resource{{Kind: "project", ID: text, Name: "fondaco-" + text}}
}

// Update sets the project's size.
func (c *cloud) Update(ctx context.Context, req sdk.Request, progress sdk.Progress) (sdk.Result, error) {
	return c.Provision(ctx, req, progress)
}

// Suspend locks the project.
func (c *cloud) Suspend(_ context.Context, req sdk.Request) error {
	return c.lock(req.Subscription.ID, true)
}

// Resume unlocks it.
func (c *cloud) Resume(_ context.Context, req sdk.Request) error {
	return c.lock(req.Subscription.ID, false)
}

func (c *cloud) lock(id int64, locked bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.projects[id]
	p.Locked = locked
	c.projects[id] = p
	return nil
}

// Deprovision removes the project.
func (c *cloud) Deprovision(_ context.Context, req sdk.Request, _ sdk.Progress) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.projects, req.Subscription.ID)
	return nil
}

// Observe compares the cores.
func (c *cloud) Observe(_ context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	have, ok := c.projects[sub.ID]
	want := wanted(sub)
	switch {
	case !ok:
		return sdk.Observation{State: sdk.StateAbsent, Differences: []sdk.Difference{{Kind: "missing", Subject: "project", Want: owned(sub.ID)[0].Name}}}, nil
	case have.Cores != want.Cores:
		return sdk.Observation{State: sdk.StatePartial, Resources: owned(sub.ID), Differences: []sdk.Difference{
			{Kind: "changed", Subject: "cores", Want: strconv.Itoa(want.Cores), Have: strconv.Itoa(have.Cores)}}}, nil
	case have.Locked:
		return sdk.Observation{State: sdk.StateSuspended, Resources: owned(sub.ID)}, nil
	}
	return sdk.Observation{State: sdk.StateActive, Resources: owned(sub.ID)}, nil
}

// Inventory lists the projects.
func (c *cloud) Inventory(context.Context, json.RawMessage) ([]sdk.Owned, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []sdk.Owned
	for id := range c.projects {
		out = append(out, sdk.Owned{SubscriptionID: id, Resources: owned(id)})
	}
	return out, nil
}

// CollectUsage measures nothing by itself; tests ingest usage.
func (c *cloud) CollectUsage(context.Context, sdk.Subscription, time.Time, time.Time) ([]sdk.Usage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return nil, c.deaf
}

// Health knows one wrong password.
func (*cloud) Health(_ context.Context, settings json.RawMessage) (sdk.Health, error) {
	var s struct {
		Clouds map[string]struct{ Password string }
	}
	if err := json.Unmarshal(settings, &s); err != nil {
		return sdk.Health{}, sdk.Permanent("The settings cannot be read.")
	}
	for name, c := range s.Clouds {
		if c.Password == "wrong" {
			return sdk.Health{Message: "The cloud " + name + " refuses the password (401)."}, nil
		}
	}
	return sdk.Health{OK: true, Message: fmt.Sprintf("%d clouds answer", len(s.Clouds))}, nil
}

// change makes the cloud behave otherwise, while it may be called.
func (c *cloud) change(how func(c *cloud)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	how(c)
}

// set makes the project of a subscription what somebody else made of it.
func (c *cloud) set(id int64, p *project) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p == nil {
		delete(c.projects, id)
		return
	}
	c.projects[id] = *p
}

// clouds sets up a provider of the cloud plugin and puts a product of its type
// with two plans on sale.
func (m *market) clouds() (catalog.Product, catalog.Plan, catalog.Plan) {
	m.t.Helper()
	_, err := m.Provision.SaveProvider(m.ctx, m.operator, provision.ProviderInput{Name: "clouds", Plugin: "cloud", ProductType: "cloud",
		Settings: json.RawMessage(`{"clouds":{"main":{"authUrl":"https://cloud.example:5000/v3","password":"right"}}}`)})
	require.NoError(m.t, err)
	p, err := m.Catalog.CreateProduct(m.ctx, m.vendor, catalog.ProductInput{Name: "Lagoon Cloud", SKU: "lagoon-cloud", Type: "cloud", Category: "compute",
		ShortDescription: "A project of your own on our cloud"})
	require.NoError(m.t, err)
	small, err := m.Catalog.CreatePlan(m.ctx, m.vendor, p.ID, prepaidCloud())
	require.NoError(m.t, err)
	metered := prepaidCloud()
	metered.Name, metered.Position = "Metered", 1
	metered.Configuration = json.RawMessage(`{"cloud":"main","billing":"payAsYouGo"}`)
	metered.Resources[0].UnitPrice, metered.Resources[1].UnitPrice = dec("0"), dec("0")
	metered.Meters = []catalog.PlanMeter{{Meter: "coreHours", Name: "Computing", Charge: price.Charge{UnitPrice: new(dec("0.02"))}}}
	big, err := m.Catalog.CreatePlan(m.ctx, m.vendor, p.ID, metered)
	require.NoError(m.t, err)
	_, err = m.Catalog.Submit(m.ctx, m.vendor, p.ID)
	require.NoError(m.t, err)
	p, err = m.Catalog.Approve(m.ctx, m.operator, p.ID)
	require.NoError(m.t, err)
	return p, small, big
}

// prepaidCloud is a plan of cores and memory that are bought.
func prepaidCloud() catalog.PlanInput {
	return catalog.PlanInput{Name: "Prepaid", Terms: price.Terms{Currency: "EUR", RecurringPrice: dec("10.00"), PeriodMonths: 1},
		Configuration: json.RawMessage(`{"cloud":"main","billing":"prepaid"}`),
		Resources: []catalog.PlanResource{
			{Parameter: "cores", Name: "CPU cores", Unit: "core", Min: 1, Max: 16, Step: 1, Default: 2, UnitPrice: dec("5.00"), Included: 1},
			{Parameter: "memoryGb", Name: "Memory", Unit: "GB", Min: 2, Max: 64, Step: 2, Default: 4, UnitPrice: dec("1.50")}}}
}

// orderProject orders and pays a project of four cores, and does not wait.
func (m *market) orderProject() subscription.Subscription {
	m.t.Helper()
	_, plan, _ := m.clouds()
	o, err := m.Orders.Place(m.ctx, m.customer, order.Input{PlanID: plan.ID, Parameters: json.RawMessage(`{"cores":4,"memoryGb":8,"projectName":"tides"}`)})
	require.NoError(m.t, err)
	m.pay(o)
	return m.sub(*o.SubscriptionID)
}

// project is orderProject and the wait until it is there.
func (m *market) project() subscription.Subscription {
	m.t.Helper()
	sub := m.orderProject()
	m.idle()
	require.Equal(m.t, subscription.Active, m.sub(sub.ID).Status)
	return m.sub(sub.ID)
}
