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
	State   string           // folder for what outlives the process; required

	Locales         []string
	DefaultLocale   string
	PrivateNetworks bool // whether a host name may resolve to a private address

	LookupEnv func(string) (string, bool) // for ${NAME} in fetch headers; nil: nothing is set
	Parallel  int                         // plugins that load at once; 0: one
	Log       *slog.Logger                // required
}

// Registry holds the plugins of a site. Its methods may be called by many goroutines.
type Registry struct {
	opt   Options
	table atomic.Pointer[Table]

	loading sync.Map // folder → *sync.Mutex: one load of a folder at a time; taken before mu

	mu       sync.Mutex
	versions map[string]*Version // by folder; guarded by mu
	problems map[string]Problem  // by folder; guarded by mu
}

// Open loads the plugins in opt.Dir. Plugins that do not load are in the
// table's Problems; the error is of the folder itself, or ctx's.
func Open(ctx context.Context, opt Options) (*Registry, error) {
	r := newRegistry(opt)
	dirs, err := r.folders()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	loaded := make([]*Version, len(dirs))
	problems := make([]*Problem, len(dirs))
	var group errgroup.Group
	group.SetLimit(max(1, opt.Parallel))
	for i, dir := range dirs {
		group.Go(func() error {
			loaded[i], problems[i] = r.load(ctx, dir)
			return nil
		})
	}
	_ = group.Wait() // the functions return no error
	for i, dir := range dirs {
		r.settle(dir, loaded[i], problems[i])
	}
	r.publish()
	if err := ctx.Err(); err != nil {
		r.retireAll()
		return nil, err
	}
	return r, nil
}

func newRegistry(opt Options) *Registry {
	if opt.LookupEnv == nil {
		opt.LookupEnv = func(string) (string, bool) { return "", false }
	}
	return &Registry{opt: opt, versions: make(map[string]*Version), problems: make(map[string]Problem)}
}

// Table returns the routes of this moment.
func (r *Registry) Table() *Table { return r.table.Load() }

// Reload loads the plugin in a folder again. If that fails the version that
// was serving goes on serving, and the error says why. A folder that has no
// plugin any more is let go of.
func (r *Registry) Reload(ctx context.Context, dir string) error {
	turn, _ := r.loading.LoadOrStore(dir, &sync.Mutex{})
	turn.(*sync.Mutex).Lock()
	defer turn.(*sync.Mutex).Unlock()

	var v *Version
	var problem *Problem
	_, err := os.Stat(filepath.Join(dir, manifest.FileName))
	gone := errors.Is(err, fs.ErrNotExist)
	if !gone {
		v, problem = r.load(ctx, dir)
		if err := ctx.Err(); err != nil {
			if v != nil {
				v.retire()
			}
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if gone {
		r.remove(dir)
	} else {
		r.settle(dir, v, problem)
	}
	r.publish()
	if problem != nil {
		return problem.Err
	}
	return nil
}

// Folders returns the folders that have a plugin, sorted.
func (r *Registry) Folders() ([]string, error) { return r.folders() }

// Close lets go of all versions; generations that run may end first.
func (r *Registry) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retireAll()
}

func (r *Registry) retireAll() {
	for _, v := range r.versions {
		v.retire()
	}
}

// remove lets go of a folder's plugin. r.mu is held.
func (r *Registry) remove(dir string) {
	if old := r.versions[dir]; old != nil {
		old.retire()
	}
	delete(r.versions, dir)
	delete(r.problems, dir)
}

// settle takes in the result of loading a folder. r.mu is held.
func (r *Registry) settle(dir string, v *Version, problem *Problem) {
	old := r.versions[dir]
	delete(r.problems, dir)
	if problem != nil {
		r.problems[dir] = *problem
	}
	switch {
	case v == nil: // not even its route is known
	case v.Err != nil && old != nil && old.Err == nil: // the good version stays
	default:
		r.versions[dir] = v
		if old != nil {
			old.retire()
		}
	}
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
	slices.SortFunc(table.Problems, func(a, b Problem) int { return strings.Compare(a.Plugin+a.Dir, b.Plugin+b.Dir) })
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
		if _, err := os.Stat(filepath.Join(dir, manifest.FileName)); err == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}
