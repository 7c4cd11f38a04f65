package host

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// events logs what happens in the engine, pages that fail at a level of their own.
func events(log *slog.Logger, failed slog.Level) isr.Events {
	return isr.Events{
		Generated: func(g isr.Generated) {
			log.Debug("generated", "path", g.Entry.Key, "plugin", g.Entry.Plugin, "reason", g.Reason, "took", g.Took.Round(time.Microsecond))
		},
		Failed: func(f isr.Failed) {
			log.Log(context.Background(), failed, "generation failed", "path", f.Key, "reason", f.Reason, "consecutive", f.Consecutive,
				"old page kept", f.Kept, "error", Explain(f.Err))
		},
		StoreFailed: func(key string, err error) {
			log.Warn("the store failed; the page is served all the same", "path", key, "error", err)
		},
		Dropped: func(key string, _ isr.Priority) {
			log.Warn("too much to do; the page stays as it is", "path", key)
		},
	}
}

// Explain is the whole of what is known about why a page could not be made, over
// several lines: the error, the guest's stack, and what it logged.
func Explain(err error) string {
	var failure *registry.Failure
	if !errors.As(err, &failure) {
		return err.Error()
	}
	if trace := failure.Trace(); trace != "" {
		return failure.Error() + "\n" + trace
	}
	return failure.Error()
}
