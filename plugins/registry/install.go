package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// Reason is why another version became active, or a plugin went.
type Reason string

const (
	ReasonFolder    Reason = "folder"    // the plugin's folder changed
	ReasonUpload    Reason = "upload"    // it was sent
	ReasonRollback  Reason = "rollback"  // an operator went back
	ReasonProbation Reason = "probation" // too many generations failed
	ReasonRemoved   Reason = "removed"   // an operator removed the plugin
)

// InstallOptions of one Install.
type InstallOptions struct {
	// SkipTrial makes a version active that was not tried: for emergencies, when
	// what is live is worse than anything. It is logged as a warning.
	SkipTrial bool
	// Progress is told what is being done, in the order of the steps. It returns soon; nil: nobody.
	Progress func(Progress)
}

// Progress is a step of loading a version.
type Progress struct {
	Step string `json:"step"` // "check", "compile", "try", "swap"
	Done int    `json:"done"` // of a trial: pages generated
	Of   int    `json:"of"`   // and how many there will be
}

func (o InstallOptions) tell(p Progress) {
	if o.Progress != nil {
		o.Progress(p)
	}
}

// Install makes a version that was sent the active one of a plugin, after its
// trial. name is that of the plugin, "" for the one that the manifest tells. The
// plugin that has the name, in a folder or sent before, is replaced and is there again
// after a Rollback; a version that was sent stays active until another is, also over
// restarts, and over a folder of that name until the folder's content changes.
//
// The error is a *RefusedError, whose report is also returned, if the version
// cannot go live; then nothing has changed. The content that is active already
// is no error, and costs nothing.
//
// Installs of one plugin follow each other. When ctx ends before the swap,
// nothing has changed.
func (r *Registry) Install(ctx context.Context, name string, sent Bundle, opt InstallOptions) (report *Report, err error) {
	if !r.Behind(func() { report, err = r.install(ctx, name, sent, opt) }) {
		return nil, ErrClosed
	}
	return report, err
}

// Behind runs what a change of a plugin takes on a thread of lowered priority:
// receiving, hashing and writing a module of megabytes takes a core from visitors for
// longer than many pages do. It is false, without f, when the sandbox is closed.
func (r *Registry) Behind(f func()) bool { return r.opt.Sandbox.Behind(f) }

func (r *Registry) install(ctx context.Context, name string, sent Bundle, opt InstallOptions) (*Report, error) {
	report := &Report{Plugin: name, At: r.opt.Now().UTC(), Trial: NoTrial}
	begun := time.Now()
	opt.tell(Progress{Step: "check"})
	m, err := r.parseSent(sent.Manifest)
	if m != nil && report.Plugin == "" {
		report.Plugin = m.Name
	}
	if err != nil {
		return r.refuse(report, withCode(CodeManifest, "", err))
	}
	if m.Name != report.Plugin {
		return r.refuse(report, withCode(CodeName, "send it as "+m.Name+", or change the name", fmt.Errorf("%s is the plugin %q, and was sent as %q", manifest.FileName, m.Name, name)))
	}
	place, release, err := r.placeOf(ctx, m.Name)
	if err != nil {
		return nil, err
	}
	defer release()
	a := &bundle{manifest: m, module: sent.Module, signature: sent.Signature, origin: FromUpload, place: place}
	report.Version = a.id()
	if old := r.at(place); old != nil && old.Err == nil {
		report.Previous = old.ID
		if old.ID == report.Version {
			report.Outcome, report.Took = Unchanged, time.Since(begun)
			return report, nil
		}
	}
	opt.tell(Progress{Step: "compile"})
	v, err := r.load(ctx, a)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		r.discard(v, err)
		return r.refuse(report, err)
	}
	if opt.SkipTrial {
		report.Trial = TrialSkipped
		r.opt.Log.Warn("a version goes live without a trial, as was asked for", "plugin", v.Plugin, "version", v.Short())
	} else if err := r.try(ctx, v, report, opt.tell); err != nil {
		r.discard(v, err)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return r.refuse(report, err)
	}
	opt.tell(Progress{Step: "swap"})
	if err := r.keep(v, a); err != nil {
		r.discard(v, err)
		return r.refuse(report, withCode(CodeKeep, fixKeep, fmt.Errorf("keep the version: %w", err)))
	}
	r.reach(stepKept)
	return r.activate(ctx, change{place: place, version: v, held: r.held(place), reason: ReasonUpload}, report, begun)
}

// Rollback makes an earlier version of a plugin active again: the one with an
// ID, of which the first characters will do, or for "" the one that came before
// the active one. There is no trial: it worked before, and an upstream that is down
// now must not keep it from coming back. Its pages are the last that it made.
func (r *Registry) Rollback(ctx context.Context, name, version string) (*Report, error) {
	return r.rollback(ctx, name, version, ReasonRollback, func(*Version) error { return nil })
}

