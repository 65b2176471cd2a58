package host

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func TestCalls_areRememberedWithoutTheirContents(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	_, err := p.Describe(t.Context())
	require.NoError(t, err)
	_, err = p.Observe(t.Context(), fullRequest("permanent").Subscription)
	require.Error(t, err)
	_, err = p.Provision(t.Context(), fullRequest("notYet"), nil)
	require.Error(t, err)

	calls := b.host.Calls("mirror")
	for i, c := range calls {
		require.WithinDuration(t, time.Now(), c.At, time.Minute)
		require.Equal(t, time.UTC, c.At.Location())
		calls[i].At, calls[i].Duration = time.Time{}, 0
	}
	id := fullRequest("").Subscription.ID
	require.Equal(t, []Call{
		{Method: "Provision", SubscriptionID: id, Code: sdk.CodeNotYet},
		{Method: "Observe", SubscriptionID: id, Code: sdk.CodePermanent},
		{Method: "Describe"},
	}, calls)
	i := b.info(t, "mirror")
	require.Equal(t, int64(3), i.Calls)
	require.Equal(t, int64(1), i.Errors, "not yet is no error")
	require.Empty(t, b.host.Calls("second"))
	require.Empty(t, b.host.Calls("nobody"))
}

func TestCalls_onlyTheLastAreKept(t *testing.T) {
	t.Parallel()
	r := ring[int]{most: 3}
	require.Empty(t, r.latest())
	for i := range 8 {
		r.add(i)
	}
	require.Equal(t, []int{7, 6, 5}, r.latest())
}

func TestLog_keepsWhatThePluginSaidAndWhatWasSaidAboutIt(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) {
		c.Bundled = []string{"noisy"}
		// The server's own log may keep less than the operator's page shows.
		c.Log = slog.New(slog.NewTextHandler(&plugintest.Log{}, &slog.HandlerOptions{Level: slog.LevelError}))
	})
	_, err := b.provider(t, "noisy").Describe(t.Context())
	require.NoError(t, err)
	require.NoError(t, b.host.Stop(t.Context()))
	lines := b.host.Log("noisy")
	require.Greater(t, len(lines), maxLinesPerSecond)
	require.Equal(t, "about to be noisy answer=42", lines[len(lines)-1].Message)
	require.Equal(t, "plugin stopped", lines[0].Message)
	require.Equal(t, slog.LevelInfo, lines[0].Level)
	require.WithinDuration(t, time.Now(), lines[0].At, time.Minute)
	require.Empty(t, b.host.Log("nobody"))
}

func TestKeeper_showsAttributesAndCutsWhatIsTooLong(t *testing.T) {
	t.Parallel()
	lines := ring[LogLine]{most: 10}
	log := slog.New(&keeper{Handler: slog.DiscardHandler, lines: &lines})
	log.With("a", 1).WithGroup("g").Warn("first", "b", "two")
	log.Debug("not kept")
	log.Error(strings.Repeat("x", 2*keptLineSize))
	kept := lines.latest()
	require.Len(t, kept, 2)
	require.Equal(t, "first a=1 g.b=two", kept[1].Message)
	require.Equal(t, slog.LevelWarn, kept[1].Level)
	require.Len(t, kept[0].Message, keptLineSize+len("..."))
}

func TestMetrics_countCallsByPluginMethodAndOutcome(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	b := setup(t, func(c *Config) { c.Metrics = registry })
	p := b.provider(t, "mirror")
	for _, do := range []string{"", "", "permanent"} {
		_, _ = p.Observe(t.Context(), fullRequest(do).Subscription)
	}
	families, err := registry.Gather()
	require.NoError(t, err)
	counted := map[string]float64{}
	for _, m := range families[1].GetMetric() {
		counted[m.GetLabel()[1].GetValue()] = m.GetCounter().GetValue()
		require.Equal(t, "Observe", m.GetLabel()[0].GetValue())
		require.Equal(t, "mirror", m.GetLabel()[2].GetValue())
	}
	require.Equal(t, "fondaco_plugin_calls_total", families[1].GetName())
	require.Equal(t, map[string]float64{"ok": 2, "permanent": 1}, counted)
	require.Equal(t, "fondaco_plugin_call_duration_seconds", families[0].GetName())
	require.Equal(t, uint64(3), families[0].GetMetric()[0].GetHistogram().GetSampleCount())
	_, err = New(Config{Log: b.host.cfg.Log, Metrics: registry})
	require.ErrorContains(t, err, "counting the calls", "two hosts cannot count in one place")
}

