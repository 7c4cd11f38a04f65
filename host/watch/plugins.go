package watch

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/signature"
)

const (
	// retry is how often a folder that is not whole is looked at again, also if
	// nothing tells of a change: network file systems do not.
	retry = 500 * time.Millisecond
	// patience is how long it may stay as it is then. After that it is loaded all the
	// same, and what is wrong with it is told.
	patience = 5 * time.Second
	// parting is how long a folder has to be gone before its plugin goes: a folder
	// is often replaced by removing it first.
	parting = 2 * time.Second
)

// Plugins keeps a host in line with a folder of plugins.
type Plugins struct {
	Dir      string          // absolute
	Trust    signature.Trust // who has to have signed a plugin before it is whole; none: nobody
	Now      func() time.Time
	Log      *slog.Logger
	Parallel int // folders that are loaded at once; 0: one

	files  *Files
	mu     sync.Mutex
	loaded map[string]string // by folder: the digest of what was loaded last; guarded by mu
	waits  map[string]wait   // by folder: those that are not whole; guarded by mu
}

// wait is for a folder to become whole.
type wait struct {
	digest string    // of what it has
	since  time.Time // when it got that
}

// Open begins to watch. What changes after it is not missed by Run, however
// much later that is called.
func (p *Plugins) Open() (err error) {
	if p.files, err = OpenFiles(p.Log); err != nil {
		return err
	}
	p.follow()
	p.loaded, p.waits = make(map[string]string), make(map[string]wait)
	entries, err := os.ReadDir(p.Dir)
	if err != nil {
		return nil // it may come; who loads it says so if it has to be there
	}
	for _, entry := range entries {
		dir := filepath.Join(p.Dir, entry.Name())
		if found, err := read(dir); err == nil {
			p.loaded[dir] = found.digest()
		}
	}
	return nil
}

// Close is for who opened it and does not call Run.
func (p *Plugins) Close() error { return p.files.Close() }

// Run calls load for every folder that changed, or is gone, until ctx ends. load is
// registry.Reload: a version that serves goes on serving if it fails.
func (p *Plugins) Run(ctx context.Context, load func(ctx context.Context, dir string) error) {
	p.files.Run(ctx, nil, func(ctx context.Context, changed map[string]bool) (map[string]bool, time.Duration) {
		// First, so that nothing is missed that changes once a folder was read:
		// one that was moved here has lost its watch with its old name.
		p.follow()
		return p.act(ctx, load, changed), retry
	})
}

func (p *Plugins) follow() {
	p.files.AddBeside(p.Dir)
	p.files.Add(p.Dir)
}

// act loads the folders that changed and are whole, and returns those to look at again.
func (p *Plugins) act(ctx context.Context, load func(ctx context.Context, dir string) error, changed map[string]bool) (again map[string]bool) {
	again = make(map[string]bool)
	var group errgroup.Group
	group.SetLimit(max(1, p.Parallel))
	for _, dir := range p.affected(changed) {
		group.Go(func() error {
			if !p.look(ctx, load, dir) {
				p.mu.Lock()
				again[dir] = true
				p.mu.Unlock()
			}
			return nil
		})
	}
	_ = group.Wait() // its functions return no error
	return again
}

// affected are the plugins' folders that the changed files are in, and, where the whole folder
// came or went, all that are or were there.
func (p *Plugins) affected(changed map[string]bool) []string {
	dirs := make(map[string]bool)
	for name := range changed {
		if name == p.Dir {
			for dir := range p.loaded {
				dirs[dir] = true
			}
			entries, _ := os.ReadDir(p.Dir) // gone: so are those that were in it
			for _, entry := range entries {
				dirs[filepath.Join(p.Dir, entry.Name())] = true
			}
			continue
		}
		if rest, inside := strings.CutPrefix(name, p.Dir+string(filepath.Separator)); inside {
			first, _, _ := strings.Cut(rest, string(filepath.Separator))
			dirs[filepath.Join(p.Dir, first)] = true
		}
	}
	var affected []string
	for dir := range dirs {
		affected = append(affected, dir)
	}
	slices.Sort(affected)
	return affected
}

// look loads a folder if it has changed and is whole. It tells whether it is
// done with it for now.
func (p *Plugins) look(ctx context.Context, load func(ctx context.Context, dir string) error, dir string) bool {
	found, err := read(dir)
	gone := errors.Is(err, fs.ErrNotExist) && !exists(filepath.Join(dir, manifest.FileName))
	digest := found.digest()
	p.mu.Lock()
	before, known := p.loaded[dir]
	p.mu.Unlock()
	if gone && !known || !gone && known && digest == before {
		p.forget(dir)
		return true
	}
	if err == nil {
		err = found.whole(p.Trust)
	}
	if err != nil && !p.waited(dir, digest, gone) {
		return false
	}
	p.forget(dir)
	return p.hand(ctx, load, dir, digest, gone)
}

// waited tells whether a folder that is not whole has not changed for so long
// that it will not become so.
func (p *Plugins) waited(dir, digest string, gone bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	before, known := p.waits[dir]
	if !known || before.digest != digest {
		p.waits[dir] = wait{digest, now}
		return false
	}
	if gone {
		return now.Sub(before.since) >= parting
	}
	return now.Sub(before.since) >= patience
}

func (p *Plugins) forget(dir string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waits, dir)
}

// hand gives a folder to load, which tells people what came of it. It tells
// whether that was done.
func (p *Plugins) hand(ctx context.Context, load func(ctx context.Context, dir string) error, dir, digest string, gone bool) bool {
	err := load(ctx, dir)
	if ctx.Err() != nil || errors.Is(err, registry.ErrInterrupted) {
		return false
	}
	p.Log.Debug("a folder changed", "folder", dir, "gone", gone, "error", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	if gone {
		delete(p.loaded, dir)
	} else {
		p.loaded[dir] = digest // also if it failed: the same again fails again
	}
	return true
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}
