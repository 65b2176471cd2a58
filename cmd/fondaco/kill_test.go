package main

import (
	"context"
	"log/slog"
	"net/http"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/faultline"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// bench is a bundled plugin in a process of its own that worlds use in turn.
type bench struct {
	name     string
	host     *host.Host
	provider sdk.Provider
}

// benches starts n of them.
func benches(t *testing.T, name string, n int) chan *bench {
	t.Helper()
	executable, err := exec.LookPath("fondaco")
	require.NoError(t, err)
	free := make(chan *bench, n)
	for range n {
		h, err := host.New(host.Config{Executable: executable, Bundled: []string{name}, Log: slog.New(slog.DiscardHandler),
			BackoffMin: time.Millisecond, BackoffMax: 5 * time.Millisecond})
		require.NoError(t, err)
		require.NoError(t, h.Start(t.Context()))
		t.Cleanup(func() { require.NoError(t, h.Stop(context.Background())) })
		p, err := h.Provider(name)
		require.NoError(t, err)
		free <- &bench{name, h, p}
	}
	return free
}

// kill ends the plugin's process and waits until the host has seen it.
func (b *bench) kill() {
	pid := b.host.Plugins()[0].PID
	if pid == 0 {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for b.host.Plugins()[0].PID == pid {
		time.Sleep(time.Millisecond)
	}
}

// sold is a sandbox with a line before it, and one sale there.
type sold struct {
	bench   *bench
	subject sandboxed
}

func (s *sold) request(key string) sdk.Request {
	return sdk.Request{Key: key, Subscription: s.subject.subject.Subscription}
}

// must does what lies before the operation.
func (s *sold) must(t *testing.T, calls ...func(*sold) error) {
	t.Helper()
	for _, call := range calls {
		require.NoError(t, call(s))
	}
}

// The operations, each with its own key.
func provisioning(s *sold) error {
	_, err := s.bench.provider.Provision(context.Background(), s.request("provision"), nil)
	return err
}

func updating(s *sold) error {
	req := s.request("update")
	req.Subscription.Plan = s.subject.subject.OtherPlan
	_, err := s.bench.provider.Update(context.Background(), req, nil)
	return err
}

func suspending(s *sold) error {
	return s.bench.provider.Suspend(context.Background(), s.request("suspend"))
}

func resuming(s *sold) error {
	return s.bench.provider.Resume(context.Background(), s.request("resume"))
}

func removing(s *sold) error {
	return s.bench.provider.Deprovision(context.Background(), s.request("remove"), nil)
}

// stands requires exactly one tenant, in the state and as sold.
func stands(state sdk.State, plan func(*sold) []byte) func(*testing.T, *sold) {
	return func(t *testing.T, s *sold) {
		sub := s.subject.subject.Subscription
		sub.Plan = plan(s)
		o, err := s.bench.provider.Observe(t.Context(), sub)
		require.NoError(t, err)
		require.Empty(t, o.Differences)
		require.Equal(t, state, o.State)
		owned, err := s.bench.provider.Inventory(t.Context(), sub.Settings)
		require.NoError(t, err)
		require.Len(t, owned, 1)
	}
}

func nothing(t *testing.T, s *sold) {
	owned, err := s.bench.provider.Inventory(t.Context(), s.subject.subject.Subscription.Settings)
	require.NoError(t, err)
	require.Empty(t, owned)
}

func killable() []faultline.Operation[*sold] {
	bought := func(s *sold) []byte { return s.subject.subject.Subscription.Plan }
	other := func(s *sold) []byte { return s.subject.subject.OtherPlan }
	after := func(calls ...func(*sold) error) func(*testing.T, *sold) {
		return func(t *testing.T, s *sold) { s.must(t, calls...) }
	}
	return []faultline.Operation[*sold]{
		{Name: "provision", Run: provisioning, Check: stands(sdk.StateActive, bought), AtLeast: 10},
		{Name: "update", Prepare: after(provisioning), Run: updating, Check: stands(sdk.StateActive, other), AtLeast: 5},
		{Name: "suspend", Prepare: after(provisioning), Run: suspending, Check: stands(sdk.StateSuspended, bought), AtLeast: 3},
		{Name: "resume", Prepare: after(provisioning, suspending), Run: resuming, Check: stands(sdk.StateActive, bought), AtLeast: 3},
		{Name: "deprovision", Prepare: after(provisioning), Run: removing, Check: nothing, AtLeast: 2},
	}
}

// TestKill_atAnyRemoteCallConverges kills the real process of each bundled
// plugin at every call it makes to its cloud, before and after the call has
// its effect, and lets the host and the retry go on.
func TestKill_atAnyRemoteCallConverges(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"kong", "openstack", "vcloud"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			free := benches(t, name, 2)
			faultline.Matrix(t, faultline.Config[*sold]{
				Operations: killable(),
				Faults:     []faultline.Fault{faultline.KillBefore, faultline.KillAfter},
				Setup: func(t *testing.T) (*sold, *faultline.Line) {
					s := &sold{bench: <-free}
					t.Cleanup(func() { free <- s.bench })
					var line *faultline.Line
					var err error
					s.subject, err = sandboxes()[name](t.Context(), func(h http.Handler) http.Handler {
						line = faultline.New(h)
						line.OnKill(s.bench.kill)
						return line
					})
					require.NoError(t, err)
					t.Cleanup(func() { require.NoError(t, s.subject.stop()) })
					return s, line
				},
			})
		})
	}
}
