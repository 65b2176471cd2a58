package vcloud_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

// used is what one window gives, by meter.
func (b *bundle) used(from, to time.Time) map[string]string {
	b.t.Helper()
	usage, err := b.provider.CollectUsage(context.Background(), b.sub(payAsYouGo(), object{}), from, to)
	require.NoError(b.t, err)
	out := map[string]string{}
	for _, u := range usage {
		require.Equal(b.t, from, u.At)
		require.Equal(b.t, string(mustJSON(b.number))+"/"+u.Meter+"/"+from.Format(time.RFC3339)+"/"+to.Format(time.RFC3339), u.EventID)
		out[u.Meter] = u.Quantity
	}
	return out
}

func quantities(cores, memory, disk string) map[string]string {
	return map[string]string{"coreHours": cores, "memoryGbHours": memory, "diskGbHours": disk}
}

func TestUsage_exactByTheClock(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	ten := b.clock.Now()
	at := func(minutes int) time.Time { return ten.Add(time.Duration(minutes) * time.Minute) }
	b.provision(payAsYouGo(), object{})
	require.Equal(t, quantities("0.000000", "0.000000", "0.000000"), b.used(at(0), at(60)))

	b.clock.Set(at(15))
	web, err := b.cloud.CreateServer(b.org(), sandbox.Server{Name: "web", Cores: 4, MemoryGb: 8, DiskGb: 40})
	require.NoError(t, err)
	b.clock.Set(at(30))
	_, err = b.cloud.CreateServer(b.org(), sandbox.Server{Name: "cold", Cores: 2, MemoryGb: 2, DiskGb: 10, Off: true})
	require.NoError(t, err)
	b.clock.Set(at(60))
	first := quantities("3.000000", "6.000000", "35.000000") // 45 minutes, and half an hour of 10 GB
	require.Equal(t, first, b.used(at(0), at(60)))

	b.clock.Set(at(70))
	require.NoError(t, b.cloud.StopServer(web))
	b.clock.Set(at(100))
	require.NoError(t, b.cloud.StartServer(web))
	b.clock.Set(at(115))
	require.NoError(t, b.cloud.StopServer(web))
	b.clock.Set(at(200))
	require.Equal(t, first, b.used(at(0), at(60)), "asked late, the same")
	require.Equal(t, quantities("1.666667", "3.333333", "50.000000"), b.used(at(60), at(120)), "25 minutes of the hour")
	require.Equal(t, quantities("0.000000", "0.000000", "50.000000"), b.used(at(120), at(180)), "stopped servers keep their disk")
}

func TestUsage_windowsNeitherOverlapNorGap(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	ten := b.clock.Now()
	b.provision(payAsYouGo(), object{})
	web, err := b.cloud.CreateServer(b.org(), sandbox.Server{Name: "web", Cores: 1, MemoryGb: 1, DiskGb: 1})
	require.NoError(t, err)
	for i := range 6 { // on and off every 25 minutes
		b.clock.Set(ten.Add(time.Duration(25*(i+1)) * time.Minute))
		toggle := b.cloud.StopServer
		if i%2 == 1 {
			toggle = b.cloud.StartServer
		}
		require.NoError(t, toggle(web))
	}
	b.clock.Set(ten.Add(3 * time.Hour))
	require.Equal(t, "1.750000", b.used(ten, ten.Add(3*time.Hour))["coreHours"]) // three times 25 minutes, and 30
	require.Equal(t, "0.583333", b.used(ten, ten.Add(time.Hour))["coreHours"])
	require.Equal(t, "0.583333", b.used(ten.Add(time.Hour), ten.Add(2*time.Hour))["coreHours"])
	require.Equal(t, "0.583333", b.used(ten.Add(2*time.Hour), ten.Add(3*time.Hour))["coreHours"])
}

func TestUsage_deletedServersAreNotBilledAnyMore(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	ten := b.clock.Now()
	b.provision(payAsYouGo(), object{})
	web, err := b.cloud.CreateServer(b.org(), sandbox.Server{Name: "web", Cores: 1, MemoryGb: 1, DiskGb: 1})
	require.NoError(t, err)
	b.clock.Set(ten.Add(90 * time.Minute))
	require.Equal(t, quantities("1.000000", "1.000000", "1.000000"), b.used(ten, ten.Add(time.Hour)))
	require.NoError(t, b.cloud.DeleteServer(web))
	b.clock.Set(ten.Add(2 * time.Hour))
	require.Equal(t, quantities("0.000000", "0.000000", "0.000000"), b.used(ten.Add(time.Hour), ten.Add(2*time.Hour)), "the cloud has forgotten it")
}

func TestUsage_prepaidIsNotMeasured(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provision(prepaid(), chosen(1, 1, 1, 0))
	usage, err := b.provider.CollectUsage(context.Background(), b.sub(prepaid(), chosen(1, 1, 1, 0)), time.Unix(0, 0), time.Unix(3600, 0))
	require.NoError(t, err)
	require.Empty(t, usage)
}

func TestUsage_absentTenantUsesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	usage, err := b.provider.CollectUsage(context.Background(), b.sub(payAsYouGo(), object{}), time.Unix(0, 0), time.Unix(3600, 0))
	require.NoError(t, err)
	require.Empty(t, usage)
	require.Equal(t, sdk.StateAbsent, b.observe(payAsYouGo(), object{}).State)
}
