package host

import (
	"log/slog"
	"time"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// deploys logs, counts and tells operators which versions come and go.
func (h *Host) deploys() registry.Events {
	log := h.opt.Log
	if h.opt.Mode == Dev { // which tells in its own words what it reloads
		log = slog.New(slog.DiscardHandler)
	}
	return registry.Events{
		Swapped: func(s registry.Swapped) {
			event := api.Event{Type: api.EventLoad, Plugin: s.Plugin, Version: s.Version, Reason: string(s.Reason)}
			if s.Report != nil {
				event.Took = s.Report.Took
			}
			if s.Reason == registry.ReasonRollback || s.Reason == registry.ReasonProbation {
				event.Type = api.EventRollback
			}
			log.Info("another version is live", "plugin", s.Plugin, "version", short(s.Version), "before", short(s.Previous),
				"reason", s.Reason, "took", event.Took.Round(time.Millisecond))
			h.metrics.deploys.WithLabelValues(event.Type).Inc()
			h.happened.Publish(event)
		},
		Refused: func(r *registry.Report) {
			if len(r.Refusals) > 0 && r.Refusals[0].Code == registry.CodeNoPlugin {
				return // a slip of whoever asked, who is told
			}
			event := api.Event{Type: api.EventRefuse, Plugin: r.Plugin, Version: r.Version}
			if len(r.Refusals) > 0 {
				first := r.Refusals[0]
				event.Reason, event.Path, event.Message, event.Log = first.Code, first.Path, first.Message, first.Log
			}
			log.Warn("a version is refused; nothing changed", "plugin", r.Plugin, "version", short(r.Version), "code", event.Reason,
				"path", event.Path, "error", event.Message)
			h.metrics.deploys.WithLabelValues(api.EventRefuse).Inc()
			h.happened.Publish(event)
		},
		Removed: func(plugin string, why registry.Reason) {
			log.Info("a plugin was removed", "plugin", plugin, "reason", why)
			h.metrics.deploys.WithLabelValues(api.EventRemove).Inc()
			h.happened.Publish(api.Event{Type: api.EventRemove, Plugin: plugin, Reason: string(why)})
		},
	}
}

// short is a version as people read it.
func short(id string) string { return id[:min(12, len(id))] }
