package reconcile

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/store"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the counters of reconciliation.
type metrics struct {
	s        *Service
	runs     *prometheus.CounterVec
	duration prometheus.Histogram
	open     *prometheus.Desc
}

func newMetrics(s *Service, reg prometheus.Registerer) *metrics {
	m := &metrics{s: s,
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fondaco_reconcile_runs_total",
			Help: "Comparisons that ended, by whether every subscription could be looked at."}, []string{"outcome"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "fondaco_reconcile_run_duration_seconds",
			Help: "Time of one comparison.", Buckets: []float64{.1, 1, 10, 60, 300, 1800, 7200}}),
		open: prometheus.NewDesc("fondaco_drift_open", "Differences between what was sold and what exists, by kind.", []string{"kind"}, nil),
	}
	if reg != nil {
		reg.MustRegister(m.runs, m.duration, m)
	}
	return m
}

func (m *metrics) ran(r Run) {
	outcome := "complete"
	if r.Failed > 0 {
		outcome = "incomplete"
	}
	m.runs.WithLabelValues(outcome).Inc()
	if r.FinishedAt != nil {
		m.duration.Observe(r.FinishedAt.Sub(r.StartedAt).Seconds())
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) { ch <- m.open }

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var rows []struct {
		Kind Kind `db:"kind"`
		N    int  `db:"n"`
	}
	err := m.s.db.View(ctx, store.Platform, func(tx *store.Tx) error {
		return tx.Select(ctx, &rows, `SELECT kind, COUNT(*) AS n FROM drift WHERE resolved_at IS NULL GROUP BY kind`)
	})
	if err != nil {
		ch <- prometheus.NewInvalidMetric(m.open, err)
		return
	}
	n := map[Kind]int{}
	for _, r := range rows {
		n[r.Kind] = r.N
	}
	for _, k := range Kinds {
		ch <- prometheus.MustNewConstMetric(m.open, prometheus.GaugeValue, float64(n[k]), string(k))
	}
}
