package dev

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/wisr-dev/wisr/host/watch"
	"github.com/wisr-dev/wisr/plugins/manifest"
)

// Which plugins have to be loaded again, of which files changed.

// missed returns the folders of plugins that changed between being loaded and Open:
// a first build may take minutes, in which people go on writing.
func (w *Watcher) missed(ctx context.Context) map[string]bool {
	changed := make(map[string]bool)
	table := w.Registry.Table()
	known := make(map[string]bool)
	for _, p := range table.Problems {
		known[p.Dir] = true
	}
	for _, v := range table.Versions {
		m := v.Manifest
		if known[m.Dir] = true; v.Err != nil {
			continue
		}
		if now, err := manifest.Load(m.Dir); err != nil || now.Hash != m.Hash || !w.Builder.UpToDate(ctx, m) {
			changed[m.Dir] = true
		}
	}
	if now, err := w.Registry.Folders(); err == nil {
		for _, dir := range now {
			if !known[dir] {
				changed[dir] = true
			}
		}
	}
	return changed
}

// affected returns the folders of the plugins that one of the changed files belongs to.
func (w *Watcher) affected(changed map[string]bool) []string {
	dirs := make(map[string]bool)
	if now, err := w.Registry.Folders(); err == nil {
		for _, dir := range now {
			dirs[dir] = watch.Under(changed, dir)
		}
	}
	for _, p := range w.Registry.Table().Problems { // a broken one may have gone
		dirs[p.Dir] = watch.Under(changed, p.Dir)
	}
	for dir, m := range w.manifests() {
		dirs[dir] = false
		for name := range changed {
			dirs[dir] = dirs[dir] || w.concerns(m, name)
		}
	}
	var affected []string
	for dir, is := range dirs {
		if is {
			affected = append(affected, dir)
		}
	}
	slices.Sort(affected)
	return affected
}

// concerns tells whether a plugin has to be loaded again because a file changed. What
// a build command writes does not concern it, be it next to the sources.
func (w *Watcher) concerns(m *manifest.Manifest, name string) bool {
	for _, folder := range m.Folders() {
		if watch.Within(name, folder) {
			return true
		}
	}
	switch {
	case !m.Built():
		return watch.Within(name, m.Dir)
	case name == m.Dir || name == filepath.Join(m.Dir, manifest.FileName):
		return true
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		// It may have come with files in it.
		return slices.ContainsFunc(w.Builder.Inputs(m), func(root string) bool { return watch.Within(name, root) })
	}
	return w.Builder.IsInput(m, name)
}

// manifests returns the manifests of the plugins that are known, by folder.
func (w *Watcher) manifests() map[string]*manifest.Manifest {
	known := make(map[string]*manifest.Manifest)
	for _, v := range w.Registry.Table().Versions {
		known[v.Manifest.Dir] = v.Manifest
	}
	return known
}

// roots are the folders that a plugin depends on.
func (w *Watcher) roots(m *manifest.Manifest) []string {
	roots := append([]string{m.Dir}, w.Builder.Inputs(m)...)
	for _, dir := range m.Folders() {
		roots = append(roots, dir)
	}
	return roots
}
