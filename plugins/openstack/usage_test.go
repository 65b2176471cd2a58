package openstack_test

import (
	"context"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/openstack/sandbox"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// used collects one window, by meter.
func (b *bundle) used(sub sdk.Subscription, from, to time.Time) map[string]string {
	b.t.Helper()
	list, err := b.provider.CollectUsage(b.t.Context(), sub, from, to)
	require.NoError(b.t, err)
	out := map[string]string{}
	for _, u := range list {
		require.Equal(b.t, from.UTC(), u.At)
		require.Equal(b.t, fmt.Sprintf("%d/%s/%s/%s", sub.ID, u.Meter, from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339)), u.EventID)
		require.NotContains(b.t, out, u.Meter)
		out[u.Meter] = u.Quantity
	}
	return out
}

// running is a metered tenant with a server, a volume and a floating IP.
func (b *bundle) running() (sub sdk.Subscription, tenant *client, server, disk string) {
	b.t.Helper()
	sub = b.metered(1)
	tenant = b.tenant(b.provision(sub))
	server, err := tenant.boot(b.world.tiny, b.world.image, tenant.net(b.world))
	require.NoError(b.t, err)
	disk, err = tenant.makeVolume(2)
	require.NoError(b.t, err)
	_, err = tenant.floatingIP(b.world.external)
	require.NoError(b.t, err)
	b.waitFor("the server runs", func() bool { return tenant.status(server) == "ACTIVE" })
	return sub, tenant, server, disk
}

func TestCollectUsage_metersWhatRuns(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub, tenant, server, _ := b.running()
		b.age(server)
		now := b.now()
		hour := now.Truncate(time.Hour)
		small, err := flavors.Get(tenant.ctx, tenant.compute, b.world.tiny).Extract()
		require.NoError(b.t, err)

		lately := b.used(sub, now.Add(-time.Minute), now.Add(time.Hour))
		for _, meter := range []string{"coreHours", "memoryGbHours", "diskGbHours", "ipHours"} {
			require.Positive(b.t, quantity(b.t, lately[meter]).Sign(), meter)
		}
		require.Less(b.t, quantity(b.t, lately["coreHours"]).Cmp(big.NewRat(1, 2)), 1, "what is still to come is not counted")
		if !b.aged() {
			return
		}
		whole := b.used(sub, hour.Add(-2*time.Hour), hour.Add(-time.Hour))
		require.Equal(b.t, decimalOf(int64(small.VCPUs), 1), whole["coreHours"])
		require.Equal(b.t, decimalOf(int64(small.RAM), 1024), whole["memoryGbHours"])
		disk := int64(small.Disk)
		if b.sandbox != nil {
			disk += 2 // there the volume is a day old, too
		}
		require.Equal(b.t, decimalOf(disk, 1), whole["diskGbHours"])
	})
}

func TestCollectUsage_ofPrepaidIsNone(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub := b.sold(1, parameters(1, 1, 1, 0))
		b.provision(sub)
		require.Empty(b.t, b.used(sub, b.now().Add(-time.Hour), b.now()))
	})
}

func TestProvision_payAsYouGoHasNoLimitsButCeilings(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		open := b.provision(b.metered(1))
		project := idOf(b.t, open.Resources, "project")
		require.Equal(b.t, -1, b.admin.quota(b.admin.compute, project, "cores"))
		require.Equal(b.t, -1, b.admin.quota(b.admin.network, project, "floatingip"))
		plan := with(meteredPlan(), object{"limits": object{"cores": 3, "diskGb": 7}})
		capped := b.provision(b.sub(2, plan, object{}))
		project = idOf(b.t, capped.Resources, "project")
		require.Equal(b.t, 3, b.admin.quota(b.admin.compute, project, "cores"))
		require.Equal(b.t, -1, b.admin.quota(b.admin.compute, project, "ram"))
		require.Equal(b.t, 7, b.admin.quota(b.admin.volume, project, "gigabytes"))
	})
}

func quantity(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	require.True(t, ok, "%q is no number", text)
	_, decimals, _ := strings.Cut(text, ".")
	require.LessOrEqual(t, len(decimals), 6)
	return r
}

func decimalOf(n, of int64) string {
	return strings.TrimSuffix(strings.TrimRight(big.NewRat(n, of).FloatString(6), "0"), ".")
}

// now is the cloud's time.
func (b *bundle) now() time.Time {
	if b.sandbox != nil {
		return b.clock.Now()
	}
	return time.Now().UTC()
}

// novaSocket names the socket of Nova's own database, where the test may move
// a server's start: a real cloud has no other way to let hours go by.
func novaSocket() string { return os.Getenv("OPENSTACK_TEST_NOVA_SOCKET") }

