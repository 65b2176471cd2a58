package app_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// tenants is a plugin whose cloud is memory: a tenant has as many cores as its
// subscription's parameter says, and uses each of them all the time.
type tenants struct {
	mu    sync.Mutex
	cores map[int64]int64
	off   map[int64]bool
	blind bool            // it does not measure
	stuck map[int64]bool  // updates say that they worked
	down  error           // what every call answers, when set
	lost  map[int64]error // what it says of their use
	half  error           // how provisioning ends after it has made a tenant
	calls []string
	// asked are the windows that usage was asked for, by subscription.
	asked map[int64][]window
	// late is added to what a window answers, by its start.
	late map[time.Time]string
	// rawUsage, when set, is what CollectUsage answers instead.
	rawUsage func(from, to time.Time) []sdk.Usage
}

type window struct{ from, to time.Time }

func newTenants() *tenants {
	return &tenants{cores: map[int64]int64{}, off: map[int64]bool{}, stuck: map[int64]bool{}, asked: map[int64][]window{}, late: map[time.Time]string{}}
}

func bought(sub sdk.Subscription) int64 {
	var p struct{ Cores int64 }
	_ = json.Unmarshal(sub.Parameters, &p)
	return max(p.Cores, 1)
}

func (t *tenants) change(verb string, f func()) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, verb)
	if t.down == nil {
		f()
	}
	return t.down
}

func (t *tenants) set(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
}

func (t *tenants) count(verb string) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.calls {
		if c == verb {
			n++
		}
	}
	return n
}

func (t *tenants) Describe(context.Context) (sdk.Description, error) {
	abilities := []sdk.Ability{sdk.CanUpdate, sdk.CanSuspend, sdk.CanObserve, sdk.CanInventory}
	if !t.blind {
		abilities = append(abilities, sdk.CanCollectUsage)
	}
	return sdk.Description{Name: "example", Version: "1.0.0", ProductTypes: []string{"tenant"}, Meters: []sdk.Meter{{Name: "search", Unit: "core-hour"}},
		SettingsSchema: json.RawMessage(`{"type":"object"}`), ProductSchema: json.RawMessage(`{"type":"object"}`),
		PlanSchema: json.RawMessage(`{"type":"object"}`), ParametersSchema: json.RawMessage(`{"type":"object","properties":{"cores":{"type":"integer"}}}`),
		Abilities: abilities}, nil
}

func (t *tenants) Validate(context.Context, sdk.Check) ([]sdk.Problem, error) { return nil, nil }

func (t *tenants) result(sub sdk.Subscription) sdk.Result {
	id := strconv.FormatInt(sub.ID, 10)
	return sdk.Result{Resources: []sdk.Resource{{Kind: "tenant", ID: id, Name: "fondaco-" + id}},
		Credentials: []sdk.Credential{{Name: "password", Label: "Password", Value: "of " + id, Secret: true}}}
}

func (t *tenants) Provision(_ context.Context, req sdk.Request, _ sdk.Progress) (sdk.Result, error) {
	err := t.change("provision", func() { t.cores[req.Subscription.ID] = bought(req.Subscription) })
	if err == nil {
		err = t.half
	}
	return t.result(req.Subscription), err
}

func (t *tenants) Update(_ context.Context, req sdk.Request, _ sdk.Progress) (sdk.Result, error) {
	err := t.change("update", func() {
		if !t.stuck[req.Subscription.ID] {
			t.cores[req.Subscription.ID] = bought(req.Subscription)
		}
	})
	res := t.result(req.Subscription)
	res.Credentials = nil
	return res, err
}

func (t *tenants) Suspend(_ context.Context, req sdk.Request) error {
	return t.change("suspend", func() { t.off[req.Subscription.ID] = true })
}

func (t *tenants) Resume(_ context.Context, req sdk.Request) error {
	return t.change("resume", func() { delete(t.off, req.Subscription.ID) })
}

func (t *tenants) Deprovision(_ context.Context, req sdk.Request, _ sdk.Progress) error {
	return t.change("deprovision", func() { delete(t.cores, req.Subscription.ID) })
}

func (t *tenants) Observe(_ context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.down != nil {
		return sdk.Observation{}, t.down
	}
	o := sdk.Observation{State: sdk.StateActive, Resources: t.result(sub).Resources}
	have, there := t.cores[sub.ID]
	switch {
	case !there:
		return sdk.Observation{State: sdk.StateAbsent, Differences: []sdk.Difference{{Kind: "missing", Subject: "tenant", Want: "active"}}}, nil
	case have != bought(sub):
		o.Differences = []sdk.Difference{{Kind: "changed", Subject: "cores", Want: strconv.FormatInt(bought(sub), 10), Have: strconv.FormatInt(have, 10)}}
	}
	if t.off[sub.ID] {
		o.State = sdk.StateSuspended
	}
	return o, nil
}

func (t *tenants) Inventory(context.Context, json.RawMessage) (all []sdk.Owned, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(t.cores)) {
		all = append(all, sdk.Owned{SubscriptionID: id, Resources: t.result(sdk.Subscription{ID: id}).Resources})
	}
	return all, t.down
}

// CollectUsage is the hours of the window times the cores, on the meter that
// the test's plan bills by.
func (t *tenants) CollectUsage(_ context.Context, sub sdk.Subscription, from, to time.Time) ([]sdk.Usage, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, "usage")
	if err := cmp.Or(t.down, t.lost[sub.ID]); err != nil {
		return nil, err
	}
	t.asked[sub.ID] = append(t.asked[sub.ID], window{from, to})
	if t.rawUsage != nil {
		return t.rawUsage(from, to), nil
	}
	quantity := strconv.FormatFloat(to.Sub(from).Hours()*float64(t.cores[sub.ID]), 'f', 6, 64)
	all := []sdk.Usage{{EventID: eventID(sub.ID, from, to), Meter: "search", Quantity: quantity, At: from}}
	if more := t.late[from]; more != "" {
		all[0].Quantity = more
	}
	return all, nil
}

func eventID(sub int64, from, to time.Time) string {
	return fmt.Sprintf("%d/search/%s/%s", sub, from.Format(time.RFC3339), to.Format(time.RFC3339))
}

func (t *tenants) Health(context.Context, json.RawMessage) (sdk.Health, error) {
	return sdk.Health{OK: t.down == nil, Message: "memory"}, nil
}
