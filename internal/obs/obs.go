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
	spread   prometheus.Histogram
	commits  *prometheus.HistogramVec
	due      *prometheus.CounterVec
	overdue  prometheus.Gauge
	events   *prometheus.CounterVec
	places   prometheus.Counter
	forgot   prometheus.Counter
}

// Live are figures that are asked for when they are read. All must be given.
type Live struct {
	Mailbox, Streams                    func() int   // requests that wait for the writer, open event streams
	Panics, Shed, Resealed, OutOfMemory func() int64 // since the start
}

// Watch adds the figures of a running service.
func (m *Metrics) Watch(l Live) {
	gauge := func(name, help string, f func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(f()) })
	}
	counter := func(name, help string, f func() int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(f()) })
	}
	m.registry.MustRegister(
		gauge("fettle_mailbox_depth", "Requests that wait for the writer of a territory.", l.Mailbox),
		gauge("fettle_streams", "Open event streams.", l.Streams),
		counter("fettle_panics_total", "Calls that have panicked.", l.Panics),
		counter("fettle_shed_total", "Calls refused because their org sent more than its share.", l.Shed),
		counter("fettle_resealed_rows_total", "Rows that were sealed anew under newer keys.", l.Resealed),
		counter("fettle_workers_out_of_memory_total", "Worker processes that ended for want of memory.", l.OutOfMemory),
	)
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
	m.events = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fettle_events_total", Help: "Committed events by type; work_order.sla_breached are promises that were broken.",
	}, []string{"type"})
	m.places = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "fettle_positions_total", Help: "Positions of technicians that were handed on, one a second of each at most.",
	})
	m.forgot = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "fettle_messages_forgotten_total", Help: "Records of messages and of deliveries of webhooks that were removed because they are older than they are kept.",
	})
	m.spread = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "fettle_propagation_seconds", Help: "Time from the commit of a change until it was sent to one who watched.",
		Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10},
	})
	m.registry.MustRegister(m.spread, m.events, m.places, m.forgot, m.requests, m.latency, m.batches, m.commits, m.due, m.overdue,
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

// Propagated counts a change that was sent to one who watched.
func (m *Metrics) Propagated(took time.Duration) { m.spread.Observe(took.Seconds()) }

// Event counts a committed event.
func (m *Metrics) Event(kind string) { m.events.WithLabelValues(kind).Inc() }

// Positions counts positions that were handed on.
func (m *Metrics) Positions(n int) { m.places.Add(float64(n)) }

// Handler serves the counters in the text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Forgot counts records of messages and deliveries that were removed because of their age.
func (m *Metrics) Forgot(n int) { m.forgot.Add(float64(n)) }
