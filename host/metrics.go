package host

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wisr-dev/wisr/host/guard"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// metrics are what a host counts, all of it declared here. Labels hold names
// of plugins and words of ours, never a path: there may be millions. They belong to
// one Host and not to the process.
type metrics struct {
	registry *prometheus.Registry

	visits      [len(visitStates)]prometheus.Counter // by isr.State
	visitsOther prometheus.Counter
	generations *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	fuel        *prometheus.CounterVec
	saved       *prometheus.CounterVec
	dropped     prometheus.Counter
	store       prometheus.Counter
	deploys     *prometheus.CounterVec
}

// visitStates names isr's states as X-Wisr-Cache does, in lower case.
var visitStates = [...]string{isr.Hit: "hit", isr.StaleHit: "stale", isr.Miss: "miss", isr.Revalidated: "revalidated", isr.Pending: "fallback"}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		generations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wisr_generations_total", Help: "Generations that ended, by plugin, reason (build, stale, on-demand) and result (ok, unchanged, failed).",
		}, []string{"plugin", "reason", "result"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wisr_generation_duration_seconds", Help: "Time that generations took, fetches and waiting for a core included, by plugin.",
			// From a small C module's quarter of a millisecond to the default time-out.
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"plugin"}),
		fuel: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wisr_generation_fuel_total", Help: "Metered work of generations that succeeded, by plugin.",
		}, []string{"plugin"}),
		saved: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wisr_generation_fuel_saved_total", Help: "Metered work of pages that were not rendered again since what they are made of had not changed, by plugin.",
		}, []string{"plugin"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "wisr_generations_dropped_total", Help: "Generations that were left undone because the queue was full.",
		}),
		store: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "wisr_store_failures_total", Help: "Times that the store could not be read or written.",
		}),
		deploys: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wisr_deploys_total", Help: "Versions of plugins that came and went, by what happened (load, refuse, rollback, remove).",
		}, []string{"event"}),
	}
	visits := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "wisr_visits_total", Help: "Requests for pages and their data, by how they were answered (hit, stale, miss, revalidated, fallback, failed).",
	}, []string{"state"})
	for i, state := range visitStates {
		m.visits[i] = visits.WithLabelValues(state) // looked up once: hits are to cost nothing
	}
	m.visitsOther = visits.WithLabelValues("failed")
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "wisr_build_info", Help: "Always 1; the label tells the version.", ConstLabels: prometheus.Labels{"version": Version()},
	})
	info.Set(1)
	m.registry.MustRegister(visits, m.generations, m.duration, m.fuel, m.saved, m.dropped, m.store, m.deploys, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe adds what other parts count by themselves.
func (m *metrics) observe(reg *registry.Registry, limiter *guard.Limiter) {
	m.registry.MustRegister(plugins{reg},
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "wisr_secrets_wrong_total", Help: "Requests whose token or secret was wrong.",
		}, func() float64 { failed, _ := limiter.Counts(); return float64(failed) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "wisr_secrets_throttled_total", Help: "Requests that were refused unseen, after too many wrong tokens or secrets.",
		}, func() float64 { _, denied := limiter.Counts(); return float64(denied) }))
}

// handler answers in the formats that Prometheus reads.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) generated(g isr.Generated) {
	if g.Entry.Unchanged {
		m.generations.WithLabelValues(g.Entry.Plugin, g.Reason, "unchanged").Inc()
		m.saved.WithLabelValues(g.Entry.Plugin).Add(float64(g.Entry.Fuel))
		return
	}
	m.generations.WithLabelValues(g.Entry.Plugin, g.Reason, "ok").Inc()
	m.duration.WithLabelValues(g.Entry.Plugin).Observe(g.Took.Seconds())
	m.fuel.WithLabelValues(g.Entry.Plugin).Add(float64(g.Entry.Fuel))
}

func (m *metrics) failed(f isr.Failed) {
	m.generations.WithLabelValues(f.Plugin, f.Reason, "failed").Inc()
	m.duration.WithLabelValues(f.Plugin).Observe(f.Took.Seconds())
}

// visited counts how a visit was answered.
func (m *metrics) visited(state isr.State, err error) {
	if err != nil || int(state) >= len(m.visits) {
		m.visitsOther.Inc()
	} else {
		m.visits[state].Inc()
	}
}

// plugins tells which versions are active, of the table of the moment: what
// is gone leaves no series behind.
type plugins struct{ registry *registry.Registry }

var (
	pluginInfo   = prometheus.NewDesc("wisr_plugin_info", "1 for the active version of each plugin that works, 0 for one that is broken.", []string{"plugin", "version", "route"}, nil)
	pluginsCount = prometheus.NewDesc("wisr_plugin_problems", "Plugins that could not be loaded, in whole or in their newest version.", nil, nil)
)

// Describe is for prometheus.Collector.
func (p plugins) Describe(out chan<- *prometheus.Desc) {
	out <- pluginInfo
	out <- pluginsCount
}

// Collect is for prometheus.Collector.
func (p plugins) Collect(out chan<- prometheus.Metric) {
	table := p.registry.Table()
	for _, v := range table.Versions {
		works := 1.0
		if v.Err != nil {
			works = 0
		}
		out <- prometheus.MustNewConstMetric(pluginInfo, prometheus.GaugeValue, works, v.Plugin, v.Short(), v.Route.String())
	}
	out <- prometheus.MustNewConstMetric(pluginsCount, prometheus.GaugeValue, float64(len(table.Problems)))
}
