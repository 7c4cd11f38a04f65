package registry

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Reload loads the plugin in a folder of opt.Dir again. If that fails, or its
// trial does, the version that was serving goes on serving, and the error says why. A
// folder that has no plugin any more is let go of.
//
// It gives way to Rollback and Remove: see ErrInterrupted.
func (r *Registry) Reload(ctx context.Context, dir string) error {
	dir = absolute(dir)
	if filepath.Dir(dir) != r.opt.Dir {
		return fmt.Errorf("%s is no folder of the plugins folder %s", dir, r.opt.Dir)
	}
	release, err := r.turn(ctx, dir)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.reloading.Store(dir, cancel)
	defer r.reloading.Delete(dir)
	err = r.reload(ctx, dir)
	if err != nil && errors.Is(context.Cause(ctx), ErrInterrupted) {
		return ErrInterrupted
	}
	return err
}

// interrupt ends what is being done about a plugin's folder: an operator who takes
// a bad version back must not wait until another one is compiled and tried.
func (r *Registry) interrupt(plugin string) {
	if cancel, found := r.reloading.Load(r.findPlace(plugin)); found {
		cancel.(context.CancelCauseFunc)(ErrInterrupted)
	}
}

// reload is Reload in the folder's turn.
func (r *Registry) reload(ctx context.Context, dir string) error {
	if !holdsPlugin(dir) {
		return r.vanished(ctx, dir)
	}
	begun := time.Now()
	a, err := r.readFolder(ctx, dir)
	if a.manifest != nil {
		unlock, err := r.takeOver(ctx, a.manifest.Name, dir)
		if err != nil {
			return err
		}
		defer unlock()
		r.mu.Lock()
		rec := r.records[a.manifest.Name]
		r.mu.Unlock()
		if r.isHeld(rec, a, err, dir) {
			return r.standsIn(ctx, dir)
		}
	}
	if !r.Behind(func() { err = r.replace(ctx, dir, a, err, begun) }) {
		return ErrClosed
	}
	return err
}

// replace makes what was read of a folder the active version, unless reading it
// failed or its trial does.
func (r *Registry) replace(ctx context.Context, dir string, a *bundle, err error, begun time.Time) error {
	v, problem := r.loadFrom(ctx, dir, a, err)
	report := &Report{Plugin: filepath.Base(dir), At: r.opt.Now().UTC(), Trial: NoTrial}
	if v != nil {
		report.Plugin, report.Version = v.Plugin, v.ID
	}
	old := r.at(dir)
	if old != nil && old.Err == nil {
		report.Previous = old.ID
	}
	if problem == nil {
		if err := r.try(ctx, v, report, nil); err != nil {
			r.discard(v, err)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			v, problem = nil, &Problem{Plugin: v.Plugin, Dir: dir, Err: refusedBy(report, err)}
		} else {
			r.keepWarn(v, a)
			r.reach(stepKept)
		}
	}
	return r.settleFolder(ctx, change{place: dir, version: v, problem: problem, reason: ReasonFolder}, report, begun)
}

// settleFolder commits what came of loading a folder and tells about it.
func (r *Registry) settleFolder(ctx context.Context, c change, report *Report, begun time.Time) error {
	if c.works() && report.Version != report.Previous {
		if err := r.agree(ctx, c, c.version.Plugin); err != nil {
			r.discard(c.version, err)
			c.version, c.problem = nil, &Problem{Plugin: c.version.Plugin, Dir: c.place, Err: refusedBy(report, err)}
		}
	}
	err := r.commit(ctx, c)
	if err != nil && (ctx.Err() != nil || errors.Is(err, ErrClosed)) {
		return err
	}
	report.Took = time.Since(begun)
	r.changed()
	if err != nil {
		_, _ = r.refuse(report, err)
		return err
	}
	if report.Version != report.Previous {
		report.Outcome = Live
		r.note(report)
		r.opt.Events.swapped(Swapped{Plugin: report.Plugin, Version: report.Version, Previous: report.Previous, Reason: c.reason, Report: report})
	}
	return nil
}

// loadFrom loads what was read of a folder, unless reading it failed.
func (r *Registry) loadFrom(ctx context.Context, dir string, a *bundle, err error) (*Version, *Problem) {
	if a.manifest == nil {
		return nil, &Problem{Plugin: filepath.Base(dir), Dir: dir, Err: err, unnamed: true}
	}
	var v *Version
	if err == nil {
		v, err = r.load(ctx, a)
	} else {
		v = broken(a.manifest, err)
	}
	if err != nil {
		return v, &Problem{Plugin: v.Plugin, Dir: dir, Err: err}
	}
	return v, nil
}

// vanished lets go of a folder that has no plugin any more. A version that was
// sent stays: it did not come from there.
func (r *Registry) vanished(ctx context.Context, dir string) error {
	old := r.at(dir)
	if old != nil && old.Err == nil && old.Origin == FromUpload {
		return r.move(ctx, dir, r.sentPlace(old.Plugin))
	}
	if err := r.commit(ctx, change{place: dir, reason: ReasonFolder}); err != nil {
		return err
	}
	r.changed()
	if old != nil {
		r.opt.Events.removed(old.Plugin, ReasonFolder)
	}
	return nil
}

// takeOver gives a folder the place of a plugin that was sent and has its name:
// whatever comes of the folder, the version that was sent serves until then.
func (r *Registry) takeOver(ctx context.Context, plugin, dir string) (release func(), err error) {
	sent := r.sentPlace(plugin)
	release, err = r.turn(ctx, sent)
	if err != nil || r.at(sent) == nil || r.at(dir) != nil {
		return release, err
	}
	return release, r.move(ctx, sent, dir)
}

// move gives what is in a place to another one that is empty.
func (r *Registry) move(ctx context.Context, from, to string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	v := r.versions[from]
	if v == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	r.linkList(v, from, to)
	delete(r.versions, from)
	delete(r.problems, from)
	r.versions[to] = v
	r.publish()
	return r.remember(to, v, "")
}

// standsIn leaves a folder alone whose content another version stands in for.
func (r *Registry) standsIn(ctx context.Context, dir string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, had := r.problems[dir]; had {
		delete(r.problems, dir)
		r.publish()
	}
	return ctx.Err()
}

// keepWarn keeps a version that is also in its folder: without a copy it serves all the same.
func (r *Registry) keepWarn(v *Version, a *bundle) {
	if err := r.keep(v, a); err != nil {
		r.opt.Log.Warn("a version cannot be kept for rollback", "plugin", v.Plugin, "version", v.Short(), "error", err)
	}
}
