// Package obs counts what the service does, in the form that Prometheus reads. The names are stable: dashboards and alerts
// depend on them. No label holds what a caller wrote.
package obs

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the counters of one service. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	batches  prometheus.Histogram
	commits  *prometheus.HistogramVec
	due      *prometheus.CounterVec
	overdue  prometheus.Gauge
}

// New makes the counters, with those of the Go runtime and the process.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fettle_requests_total", Help: "Calls of the API by method and gRPC code.",
		}, []string{"method", "code"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fettle_request_seconds", Help: "Time of calls by method, streams not included.",
			Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10},
		}, []string{"method"}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "fettle_commit_events", Help: "Events in one durable transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 11),
		}),
		commits: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fettle_commit_seconds", Help: "Time of durable transactions by outcome: kept or failed.",
			Buckets: []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5},
		}, []string{"outcome"}),
		due: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fettle_due_work_total", Help: "Due work by outcome: done or failed.",
		}, []string{"outcome"}),
		overdue: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "fettle_oldest_overdue_seconds", Help: "How late the oldest due work is that was not done in the last sweep.",
		}),
	}
	m.registry.MustRegister(m.requests, m.latency, m.batches, m.commits, m.due, m.overdue,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request counts a call that has ended. Method is its full name, as the contract has it.
func (m *Metrics) Request(method, code string, stream bool, took time.Duration) {
	m.requests.WithLabelValues(method, code).Inc()
	if !stream {
		m.latency.WithLabelValues(method).Observe(took.Seconds())
	}
}

// Commit counts a durable transaction.
func (m *Metrics) Commit(events int, took time.Duration, err error) {
	outcome := "kept"
	if err != nil {
		outcome = "failed"
	}
	m.commits.WithLabelValues(outcome).Observe(took.Seconds())
	m.batches.Observe(float64(events))
}

// Swept counts a sweep of due work.
func (m *Metrics) Swept(done, failed int, oldest time.Duration) {
	m.due.WithLabelValues("done").Add(float64(done))
	m.due.WithLabelValues("failed").Add(float64(failed))
	m.overdue.Set(oldest.Seconds())
}

// Handler serves the counters in the text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
