package reconcile

import (
	"testing"

	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/stretchr/testify/require"
)

func TestCompare_saysWhatIsNotAsItShouldBe(t *testing.T) {
	t.Parallel()
	cores := sdk.Difference{Kind: "changed", Subject: "cores", Want: "4", Have: "8"}
	for name, c := range map[string]struct {
		status subscription.Status
		seen   sdk.Observation
		want   []finding
	}{
		"as sold":     {subscription.Active, sdk.Observation{State: sdk.StateActive}, nil},
		"blocked too": {subscription.Suspended, sdk.Observation{State: sdk.StateSuspended}, nil},
		"gone, as it should": {subscription.Terminated, sdk.Observation{State: sdk.StateAbsent,
			Differences: []sdk.Difference{{Kind: "missing", Subject: "project"}}}, nil},
		"remains": {subscription.Terminated, sdk.Observation{State: sdk.StatePartial, Resources: []sdk.Resource{{Kind: "project", ID: "9", Name: "fondaco-12"}, {Kind: "user", ID: "7"}}},
			[]finding{{Orphaned, "remains", "", "project fondaco-12, user 7"}}},
		"nothing there": {subscription.Active, sdk.Observation{State: sdk.StateAbsent}, []finding{{Missing, "subscription", "active", "absent"}}},
		"nothing there, in the plugin's words": {subscription.Active, sdk.Observation{State: sdk.StateAbsent,
			Differences: []sdk.Difference{{Kind: "missing", Subject: "project", Want: "fondaco-12"}}}, []finding{{Missing, "project", "fondaco-12", ""}}},
		"other quantity": {subscription.Active, sdk.Observation{State: sdk.StateActive, Differences: []sdk.Difference{cores}}, []finding{{Changed, "cores", "4", "8"}}},
		"twice the same": {subscription.Active, sdk.Observation{State: sdk.StatePartial, Differences: []sdk.Difference{cores, cores}}, []finding{{Changed, "cores", "4", "8"}}},
		"open":           {subscription.Suspended, sdk.Observation{State: sdk.StateActive}, []finding{{Changed, "state", "suspended", "active"}}},
		"blocked, and more": {subscription.Active, sdk.Observation{State: sdk.StateSuspended, Differences: []sdk.Difference{cores}},
			[]finding{{Changed, "cores", "4", "8"}, {Changed, "state", "active", "suspended"}}},
		"no words for it":    {subscription.Active, sdk.Observation{State: sdk.StatePartial}, []finding{{Changed, "state", "active", "partial"}}},
		"a kind of its own":  {subscription.Active, sdk.Observation{State: sdk.StateActive, Differences: []sdk.Difference{{Kind: "odd", Subject: "x"}}}, []finding{{Changed, "x", "", ""}}},
		"a subject left out": {subscription.Active, sdk.Observation{State: sdk.StateActive, Differences: []sdk.Difference{{Kind: "extra", Have: "y"}}}, []finding{{Extra, "resource", "", "y"}}},
	} {
		require.Equal(t, c.want, compare(c.status, c.seen), name)
	}
}

func TestQuantity_isAWholeNumberAmongTheParameters(t *testing.T) {
	t.Parallel()
	want, have, ok := quantity(`{"cores":4,"name":"x"}`, "cores", "4", "8")
	require.Equal(t, []any{int64(4), int64(8), true}, []any{want, have, ok})
	for _, no := range [][4]string{{`{"cores":4}`, "ram", "4", "8"}, {`{"cores":"4"}`, "cores", "4", "8"}, {`{"cores":4}`, "cores", "4", "many"}, {`nonsense`, "cores", "4", "8"}} {
		_, _, ok := quantity(no[0], no[1], no[2], no[3])
		require.False(t, ok, "%v", no)
	}
}
