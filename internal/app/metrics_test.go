package app_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/reconcile"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

func TestMetrics_countAttemptsLanesAndDrift(t *testing.T) {
	t.Parallel()
	reg, cloud := prometheus.NewRegistry(), newTenants()
	b := setupConfig(t, app.Config{DatabaseURL: storetest.SQLiteURL(t), Metrics: reg}, map[string]sdk.Provider{"example": cloud})
	sub := b.buy(b.plan.ID)
	cloud.set(func() { cloud.cores[sub.ID] = 9 })
	_, err := b.Reconcile.ReconcileNow(b.ctx, b.operator, reconcile.Scope{})
	require.NoError(t, err)
	b.idle()
	values := map[string]float64{}
	families, err := reg.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			values[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	require.EqualValues(t, 1, values["fondaco_provision_attempts_total provision done"], "%v", values)
	require.EqualValues(t, 1, values["fondaco_drift_open changed"])
	require.EqualValues(t, 0, values["fondaco_drift_open orphaned"])
	require.EqualValues(t, 1, values["fondaco_reconcile_runs_total complete"])
	require.Contains(t, values, "fondaco_provision_circuit_open  1")
	require.Contains(t, values, "fondaco_provision_lane_depth  1")
}
