package vcloud_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmware/go-vcloud-director/v2/types/v56"

	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

func TestProvision_givesExactlyWhatWasBought(t *testing.T) {
	t.Parallel()
	b := setup(t)
	result := b.provision(prepaid(), chosen(4, 8, 100, 2))
	b.asSold(prepaid(), chosen(4, 8, 100, 2))
	kinds := []string{}
	for _, r := range result.Resources {
		require.NotEmpty(t, r.ID, r.Kind)
		kinds = append(kinds, r.Kind)
	}
	require.Equal(t, []string{"organization", "vdc", "edgeGateway", "user"}, kinds)
	require.Contains(t, plugintest.Credential(t, result, "portalUrl").Value, "/tenant/"+b.org())
	require.NoError(t, b.login(result), "the customer cannot log in")
}

func TestProvision_everyModelAndBilling(t *testing.T) {
	t.Parallel()
	onlySandbox(t) // a real provider VDC does not have all of them
	for _, model := range []string{"AllocationVApp", "AllocationPool", "ReservationPool", "Flex"} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			plan := prepaid()
			plan["allocationModel"] = model
			b.provision(plan, chosen(3, 5, 7, 0))
			b.asSold(plan, chosen(3, 5, 7, 0))
			require.Equal(t, sandbox.Count{Organizations: 1, VDCs: 1}, b.cloud.Count())
		})
	}
}

func TestProvision_limitsAreTheTenants(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	b.provision(prepaid(), chosen(4, 8, 100, 0))
	_, err := b.cloud.CreateServer(b.org(), sandbox.Server{Name: "web", Cores: 4, MemoryGb: 8, DiskGb: 100})
	require.NoError(t, err, "what was bought can be used")
	for _, s := range []sandbox.Server{
		{Name: "core", Cores: 1}, {Name: "memory", MemoryGb: 1}, {Name: "disk", DiskGb: 1, Off: true},
	} {
		_, err := b.cloud.CreateServer(b.org(), s)
		require.Error(t, err, "one %s more than was bought", s.Name)
	}
}

func TestProvision_sameRequestAtOnceIsOneOrganization(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	results := make([]sdk.Result, 4)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() {
			var err error
			for range 50 {
				if results[i], err = b.converge("provision", "p", prepaid(), chosen(4, 8, 100, 2)); sdk.CodeOf(err) != sdk.CodeTransient {
					break
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, r := range results {
		require.Equal(t, results[0], r)
	}
	require.Equal(t, sandbox.Count{Organizations: 1, VDCs: 1, EdgeGateways: 1}, b.cloud.Count())
	b.asSold(prepaid(), chosen(4, 8, 100, 2))
}

func TestProvision_tasksTakeTime(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t, func(c *sandbox.Config) { c.TaskDelay = 20 * time.Millisecond })
	var steps []string
	_, err := b.provider.Provision(context.Background(), sdk.Request{Key: "p", Subscription: b.sub(prepaid(), chosen(4, 8, 100, 2))},
		func(step, total int, text string) { steps = append(steps, text) })
	require.NoError(t, err)
	require.Len(t, steps, 5)
	b.asSold(prepaid(), chosen(4, 8, 100, 2))
}

func TestProvision_longTaskIsNotYet(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t, func(c *sandbox.Config) { c.TaskDelay = 100 * time.Millisecond })
	b.provider.SetPace(10*time.Second, time.Millisecond, 5*time.Millisecond)
	req := sdk.Request{Key: "p", Subscription: b.sub(prepaid(), chosen(4, 8, 100, 2))}
	_, err := b.provider.Provision(context.Background(), req, nil)
	require.Equal(t, sdk.CodeNotYet, sdk.CodeOf(err), "%v", err)
	_, err = b.converge("provision", "p", prepaid(), chosen(4, 8, 100, 2))
	require.NoError(t, err)
	b.asSold(prepaid(), chosen(4, 8, 100, 2))
	require.Equal(t, sandbox.Count{Organizations: 1, VDCs: 1, EdgeGateways: 1}, b.cloud.Count())
}

func TestUpdate_movesLimitsAndKeepsThePassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made := b.provision(prepaid(), chosen(4, 8, 100, 2))
	for i, next := range []object{chosen(8, 16, 200, 3), chosen(2, 4, 50, 1), chosen(2, 4, 50, 0), chosen(3, 4, 50, 2)} {
		updated, err := b.converge("update", string(rune('a'+i)), prepaid(), next)
		require.NoError(t, err)
		require.Equal(t, made.Credentials, updated.Credentials)
		b.asSold(prepaid(), next)
	}
	require.NoError(t, b.login(made))
}

func TestSuspend_blocksTheTenantAndKeepsEverything(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made := b.provision(prepaid(), chosen(4, 8, 100, 2))
	require.NoError(t, b.block("suspend", "s"))
	o := b.observe(prepaid(), chosen(4, 8, 100, 2))
	require.Equal(t, sdk.StateSuspended, o.State)
	require.Empty(t, o.Differences)
	require.Error(t, b.login(made), "a suspended tenant can log in")
	_, err := b.converge("update", "u", prepaid(), chosen(5, 8, 100, 2))
	require.NoError(t, err, "a suspended tenant can be resized")
	require.Equal(t, sdk.StateSuspended, b.observe(prepaid(), chosen(5, 8, 100, 2)).State)
	require.NoError(t, b.block("resume", "r"))
	b.asSold(prepaid(), chosen(5, 8, 100, 2))
	require.NoError(t, b.login(made))
}

