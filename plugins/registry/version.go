package registry

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// ErrRetired is returned by Generate when another version has taken over and
// this one is gone: look the path up again.
var ErrRetired = errors.New("this version was replaced")

// Version is one loaded version of a plugin. What it exports never changes.
type Version struct {
	Plugin   string
	ID       string // content address: hex SHA-256; "" if the module could not be read
	Manifest *manifest.Manifest
	Route    route.Pattern
	Fallback page.Fallback // FallbackBlocking for a route without parameters
	Err      error         // why it cannot run; nil: it can
	Origin   Origin

	content string // see bundle.content
	digest  string // of the module, hex SHA-256
	bytes   int64  // of the module

	module *sandbox.Module
	fetch  *egress.Client
	paths  pathList
	recent *recent

	owner    *Registry
	outcomes outcomes
	watch    *watch // nil if it is not on probation; set before it is in a table

	shells sync.Map           // by locale: *Generated
	making singleflight.Group // of shells, by locale

	mu      sync.Mutex
	running int   // guarded by mu
	retired error // what Generate returns from now on; nil in service; guarded by mu
}

// Has tells whether getStaticPaths listed a path of the route in a locale, ""
// for the default one. A route without parameters is its own only path.
func (v *Version) Has(path, locale string) bool {
	return !v.Route.Dynamic() || v.paths.has(page.Path{Path: path, Locale: locale})
}

// Count is the number of paths that a build has to make.
func (v *Version) Count() int {
	if !v.Route.Dynamic() {
		return 1
	}
	return len(v.paths.sums)
}

// Paths calls yield for each path that a build has to make, once each and as many
// as Count, in the order that getStaticPaths gave them. The error is ctx's, yield's,
// or says that the list was damaged since it was made.
func (v *Version) Paths(ctx context.Context, yield func(page.Path) error) error {
	if !v.Route.Dynamic() {
		path, err := v.Route.Path(nil)
		if err != nil {
			return err
		}
		return yield(page.Path{Path: path})
	}
	return v.paths.each(ctx, yield)
}

// acquire keeps the version's module open until release.
func (v *Version) acquire() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.retired != nil {
		return v.retired
	}
	v.running++
	return nil
}

func (v *Version) release() {
	v.mu.Lock()
	v.running--
	last := v.retired != nil && v.running == 0
	v.mu.Unlock()
	if last {
		v.close()
	}
}

// retire closes the version once its last generation has ended; later ones fail
// with an error that says why.
func (v *Version) retire(why error) {
	v.mu.Lock()
	last := v.retired == nil && v.running == 0
	if v.retired == nil {
		v.retired = why
	}
	v.mu.Unlock()
	if last {
		v.close()
	}
}

func (v *Version) close() {
	if v.module != nil {
		// Freeing compiled code has nothing left to fail for a caller to act on.
		_ = v.module.Close(context.Background())
	}
	if v.fetch != nil {
		v.fetch.Close()
	}
}
