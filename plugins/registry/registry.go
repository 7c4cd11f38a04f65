package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// Options of a Registry.
type Options struct {
	Dir     string           // folder of the plugins' folders
	Sandbox *sandbox.Sandbox // required; the caller closes it, after the registry
	Builder *build.Builder   // builds modules from source before they load; nil: modules are there
	State   string           // folder for the lists of paths, which outlive the process; nothing else is in it

	Locales         []string
	DefaultLocale   string
	PrivateNetworks bool // whether a host name may resolve to a private address

	LookupEnv func(string) (string, bool) // for ${NAME} in fetch headers; nil: nothing is set
	Parallel  int                         // plugins that load at once; 0: one
	Changed   func()                      // called when Reload has made another table; returns at once; may be nil
	Log       *slog.Logger                // required
}

// ErrClosed is returned by what a closed Registry, or a version of it, is asked to do.
var ErrClosed = errors.New("the registry is closed")

// Registry holds the plugins of a site. Its methods may be called by many goroutines.
type Registry struct {
	opt    Options
	bounds bounds
	table  atomic.Pointer[Table]

	turns sync.Map // folder → chan struct{}: holding its one place is loading; taken before mu

	mu       sync.Mutex
	closed   bool                // guarded by mu
	versions map[string]*Version // by folder; guarded by mu
	problems map[string]Problem  // by folder; guarded by mu
}

// Open loads the plugins in opt.Dir. Plugins that do not load are in the
// table's Problems; the error is of the folder itself, or ctx's.
func Open(ctx context.Context, opt Options) (*Registry, error) {
	r := newRegistry(opt)
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Registry) open(ctx context.Context) error {
	dirs, err := r.folders()
	if err != nil {
		return err
	}
	loaded := make([]*Version, len(dirs))
	problems := make([]*Problem, len(dirs))
	var group errgroup.Group
	group.SetLimit(max(1, r.opt.Parallel))
	for i, dir := range dirs {
		group.Go(func() error {
			loaded[i], problems[i] = r.load(ctx, dir)
			return nil
		})
	}
	_ = group.Wait() // the functions return no error
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, dir := range dirs {
		r.settle(dir, loaded[i], problems[i])
	}
	if err := ctx.Err(); err != nil {
		r.retireAll()
		return err
	}
	r.publish()
	for _, dir := range dirs {
		r.sweepPaths(dir)
	}
	r.sweepGone(dirs)
	return nil
}

func newRegistry(opt Options) *Registry {
	if opt.LookupEnv == nil {
		opt.LookupEnv = func(string) (string, bool) { return "", false }
	}
	opt.Dir = absolute(opt.Dir)
	return &Registry{opt: opt, bounds: defaultBounds, versions: make(map[string]*Version), problems: make(map[string]Problem)}
}

// absolute is a folder in the one spelling by which folders are told apart.
func absolute(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil { // there is no working directory
		return filepath.Clean(dir)
	}
	return abs
}

// Table returns the routes of this moment.
func (r *Registry) Table() *Table { return r.table.Load() }

// Reload loads the plugin in a folder of opt.Dir again. If that fails the
// version that was serving goes on serving, and the error says why. A folder that
// has no plugin any more is let go of.
func (r *Registry) Reload(ctx context.Context, dir string) error {
	dir = absolute(dir)
	if filepath.Dir(dir) != r.opt.Dir {
		return fmt.Errorf("%s is no folder of the plugins folder %s", dir, r.opt.Dir)
	}
	turns, _ := r.turns.LoadOrStore(dir, make(chan struct{}, 1))
	turn := turns.(chan struct{})
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return ctx.Err()
	}

	var v *Version
	var problem *Problem
	if holdsPlugin(dir) {
		v, problem = r.load(ctx, dir)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	err := ctx.Err()
	if r.closed {
		err = ErrClosed
	}
	if err != nil {
		if v != nil {
			v.retire(err)
		}
		return err
	}
	old := r.settle(dir, v, problem)
	r.publish()
	if old != nil {
		// Only now: who finds it retired looks into the table for the next one.
		old.retire(ErrRetired)
	}
	if r.opt.Changed != nil {
		r.opt.Changed()
	}
	r.sweepPaths(dir)
	if problem != nil {
		return problem.Err
	}
	return nil
}

