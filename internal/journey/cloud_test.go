package journey

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	cloudapi "github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/quotasets"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/config/clouds"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/projects"
	"github.com/stretchr/testify/require"

	openstack "github.com/fondaco/fondaco/plugins/openstack/sandbox"
	"github.com/fondaco/fondaco/pricing/money"
)

// plansOf are the ids of a product's plans by name.
func plansOf(c client, sku string) map[string]int64 {
	out := map[string]int64{}
	for _, p := range c.get("/catalog/" + sku).want(200).list("plans") {
		out[p.str("name")] = p.num("id")
	}
	return out
}

// buy orders a plan, pays what is due, and waits until it can be used.
func buy(c client, plan int64, parameters obj) int64 {
	c.t.Helper()
	order := c.post("/orders", obj{"planId": plan, "parameters": parameters}).want(201)
	if order.at("invoiceId").value != nil {
		c.post(path("/invoices/%d/pay", order.num("invoiceId")), obj{"card": obj{"number": "4242424242424242"}}).want(200)
	}
	sub := order.num("subscriptionId")
	c.eventually(path("/subscriptions/%d", sub), func(s answer) bool { return s.str("status") == "active" })
	return sub
}

// tenant is somebody with the clouds.yaml that came with a subscription and a
// standard client.
func tenant(c client, sub int64) *gophercloud.ServiceClient {
	c.t.Helper()
	file := c.get(path("/subscriptions/%d/credentials", sub)).want(200).str("clouds.yaml")
	options, endpoint, _, err := clouds.Parse(clouds.WithCloudName(path("fondaco-%d", sub)), clouds.WithCloudsYAML(strings.NewReader(file)))
	require.NoError(c.t, err)
	provider, err := cloudapi.AuthenticatedClient(c.t.Context(), options)
	require.NoError(c.t, err)
	compute, err := cloudapi.NewComputeV2(provider, endpoint)
	require.NoError(c.t, err)
	return compute
}

func boot(c client, compute *gophercloud.ServiceClient, flavor string) error {
	_, err := servers.Create(c.t.Context(), compute, servers.CreateOpts{Name: "web", FlavorRef: flavor, ImageRef: openstack.ImageID, Networks: "none"}, nil).Extract()
	return err
}

// cloudOperator is the administrator of the demo's OpenStack.
func (d *demoServer) cloudOperator() (compute, identity *gophercloud.ServiceClient) {
	d.t.Helper()
	key, err := os.ReadFile(filepath.Join(d.dir, "clouds.key"))
	require.NoError(d.t, err)
	provider, err := cloudapi.AuthenticatedClient(d.t.Context(), gophercloud.AuthOptions{IdentityEndpoint: d.file.OpenStack + "/identity/v3",
		Username: "admin", Password: strings.TrimSpace(string(key)), DomainName: "Default", TenantName: "admin"})
	require.NoError(d.t, err)
	compute, err = cloudapi.NewComputeV2(provider, gophercloud.EndpointOpts{Region: "RegionOne"})
	require.NoError(d.t, err)
	identity, err = cloudapi.NewIdentityV3(provider, gophercloud.EndpointOpts{Region: "RegionOne"})
	require.NoError(d.t, err)
	return compute, identity
}

// projectsOf are the ids of the projects of a subscription.
func projectsOf(c client, identity *gophercloud.ServiceClient, sub int64) (ids []string) {
	c.t.Helper()
	pages, err := projects.List(identity, projects.ListOpts{Name: path("fondaco-%d", sub)}).AllPages(c.t.Context())
	require.NoError(c.t, err)
	all, err := projects.ExtractProjects(pages)
	require.NoError(c.t, err)
	for _, p := range all {
		ids = append(ids, p.ID)
	}
	return ids
}

