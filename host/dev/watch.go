package dev

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wisr-dev/wisr/host/watch"
	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// Watcher rebuilds and reloads plugins when their files change.
type Watcher struct {
	Registry *registry.Registry
	Builder  *build.Builder
	Plugins  string       // folder of the plugins' folders
	Public   string       // folder of public files
	Refresh  func() error // called when public files changed
	Settings string       // file that is read at the start only
	Events   *Events
	Service  *Service // nil: the site has none
	Log      *slog.Logger
	Parallel int

	files *watch.Files
}

// Open begins to watch: no change after it is missed. Run acts on what is seen.
func (w *Watcher) Open() (err error) {
	if w.files, err = watch.OpenFiles(w.Log); err != nil {
		return err
	}
	w.follow()
	w.Events.Show(problems(w.Registry.Table()))
	return nil
}

// Run follows the changes since Open, and those that came while the plugins
// were built and loaded, until ctx ends.
func (w *Watcher) Run(ctx context.Context) {
	var again sync.WaitGroup
	defer again.Wait()
	if w.Service != nil {
		again.Go(func() { w.afterService(ctx) })
	}
	w.files.Run(ctx, w.missed(ctx), func(ctx context.Context, changed map[string]bool) (map[string]bool, time.Duration) {
		w.act(ctx, changed)
		w.follow()
		return nil, 0
	})
}

// afterService brings the site in line with a service that was started again: what
// could not be loaded without it may load now, and pages may look different.
func (w *Watcher) afterService(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.Service.Settled():
		}
		var dirs []string
		for _, p := range w.Registry.Table().Problems {
			dirs = append(dirs, p.Dir)
		}
		w.reload(ctx, dirs)
		w.Events.Reload()
	}
}

// act brings the site in line with the files that changed.
func (w *Watcher) act(ctx context.Context, changed map[string]bool) {
	touched := false
	if watch.Under(changed, w.Public) {
		touched = true
		if err := w.Refresh(); err != nil {
			w.Log.Warn("read public files", "error", err)
		}
	}
	if watch.Under(changed, w.Settings) {
		w.Log.Warn("the settings changed; start again for them to count", "file", w.Settings)
	}
	if w.Service != nil {
		w.Service.Saw(changed, w.Builder)
	}
	if w.reload(ctx, w.affected(changed)) || touched {
		w.Events.Reload()
	}
}

// reload loads the plugins of folders again, tells of what is wrong now, and whether
// one of them is another than before.
func (w *Watcher) reload(ctx context.Context, dirs []string) bool {
	var reloaded atomic.Bool
	var group errgroup.Group
	group.SetLimit(max(1, w.Parallel))
	for _, dir := range dirs {
		group.Go(func() error {
			begun := time.Now()
			name := filepath.Base(dir)
			err := w.Registry.Reload(ctx, dir)
			switch {
			case ctx.Err() != nil || repeated(err):
			case err != nil && served(w.Registry.Table(), dir):
				w.Log.Error("reload failed; the last version that worked is served", "plugin", name, "error", err)
			case err != nil:
				w.Log.Error("plugin not loaded", "plugin", name, "error", err)
			default:
				reloaded.Store(true)
				w.Log.Info("reloaded", "plugin", name, "took", time.Since(begun).Round(time.Millisecond))
			}
			return nil
		})
	}
	_ = group.Wait() // its functions return no error
	if len(dirs) > 0 {
		w.Events.Show(problems(w.Registry.Table()))
	}
	return reloaded.Load()
}

// repeated tells of a build that failed before and was not tried again.
func repeated(err error) bool {
	var failed *build.Error
	return errors.As(err, &failed) && failed.Repeated
}

// follow watches every folder that matters now.
func (w *Watcher) follow() {
	for _, dir := range []string{w.Plugins, w.Public} {
		w.files.AddBeside(dir)
		w.files.Add(dir)
	}
	for _, m := range w.manifests() {
		for _, root := range w.roots(m) {
			w.files.Add(root)
		}
	}
	if w.Service != nil {
		for _, dir := range w.Service.Folders(w.Builder) {
			w.files.Add(dir)
		}
	}
}

func problems(t *registry.Table) []Problem {
	out := make([]Problem, len(t.Problems))
	for i, p := range t.Problems {
		out[i] = Problem{Plugin: p.Plugin, Message: p.Err.Error(), Served: served(t, p.Dir)}
	}
	return out
}

// served tells whether the plugin of a folder serves its pages, be it in an
// earlier version.
func served(t *registry.Table, dir string) bool {
	return slices.ContainsFunc(t.Versions, func(v *registry.Version) bool { return v.Manifest.Dir == dir && v.Err == nil })
}
