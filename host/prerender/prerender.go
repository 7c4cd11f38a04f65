// Package prerender makes every page of a site ahead of its visitors: what
// `wisr build` does.
//
// It walks the paths of every plugin and asks the engine to fill them, so that
// pages that are fresh already, as after an interrupted run, are not made again. A page
// that cannot be made is reported and stops nothing else; the older page, if there
// is one, stays.
package prerender

import (
	"context"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// maxFailures bounds the failures that a Route keeps; all are counted.
const maxFailures = 1000

// Options of a run.
type Options struct {
	Table    *registry.Table
	Engine   *isr.Engine
	Parallel int            // pages at once; at least 1
	Progress func(Progress) // called after each page; may be nil
	Now      func() time.Time
}

// Progress is how far a run has come.
type Progress struct {
	Done, Failed, Total int
	Path                string // the page that is done
	Err                 error  // why it failed
}

// Report is the outcome of a run.
type Report struct {
	Routes   []Route            `json:"routes"` // in the order of the plugins' names
	Problems []registry.Problem `json:"-"`      // plugins that did not load
	Took     time.Duration      `json:"-"`
}

// Route is the outcome for one plugin.
type Route struct {
	Plugin   string        `json:"plugin"`
	Route    string        `json:"route"`
	Fallback page.Fallback `json:"fallback"` // meaningless without parameters
	Dynamic  bool          `json:"dynamic"`

	Pages  int   `json:"pages"`  // made now or fresh before
	Made   int   `json:"made"`   // made now
	Failed int   `json:"failed"` // not made
	Bytes  int64 `json:"bytes"`  // of all bodies

	// Fuel is the least and the most work that one of its pages took.
	Fuel [2]uint64 `json:"fuel"`

	// Shortest and longest window of its pages; 0 is for ever.
	Revalidate [2]time.Duration `json:"-"`

	Failures []Failure `json:"-"` // the first of them
}

// Failure is one page that could not be made.
type Failure struct {
	Path string
	Err  error
}

// Failed is the number of pages and plugins that failed.
func (r *Report) Failed() int {
	n := len(r.Problems)
	for i := range r.Routes {
		n += r.Routes[i].Failed
	}
	return n
}

// Made is the number of pages that were made now.
func (r *Report) Made() int {
	n := 0
	for i := range r.Routes {
		n += r.Routes[i].Made
	}
	return n
}

// Run makes the pages. The report is there in any case: with an error it is of
// what was made until then. The error is ctx's, or of reading the list of paths;
// failed pages are in the report. Where ctx ends, pages that are under way are not waited for.
func Run(ctx context.Context, opt Options) (*Report, error) {
	begun := opt.Now()
	r := &run{
		opt:    opt,
		report: &Report{Problems: opt.Table.Problems},
		routes: make(map[string]*Route),
		filled: make(chan isr.Filled, max(1, opt.Parallel)),
	}
	for _, v := range opt.Table.Versions {
		if v.Err == nil {
			r.progress.Total += v.Count()
		}
	}
	err := r.all(ctx)
	r.report.Took = opt.Now().Sub(begun)
	return r.report, err
}

// run is used by one goroutine.
type run struct {
	opt      Options
	report   *Report
	routes   map[string]*Route // of report, by plugin
	progress Progress

	filled   chan isr.Filled // has room for all that are under way
	underWay int
}

// all makes the pages of all plugins.
func (r *run) all(ctx context.Context) (err error) {
	r.report.Routes = make([]Route, 0, len(r.opt.Table.Versions)) // so that none moves
	for _, v := range r.opt.Table.Versions {
		if v.Err != nil {
			continue
		}
		if err = r.walk(ctx, v); err != nil {
			break
		}
	}
	for r.underWay > 0 {
		if ended := r.wait(ctx); ended != nil {
			return ended
		}
	}
	return err
}

// walk begins the pages of one plugin.
func (r *run) walk(ctx context.Context, v *registry.Version) error {
	r.report.Routes = append(r.report.Routes, Route{
		Plugin: v.Plugin, Route: v.Route.String(), Fallback: v.Fallback, Dynamic: v.Route.Dynamic(),
	})
	r.routes[v.Plugin] = &r.report.Routes[len(r.report.Routes)-1]
	return v.Paths(ctx, func(p page.Path) error {
		for r.underWay == cap(r.filled) {
			if err := r.wait(ctx); err != nil {
				return err
			}
		}
		r.underWay++
		r.opt.Engine.Fill(isr.Page{Key: r.opt.Table.Key(p), Plugin: v.Plugin, Version: v.ID}, r.filled)
		return ctx.Err()
	})
}

// wait waits for the end of a page, and counts it.
func (r *run) wait(ctx context.Context) error {
	select {
	case f := <-r.filled:
		r.underWay--
		r.done(f)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// done counts one page.
func (r *run) done(f isr.Filled) {
	route := r.routes[f.Page.Plugin]
	r.progress.Done++
	r.progress.Path, r.progress.Err = f.Page.Key, f.Err
	if f.Err != nil {
		r.progress.Failed++
		route.Failed++
		if len(route.Failures) < maxFailures {
			route.Failures = append(route.Failures, Failure{Path: f.Page.Key, Err: f.Err})
		}
	} else {
		route.count(f.Entry, f.Made)
	}
	if r.opt.Progress != nil {
		r.opt.Progress(r.progress)
	}
}

func (r *Route) count(entry *isr.Entry, made bool) {
	window := &r.Revalidate
	if r.Pages == 0 {
		window[0], window[1] = entry.Revalidate, entry.Revalidate
		r.Fuel = [2]uint64{entry.Fuel, entry.Fuel}
	}
	r.Fuel = [2]uint64{min(r.Fuel[0], entry.Fuel), max(r.Fuel[1], entry.Fuel)}
	window[0] = shorter(window[0], entry.Revalidate)
	if shorter(window[1], entry.Revalidate) == window[1] {
		window[1] = entry.Revalidate
	}
	r.Pages++
	r.Bytes += int64(len(entry.Body))
	if made {
		r.Made++
	}
}

// shorter returns the shorter of two windows, of which 0 is the longest.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
