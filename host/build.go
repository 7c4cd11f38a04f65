package host

import (
	"context"
	"log/slog"

	"github.com/wisr-dev/wisr/host/prerender"
	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
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

// BuildPlugin runs the [build] command of the plugin in a folder, if its
// manifest has one. Whose site it belongs to does not matter, so nothing is remembered.
func BuildPlugin(ctx context.Context, dir string, log *slog.Logger) error {
	m, err := manifest.Load(dir)
	if err != nil {
		return err
	}
	builder := build.New(build.Options{Begin: func(m *manifest.Manifest) { log.Info("building", "plugin", m.Name) }})
	_, err = builder.Build(ctx, m)
	return err
}
