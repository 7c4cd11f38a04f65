package isr

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
)

// A flight is one generation of one path, from being asked for to its end.
type flight struct {
	page Page
	done chan struct{} // closed at its end; entry and err are set by then

	// Guarded by Engine.mu until it runs, then constant.
	wish         // of all who joined
	order uint64 // of arrival
	index int    // in the queue; -1: not there

	started time.Time // guarded by Engine.mu; zero while it waits
	landed  bool      // guarded by Engine.mu; it has made its page, or failed, and accepts nobody any more

	tried int // how often its page was not stored, since another host's counts as later

	entry  *Entry
	made   bool // entry is this flight's, and not what was stored
	err    error
	unkept error // why the store does not have entry
}

// tries is how often a page is made for an editor that other hosts' clocks make look old.
const tries = 3

// errOutrun is what such a page came to, if it is to be made again.
var errOutrun = errors.New("another host's page counts as later")

// A wish is what somebody wants of a generation.
type wish struct {
	notBefore time.Time // it starts then or later; zero: any will do
	priority  Priority
	reason    page.Reason
	work      func(context.Context) error // what to do in place of a generation; see Do
	filled    []chan<- Filled             // who is told of its end; see Fill
}

// A slot holds the flights of one path: at most one runs, and at most one is to
// run after it, for those who came too late to accept what is running (S105).
type slot struct {
	running *flight
	next    *flight
}

