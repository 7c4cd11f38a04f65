package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Quiet is how long nothing must change before a change is acted on: editors
// write a file in several steps, and version control many files.
const Quiet = 80 * time.Millisecond

// Files watches folders. It is for one goroutine.
type Files struct {
	log   *slog.Logger
	fs    *fsnotify.Watcher
	roots map[string]bool // folders that were added with all in them
}

// OpenFiles makes a Files that watches nothing yet. Run closes it.
func OpenFiles(log *slog.Logger) (*Files, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	return &Files{log: log, fs: watcher, roots: make(map[string]bool)}, nil
}

// Close is for who opened it and does not call Run.
func (f *Files) Close() error { return f.fs.Close() }

// Add watches a folder and those in it, also the ones to come. What is no folder,
// or gone, is left alone.
func (f *Files) Add(root string) {
	f.roots[root] = true
	f.walk(root)
}

func (f *Files) walk(root string) {
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if path == root && entry.Type()&fs.ModeSymlink != 0 {
			return f.fs.Add(path) // WalkDir does not follow it
		}
		if !entry.IsDir() {
			return nil
		}
		if path != root && (ignored(entry.Name()) || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		return f.fs.Add(path)
	})
	if err != nil {
		f.unseen(root, err)
	}
}

// AddBeside watches the folder that dir is in, without the others there: dir may
// come, or be replaced by another one, as when a branch is checked out.
func (f *Files) AddBeside(dir string) {
	if err := f.fs.Add(filepath.Dir(dir)); err != nil {
		f.unseen(filepath.Dir(dir), err)
	}
}

func (f *Files) unseen(folder string, err error) {
	if !errors.Is(err, os.ErrNotExist) {
		f.log.Warn("changes in a folder will not be seen", "folder", folder, "error", err)
	}
}

// Run calls act with the names of what changed, whenever nothing has changed for
// the time that Quiet is, until ctx ends. It begins with changed, which may be empty. What act
// returns counts as changed after the time that it returns besides.
func (f *Files) Run(ctx context.Context, changed map[string]bool, act func(ctx context.Context, changed map[string]bool) (again map[string]bool, after time.Duration)) {
	defer f.fs.Close()
	timer := time.NewTimer(Quiet)
	if len(changed) == 0 {
		timer.Stop()
		changed = make(map[string]bool)
	}
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event, ok := <-f.fs.Events:
			if !ok {
				return
			}
			if event.Op == fsnotify.Chmod || ignored(filepath.Base(event.Name)) {
				continue
			}
			if event.Has(fsnotify.Create) && f.inside(event.Name) {
				f.walk(event.Name)
			}
			changed[event.Name] = true
			timer.Reset(Quiet)
		case err, ok := <-f.fs.Errors:
			if !ok {
				return
			}
			f.log.Warn("watching files", "error", err)
		case <-timer.C:
			again, after := act(ctx, changed)
			if changed = again; len(again) > 0 {
				timer.Reset(after)
			} else {
				changed = make(map[string]bool)
			}
		}
	}
}

// inside tells whether a folder is to be watched with what it is in.
func (f *Files) inside(name string) bool {
	for root := range f.roots {
		if Within(name, root) {
			return true
		}
	}
	return false
}

// ignored tells whether a file is none of the site's: hidden, or an editor's.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || strings.HasPrefix(name, "#")
}

// Under tells whether one of the files is root or in it.
func Under(files map[string]bool, root string) bool {
	for name := range files {
		if Within(name, root) {
			return true
		}
	}
	return false
}

// Within tells whether a file is root or in it.
func Within(name, root string) bool {
	return name == root || strings.HasPrefix(name, root+string(filepath.Separator))
}
