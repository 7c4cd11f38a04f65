package host

import (
	"context"

	"github.com/wisr-dev/wisr/host/prerender"
)

// Build makes every page that is not fresh. progress is called after each one.
func (h *Host) Build(ctx context.Context, progress func(prerender.Progress)) (*prerender.Report, error) {
	return prerender.Run(ctx, prerender.Options{
		Table:    h.registry.Table(),
		Engine:   h.engine,
		Parallel: h.generations(),
		Progress: progress,
		Now:      h.opt.Now,
	})
}