// await asks for a generation and waits for its end or ctx's.
func (e *Engine) await(ctx context.Context, p Page, w wish) (*Entry, error) {
	f, err := e.ask(p, w)
	if err != nil {
		return nil, err
	}
	select {
	case <-f.done:
		if w.reason == page.ReasonOnDemand && f.unkept != nil {
			return nil, fmt.Errorf("the page was made, but visitors will not see it: %w", f.unkept)
		}
		return f.entry, f.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// renewBehind asks for a generation that nobody waits for and that starts at
// notBefore or later, unless the path has to wait after failures, and says what
// to tell the visitor.
func (e *Engine) renewBehind(p Page, notBefore time.Time) Detail {
	e.mu.Lock()
	failed := e.failures[p.Key]
	wait := failed != nil && e.opt.Now().Before(failed.retryAt)
	e.mu.Unlock()
	if !wait {
		_, err := e.ask(p, wish{notBefore: notBefore, priority: Background, reason: page.ReasonStale})
		if err != nil && failed == nil {
			return NoDetail
		}
	}
	if failed != nil {
		return FailedBefore
	}
	return Regenerating
}

func (e *Engine) backsOff(key string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	failed := e.failures[key]
	return failed != nil && e.opt.Now().Before(failed.retryAt)
}

// ask returns the flight that satisfies a wish: the running one, the waiting
// one, or a new one. A full queue makes room by dropping what is less urgent.
func (e *Engine) ask(p Page, w wish) (*flight, error) {
	e.mu.Lock()
	f, dropped, err := e.admit(p, w)
	e.mu.Unlock()
	if dropped != nil {
		e.opt.Events.dropped(dropped.page.Key, dropped.priority)
	}
	if errors.Is(err, ErrBusy) {
		e.opt.Events.dropped(p.Key, w.priority)
	}
	return f, err
}

// admit is ask under Engine.mu; dropped is what had to make room.
func (e *Engine) admit(p Page, w wish) (f, dropped *flight, err error) {
	s := e.slots[p.Key]
	if s == nil {
		s = &slot{}
	}
	if r := s.running; r != nil && !r.landed && !r.started.Before(w.notBefore) && w.filled == nil {
		return r, nil, nil
	}
	if f := s.next; f != nil {
		e.join(f, w)
		return f, nil, nil
	}
	if e.closing {
		return nil, nil, ErrClosed
	}
	if len(e.queue)-e.coming >= e.opt.Queue {
		if dropped = e.queue.evict(w.priority); dropped == nil {
			return nil, nil, ErrBusy
		}
		e.drop(dropped, ErrBusy)
	}
	e.order++
	f = &flight{page: p, done: make(chan struct{}), wish: w, order: e.order, index: -1}
	s.next = f
	e.slots[p.Key] = s
	if s.running == nil {
		heap.Push(&e.queue, f)
		e.dispatch()
	}
	return f, dropped, nil
}

// join makes a waiting flight serve one more request. Engine.mu is held.
func (e *Engine) join(f *flight, w wish) {
	if w.notBefore.After(f.notBefore) {
		f.notBefore = w.notBefore
	}
	f.filled = append(f.filled, w.filled...)
	if w.reason == page.ReasonOnDemand || w.priority < f.priority && f.reason != page.ReasonOnDemand {
		f.reason = w.reason
	}
	if w.priority >= f.priority {
		return
	}
	f.priority = w.priority
	if f.index >= 0 {
		heap.Fix(&e.queue, f.index)
	}
}

// dispatch sees to it that a worker comes for each waiting flight, while there
// are workers. Engine.mu is held.
func (e *Engine) dispatch() {
	for e.running < e.opt.Workers && e.coming < len(e.queue) {
		e.running++
		e.coming++
		go e.work()
	}
}

// take takes the most urgent flight, which runs from now on. Engine.mu is held.
func (e *Engine) take() *flight {
	f := heap.Pop(&e.queue).(*flight)
	s := e.slots[f.page.Key]
	s.running, s.next = f, nil
	f.started = e.tick()
	return f
}

// fly runs a flight and ends it, or has it wait for another host that makes the
// page. Close waits for it.
func (e *Engine) fly(t Turn, f *flight) {
	if e.opt.Leases != nil && f.reason == page.ReasonBuild {
		// In a site that is built again most pages are fresh, and looking costs less than a lease.
		if entry, freshness, _ := e.look(e.base, f.page, e.opt.Now()); freshness == Fresh {
			f.entry = entry
			e.land(f)
			return
		}
	}
	release, free := e.lease(t.Context, f)
	if !free {
		e.mu.Lock()
		e.running++
		e.mu.Unlock()
		go e.follow(f)
		return
	}
	if f.work != nil {
		f.err = f.work(t.Context)
	} else {
		f.entry, f.err = e.generate(t, f)
	}
	release()
	if errors.Is(f.err, errOutrun) {
		e.mu.Lock()
		e.running++
		e.mu.Unlock()
		go e.follow(f)
		return
	}
	e.land(f)
}

// land ends a flight.
func (e *Engine) land(f *flight) {
	e.mu.Lock()
	s := e.slots[f.page.Key]
	s.running = nil
	if s.next == nil {
		delete(e.slots, f.page.Key)
	} else {
		heap.Push(&e.queue, s.next)
		e.dispatch()
	}
	e.mu.Unlock()
	f.tell()
}

// tell tells who waits for a flight that it has ended.
func (f *flight) tell() {
	close(f.done)
	for _, filled := range f.filled {
		filled <- Filled{Page: f.page, Entry: f.entry, Made: f.made, Err: f.err}
	}
}

// generate makes and commits a page, or finds that it need not.
func (e *Engine) generate(t Turn, f *flight) (*Entry, error) {
	key, begun := f.page.Key, e.opt.Now()
	prev, freshness, _ := e.look(e.base, f.page, begun)
	if prev != nil {
		if freshness == Fresh && !prev.StartedAt.Before(f.notBefore) && f.reason != page.ReasonOnDemand {
			return prev, nil // made while this flight waited, here or on another host
		}
		if !prev.StartedAt.Before(f.started) {
			// The stored one is from a clock ahead of ours. This one starts now, after it.
			e.advance(prev.StartedAt)
			e.mu.Lock()
			f.started = e.tick()
			e.mu.Unlock()
		}
	}
	out, err := e.render(t.Context, f, prev)
	e.mu.Lock()
	f.landed = true // who comes from now on may find its page stale again, or wants another try
	e.mu.Unlock()
	took := e.opt.Now().Sub(begun)
	if err != nil {
		n := e.failed(key, prev != nil)
		e.opt.Events.failed(Failed{Key: key, Plugin: f.page.Plugin, Reason: string(f.reason), Err: err, Took: took, Consecutive: n, Kept: prev != nil})
		return nil, err
	}
	var entry *Entry
	if out.Unchanged {
		entry = e.again(f, prev)
	} else {
		entry = e.entry(f, out)
	}
	f.made = true
	stored, err := e.put(t, entry, prev != nil)
	if err != nil {
		f.unkept = err
		if !errors.Is(err, ErrNewer) && e.base.Err() == nil { // of the first the store says so once; the other is Close's doing
			e.opt.Events.storeFailed(key, err)
		}
	}
	e.succeeded(key)
	e.opt.Events.generated(Generated{Entry: entry, Replaced: prev, Reason: string(f.reason), Took: took, Stored: stored})
	if !stored && err == nil {
		// A generation that started later was faster, on another host (S33).
		if newer, err := e.opt.Store.Get(e.base, key); err == nil {
			if f.reason == page.ReasonOnDemand && f.tried < tries {
				// By that host's clock: it may not know what an editor has changed (S105).
				f.tried++
				return nil, errOutrun
			}
			return newer, nil
		}
	}
	return entry, nil
}

// render calls the renderer. A bug there ends this generation, not the host.
//
// An editor who asks for a page gets it made, whatever is known of its sources.
func (e *Engine) render(ctx context.Context, f *flight, prev *Entry) (out *Output, err error) {
	key := f.page.Key
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("generate %s: internal error: %v", key, r)
		}
	}()
	if f.reason != page.ReasonStale || prev != nil && prev.Seen == nil {
		prev = nil
	}
	out, err = e.opt.Renderer.Render(ctx, key, f.reason, prev)
	if err == nil && out.Unchanged && prev == nil {
		err = fmt.Errorf("generate %s: internal error: unchanged since no page", key)
	}
	return out, err
}

