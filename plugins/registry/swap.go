package registry

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// A swap goes through these steps; killed at any of them, the host comes back
// with the old version or the new one:
//
//	load     the new version is compiled, and its paths are known
//	try      it passed its trial
//	write    its files are on the disk
//	keep     and have their names
//	record   it is the active one after a restart
//	swap     visitors get it
//	drain    generations of the old one end, then it is closed
//	drop     versions that are too many go, with their lists and pages
const (
	stepWritten  = "written"
	stepKept     = "kept"
	stepRecorded = "recorded"
	stepSwapped  = "swapped"
	stepDropped  = "dropped"
)

func (r *Registry) reach(step string) {
	if r.reached != nil {
		r.reached(step)
	}
}

// change is what is to become of a place.
type change struct {
	place   string
	version *Version // nil: the plugin goes
	problem *Problem // why there is no new version
	held    string   // see record.Held
	reason  Reason
	agreed  bool // by all hosts, if there are many
}

// commit makes a change. The place's turn is held. If the version cannot take
// the place, the error says why, it is let go of, and nothing has changed but that
// a folder has a problem, and that its version waits if another plugin has its route.
func (r *Registry) commit(ctx context.Context, c change) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if waits := r.waiting[c.place]; waits != nil {
		delete(r.waiting, c.place)
		waits.retire(ErrRetired)
	}
	err := ctx.Err()
	if r.closed {
		err = ErrClosed
	}
	if err == nil && c.works() {
		if refused := r.fits(c); refused != nil {
			if r.waiting[c.place] != c.version {
				r.letGoOf(c.version, refused)
			}
			if c.reason != ReasonFolder {
				return refused
			}
			c.version, c.problem = nil, &Problem{Plugin: c.version.Plugin, Dir: c.place, Err: refused}
		}
	}
	if err == nil && c.works() {
		if c.reason == ReasonFolder || c.reason == ReasonUpload {
			r.putOnProbation(c.version, r.versions[c.place])
		}
		err = r.record(c)
	}
	if err != nil {
		if c.version != nil {
			c.version.retire(err)
		}
		return err
	}
	r.reach(stepRecorded)
	old := r.settle(c.place, c.version, c.problem)
	retired := append(r.settleWaiting(), old)
	r.publish()
	r.reach(stepSwapped)
	for _, v := range retired {
		if v != nil {
			// Only now: who finds it retired looks into the table for the next one.
			r.letGoOf(v, ErrRetired)
		}
	}
	if old != nil && (c.version == nil || c.version.Plugin != old.Plugin) {
		r.letGo(old.Plugin, c)
	}
	if old != nil {
		r.forgetModule(old.digest)
	}
	if c.works() {
		r.dropKept(c.version.Plugin, r.records[c.version.Plugin])
	}
	r.sweepPaths(c.place)
	r.reach(stepDropped)
	if c.problem != nil {
		return c.problem.Err
	}
	return nil
}

// works tells whether the change is to a version that can run.
func (c change) works() bool { return c.version != nil && c.problem == nil }

// record makes the change's version the active one for the next start. What is in a
// folder is found again there, so that it may go live on a full disk.
func (r *Registry) record(c change) error {
	err := r.remember(c.place, c.version, c.held)
	if err != nil && c.reason == ReasonFolder {
		r.opt.Log.Warn("a version cannot be kept for rollback", "plugin", c.version.Plugin, "error", err)
		return nil
	}
	return withCode(CodeKeep, fixKeep, err)
}

// fixKeep is what to do when something cannot be written.
const fixKeep = "free some space, or make the folder .wisr writable"

// letGo forgets a plugin that its place does not have any more. r.mu is held.
func (r *Registry) letGo(plugin string, c change) {
	delete(r.reports, plugin)
	if c.reason == ReasonRemoved && c.held != "" {
		return // remembered as removed
	}
	rec := r.records[plugin]
	delete(r.records, plugin)
	delete(r.recents, plugin)
	r.forget(plugin)
	if rec != nil {
		r.forgetModules(rec)
	}
}

// fits refuses a version whose name or route another place has, or for which
// there is no room. One of a folder waits until the route is free, so that two
// plugins may change places, in whichever order their folders are loaded. r.mu is held.
func (r *Registry) fits(c change) error {
	bytes, n := c.version.bytes, 1
	for place, other := range r.versions {
		if place != c.place {
			bytes, n = bytes+other.bytes, n+1
		}
	}
	if err := r.opt.Limits.check(n, bytes); err != nil {
		return err
	}
	r.waiting[c.place] = c.version
	defer func() {
		if c.version == r.waiting[c.place] && c.reason != ReasonFolder {
			delete(r.waiting, c.place)
		}
	}()
	if slices.Contains(r.ready(), c.place) {
		delete(r.waiting, c.place)
		return nil
	}
	old := r.versions[c.place]
	if c.reason == ReasonFolder && (old == nil || old.Err != nil) {
		delete(r.waiting, c.place)
		return nil // it takes nothing from anybody: publish leaves it out as long as it must
	}
	return collision(r.versions, c.place, c.version)
}

