package vcloud_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

func TestObserve_tellsWhatWasChangedBehindOurBack(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	limits := func(change func(*sandbox.Limits)) func(*bundle) error {
		return func(b *bundle) error { return b.cloud.SetLimits(b.org(), change) }
	}
	for _, c := range []struct {
		name string
		do   func(*bundle) error
		want sdk.Difference
	}{
		{"cores", limits(func(l *sandbox.Limits) { l.CPUMHz *= 2 }), sdk.Difference{Kind: "changed", Subject: "cores", Want: "4", Have: "8"}},
		{"memory", limits(func(l *sandbox.Limits) { l.MemoryMB = 3 * 1024 }), sdk.Difference{Kind: "changed", Subject: "memoryGb", Want: "8", Have: "3"}},
		{"disk", limits(func(l *sandbox.Limits) { l.DiskMB += 1024 }), sdk.Difference{Kind: "changed", Subject: "diskGb", Want: "100", Have: "101"}},
		{"addresses", limits(func(l *sandbox.Limits) { l.Addresses = 5 }), sdk.Difference{Kind: "changed", Subject: "ips", Want: "2", Have: "5"}},
		{"half a core", limits(func(l *sandbox.Limits) { l.CPUMHz -= 1 }), sdk.Difference{Kind: "changed", Subject: "CPU limit in MHz", Want: "8000", Have: "7999"}},
		{"a megabyte", limits(func(l *sandbox.Limits) { l.DiskMB -= 1 }), sdk.Difference{Kind: "changed", Subject: "disk limit in MB", Want: "102400", Have: "102399"}},
		{"disabled", limits(func(l *sandbox.Limits) { l.Enabled = false }), sdk.Difference{Kind: "changed", Subject: "VDC", Want: "enabled", Have: "disabled"}},
		{"no administrator", func(b *bundle) error { return b.cloud.DropUser(b.org()) }, sdk.Difference{Kind: "missing", Subject: "administrator", Want: "admin"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			made := b.provision(prepaid(), chosen(4, 8, 100, 2))
			require.NoError(t, c.do(b))
			o := b.observe(prepaid(), chosen(4, 8, 100, 2))
			require.Equal(t, []sdk.Difference{c.want}, o.Differences)
			require.Equal(t, sdk.StatePartial, o.State)
			_, err := b.converge("update", "repair", prepaid(), chosen(4, 8, 100, 2))
			require.NoError(t, err)
			if c.name == "disabled" { // what an operator forbids, only a resumption allows
				require.NoError(t, b.block("resume", "r"))
			}
			b.asSold(prepaid(), chosen(4, 8, 100, 2))
			require.NoError(t, b.login(made), "the password stays")
		})
	}
}

func TestObserve_organizationDeletedBehindOurBack(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	b.provision(prepaid(), chosen(4, 8, 100, 2))
	require.NoError(t, b.cloud.DropOrganization(b.org()))
	o := b.observe(prepaid(), chosen(4, 8, 100, 2))
	require.Equal(t, sdk.StateAbsent, o.State)
	require.Equal(t, []sdk.Difference{{Kind: "missing", Subject: "organization", Want: b.org()}}, o.Differences)
	err := b.block("suspend", "s")
	require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err))
	require.ErrorContains(t, err, "Provision the subscription first")
	_, err = b.converge("update", "repair", prepaid(), chosen(4, 8, 100, 2))
	require.NoError(t, err)
	b.asSold(prepaid(), chosen(4, 8, 100, 2))
	require.NoError(t, b.cloud.DropOrganization(b.org()))
	require.NoError(t, b.deprovision("d"), "gone is no error")
}

func TestObserve_limitsOfPayAsYouGoAreNotBought(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	plan := payAsYouGo()
	plan["limits"] = object{"cores": 4}
	b.provision(plan, object{"ips": 1})
	require.NoError(t, b.cloud.SetLimits(b.org(), func(l *sandbox.Limits) { l.CPUMHz = 0 }))
	require.Equal(t, []sdk.Difference{{Kind: "changed", Subject: "limit of cores", Want: "4", Have: "0"}}, b.observe(plan, object{"ips": 1}).Differences)
}