func (b *bundle) aged() bool { return b.sandbox != nil || novaSocket() != "" }

// age makes the server a day old.
func (b *bundle) age(server string) {
	b.t.Helper()
	switch {
	case b.sandbox != nil:
		b.clock.Advance(24 * time.Hour)
	case novaSocket() != "":
		move := "update instances set launched_at = utc_timestamp() - interval 24 hour where uuid = '" + server + "'"
		out, err := exec.CommandContext(context.Background(), "mariadb", "--no-defaults", "-u", "root", "-S", novaSocket(), "nova_cell1", "-e", move).CombinedOutput()
		require.NoError(b.t, err, string(out))
	default:
		time.Sleep(2 * time.Second) // a floating IP's age is in whole seconds
	}
}

// TestCollectUsage_countsEveryMomentOnce moves the sandbox's clock through
// hours in which things begin and end.
func TestCollectUsage_countsEveryMomentOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sub, tenant, server, disk := b.running() // at half past nine
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 24, hour, minute, 0, 0, time.UTC) }

	b.clock.Set(at(11, 15))
	require.Equal(t, map[string]string{"coreHours": "0.5", "memoryGbHours": "0.25", "diskGbHours": "1.5", "ipHours": "0.5"}, b.used(sub, at(9, 0), at(10, 0)))
	require.Equal(t, map[string]string{"coreHours": "1", "memoryGbHours": "0.5", "diskGbHours": "3", "ipHours": "1"}, b.used(sub, at(10, 0), at(11, 0)))
	require.Equal(t, map[string]string{"coreHours": "0.25", "memoryGbHours": "0.125", "diskGbHours": "0.75", "ipHours": "0.25"}, b.used(sub, at(11, 0), at(12, 0)), "up to now")
	require.Equal(t, map[string]string{"coreHours": "1.75", "memoryGbHours": "0.875", "diskGbHours": "5.25", "ipHours": "1.75"}, b.used(sub, at(9, 0), at(12, 0)), "neither gap nor overlap")
	require.Empty(t, b.used(sub, at(8, 0), at(9, 0)))

	require.NoError(t, servers.Delete(tenant.ctx, tenant.compute, server).ExtractErr())
	b.waitFor("the server is gone", func() bool { return tenant.status(server) == "" })
	require.NoError(t, volumes.Delete(tenant.ctx, tenant.volume, disk, nil).ExtractErr())
	b.waitFor("the volume is gone", func() bool { return tenant.volumeStatus(disk) == "" })
	b.clock.Set(at(13, 0))
	require.Equal(t, map[string]string{"coreHours": "0.25", "memoryGbHours": "0.125", "diskGbHours": "0.25", "ipHours": "1"}, b.used(sub, at(11, 0), at(12, 0)),
		"Nova remembers servers; of a volume that is gone only Gnocchi would know")
}

// TestCollectUsage_countsTheDiskOfAServerOnce has a server that boots from a
// volume, and so has no root disk, whatever its flavor says.
func TestCollectUsage_countsTheDiskOfAServerOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sub := b.metered(1)
	tenant := b.tenant(b.provision(sub))
	server, err := tenant.boot(b.world.tiny, "", tenant.net(b.world)) // no image
	require.NoError(t, err)
	require.Equal(t, "ACTIVE", tenant.status(server))
	hour := b.clock.Now().Truncate(time.Hour)
	b.clock.Advance(time.Hour)
	want := map[string]string{"coreHours": "0.5", "memoryGbHours": "0.25"}
	require.Equal(t, want, b.used(sub, hour, hour.Add(time.Hour)))
	require.NoError(t, servers.Delete(tenant.ctx, tenant.compute, server).ExtractErr())
	b.waitFor("the server is gone", func() bool { return tenant.status(server) == "" })
	require.Equal(t, want, b.used(sub, hour, hour.Add(time.Hour)), "also when it is deleted")
}

// TestCollectUsage_agreesWithNovasOwnTotals compares with the sums that Nova
// answers with.
func TestCollectUsage_agreesWithNovasOwnTotals(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		sub, _, server, _ := b.running()
		b.age(server)
		from, to := b.now().Add(-90*time.Minute).Truncate(time.Minute), b.now().Truncate(time.Second)
		o := b.observe(sub)
		var answer struct {
			Usage struct {
				Cores  float64 `json:"total_vcpus_usage"`
				Memory float64 `json:"total_memory_mb_usage"`
			} `json:"tenant_usage"`
		}
		const format = "2006-01-02T15:04:05"
		_, err := b.admin.compute.Get(b.admin.ctx, b.admin.compute.ServiceURL("os-simple-tenant-usage", idOf(b.t, o.Resources, "project"))+
			"?start="+from.Format(format)+"&end="+to.Format(format), &answer, nil)
		require.NoError(b.t, err)
		got := b.used(sub, from, to)
		cores, _ := quantity(b.t, got["coreHours"]).Float64()
		memory, _ := quantity(b.t, got["memoryGbHours"]).Float64()
		require.InDelta(b.t, answer.Usage.Cores, cores, 0.000001)
		require.InDelta(b.t, answer.Usage.Memory/1024, memory, 0.000001)
		require.Positive(b.t, cores)
	})
}