// Folders returns the folders that have a plugin, sorted.
func (r *Registry) Folders() ([]string, error) { return r.folders() }

// Close lets go of all versions. Generations that run may end first; later ones
// fail with ErrClosed, as does what is loading.
func (r *Registry) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retireAll()
}

// retireAll lets go of all versions. r.mu is held.
func (r *Registry) retireAll() {
	r.closed = true
	for _, v := range r.versions {
		v.retire(ErrClosed)
	}
}

// settle takes in the result of loading a folder, neither a version nor a
// problem if it has no plugin any more. It returns the version that is not needed
// any longer, if there is one. r.mu is held.
func (r *Registry) settle(dir string, v *Version, problem *Problem) (old *Version) {
	old = r.versions[dir]
	delete(r.problems, dir)
	if problem == nil {
		delete(r.versions, dir)
		if v != nil {
			r.versions[dir] = v
		}
		return old
	}
	if v == nil && old != nil { // the manifest does not tell any more whose it is
		problem.Plugin = old.Plugin
		v = broken(old.Manifest, problem.Err)
	}
	r.problems[dir] = *problem
	if v == nil || old != nil && old.Err == nil {
		return nil // the good version stays, if there is one
	}
	r.versions[dir] = v
	return old
}

// publish makes the table of what is loaded. r.mu is held.
func (r *Registry) publish() {
	var problems []Problem
	for _, p := range r.problems {
		problems = append(problems, p)
	}
	var versions []*Version
	for _, v := range r.versions {
		versions = append(versions, v)
	}
	// What two plugins want, a name or a route, is given to the first: one that
	// works before one that does not, so that none is kept from serving by a
	// broken one, then by name and folder, so that it is the same at every start.
	slices.SortFunc(versions, func(a, b *Version) int {
		switch {
		case a.Err == nil && b.Err != nil:
			return -1
		case a.Err != nil && b.Err == nil:
			return 1
		}
		return cmp.Or(strings.Compare(a.Plugin, b.Plugin), strings.Compare(a.Manifest.Dir, b.Manifest.Dir))
	})
	named := make(map[string]*Version)
	unique := versions[:0]
	for _, v := range versions {
		if first := named[v.Plugin]; first != nil {
			problems = append(problems, Problem{Plugin: v.Plugin, Dir: v.Manifest.Dir, Err: fmt.Errorf(
				"the name %q is taken by the plugin in %s; give one of them another name in %s", v.Plugin, first.Manifest.Dir, manifest.FileName)})
			continue
		}
		named[v.Plugin] = v
		unique = append(unique, v)
	}
	table := newTable(unique, problems, r.opt.Locales, r.opt.DefaultLocale)
	slices.SortStableFunc(table.Problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Plugin, b.Plugin), strings.Compare(a.Dir, b.Dir))
	})
	r.table.Store(table)
}

func (r *Registry) folders() ([]string, error) {
	entries, err := os.ReadDir(r.opt.Dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("no plugins folder at %s; make one with a folder for each page, or set [plugins] dir in wisr.toml", r.opt.Dir)
		}
		return nil, fmt.Errorf("read the plugins folder: %w", err)
	}
	var dirs []string
	for _, entry := range entries {
		dir := filepath.Join(r.opt.Dir, entry.Name())
		if holdsPlugin(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// holdsPlugin tells whether a folder has a manifest, also one that cannot be
// read: a plugin does not go without a word.
func holdsPlugin(dir string) bool {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return false
	}
	_, err := os.Lstat(filepath.Join(dir, manifest.FileName))
	return !errors.Is(err, fs.ErrNotExist)
}
