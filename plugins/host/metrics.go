package host

import (
	"cmp"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// meters count the calls to all plugins.
type meters struct {
	calls    *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMeters() *meters {
	return &meters{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fondaco_plugin_calls_total",
			Help: "Calls to plugins that ended, by plugin, method and outcome: ok or the error's code."}, []string{"plugin", "method", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "fondaco_plugin_call_duration_seconds",
			Help:    "Time from the marketplace's call to its end, the wait for a process that is restarted included.",
			Buckets: []float64{.005, .025, .1, .5, 1, 5, 15, 60, 300, 900}}, []string{"plugin", "method"}),
	}
}

func (m *meters) register(r prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{m.calls, m.duration} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

func (m *meters) note(plugin string, c Call) {
	m.calls.WithLabelValues(plugin, c.Method, cmp.Or(string(c.Code), "ok")).Inc()
	m.duration.WithLabelValues(plugin, c.Method).Observe(c.Duration.Seconds())
}

// failed reports whether the call ended with an error; "not yet" is none.
func (c Call) failed() bool { return c.Code != "" && c.Code != sdk.CodeNotYet }
