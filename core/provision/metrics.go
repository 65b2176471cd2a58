package provision

import (
	"context"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the counters of provisioning. Labels name providers by number:
// names may change, and are other people's words.
type metrics struct {
	s        *Service
	attempts *prometheus.CounterVec
	calls    *prometheus.HistogramVec
	depth    *prometheus.Desc
	circuit  *prometheus.Desc
	inFlight *prometheus.Desc
}

func newMetrics(s *Service, reg prometheus.Registerer) *metrics {
	lane := []string{"provider", "cloud"}
	m := &metrics{s: s,
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fondaco_provision_attempts_total",
			Help: "Provisioning attempts that ended, by operation and outcome."}, []string{"operation", "outcome"}),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "fondaco_provision_call_duration_seconds",
			Help:    "Time of one call of a plugin within an attempt, by operation and what it answered.",
			Buckets: []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 300, 900, 3600}}, []string{"operation", "answer"}),
		depth: prometheus.NewDesc("fondaco_provision_lane_depth", "Attempts that are not over, by provider and cloud.", lane, nil),
		circuit: prometheus.NewDesc("fondaco_provision_circuit_open",
			"1 while the circuit to a cloud is open, 0.5 while one call tries whether it is back, 0 while calls go through.", lane, nil),
		inFlight: prometheus.NewDesc("fondaco_provision_lane_in_flight", "Calls of plugins under way in this process, by provider and cloud.", lane, nil),
	}
	if reg != nil {
		reg.MustRegister(m.attempts, m.calls, m)
	}
	return m
}

func (m *metrics) ended(a Attempt) {
	m.attempts.WithLabelValues(string(a.Operation), string(a.Status)).Inc()
}

func (m *metrics) called(c call, err error, took time.Duration) {
	answer := "ok"
	if err != nil {
		answer = string(sdk.CodeOf(err))
	}
	m.calls.WithLabelValues(string(c.attempt.Operation), answer).Observe(took.Seconds())
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.depth
	ch <- m.circuit
	ch <- m.inFlight
}

// scrapeTimeout bounds what a scrape asks of the database.
const scrapeTimeout = 5 * time.Second

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	var lanes []laneKey
	depth := map[laneKey]int{}
	err := m.s.db.View(ctx, store.Platform, func(tx *store.Tx) (err error) {
		if lanes, err = allLanes(ctx, tx); err != nil {
			return err
		}
		depth, err = allOpenAttempts(ctx, tx)
		return err
	})
	if err != nil {
		ch <- prometheus.NewInvalidMetric(m.depth, err)
		return
	}
	for _, k := range lanes {
		circuit, inFlight, _ := m.s.traffic.state(k)
		open := map[Circuit]float64{Open: 1, HalfOpen: 0.5}[circuit]
		labels := []string{strconv.FormatInt(k.provider, 10), k.cloud}
		ch <- prometheus.MustNewConstMetric(m.depth, prometheus.GaugeValue, float64(depth[k]), labels...)
		ch <- prometheus.MustNewConstMetric(m.circuit, prometheus.GaugeValue, open, labels...)
		ch <- prometheus.MustNewConstMetric(m.inFlight, prometheus.GaugeValue, float64(inFlight), labels...)
	}
}
