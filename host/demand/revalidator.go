package demand

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/route"
)

// Revalidator carries out Requests. Its methods may be called by many goroutines.
type Revalidator struct {
	Engine *isr.Engine
	Table  func() *registry.Table
	// Parallel is how many pages one call has generated at a time. Fewer than
	// the engine has workers: visitors go first, but wait for what runs.
	Parallel int
	// Confirm waits, for a short time, until the other hosts know of what was done. nil: there are none.
	Confirm func(context.Context) Hosts
}

// Do carries out a request and says what became of it. The error is an
// *InvalidError, and then nothing was done.
//
// tell, if set, is called with each result as soon as it is there, never twice
// at a time. When it returns an error, or ctx ends, no more is begun, and
// Answer.Error says so; generations that run go on, for visitors to come.
func (v *Revalidator) Do(ctx context.Context, r Request, tell func(Result) error) (*Answer, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &call{Revalidator: v, request: r, table: v.Table(), tell: tell, cancel: cancel, answer: &Answer{}}
	names := c.names(ctx)
	if err := c.paths(ctx); err == nil && r.Mode == Regenerate {
		err = c.pages(ctx, names)
		if err != nil && ctx.Err() == nil {
			cancel(err)
		}
	}
	c.answer.finish(context.Cause(ctx))
	if a := c.answer; v.Confirm != nil && a.Counts[Revalidated]+a.Counts[Marked]+a.Counts[Purged] > 0 {
		hosts := v.Confirm(ctx)
		a.Hosts = &hosts
	}
	return c.answer, nil
}

// call is one request being carried out.
type call struct {
	*Revalidator
	request Request
	table   *registry.Table // of the moment it came
	tell    func(Result) error
	cancel  context.CancelCauseFunc

	mu     sync.Mutex // guards answer, and tell from being called twice at a time
	answer *Answer
}

// say tells a result at once; note is what it becomes part of the answer by.
func (c *call) say(r Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tell == nil {
		return
	}
	if err := c.tell(r); err != nil {
		c.cancel(err)
	}
}

func (c *call) note(r Result, named bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer.add(r, named)
}

// names marks or purges what is named and is no path, and returns what was marked.
func (c *call) names(ctx context.Context) []isr.Name {
	r := &c.request
	type named struct {
		isr.Name
		Result
	}
	var all []named
	for _, tag := range unique(r.Tags) {
		all = append(all, named{isr.Name{Kind: isr.NameTag, Value: tag, Plugin: r.Plugin}, Result{Tag: tag}})
	}
	for _, source := range unique(r.Sources) {
		all = append(all, named{isr.Name{Kind: isr.NameSource, Value: source, Plugin: r.Plugin}, Result{Source: source}})
	}
	if len(r.Paths)+len(all) == 0 {
		all = append(all, named{isr.Name{Kind: isr.NamePlugin, Value: r.Plugin}, Result{Plugin: r.Plugin}})
	}
	results := c.each(ctx, len(all), func(i int) (Result, bool) {
		result := all[i].Result
		if r.Plugin != "" && !c.table.Mentions(r.Plugin) {
			result.Result, result.Status = Unknown, statusNotFound
			return result, true
		}
		return c.mark(ctx, all[i].Name, result), true
	})
	var marked []isr.Name
	for i, result := range results {
		if result.Result == Marked {
			marked = append(marked, all[i].Name)
		}
	}
	return marked
}

// each does something for each of n names, some at a time, and returns the
// results in the order of the call. do is not called any more once ctx has ended; what it
// says is not done has no result.
func (c *call) each(ctx context.Context, n int, do func(i int) (_ Result, done bool)) []Result {
	results := make([]Result, n)
	var group errgroup.Group
	group.SetLimit(max(c.Parallel, 1))
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if result, done := do(i); done {
				results[i] = result
				c.say(result)
			}
			return nil
		})
	}
	_ = group.Wait() // its functions return no errors
	for _, result := range results {
		if result.Result != "" {
			c.note(result, true)
		}
	}
	return results
}