func TestInfo_tellsWhatThePluginSaysOfItself(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.MemoryCheck = 5 * time.Millisecond })
	askHealth(t, b.provider(t, "mirror"))
	i := b.info(t, "mirror")
	require.Equal(t, []string{"api", "vm"}, i.ProductTypes)
	require.Equal(t, sdk.ProtocolVersion, i.Protocol)
	require.Empty(t, i.LastError)
	require.Zero(t, i.NextStart)
	require.Eventually(t, func() bool { return b.info(t, "mirror").Memory > 1<<20 }, 10*time.Second, 5*time.Millisecond)
}

func TestRestart_givesANewProcessWithoutAPauseOrAnError(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.BackoffMin, c.BackoffMax = time.Hour, time.Hour })
	p := b.provider(t, "mirror")
	before := askHealth(t, p).PID
	require.NoError(t, b.host.Restart(t.Context(), "mirror"))
	after := askHealth(t, p).PID
	require.NotEqual(t, before, after)
	requireGone(t, before)
	i := b.info(t, "mirror")
	require.Equal(t, 1, i.Restarts)
	require.Empty(t, i.LastError)
}

func TestRestart_startsWhatNeverRanAndWhatWaits(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.BackoffMin, c.BackoffMax = time.Hour, time.Hour })
	require.NoError(t, b.host.Restart(t.Context(), "mirror"))
	pid := b.info(t, "mirror").PID
	require.True(t, alive(pid))
	_, err := b.provider(t, "mirror").Provision(t.Context(), fullRequest("exit"), nil)
	require.Error(t, err)
	require.Eventually(t, func() bool { return b.info(t, "mirror").State == StateRestarting }, 10*time.Second, time.Millisecond)
	require.WithinDuration(t, time.Now().Add(time.Hour), b.info(t, "mirror").NextStart, time.Minute)
	require.NoError(t, b.host.Restart(t.Context(), "mirror"))
	require.True(t, alive(b.info(t, "mirror").PID))
}

func TestRestart_saysWhyItCannot(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) { c.Bundled = []string{"quitter"} })
	for range 2 { // a failed start is tried anew, not remembered
		err := b.host.Restart(t.Context(), "quitter")
		require.True(t, fault.Is(err, fault.Unavailable))
		require.ErrorContains(t, err, "cannot find libcloud.so")
	}
	require.True(t, fault.Is(b.host.Restart(t.Context(), "nobody"), fault.NotFound))
	require.NoError(t, b.host.Stop(context.Background()))
	require.True(t, fault.Is(b.host.Restart(t.Context(), "quitter"), fault.Precondition))
}

func TestMemory_thatIsTooMuchEndsThePluginAndSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) {
		c.Bundled = []string{"glutton"}
		c.MaxMemory, c.MemoryCheck = 96<<20, 5*time.Millisecond
	})
	p := b.provider(t, "glutton")
	pid := askHealth(t, p).PID
	_, err := p.Provision(t.Context(), fullRequest("eat"), nil)
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
	require.ErrorContains(t, err, "the plugin glutton ended during the call")
	requireGone(t, pid)
	require.Eventually(t, func() bool {
		return strings.Contains(b.info(t, "glutton").LastError, "of memory, where 96 MiB are allowed")
	}, 10*time.Second, time.Millisecond)
	require.NotEqual(t, pid, askHealth(t, p).PID, "the next call has a new process")
}

func TestHang_isToldAsTheReasonOfTheRestart(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	p := b.provider(t, "mirror")
	freeze(t, askHealth(t, p).PID)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := p.Describe(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Eventually(t, func() bool { return b.info(t, "mirror").Restarts == 1 }, 30*time.Second, 20*time.Millisecond)
	require.Contains(t, b.info(t, "mirror").LastError, "did not answer")
}