func TestDeprovision_removesRunningServersAndAllElse(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	require.NoError(t, b.cloud.AddOrganization("neighbour"))
	require.NoError(t, b.cloud.AddCatalog("neighbour", "shared images"))
	b.provision(prepaid(), chosen(4, 8, 100, 2))
	b.fill()
	require.NoError(t, b.deprovision("d"))
	require.Equal(t, sandbox.Count{Organizations: 1, Catalogs: 1}, b.cloud.Count(), "only the neighbour and its catalog stay")
	require.Equal(t, sdk.StateAbsent, b.observe(prepaid(), chosen(4, 8, 100, 2)).State)
	require.NoError(t, b.deprovision("d"), "again")
}

// fill puts into the tenant's cloud what a tenant may have there.
func (b *bundle) fill() {
	b.t.Helper()
	for _, s := range []sandbox.Server{{Name: "web", Cores: 2, MemoryGb: 4, DiskGb: 20}, {Name: "old", Cores: 1, MemoryGb: 1, DiskGb: 10, Off: true}} {
		_, err := b.cloud.CreateServer(b.org(), s)
		require.NoError(b.t, err)
	}
	require.NoError(b.t, b.cloud.AddNetwork(b.org(), "lan"))
	require.NoError(b.t, b.cloud.AddCatalog(b.org(), "images"))
}

func TestInventory_findsOursInEveryCloudAndRemovesOrphans(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b, other := setup(t), setup(t)
	clouds := b.settings["clouds"].(object)
	clouds["second"] = other.main()
	require.NoError(t, b.cloud.AddOrganization("fondaco-7"))
	require.NoError(t, b.cloud.AddOrganization("fondaco-extra"))
	b.provision(prepaid(), chosen(1, 1, 1, 0))
	first := b.number
	b.number++
	plan := prepaid()
	plan["cloud"] = "second"
	b.provision(plan, chosen(1, 1, 1, 0))
	owned, err := b.provider.Inventory(context.Background(), plugintest.Raw(t, b.settings))
	require.NoError(t, err)
	require.Len(t, owned, 2)
	require.Equal(t, []int64{first, b.number}, []int64{owned[0].SubscriptionID, owned[1].SubscriptionID})
	require.Equal(t, orgName(first), owned[0].Resources[0].Name)
	require.NoError(t, b.deprovision("orphan"), "number and settings suffice")
	require.Equal(t, sandbox.Count{}, other.cloud.Count())
	require.Contains(t, b.cloud.Organizations(), orgName(first))
}

func TestPayAsYouGo_addressesAreBoughtAndLimitsOptional(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	b.provision(payAsYouGo(), object{"ips": 2})
	b.asSold(payAsYouGo(), object{"ips": 2})
	_, err := b.cloud.CreateServer(b.org(), sandbox.Server{Name: "big", Cores: 500, MemoryGb: 1000, DiskGb: 10_000})
	require.NoError(t, err, "without limits")
	_, err = b.converge("update", "u", payAsYouGo(), object{"ips": 4})
	require.NoError(t, err)
	b.asSold(payAsYouGo(), object{"ips": 4})
	limited := payAsYouGo()
	limited["limits"] = object{"cores": 100}
	_, err = b.converge("update", "l", limited, object{"ips": 4})
	require.ErrorContains(t, err, "plan.limits.cores: 500 cores are in use")
}

func TestDeprovision_failedTaskIsTriedAgain(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	for _, operation := range []string{"vappUndeployPowerOff", "vdcDeleteVapp", "catalogDelete", "orgVdcNetworkDelete", "edgeGatewayDelete", "vdcDeleteVdc", "orgDeleteOrg"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.provision(prepaid(), chosen(4, 8, 100, 2))
			b.fill()
			b.cloud.FailTask(operation, types.Error{MajorErrorCode: 500, MinorErrorCode: "INTERNAL_SERVER_ERROR", Message: "A host is gone."})
			err := b.deprovision("d")
			require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err), "%v", err)
			require.ErrorContains(t, err, "A host is gone.")
			require.NoError(t, b.deprovision("d"))
			require.Equal(t, sandbox.Count{}, b.cloud.Count())
		})
	}
}

func TestDeprovision_searchesOnBeyondForeignAndDeadClouds(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b, first := setup(t), setup(t)
	clouds := b.settings["clouds"].(object)
	dead := object{}
	for k, v := range b.main() {
		dead[k] = v
	}
	dead["url"] = "http://127.0.0.1:1/api"
	b.provision(prepaid(), chosen(1, 1, 1, 0))
	require.NoError(t, first.cloud.AddOrganization(b.org()))
	clouds["a foreign"], clouds["b dead"] = first.main(), dead
	require.NoError(t, b.deprovision("d"))
	require.Equal(t, sandbox.Count{}, b.cloud.Count())
	require.Equal(t, []string{b.org()}, first.cloud.Organizations())
	err := b.deprovision("d")
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err), "it may be in the cloud that did not answer")
	require.ErrorContains(t, err, "cannot be reached")
}