// TestJourney_aCloudOfAFixedSizeIsBoughtResizedMendedAndLeft buys quotas, uses
// them with a standard client, grows, and has a change behind the
// marketplace's back found and repaired.
func TestJourney_aCloudOfAFixedSizeIsBoughtResizedMendedAndLeft(t *testing.T) {
	d := startDemo(t)
	customer, operator := d.as("customer"), d.as("operator")
	plans := plansOf(customer, "openstack-tenant")
	chosen := obj{"cores": 4, "memoryGb": 8, "diskGb": 100, "ips": 1}

	// 5.00 + 4 × 6.00 + 8 × 2.50 + 100 × 0.08 + 3.00, quoted and billed alike.
	require.Equal(t, "60.00", customer.post("/quotes", obj{"planId": plans["Fixed size"], "parameters": chosen}).want(200).at("total").str("amount"))
	refused := customer.post("/orders", obj{"planId": plans["Fixed size"], "parameters": obj{"cores": 33, "memoryGb": 8, "diskGb": 105, "ips": 1}}).want(422)
	require.Contains(t, refused.raw, "parameters.cores")
	require.Contains(t, refused.raw, "parameters.diskGb")
	sub := buy(customer, plans["Fixed size"], chosen)
	first := customer.get(path("/invoices?subscriptionId=%d", sub)).want(200).list("items")
	require.Equal(t, "60.00", first[0].at("total").str("amount"))

	// Four cores are four cores: the fifth is refused by the cloud itself.
	compute := tenant(customer, sub)
	for range 4 {
		require.NoError(t, boot(customer, compute, openstack.FlavorTinyID))
	}
	err := boot(customer, compute, openstack.FlavorTinyID)
	require.True(t, gophercloud.ResponseCodeIs(err, 403), "%v", err)
	require.ErrorContains(t, err, "Quota exceeded for cores")

	// More is there at once and billed for the rest of the period; less than
	// what runs, or another way of billing, is refused with the reason.
	bigger := obj{"cores": 6, "memoryGb": 8, "diskGb": 100, "ips": 1}
	due := customer.post(path("/subscriptions/%d/resize-quote", sub), obj{"parameters": bigger}).want(200)
	require.Equal(t, "12.00", due.at("total").str("amount"))
	customer.post(path("/subscriptions/%d/resize", sub), obj{"parameters": bigger}).want(200)
	require.Eventually(t, func() bool { return boot(customer, compute, openstack.FlavorTinyID) == nil }, 20*time.Second, 50*time.Millisecond)
	smaller := customer.post(path("/subscriptions/%d/resize", sub), obj{"parameters": obj{"cores": 2, "memoryGb": 8, "diskGb": 100, "ips": 1}}).want(422)
	require.Contains(t, smaller.raw, "parameters.cores")
	require.Contains(t, smaller.raw, "5 of the 6")
	other := customer.post(path("/subscriptions/%d/change-plan", sub), obj{"planId": plans["Metered"]}).want(422)
	require.Contains(t, other.raw, "pay-as-you-go")

	// Somebody raises the quota behind the marketplace's back: it is found,
	// told, and put right on request.
	customer.eventually(path("/subscriptions/%d", sub), func(s answer) bool { return s.at("progress").str("status") == "done" })
	admin, identity := d.cloudOperator()
	project := projectsOf(customer, identity, sub)
	require.Len(t, project, 1)
	require.NoError(t, quotasets.Update(t.Context(), admin, project[0], quotasets.UpdateOpts{Cores: new(64)}).Err)
	operator.post("/reconcile", obj{"subscriptionId": sub}).want(202)
	open := path("/drift?open=true&subscriptionId=%d", sub)
	operator.eventually(open, func(a answer) bool { return len(a.list("items")) == 1 })
	drift := operator.get(open).want(200).list("items")[0]
	require.Equal(t, []string{"changed", "cores", "6", "64"}, []string{drift.str("kind"), drift.str("subject"), drift.str("want"), drift.str("have")})
	customer.get(open).want(403)
	operator.post(path("/drift/%d/repair", drift.num("id")), nil).want(200)
	operator.eventually(open, func(a answer) bool { return len(a.list("items")) == 0 })
	quota, err := quotasets.Get(t.Context(), admin, project[0]).Extract()
	require.NoError(t, err)
	require.Equal(t, 6, quota.Cores)

	// The end takes everything along.
	customer.post(path("/subscriptions/%d/terminate", sub), nil).want(200)
	customer.eventually(path("/subscriptions/%d", sub), func(s answer) bool { return s.str("status") == "terminated" })
	require.Empty(t, projectsOf(customer, identity, sub))
}

// TestJourney_whatRunsInAMeteredCloudIsBilledToTheCent runs a server for a
// month of the marketplace's time.
func TestJourney_whatRunsInAMeteredCloudIsBilledToTheCent(t *testing.T) {
	d := startDemo(t)
	customer := d.as("customer")
	sub := buy(customer, plansOf(customer, "openstack-tenant")["Metered"], obj{})
	require.NoError(t, boot(customer, tenant(customer, sub), openstack.FlavorMediumID)) // 2 cores, 4 GB, 40 GB
	period := customer.get(path("/subscriptions/%d", sub)).want(200).at("period")
	start, err := time.Parse(time.RFC3339, period.str("start"))
	require.NoError(t, err)
	end, err := time.Parse(time.RFC3339, period.str("end"))
	require.NoError(t, err)
	customer.post("/sandbox/clock", obj{"advanceTo": end.Format(time.RFC3339Nano)}).want(200)

	invoices := customer.get(path("/invoices?subscriptionId=%d", sub)).want(200).list("items")
	require.Len(t, invoices, 1)
	bill := customer.get(path("/invoices/%d", invoices[0].num("id"))).want(200)
	hours := end.Sub(start).Hours()
	total := money.Int(0)
	for _, meter := range []struct {
		name  string
		rate  float64 // per hour
		price string
	}{{"coreHours", 2, "0.012"}, {"memoryGbHours", 4, "0.004"}, {"diskGbHours", 40, "0.00012"}} {
		line := lineOf(bill, meter.name)
		quantity := money.MustParse(line.str("quantity"))
		require.InDelta(t, meter.rate*hours, asFloat(t, quantity), meter.rate*0.05, "%s: the server began minutes after the period", meter.name)
		amount := quantity.Mul(money.MustParse(meter.price)).Round(2)
		require.Equal(t, amount.String(), line.at("amount").str("amount"), meter.name)
		total = total.Add(amount)
	}
	require.Equal(t, total.String(), bill.at("total").str("amount"))
	require.Len(t, bill.list("lines"), 3, "no address was held")
}

// lineOf is the invoice's line of a meter.
func lineOf(bill answer, meter string) answer {
	bill.t.Helper()
	for _, l := range bill.list("lines") {
		if l.str("meter") == meter {
			return l
		}
	}
	bill.t.Fatalf("no line of %s in %s", meter, bill.raw)
	return answer{}
}

func asFloat(t *testing.T, d money.Decimal) float64 {
	t.Helper()
	var f float64
	_, err := fmt.Sscan(d.String(), &f)
	require.NoError(t, err)
	return f
}