// ready are the places whose waiting versions can be swapped in now, all of them together.
func (r *Registry) ready() []string {
	all := maps.Clone(r.versions)
	maps.Copy(all, r.waiting)
	places := slices.Sorted(maps.Keys(r.waiting))
	if !slices.ContainsFunc(places, func(place string) bool { return collision(all, place, all[place]) != nil }) {
		return places
	}
	some := maps.Clone(r.versions)
	return slices.DeleteFunc(places, func(place string) bool {
		if collision(some, place, r.waiting[place]) != nil {
			return true
		}
		some[place] = r.waiting[place]
		return false
	})
}

// settleWaiting swaps in the versions that waited and need not any more. It
// returns those that they replace. r.mu is held.
func (r *Registry) settleWaiting() (old []*Version) {
	for _, place := range r.ready() {
		v := r.waiting[place]
		delete(r.waiting, place)
		r.putOnProbation(v, r.versions[place])
		if err := r.remember(place, v, ""); err != nil {
			r.opt.Log.Warn("a version cannot be kept for rollback", "plugin", v.Plugin, "error", err)
		}
		old = append(old, r.settle(place, v, nil))
	}
	return old
}

// collision tells what keeps a version from a place: another one with its name
// or route.
func collision(versions map[string]*Version, place string, v *Version) error {
	for _, at := range slices.Sorted(maps.Keys(versions)) {
		other := versions[at]
		if at == place {
			continue
		}
		if other.Plugin == v.Plugin {
			return withCode(CodeName, "give one of them another name", fmt.Errorf("the name %q is taken by the plugin in %s", v.Plugin, at))
		}
		if other.Err == nil && other.Route.Shape() == v.Route.Shape() {
			return &ConflictError{Plugin: v.Plugin, Route: v.Route.String(), Other: other.Plugin, OtherRoute: other.Route.String()}
		}
	}
	return nil
}

// settle takes in the result of loading a place, neither a version nor a
// problem if it has no plugin any more. It returns the version that is not needed
// any longer, if there is one. r.mu is held.
func (r *Registry) settle(place string, v *Version, problem *Problem) (old *Version) {
	old = r.versions[place]
	if v != nil && v.recent != nil {
		r.recents[v.Plugin] = v.recent
	}
	delete(r.problems, place)
	if problem == nil {
		delete(r.versions, place)
		if v != nil {
			r.versions[place] = v
		}
		return old
	}
	if v == nil && old != nil { // the manifest does not tell any more whose it is
		problem.Plugin, problem.unnamed = old.Plugin, false
		v = broken(old.Manifest, problem.Err)
	}
	r.problems[place] = *problem
	if v == nil || old != nil && old.Err == nil {
		return nil // the good version stays, if there is one
	}
	r.versions[place] = v
	return old
}

// remember makes a version the active one for the next start. r.mu is held.
func (r *Registry) remember(place string, v *Version, held string) error {
	if r.opt.Versions == "" {
		return nil
	}
	next := &record{Active: v.ID, Held: held}
	if v.watch != nil {
		next.Probation = &v.watch.probation
	}
	if !isSent(place) {
		next.Folder = filepath.Base(place)
	}
	this := Kept{ID: v.ID, Content: v.content, Module: v.digest, Origin: v.Origin, Since: r.opt.Now().UTC(), Bytes: v.bytes}
	rec := r.records[v.Plugin]
	if rec != nil {
		next.Versions = slices.DeleteFunc(slices.Clone(rec.Versions), func(k Kept) bool {
			return k.Content == v.content && k.ID != v.ID // what an older wisr made of the same
		})
	}
	if _, kept := next.find(v.ID); !kept {
		next.Versions = slices.Insert(next.Versions, 0, this)
	}
	others := 0
	next.Versions = slices.DeleteFunc(next.Versions, func(k Kept) bool {
		if k.ID == v.ID {
			return false
		}
		others++
		return others > r.opt.Keep
	})
	if rec != nil && rec.same(next) {
		return nil
	}
	if err := r.writeRecord(v.Plugin, next); err != nil {
		return fmt.Errorf("keep which version is active: %w", err)
	}
	r.records[v.Plugin] = next
	if rec != nil {
		r.forgetModules(rec)
	}
	return nil
}

func (rec *record) same(other *record) bool {
	return rec.Active == other.Active && rec.Folder == other.Folder && rec.Held == other.Held &&
		(rec.Probation == other.Probation || rec.Probation != nil && other.Probation != nil && *rec.Probation == *other.Probation) &&
		slices.Equal(rec.Versions, other.Versions)
}

// heldFor is what a version that is loaded at the start stands in for, as it did before.
func (r *Registry) heldFor(v *Version) string {
	if rec := r.records[v.Plugin]; rec != nil && rec.Held != "" {
		if k, ok := rec.active(); ok && k.Content == v.content {
			return rec.Held
		}
	}
	return ""
}

// sentPlace is the place of a plugin that no folder gives.
func (r *Registry) sentPlace(plugin string) string {
	return filepath.Join(r.opt.Dir, sentPrefix+plugin)
}

const sentPrefix = "@"

func isSent(place string) bool {
	return strings.HasPrefix(filepath.Base(place), sentPrefix)
}