// again makes the entry of a page that would come out as it is: its window
// starts again, and the data it shows is as of now.
func (e *Engine) again(f *flight, prev *Entry) *Entry {
	entry := *prev
	entry.Unchanged = true
	entry.StartedAt = f.started
	entry.FinishedAt = e.opt.Now().Round(0).UTC()
	entry.Expire = min(entry.Expire, e.opt.Expire) // a setting that may be another by now
	return &entry
}

// entry makes the entry of what was generated.
func (e *Engine) entry(f *flight, out *Output) *Entry {
	r := out.Result
	entry := &Entry{
		Key:      f.page.Key,
		Plugin:   out.Plugin,
		Version:  out.Version,
		Kind:     r.Kind,
		Status:   r.Status,
		Redirect: r.Redirect,
		Header:   r.Header,
		Props:    r.Props,
		Body:     out.Body,

		Encodings:     out.Encodings,
		DataEncodings: out.DataEncodings,

		Tags:       r.Tags,
		Sources:    out.Sources,
		Fuel:       out.Fuel,
		Seen:       out.Seen,
		StartedAt:  f.started,
		FinishedAt: e.opt.Now().Round(0).UTC(),
		Revalidate: r.Revalidate,
		Expire:     e.opt.Expire,
		ETag:       etag(out.Body),
		DataETag:   etag([]byte(DataPrefix), r.Props), // another than of a page of the same bytes
	}
	if r.Expire > 0 {
		entry.Expire = min(entry.Expire, r.Expire)
	}
	if r.Kind == page.KindNotFound && entry.Revalidate == 0 {
		entry.Revalidate = e.opt.NotFoundRevalidate
	}
	return entry
}

// failed counts a failure of a path whose older page is kept, and returns how
// many there were in a row. A path without a page is tried again at once (S22).
func (e *Engine) failed(key string, kept bool) int {
	if !kept {
		return 1
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	fail := e.failures[key]
	if fail == nil {
		if len(e.failures) >= maxFailures {
			return 1
		}
		fail = &failure{}
		e.failures[key] = fail
	}
	fail.count++
	fail.retryAt = e.opt.Now().Add(delay(fail.count))
	return fail.count
}

func (e *Engine) succeeded(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.failures, key)
}

// shed drops the waiting flights that are as urgent as p or less. Engine.mu is held.
func (e *Engine) shed(p Priority) {
	for key, s := range e.slots {
		f := s.next
		if f == nil || f.priority < p {
			continue
		}
		if f.index >= 0 {
			heap.Remove(&e.queue, f.index)
		}
		e.drop(f, ErrClosed)
		if s.running == nil {
			delete(e.slots, key)
		}
	}
}

// drop ends a flight that will not run; it is out of the queue. Engine.mu is held.
func (e *Engine) drop(f *flight, err error) {
	s := e.slots[f.page.Key]
	s.next = nil
	if s.running == nil {
		delete(e.slots, f.page.Key)
	}
	f.err = err
	f.tell()
}

// settle tells Close that nothing is left to wait for. Engine.mu is held.
func (e *Engine) settle() {
	if !e.closing || e.running > 0 || len(e.queue) > 0 {
		return
	}
	select {
	case <-e.idle:
	default:
		close(e.idle)
	}
}
