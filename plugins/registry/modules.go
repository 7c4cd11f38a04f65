package registry

import (
	"maps"
	"slices"
)

// Compiled code is on the disk under the digest of its module. It goes with the
// last version that has the module: a host that is deployed to every hour would
// fill the disk.

// Modules returns the digests of the modules that are needed, now or for a rollback.
func (r *Registry) Modules() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.modules()))
}

// modules are the digests of the modules that are needed. r.mu is held.
func (r *Registry) modules() map[string]bool {
	needed := make(map[string]bool)
	for _, set := range []map[string]*Version{r.versions, r.waiting} {
		for _, v := range set {
			needed[v.digest] = true
		}
	}
	for _, rec := range r.records {
		for _, k := range rec.Versions {
			needed[k.Module] = true
		}
	}
	delete(needed, "")
	return needed
}

// forgetModule drops the compiled code of a module if it is not needed. r.mu is held.
func (r *Registry) forgetModule(digest string) {
	if digest != "" && !r.modules()[digest] {
		r.opt.Sandbox.Forget(digest)
	}
}

// forgetModules is forgetModule of all that a record named. r.mu is held.
func (r *Registry) forgetModules(rec *record) {
	for _, k := range rec.Versions {
		r.forgetModule(k.Module)
	}
}

// discard lets go of a version that does not go live.
func (r *Registry) discard(v *Version, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.letGoOf(v, why)
}

// letGoOf retires a version that is nowhere any more. Its module is forgotten
// first, so that it takes the place of no other one that may come back. r.mu is held.
func (r *Registry) letGoOf(v *Version, why error) {
	r.forgetModule(v.digest)
	v.retire(why)
}