// measured makes a resource in Gnocchi with a measure of each metric.
func (c *client) measured(kind, project string, started, ended time.Time, values object) {
	c.t.Helper()
	metrics := object{}
	for name := range values {
		metrics[name] = object{"archive_policy_name": "low"}
	}
	id := newUUID()
	in := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }
	body := object{"id": id, "project_id": project, "started_at": in(started), "ended_at": in(ended), "metrics": metrics}
	c.postMetric("v1/resource/"+kind, body, http.StatusCreated)
	for name, value := range values {
		var list []object
		for at := started; at.Before(ended); at = at.Add(5 * time.Minute) {
			list = append(list, object{"timestamp": in(at), "value": value})
		}
		c.postMetric("v1/resource/"+kind+"/"+id+"/metric/"+name+"/measures", list, http.StatusAccepted)
	}
}

func (c *client) postMetric(path string, body any, want int) {
	c.t.Helper()
	_, err := c.identity.Post(c.ctx, gophercloud.NormalizeURL(c.metric)+path, body, nil, &gophercloud.RequestOpts{OkCodes: []int{want}})
	require.NoError(c.t, err)
}

func newUUID() string {
	n := time.Now().UnixNano()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(n>>16), uint16(n), uint16(n>>8)&0xfff, uint16(n>>4)&0xfff, n&0xffffffffffff)
}

func TestCollectUsage_takesFromGnocchiWhatTheServicesForgot(t *testing.T) {
	eachCloud(t, func(b *bundle) {
		if b.admin.metric == "" {
			b.t.Skip("the cloud has no Gnocchi")
		}
		sub := b.metered(1)
		r := b.provision(sub)
		project, hour := idOf(b.t, r.Resources, "project"), b.now().Truncate(time.Hour).Add(-2*time.Hour)
		b.admin.measured("instance", project, hour.Add(15*time.Minute), hour.Add(45*time.Minute), object{"vcpus": 4, "memory": 3072, "disk.root.size": 5})
		want := map[string]string{"coreHours": "2", "memoryGbHours": "1.5", "diskGbHours": "2.5"}
		b.waitFor("the measures are aggregated", func() bool { return b.used(sub, hour, hour.Add(time.Hour))["coreHours"] == want["coreHours"] })
		require.Equal(b.t, want, b.used(sub, hour, hour.Add(time.Hour)))
		require.Empty(b.t, b.used(sub, hour.Add(time.Hour), hour.Add(2*time.Hour)))

		b.tenant(r).measured("instance", project, hour, hour.Add(time.Hour), object{"vcpus": 100, "memory": 1, "disk.root.size": 1})
		require.Equal(b.t, want, b.used(sub, hour, hour.Add(time.Hour)), "a tenant's own measures are not billed")

		b.cloud = with(b.cloud, object{"gnocchi": "off"})
		require.Empty(b.t, b.used(b.metered(1), hour, hour.Add(time.Hour)))
	})
}

// TestCollectUsage_takesDeletedVolumesAndAddressesFromGnocchi has a volume that Gnocchi saw
// deleted, and an address.
func TestCollectUsage_takesDeletedVolumesAndAddressesFromGnocchi(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sandbox.Config) { c.Gnocchi = true })
	sub := b.metered(1)
	project := idOf(t, b.provision(sub).Resources, "project")
	hour := time.Date(2026, 11, 24, 7, 0, 0, 0, time.UTC)
	b.admin.measured("volume", project, hour.Add(30*time.Minute), hour.Add(90*time.Minute), object{"volume.size": 10})
	b.admin.measured("network", project, hour, hour.Add(15*time.Minute), object{"ip.floating": 1})
	require.Equal(t, map[string]string{"diskGbHours": "5", "ipHours": "0.25"}, b.used(sub, hour, hour.Add(time.Hour)))
	require.Equal(t, map[string]string{"diskGbHours": "5"}, b.used(sub, hour.Add(time.Hour), hour.Add(2*time.Hour)))
}
