package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
)

// Probation is what a version has to live up to after it replaced another. If
// more of its generations fail than of the other's, that one comes back by
// itself, unless it fails on the same pages: then the fault is not the version's.
type Probation struct {
	Window         time.Duration // how long; 0: none
	MinFailures    int           // generations that must have failed before it is judged
	MaxRatePercent int           // by how many points more of its generations may fail than of the replaced version's
}

// ProbationStatus is how a version does.
type ProbationStatus struct {
	Until       time.Time `json:"until"`
	Previous    string    `json:"previous"`    // the version that would come back
	Generations int       `json:"generations"` // the last ones, 64 at most
	Failures    int       `json:"failures"`    // of those
	Before      int       `json:"before"`      // percent of the other version's that had failed
}

// probation is that of one version. It is part of its record.
type probation struct {
	Previous string    `json:"previous"`
	Until    time.Time `json:"until"`
	Before   int       `json:"before"` // see ProbationStatus
}

// watch is what a version on probation has besides.
type watch struct {
	probation
	notBefore atomic.Int64 // unix nanoseconds: until then the fault was found elsewhere
}

// excused is how long a version is let be whose predecessor failed on the same pages.
const excused = time.Minute

// putOnProbation has v watched, which is to replace old. r.mu is held.
func (r *Registry) putOnProbation(v, old *Version) {
	if r.opt.Probation.Window <= 0 || old == nil || old.Err != nil || old.content == v.content {
		return
	}
	v.watch = &watch{probation: probation{
		Previous: old.ID,
		Until:    r.opt.Now().UTC().Add(r.opt.Probation.Window),
		Before:   percent(old.outcomes.count()),
	}}
}

// resumeProbation has v watched as it was before a restart, or, if it is another
// version than was active then, from now on. r.mu is held.
func (r *Registry) resumeProbation(v *Version) {
	rec := r.records[v.Plugin]
	if rec == nil || r.opt.Probation.Window <= 0 {
		return
	}
	switch k, ok := rec.active(); {
	case ok && k.Content != v.content:
		r.putOnProbation(v, &Version{ID: k.ID, content: k.Content})
	case rec.Probation != nil && r.opt.Now().Before(rec.Probation.Until):
		v.watch = &watch{probation: *rec.Probation}
	}
}

// ended notes how a generation of a version ended, and sends the version to
// be dismissed if it does not live up to its probation.
func (v *Version) ended(in page.Input, err error) {
	if in.DraftMode || errors.Is(err, ErrRetired) || errors.Is(err, ErrClosed) || errors.Is(err, context.Canceled) {
		return
	}
	failures, n := v.outcomes.add(in, err != nil)
	if err == nil || v.watch == nil || !v.watch.fails(v.owner.opt.Probation, v.owner.opt.Now(), failures, n) {
		return
	}
	select {
	case v.owner.dismissed <- v:
	default: // the next one that fails asks again
	}
}

// fails tells whether a version of whose last n generations some failed is to go.
func (w *watch) fails(rule Probation, now time.Time, failures, n int) bool {
	return !now.After(w.Until) && now.UnixNano() >= w.notBefore.Load() &&
		failures >= rule.MinFailures && percent(failures, n) > w.Before+rule.MaxRatePercent
}

// oversee dismisses versions until ctx ends.
func (r *Registry) oversee(ctx context.Context) {
	for {
		select {
		case v := <-r.dismissed:
			r.dismiss(ctx, v)
		case <-ctx.Done():
			return
		}
	}
}

// dismiss brings back the version before v, if v is active still and the other one does better.
func (r *Registry) dismiss(ctx context.Context, v *Version) {
	if !slices.Contains(r.Table().Versions, v) || r.opt.Now().UnixNano() < v.watch.notBefore.Load() {
		return
	}
	failures, n := v.outcomes.count()
	report := &Report{Plugin: v.Plugin, Version: v.ID, Previous: v.watch.Previous, At: r.opt.Now().UTC(), Trial: NoTrial}
	cause := fmt.Errorf("%d of its last %d generations failed, and %d%% of those of the version before", failures, n, v.watch.Before)
	log := r.opt.Log.With("plugin", v.Plugin, "version", v.Short(), "failures", failures, "generations", n)
	_, err := r.rollback(ctx, v.Plugin, v.watch.Previous, ReasonProbation, func(previous *Version) error {
		if !slices.Contains(r.Table().Versions, v) {
			return ErrRetired
		}
		return previous.better(ctx, v.outcomes.failing())
	})
	switch {
	case err == nil:
		log.Error("too many pages failed; the version before is back", "back", v.watch.Previous)
		_, _ = r.refuse(report, withCode(CodeProbation, "", cause))
	case ctx.Err() == nil && !errors.Is(err, ErrRetired):
		v.watch.notBefore.Store(r.opt.Now().Add(excused).UnixNano())
		log.Warn("too many pages fail; the version before does not come back", "error", err)
	}
}

// failing are the pages that failed lately.
func (o *outcomes) failing() []page.Input {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.lately)
}

// better tells whether v makes one of the pages that another version could not make.
func (v *Version) better(ctx context.Context, pages []page.Input) error {
	var last error
	for _, in := range pages {
		if _, last = v.generate(ctx, in, page.ReasonBuild); last == nil {
			return nil
		}
	}
	return fmt.Errorf("it fails on the same pages, so the fault is elsewhere: %w", last)
}

// probation is how an active version does, nil if it is not on probation.
func (r *Registry) probation(v *Version) *ProbationStatus {
	if v.watch == nil || !r.opt.Now().Before(v.watch.Until) {
		return nil
	}
	failures, n := v.outcomes.count()
	return &ProbationStatus{Until: v.watch.Until, Previous: v.watch.Previous, Generations: n, Failures: failures, Before: v.watch.Before}
}
