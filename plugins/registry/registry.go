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
	"time"

	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/sandbox"
	"github.com/wisr-dev/wisr/plugins/signature"
)

// Options of a Registry.
type Options struct {
	Dir     string           // folder of the plugins' folders
	Sandbox *sandbox.Sandbox // required; the caller closes it, after the registry
	Builder *build.Builder   // builds modules from source before they load; nil: modules are there
	State   string           // folder for the lists of paths, which outlive the process; nothing else is in it

	// Versions is the folder in which versions are kept, and which of them are
	// active; nothing else is in it. "": nothing is kept, nothing can be rolled back,
	// and what was sent is gone when the process ends.
	Versions string
	Keep     int             // versions kept of a plugin besides the active one
	Limits   Limits          // of all plugins together
	Grants   Grants          // of plugins that were sent
	Trust    signature.Trust // who has to have signed a plugin, in folders and sent alike; none: nobody

	Trial     Trial     // what a version has to pass before it replaces another
	Probation Probation // what it has to live up to afterwards

	Locales         []string
	DefaultLocale   string
	PrivateNetworks bool // whether a host name may resolve to a private address

	LookupEnv func(string) (string, bool) // for ${NAME} in fetch headers; nil: nothing is set
	Now       func() time.Time            // nil: time.Now
	Parallel  int                         // plugins that load at once when the registry opens; 0: one
	// Agree has the other hosts of the site do the same, before a version becomes active
	// here or a plugin goes. If it fails nothing changes. nil: this host is alone.
	Agree   func(ctx context.Context, p Proposal) error
	Changed func() // called when there is another table; returns at once; may be nil
	Events  Events
	Log     *slog.Logger // required
}

// ErrClosed is returned by what a closed Registry, or a version of it, is asked to do.
var ErrClosed = errors.New("the registry is closed")

// ErrInterrupted is returned by Reload when a rollback or removal of the plugin came
// first. Nothing has changed, and the folder may be loaded again.
var ErrInterrupted = errors.New("an operator's decision about the plugin came first")

// Registry holds the plugins of a site. Its methods may be called by many goroutines.
//
// A plugin has a place: the folder that gives it, or, if it was sent and there is
// no such folder, one that stands for that. What changes a place takes its turn.
type Registry struct {
	opt    Options
	bounds bounds
	table  atomic.Pointer[Table]

	turns     sync.Map           // place → chan struct{}: holding its one item is changing the place; taken before mu
	reloading sync.Map           // place → context.CancelCauseFunc of the Reload that has its turn
	compiling chan struct{}      // holds as many items as modules are compiled
	dismissed chan *Version      // versions that do not live up to their probation
	stop      context.CancelFunc // ends what runs; nil before open
	running   sync.WaitGroup     // what dismisses versions
	digests   digests            // of modules in files
	reached   func(step string)  // called at each step of a swap; nil but in tests

	mu       sync.Mutex
	closed   bool                // guarded by mu
	versions map[string]*Version // by place; guarded by mu
	problems map[string]Problem  // by place; guarded by mu
	waiting  map[string]*Version // for a route that another place has still; by place; guarded by mu
	records  map[string]*record  // by plugin; a record is never changed, but replaced; guarded by mu
	recents  map[string]*recent  // by plugin; guarded by mu
	reports  map[string]*Report  // the last one of each plugin, by name; guarded by mu
}

// compilations is how many modules are compiled at once: each takes a core for
// a second (LAB 8), and visitors want the others.
const compilations = 2

// Open loads the plugins in opt.Dir, and those that were sent before. Plugins
// that do not load are in the table's Problems; the error is of the folder itself, or ctx's.
func Open(ctx context.Context, opt Options) (*Registry, error) {
	r := newRegistry(opt)
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

func newRegistry(opt Options) *Registry {
	if opt.LookupEnv == nil {
		opt.LookupEnv = func(string) (string, bool) { return "", false }
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	opt.Dir = absolute(opt.Dir)
	return &Registry{
		opt: opt, bounds: defaultBounds, compiling: make(chan struct{}, compilations), dismissed: make(chan *Version, 1),
		versions: make(map[string]*Version), problems: make(map[string]Problem), waiting: make(map[string]*Version),
		records: make(map[string]*record), reports: make(map[string]*Report), recents: make(map[string]*recent),
	}
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

// Folders returns the folders that have a plugin, sorted.
func (r *Registry) Folders() ([]string, error) { return r.folders() }

// Close lets go of all versions. Generations that run may end first; later ones
// fail with ErrClosed, as does what is loading.
func (r *Registry) Close() {
	r.mu.Lock()
	r.retireAll()
	r.mu.Unlock()
	if r.stop != nil {
		r.stop()
	}
	r.running.Wait()
}

// retireAll lets go of all versions. r.mu is held.
func (r *Registry) retireAll() {
	r.closed = true
	for _, v := range r.versions {
		v.retire(ErrClosed)
	}
	for _, v := range r.waiting {
		v.retire(ErrClosed)
	}
}

// turn waits until nobody else changes a place.
func (r *Registry) turn(ctx context.Context, place string) (release func(), err error) {
	turns, _ := r.turns.LoadOrStore(place, make(chan struct{}, 1))
	turn := turns.(chan struct{})
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
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