// rollback goes back to a version that check has nothing against once it is loaded.
func (r *Registry) rollback(ctx context.Context, name, version string, why Reason, check func(*Version) error) (*Report, error) {
	report := &Report{Plugin: name, At: r.opt.Now().UTC(), Trial: NoTrial}
	begun := time.Now()
	r.interrupt(name)
	place, release, err := r.placeOf(ctx, name)
	if err != nil {
		return nil, err
	}
	defer release()
	r.mu.Lock()
	rec, old := r.records[name], r.versions[place]
	r.mu.Unlock()
	if old == nil && rec == nil {
		return r.refuse(report, withCode(CodeNoPlugin, "", fmt.Errorf("there is no plugin %q", name)))
	}
	if old != nil {
		report.Previous = old.ID
	}
	k, err := rec.target(version)
	if err != nil {
		return r.refuse(report, withCode(CodeUnknown, "", err))
	}
	report.Version = k.ID
	if old != nil && old.Err == nil && old.ID == k.ID {
		report.Outcome, report.Took = Unchanged, time.Since(begun)
		return report, nil
	}
	a, err := r.readKept(name, k, place)
	if err != nil {
		return r.refuse(report, err)
	}
	a.urgent = true
	v, err := r.load(ctx, a)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return r.refuse(report, err)
	}
	if err := check(v); err != nil {
		r.discard(v, err)
		return nil, err
	}
	return r.activate(ctx, change{place: place, version: v, held: r.held(place), reason: why}, report, begun)
}

// target is the kept version that a rollback means.
func (rec *record) target(version string) (Kept, error) {
	if rec == nil {
		return Kept{}, errors.New("no versions are kept")
	}
	if version == "" {
		at := slices.IndexFunc(rec.Versions, func(k Kept) bool { return k.ID == rec.Active })
		if at+1 >= len(rec.Versions) {
			return Kept{}, errors.New("no earlier version is kept")
		}
		return rec.Versions[at+1], nil
	}
	var found []Kept
	for _, k := range rec.Versions {
		if strings.HasPrefix(k.ID, version) {
			found = append(found, k)
		}
	}
	switch len(found) {
	case 0:
		return Kept{}, fmt.Errorf("no version %s is kept", version)
	case 1:
		return found[0], nil
	}
	return Kept{}, fmt.Errorf("%d versions begin with %s", len(found), version)
}

// Remove takes a plugin and all its versions away. If a folder gives it, the folder
// stays as it is, and the plugin away until the folder's content changes.
// Its pages are nobody's any more. The error is a *RefusedError if there is no such plugin.
func (r *Registry) Remove(ctx context.Context, name string) error {
	r.interrupt(name)
	place, release, err := r.placeOf(ctx, name)
	if err != nil {
		return err
	}
	defer release()
	if r.at(place) == nil {
		_, err := r.refuse(&Report{Plugin: name, At: r.opt.Now().UTC(), Trial: NoTrial}, withCode(CodeNoPlugin, "", fmt.Errorf("there is no plugin %q", name)))
		return err
	}
	return r.take(ctx, name, place, false)
}

// take is Remove in the place's turn; agreed tells that the other hosts know.
func (r *Registry) take(ctx context.Context, name, place string, agreed bool) error {
	held := r.held(place)
	c := change{place: place, held: held, reason: ReasonRemoved, agreed: agreed}
	if err := r.agree(ctx, c, name); err != nil {
		return err
	}
	if held != "" {
		if err := r.rememberRemoved(name, place, held); err != nil {
			return fmt.Errorf("remove plugin %s: keep that it is removed: %w", name, err)
		}
	}
	if err := r.commit(ctx, c); err != nil {
		return err
	}
	r.changed()
	r.opt.Events.removed(name, ReasonRemoved)
	return nil
}

// activate commits a version and tells about it.
func (r *Registry) activate(ctx context.Context, c change, report *Report, begun time.Time) (*Report, error) {
	err := r.agree(ctx, c, report.Plugin)
	if err != nil {
		r.discard(c.version, err)
	} else {
		err = r.commit(ctx, c)
	}
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, ErrClosed) {
			return nil, err
		}
		return r.refuse(report, err)
	}
	report.Outcome, report.Took = Live, time.Since(begun)
	r.note(report)
	r.changed()
	r.opt.Events.swapped(Swapped{Plugin: report.Plugin, Version: report.Version, Previous: report.Previous, Reason: c.reason, Report: report})
	return report, nil
}

// refuse completes the report of a version that does not go live.
func (r *Registry) refuse(report *Report, cause error) (*Report, error) {
	refused := refusedBy(report, cause)
	r.note(report)
	r.opt.Events.refused(report)
	return report, refused
}

// note keeps the last report of a plugin that is there.
func (r *Registry) note(report *Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if report.Outcome == Refused && !r.Table().Mentions(report.Plugin) {
		return // names of strangers' making would pile up
	}
	r.reports[report.Plugin] = report
}

func (r *Registry) changed() {
	if r.opt.Changed != nil {
		r.opt.Changed()
	}
}

// placeOf takes the turn of the place that has a plugin of a name, or is to have it.
func (r *Registry) placeOf(ctx context.Context, name string) (place string, release func(), err error) {
	for {
		place = r.findPlace(name)
		if release, err = r.turn(ctx, place); err != nil {
			return "", nil, err
		}
		if r.findPlace(name) == place {
			return place, release, nil
		}
		release() // it moved meanwhile
	}
}

// findPlace is where a plugin is, or would be.
func (r *Registry) findPlace(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	place := r.sentPlace(name)
	for at, v := range r.versions {
		if v.Plugin == name && (place == r.sentPlace(name) || slices.Contains(r.Table().Versions, v)) {
			place = at // of two folders with one name, the one that is served
		}
	}
	return place
}

// at is the version in a place, nil for none.
func (r *Registry) at(place string) *Version {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.versions[place]
}

// held is the content of the folder that a place is, "" if it is none.
func (r *Registry) held(place string) string {
	if isSent(place) {
		return ""
	}
	return r.folderContent(place)
}
