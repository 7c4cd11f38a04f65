package dev

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sync/errgroup"

	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// quiet is how long nothing must change before a change is acted on: editors
// write a file in several steps, and version control many files.
const quiet = 80 * time.Millisecond

// Watcher rebuilds and reloads plugins when their files change.
type Watcher struct {
	Registry *registry.Registry
	Builder  *build.Builder
	Plugins  string       // folder of the plugins' folders
	Public   string       // folder of public files
	Refresh  func() error // called when public files changed
	Settings string       // file that is read at the start only
	Events   *Events
	Log      *slog.Logger
	Parallel int

	fs *fsnotify.Watcher
}

// Open begins to watch: no change after it is missed. Run acts on what is seen.
func (w *Watcher) Open() (err error) {
	if w.fs, err = fsnotify.NewWatcher(); err != nil {
		return fmt.Errorf("watch the site's files: %w", err)
	}
	w.follow()
	w.Events.Show(problems(w.Registry.Table()))
	return nil
}

// Run follows the changes since Open, and those that came while the plugins
// were built and loaded, until ctx ends.
func (w *Watcher) Run(ctx context.Context) {
	defer w.fs.Close()
	changed := w.missed(ctx)
	timer := time.NewTimer(quiet)
	if len(changed) == 0 {
		timer.Stop()
	}
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if event.Op == fsnotify.Chmod || ignored(filepath.Base(event.Name)) {
				continue
			}
			if event.Has(fsnotify.Create) {
				w.add(event.Name)
			}
			changed[event.Name] = true
			timer.Reset(quiet)
		case err, ok := <-w.fs.Errors:
			if !ok {
				return
			}
			w.Log.Warn("watching files", "error", err)
		case <-timer.C:
			w.act(ctx, changed)
			clear(changed)
			w.follow()
		}
	}
}

// act brings the site in line with the files that changed.
func (w *Watcher) act(ctx context.Context, changed map[string]bool) {
	touched := false
	if under(changed, w.Public) {
		touched = true
		if err := w.Refresh(); err != nil {
			w.Log.Warn("read public files", "error", err)
		}
	}
	if under(changed, w.Settings) {
		w.Log.Warn("the settings changed; start again for them to count", "file", w.Settings)
	}
	dirs := w.affected(changed)
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
	if reloaded.Load() || touched {
		w.Events.Reload()
	}
}

// repeated tells of a build that failed before and was not tried again.
func repeated(err error) bool {
	var failed *build.Error
	return errors.As(err, &failed) && failed.Repeated
}

// follow watches every folder that matters now.
func (w *Watcher) follow() {
	for _, dir := range []string{w.Plugins, w.Public} {
		// The folder that it is in, without the others there: it may come, or be
		// replaced by another one, as when a branch is checked out.
		if err := w.fs.Add(filepath.Dir(dir)); err != nil {
			w.unseen(filepath.Dir(dir), err)
		}
		w.add(dir)
	}
	for _, m := range w.manifests() {
		for _, root := range w.roots(m) {
			w.add(root)
		}
	}
}

// add watches a folder and those in it. What is no folder, or gone, is left alone.
func (w *Watcher) add(root string) {
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil
		}
		if path != root && (ignored(entry.Name()) || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		return w.fs.Add(path)
	})
	if err != nil {
		w.unseen(root, err)
	}
}

func (w *Watcher) unseen(folder string, err error) {
	if !errors.Is(err, os.ErrNotExist) {
		w.Log.Warn("changes in a folder will not be seen", "folder", folder, "error", err)
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
