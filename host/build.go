package host

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/wisr-dev/wisr/host/prerender"
	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
)

// Build makes every page that is not fresh. progress is called after each one.
func (h *Host) Build(ctx context.Context, progress func(prerender.Progress)) (*prerender.Report, error) {
	defer collectLess()()
	return prerender.Run(ctx, prerender.Options{
		Table:    h.registry.Table(),
		Engine:   h.engine,
		Parallel: h.generations(),
		Progress: progress,
		Now:      h.opt.Now,
	})
}

// buildGC is Go's garbage collection percentage while a build runs. What a page
// took is garbage once it is written, and there is little else: at the usual 100
// collecting it is a sixth of a build of small pages.
const buildGC = 400

// collectLess sets it, unless the operator said what it is to be. restore puts
// back what it was.
func collectLess() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(buildGC)
	return func() { debug.SetGCPercent(before) }
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
