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
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

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
	Progress func(Progress) // called after each page, one call at a time; may be nil
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
// failed pages are in the report.
func Run(ctx context.Context, opt Options) (*Report, error) {
	begun := opt.Now()
	r := &run{opt: opt, report: &Report{Problems: opt.Table.Problems}}
	for _, v := range opt.Table.Versions {
		if v.Err == nil {
			r.progress.Total += v.Count()
		}
	}
	var err error
	for _, v := range opt.Table.Versions {
		if v.Err != nil {
			continue
		}
		if err = r.walk(ctx, v); err != nil {
			break
		}
	}
	r.report.Took = opt.Now().Sub(begun)
	return r.report, err
}

type run struct {
	opt    Options
	report *Report

	mu       sync.Mutex
	progress Progress // guarded by mu
}

// walk makes the pages of one plugin.
func (r *run) walk(ctx context.Context, v *registry.Version) error {
	r.report.Routes = append(r.report.Routes, Route{
		Plugin: v.Plugin, Route: v.Route.String(), Fallback: v.Fallback, Dynamic: v.Route.Dynamic(),
	})
	route := &r.report.Routes[len(r.report.Routes)-1]
	var group errgroup.Group
	group.SetLimit(max(1, r.opt.Parallel))
	err := v.Paths(ctx, func(p page.Path) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		group.Go(func() error {
			key := r.opt.Table.Key(p)
			entry, made, err := r.opt.Engine.Fill(ctx, isr.Page{Key: key, Plugin: v.Plugin, Version: v.ID})
			if ctx.Err() == nil {
				r.done(route, key, entry, made, err)
			}
			return nil
		})
		return nil
	})
	_ = group.Wait() // its functions return no error
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// done counts one page.
func (r *run) done(route *Route, key string, entry *isr.Entry, made bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress.Done++
	r.progress.Path, r.progress.Err = key, err
	if err != nil {
		r.progress.Failed++
		route.Failed++
		if len(route.Failures) < maxFailures {
			route.Failures = append(route.Failures, Failure{Path: key, Err: err})
		}
	} else {
		route.count(entry, made)
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
