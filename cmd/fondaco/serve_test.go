package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/internal/config"
	"github.com/fondaco/fondaco/internal/server"
)

// TestServe_handsOverWhatWasSet: a setting that is read and goes nowhere would
// be noticed by nobody.
func TestServe_handsOverWhatWasSet(t *testing.T) {
	t.Parallel()
	set := config.Settings{
		Plugin: config.Plugin{PluginDir: "plugins", PluginRequireChecksum: true, PluginMaxMemoryMiB: 64},
		Work: config.Work{UsageGrace: time.Second, UsageLateAfter: 2 * time.Second, UsageWait: 3 * time.Second, ReconcileEvery: 4 * time.Second,
			ProvisionInFlight: 5, CircuitRest: 6 * time.Second, TerminationGrace: 7 * time.Second,
			WebhookTimeout: 8 * time.Second, WebhookDisableAfter: 9 * time.Second},
		Metric: config.Metric{MetricHeaders: "X-Environment: test | X-Key: a:b"},
		Vendor: config.Vendor{ConnectorPrefixes: "/connector/api, /cmw", CallbackTimeout: 10 * time.Second},
	}
	s := &service{settings: set, log: slog.New(slog.DiscardHandler), metrics: server.NewMetrics(build())}
	got := s.appConfig(nil, nil)
	require.Equal(t, set.Work, config.Work{UsageGrace: got.UsageGrace, UsageLateAfter: got.LateUsage, UsageWait: got.UsageWait,
		ReconcileEvery: got.ReconcileEvery, ProvisionInFlight: got.ProvisionInFlight, CircuitRest: got.CircuitRest, TerminationGrace: got.TerminationGrace,
		WebhookTimeout: got.WebhookTimeout, WebhookDisableAfter: got.WebhookDisableAfter})
	require.Equal(t, map[string]string{"X-Environment": "test", "X-Key": "a:b"}, got.MetricHeaders)
	require.Equal(t, []string{"/connector/api", "/cmw"}, got.ConnectorPrefixes)
	require.Equal(t, 10*time.Second, got.CallbackTimeout)
	host := hostConfig(set.Plugin, s.log, nil)
	require.Equal(t, "plugins", host.Dir)
	require.True(t, host.RequireChecksum)
	require.EqualValues(t, 64<<20, host.MaxMemory)
}
