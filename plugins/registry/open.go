package registry

import (
	"context"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"
)

// found is what came of loading one place.
type found struct {
	place   string
	version *Version // nil: there is no plugin, or not even its name is known
	problem *Problem // with a version that works: why the newest one is not it
}

// open loads what is there: the folders, then what was sent.
func (r *Registry) open(ctx context.Context) error {
	dirs, err := r.folders()
	if err != nil {
		return err
	}
	if r.records, err = readRecords(r.opt.Versions, r.opt.Log); err != nil {
		return err
	}
	all := r.each(dirs, func(dir string) found { return r.openFolder(ctx, dir) })
	claimed := make(map[string]bool)
	for _, f := range all {
		if f.version != nil {
			claimed[f.version.Plugin] = true
		}
		if rec := r.recordOf(filepath.Base(f.place)); rec != "" {
			claimed[rec] = true
		}
	}
	var sent []string
	for plugin, rec := range r.records {
		k, ok := rec.active()
		switch {
		case claimed[plugin]:
		case ok && k.Origin == FromUpload:
			sent = append(sent, plugin)
		case len(dirs) > 0: // its folder is gone; without any, they are more likely not mounted
			delete(r.records, plugin)
			r.forget(plugin)
		}
	}
	all = append(all, r.each(sent, func(plugin string) found { return r.openSent(ctx, plugin) })...)
	r.limit(all)

	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range all {
		r.settle(f.place, f.version, f.problem)
	}
	if err := ctx.Err(); err != nil {
		r.retireAll()
		return err
	}
	r.publish()
	for place, v := range r.versions {
		if v.Err != nil || !slices.Contains(r.Table().Versions, v) {
			continue
		}
		r.resumeProbation(v)
		if err := r.remember(place, v, r.heldFor(v)); err != nil {
			r.opt.Log.Warn("a version cannot be kept for rollback", "plugin", v.Plugin, "error", err)
		}
		r.dropKept(v.Plugin, r.records[v.Plugin])
	}
	places := make([]string, len(all))
	for i, f := range all {
		places[i] = f.place
		r.sweepPaths(f.place)
	}
	r.sweepGone(places)
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	r.running.Go(func() { r.oversee(watching) })
	return nil
}

// limit leaves out what is more than the host takes: what was sent, and the last of the
// folders by name.
func (r *Registry) limit(all []found) {
	n, bytes := 0, int64(0)
	for i, f := range all {
		if f.version == nil || f.version.Err != nil {
			continue
		}
		if err := r.opt.Limits.check(n+1, bytes+f.version.bytes); err != nil {
			f.version.retire(err)
			all[i].version = f.version.asBroken(err)
			all[i].problem = &Problem{Plugin: f.version.Plugin, Dir: f.place, Err: err}
			continue
		}
		n, bytes = n+1, bytes+f.version.bytes
	}
}

// each calls f for each name, some at a time.
func (r *Registry) each(names []string, f func(string) found) []found {
	all := make([]found, len(names))
	var group errgroup.Group
	group.SetLimit(max(1, r.opt.Parallel))
	for i, name := range names {
		group.Go(func() error {
			all[i] = f(name)
			return nil
		})
	}
	_ = group.Wait() // the functions return no error
	return all
}

// openFolder loads the plugin in a folder: what the folder has, unless another
// version stands in for that, and the last one that was active if that does not load.
func (r *Registry) openFolder(ctx context.Context, dir string) found {
	a, err := r.readFolder(ctx, dir)
	plugin := r.recordOf(filepath.Base(dir))
	if a.manifest != nil {
		plugin = a.manifest.Name
	}
	rec := r.records[plugin]
	if rec != nil && r.isHeld(rec, a, err, dir) {
		if rec.Active == "" {
			return found{place: dir} // it was removed
		}
		if v := r.openKept(ctx, plugin, rec, dir); v != nil {
			return found{place: dir, version: v}
		}
	}
	v, problem := r.loadFrom(ctx, dir, a, err)
	if problem == nil && rec != nil {
		if k, ok := rec.active(); ok && k.Content != v.content {
			v, problem = r.openTried(ctx, dir, v)
		}
	}
	if problem == nil {
		r.keepWarn(v, a)
		return found{place: dir, version: v}
	}
	if rec != nil && rec.Active != "" {
		if kept := r.openKept(ctx, plugin, rec, dir); kept != nil {
			problem.Plugin, problem.unnamed = plugin, false
			return found{dir, kept, problem}
		}
	}
	return found{dir, v, problem}
}

// openTried is a version that another one was active before, after its trial.
func (r *Registry) openTried(ctx context.Context, dir string, v *Version) (*Version, *Problem) {
	report := &Report{Plugin: v.Plugin, Version: v.ID, At: r.opt.Now().UTC(), Trial: NoTrial}
	err := r.try(ctx, v, report, nil)
	if err == nil {
		return v, nil
	}
	v.close()
	err = refusedBy(report, err)
	return v.asBroken(err), &Problem{Plugin: v.Plugin, Dir: dir, Err: err}
}

// openSent loads a plugin that was sent.
func (r *Registry) openSent(ctx context.Context, plugin string) found {
	place := r.sentPlace(plugin)
	rec := r.records[plugin]
	k, _ := rec.active()
	a, err := r.readKept(plugin, k, place)
	if err != nil {
		return found{place: place, problem: &Problem{Plugin: plugin, Dir: place, Err: err}}
	}
	v, err := r.load(ctx, a)
	if err != nil {
		return found{place, v, &Problem{Plugin: plugin, Dir: place, Err: err}}
	}
	r.keepWarn(v, a)
	return found{place: place, version: v}
}

// openKept loads the version that was active, nil if that is not possible any more.
func (r *Registry) openKept(ctx context.Context, plugin string, rec *record, dir string) *Version {
	k, ok := rec.active()
	if !ok {
		return nil
	}
	a, err := r.readKept(plugin, k, dir)
	if err == nil {
		var v *Version
		if v, err = r.load(ctx, a); err == nil {
			r.keepWarn(v, a)
			return v
		}
	}
	r.opt.Log.Warn("the version that was active cannot be loaded again", "plugin", plugin, "version", k.ID, "error", err)
	return nil
}

// recordOf is the plugin that a folder gave the last time, "" for none.
func (r *Registry) recordOf(folder string) string {
	for plugin, rec := range r.records {
		if rec.Folder == folder {
			return plugin
		}
	}
	return ""
}

// isHeld tells whether a folder still has the content that another version stands in for.
func (r *Registry) isHeld(rec *record, a *bundle, err error, dir string) bool {
	if rec == nil || rec.Held == "" {
		return false
	}
	if err == nil {
		return rec.Held == a.content()
	}
	return rec.Held == r.folderContent(dir)
}