// mark marks or purges one name.
func (c *call) mark(ctx context.Context, n isr.Name, result Result) Result {
	do := c.Engine.Invalidate
	result.Result = Marked
	if c.request.Mode == Purge {
		do, result.Result = c.Engine.Purge, Purged
	}
	// A name that has come is marked whole, also on the disk, whoever leaves.
	if err := do(context.WithoutCancel(ctx), n); err != nil {
		result.Result, result.Status, result.Error = Failed, statusFailed, err.Error()
	}
	return result
}

// paths does what was asked for with each path. The error is that of ctx.
func (c *call) paths(ctx context.Context) error {
	paths := unique(c.request.Paths)
	c.each(ctx, len(paths), func(i int) (Result, bool) { return c.path(ctx, paths[i]) })
	return context.Cause(ctx)
}

// path does what was asked for with one path. done is false if ctx ended before.
func (c *call) path(ctx context.Context, path string) (result Result, done bool) {
	result.Path = path
	p, ok := c.find(path)
	if !ok {
		result.Result, result.Status = Unknown, statusNotFound
		return result, true
	}
	if c.request.OnlyGenerated {
		if entry, _ := c.Engine.Look(ctx, p); entry == nil {
			result.Result = Skipped
			return result, ctx.Err() == nil
		}
	}
	if c.request.Mode == Mark || c.request.Mode == Purge {
		return c.mark(ctx, isr.Name{Kind: isr.NamePath, Value: p.Key}, result), true
	}
	return c.renew(ctx, p, result)
}

// renew generates a page. done is false if ctx ended before.
func (c *call) renew(ctx context.Context, p isr.Page, result Result) (_ Result, done bool) {
	entry, err := c.Engine.Renew(ctx, p)
	switch {
	case err == nil:
		result.Result, result.Status = Revalidated, status(entry)
	case ctx.Err() != nil:
		return result, false
	default:
		result.Result, result.Status, result.Error = Failed, statusFailed, err.Error()
		if errors.Is(err, isr.ErrBusy) || errors.Is(err, isr.ErrClosed) {
			result.Status = statusBusy
		}
	}
	return result, true
}

// pages generates every stored page that answers to one of the names, but for
// those that were generated since these were marked.
func (c *call) pages(ctx context.Context, names []isr.Name) error {
	if len(names) == 0 {
		return nil
	}
	done := make(map[string]bool) // by path
	for _, path := range c.request.Paths {
		if p, ok := c.find(path); ok {
			done[p.Key] = true
		}
	}
	var group errgroup.Group
	group.SetLimit(max(c.Parallel, 1))
	var failed error
	for entry, err := range c.Engine.Pages(ctx) {
		if failed = err; err != nil {
			break
		}
		if done[entry.Key] || !slices.ContainsFunc(names, func(n isr.Name) bool { return n.Covers(entry) }) {
			continue
		}
		p, ok := c.find(entry.Key)
		if !ok {
			continue // it is left of a page that visitors do not get any more
		}
		group.Go(func() error {
			result, done := Result{Path: p.Key, Result: Revalidated, Status: status(entry)}, true
			if c.Engine.Judge(entry, p.Version) != isr.Fresh {
				result, done = c.renew(ctx, p, Result{Path: p.Key})
			}
			if done {
				c.note(result, false)
				c.say(result)
			}
			return nil
		})
	}
	_ = group.Wait() // its functions return no errors
	return failed
}

// find returns the page of a path, if the site has one, and of the plugin that the call names.
func (c *call) find(path string) (isr.Page, bool) {
	key, err := route.Canonical(path)
	if err != nil {
		return isr.Page{}, false
	}
	if plain, prefixed := c.table.Unprefixed(key); prefixed {
		key = plain
	}
	match, ok := c.table.Lookup(key)
	switch {
	case !ok,
		c.request.Plugin != "" && c.request.Plugin != match.Version.Plugin,
		match.Version.Fallback == page.FallbackFalse && !match.Known():
		return isr.Page{}, false
	}
	return isr.Page{Key: key, Plugin: match.Version.Plugin, Version: match.Version.ID}, true
}

// status is what visitors get with an entry.
func status(e *isr.Entry) int {
	if e.Kind == page.KindRedirect {
		return e.Redirect.StatusCode
	}
	return e.Status
}

// unique returns the names without those that were there before.
func unique(names []string) []string {
	seen := make(map[string]bool, len(names))
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		before := seen[n]
		seen[n] = true
		return before
	})
}
