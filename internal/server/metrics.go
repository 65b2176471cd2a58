package server

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/fondaco/fondaco/core/clock"
)

// Build says which executable runs.
type Build struct {
	Version  string
	Revision string
	Go       string
}

// Metrics is what the server counts, on a registry of its own.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// NewMetrics returns metrics that hold the build and the Go runtime so far.
func NewMetrics(build Build) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fondaco_http_requests_total",
			Help: "Requests answered on the public listener, by method, route pattern and status."}, []string{"method", "route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "fondaco_http_request_duration_seconds",
			Help:    "Time from the request's header to the end of the answer; event streams are left out.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "fondaco_http_requests_in_flight",
			Help: "Requests being answered on the public listener, open event streams included."}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "fondaco_build_info", Help: "Always 1; the labels say which build runs.",
		ConstLabels: prometheus.Labels{"version": build.Version, "revision": build.Revision, "goversion": build.Go}})
	info.Set(1)
	m.registry.MustRegister(m.requests, m.duration, m.inFlight, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Registerer is where other parts of the system add their counters.
func (m *Metrics) Registerer() prometheus.Registerer { return m.registry }

// Count returns next with its requests counted by chi's route pattern.
func (m *Metrics) Count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route := chi.NewRouteContext() // filled by the router below
		route.Routes, _ = next.(chi.Routes)
		rec := &recorder{ResponseWriter: w}
		began := clock.System{}.Now()
		m.inFlight.Inc()
		defer func() {
			m.inFlight.Dec()
			m.observe(rec, methodLabel(r.Method), routeLabel(route), clock.System{}.Now().Sub(began))
		}()
		next.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, route)))
	})
}

func (m *Metrics) observe(rec *recorder, method, route string, took time.Duration) {
	status := rec.status
	if status == 0 { // the handler wrote nothing, or panicked before it did
		status = http.StatusOK
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	if !isEventStream(rec.Header()) {
		m.duration.WithLabelValues(method, route).Observe(took.Seconds())
	}
}

// routeLabel is a pattern, never a path: a path would make as many series as
// there are ids.
func routeLabel(route *chi.Context) string {
	if p := route.RoutePattern(); p != "" {
		return p
	}
	return "unmatched"
}

func methodLabel(method string) string {
	known := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	if slices.Contains(known, method) {
		return method
	}
	return "other"
}

// Handler answers a scrape. What cannot be collected is logged and left out,
// so that the rest is still seen when the database is away.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError,
		ErrorLog:      slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		Timeout:       10 * time.Second,
	})
}

// DepthFunc counts the jobs that wait or run, by queue.
type DepthFunc func(ctx context.Context) (map[string]int, error)

// WatchJobs adds the job queue's depth, asked for at each scrape.
func (m *Metrics) WatchJobs(depth DepthFunc) {
	m.registry.MustRegister(&jobsCollector{depth: depth, desc: prometheus.NewDesc("fondaco_jobs_depth",
		"Jobs that wait for their turn, for a retry or that run, by queue.", []string{"queue"}, nil)})
}

type jobsCollector struct {
	depth DepthFunc
	desc  *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *jobsCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

// Collect implements prometheus.Collector.
func (c *jobsCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	queues, err := c.depth(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(c.desc, err)
		return
	}
	for queue, n := range queues {
		ch <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(n), queue)
	}
}
