package host

import (
	"context"
	"errors"
	"time"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// events logs, counts and tells operators what happens in the engine.
func (h *Host) events() isr.Events {
	log, failed := h.opt.Log, failureLevel(h.opt.Mode)
	return isr.Events{
		Generated: func(g isr.Generated) {
			log.Debug("generated", "path", g.Entry.Key, "plugin", g.Entry.Plugin, "reason", g.Reason, "took", g.Took.Round(time.Microsecond))
			h.metrics.generated(g)
			h.happened.Publish(api.Event{Type: api.EventRegenerate, Plugin: g.Entry.Plugin, Version: g.Entry.Version, Path: g.Entry.Key,
				Reason: g.Reason, Took: g.Took})
		},
		Failed: func(f isr.Failed) {
			log.Log(context.Background(), failed, "generation failed", "path", f.Key, "reason", f.Reason, "consecutive", f.Consecutive,
				"old page kept", f.Kept, "error", Explain(f.Err))
			h.metrics.failed(f)
			message, trace := inParts(f.Err)
			h.happened.Publish(api.Event{Type: api.EventFail, Plugin: f.Plugin, Path: f.Key, Reason: f.Reason, Message: message, Log: trace,
				Took: f.Took, Count: f.Consecutive, Kept: f.Kept})
		},
		StoreFailed: func(key string, err error) {
			log.Warn("the store failed; the page is served all the same", "path", key, "error", err)
			h.metrics.store.Inc()
			h.happened.Publish(api.Event{Type: api.EventStore, Path: key, Message: err.Error()})
		},
		Invalidated: func(n isr.Name, purged bool) {
			event := api.Event{Type: api.EventInvalidate, Reason: "stale", Message: n.String()}
			if purged {
				event.Reason = "purge"
			}
			h.happened.Publish(event)
		},
		Dropped: func(key string, _ isr.Priority) {
			log.Warn("too much to do; the page stays as it is", "path", key)
			h.metrics.dropped.Inc()
			h.happened.Publish(api.Event{Type: api.EventDrop, Path: key})
		},
	}
}

// Explain is the whole of what is known about why a page could not be made, over
// several lines: the error, the guest's stack, and what it logged.
func Explain(err error) string {
	message, trace := inParts(err)
	if trace == "" {
		return message
	}
	return message + "\n" + trace
}

// inParts is Explain as two texts: the error, and the guest's stack and log.
func inParts(err error) (message, trace string) {
	var failure *registry.Failure
	if !errors.As(err, &failure) {
		return err.Error(), ""
	}
	return failure.Error(), failure.Trace()
}
