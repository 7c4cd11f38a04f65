package isr

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
)

var (
	// ErrBusy is returned when the queue is full of work that is as urgent.
	ErrBusy = errors.New("too many pages are being generated; try again")
	// ErrClosed is returned for a page that would have to be generated after Close was called.
	ErrClosed = errors.New("the host is shutting down")
)

// Renderer makes pages: it runs getStaticProps and render of the plugin that
// serves a path.
type Renderer interface {
	// Render runs one generation of a path in isolation and returns what it
	// made, or an error that says why it could not. It is called by many
	// goroutines at once, but not for one key. It ends soon after ctx does.
	//
	// last is the stored page if it will do that what it was made of has not
	// changed, which the Output then says; nil if the page has to be made.
	Render(ctx context.Context, key string, reason page.Reason, last *Entry) (*Output, error)
}

// Output is what one generation made.
type Output struct {
	Plugin, Version string
	Result          page.Result
	Body            []byte // KindProps only
	Encodings       []Coded
	DataEncodings   []Coded
	Fuel            uint64
	Sources         []string
	Seen            []byte // see Entry
	Unchanged       bool   // a generation would make what the last one made: the rest is empty
}

// Page is what is asked for, as the route table of the moment has it.
type Page struct {
	Key     string // the entry's
	Plugin  string // the plugin that serves it now
	Version string // that plugin's active version; an entry of another one is stale
}

// Manner is what a visit may cause, and wait for.
type Manner uint8

const (
	Plain    Manner = iota // waits for a page where there is none that can be served
	Prefetch               // nobody looks at it yet: a stale page is not renewed for it (S14)
	Hurried                // does not wait for a first page; see Pending (S61)
)

// State is how a visit was answered (the header X-Wisr-Cache).
type State uint8

const (
	Hit         State = iota // the stored page, fresh
	StaleHit                 // the stored page, stale
	Miss                     // there was none: the visit waited for the first
	Revalidated              // it had expired: the visit waited for the next
	Pending                  // there was none: it is being made, and Entry is nil; for Hurried visits only
	Uncached                 // made for this visit alone, and kept by nobody; never of an Engine
)

// Detail is what State cannot say.
type Detail uint8

const (
	NoDetail     Detail = iota
	Regenerating        // a new one is being made
	FailedBefore        // the last attempt to make a new one failed
	Unchanged           // it was due, and what it was made of had not changed
	Detached            // the other hosts cannot be reached, and may know better
)

// Answer is what a visit gets.
type Answer struct {
	Entry  *Entry
	At     time.Time // when it was judged: its age is as of then
	State  State
	Detail Detail
}

// Options of an Engine.
type Options struct {
	Store    Store
	Renderer Renderer
	Now      func() time.Time // the wall clock; nil: time.Now

	Workers int // generations at once; required
	Queue   int // generations that may wait for a worker; required

	// Admit waits until another generation can run, calls run, and returns after
	// it. Which generation that is is decided in run, so that it is the most urgent
	// of those that wait, and starts when it says it does. It fails, without run,
	// when ctx ends. nil: any number can run.
	Admit func(ctx context.Context, run func(Turn)) error

	// Leases keep other hosts from making the page that this one makes. nil: there are none.
	Leases Leases
	// Detached tells that the other hosts cannot be reached: what is stored is
	// served as stale then, since it may have been revalidated there. nil: never.
	Detached func() bool

	Expire             time.Duration // the site's; required
	NotFoundRevalidate time.Duration // window of a not-found page that names none (S90); required

	Events Events
}

// Engine serves and renews pages. Its methods may be called by many goroutines.
type Engine struct {
	opt    Options
	base   context.Context // of generations: a visitor's end does not end them (S13)
	cancel context.CancelFunc
	watch  sync.WaitGroup // the goroutines in Store.Watch and keepSwept
	purged chan struct{}  // has one if there may be purged entries in the store
	last   atomic.Int64   // the latest moment that tick gave out, unix nanoseconds
	jobs   atomic.Uint64  // that Do was given

	putTakes atomic.Int64 // nanoseconds that the store takes for a first page, of late

	invalid invalidations

	mu       sync.Mutex
	slots    map[string]*slot
	queue    queue
	running  int // workers at work
	coming   int // workers among them that wait for Admit
	order    uint64
	failures map[string]*failure // of paths whose older page is kept
	closing  bool
	idle     chan struct{} // closed when closing and nothing runs or waits
}

// New makes an Engine on a store; it reads the store's invalidations. Close ends it.
func New(ctx context.Context, opt Options) (*Engine, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Admit == nil {
		opt.Admit = admitAll
	}
	if opt.Workers < 1 || opt.Queue < 1 || opt.Expire <= 0 || opt.NotFoundRevalidate <= 0 {
		return nil, fmt.Errorf("isr: workers, queue, expire and not-found revalidate must be positive: %d, %d, %v, %v",
			opt.Workers, opt.Queue, opt.Expire, opt.NotFoundRevalidate)
	}
	e := &Engine{
		opt:      opt,
		slots:    make(map[string]*slot),
		failures: make(map[string]*failure),
		idle:     make(chan struct{}),
		purged:   make(chan struct{}, 1),
	}
	known, err := opt.Store.Invalidations(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the store's invalidations: %w", err)
	}
	for _, inv := range known {
		e.learn(inv)
	}
	e.base, e.cancel = context.WithCancel(context.WithoutCancel(ctx))
	e.watch.Go(e.keepSwept)
	e.watch.Go(func() {
		err := opt.Store.Watch(e.base, func(c Change) {
			if c.Name != "" {
				e.learn(c.Invalidation)
			}
		})
		if err != nil {
			e.opt.Events.storeFailed("", fmt.Errorf("watch the store: %w", err))
		}
	})
	return e, nil
}

// Visit returns the page for a visitor who came now. It waits only when there is no page
// yet or the one there has expired; if ctx ends meanwhile the generation goes
// on (S13).
//
// The error is the generation's, ErrBusy, ErrClosed or ctx's; with an older
// page at hand there is none.
func (e *Engine) Visit(ctx context.Context, p Page, manner Manner, now time.Time) (Answer, error) {
	entry, freshness, marked := e.look(ctx, p, now)
	wish := wish{notBefore: marked, priority: Waiting, reason: page.ReasonStale}
	detached := e.opt.Detached != nil && e.opt.Detached()
	switch {
	case freshness == Fresh && detached:
		return Answer{Entry: entry, At: now, State: StaleHit, Detail: Detached}, nil

	case freshness == Fresh:
		answer := Answer{Entry: entry, At: now, State: Hit}
		if entry.Unchanged {
			answer.Detail = Unchanged
		}
		return answer, nil

	case freshness == Absent && manner == Hurried:
		_, err := e.ask(p, wish)
		return Answer{State: Pending}, err

	case freshness == Absent:
		made, err := e.first(ctx, p, wish)
		return Answer{Entry: made, At: e.opt.Now(), State: Miss}, err

	case manner == Prefetch:
		return Answer{Entry: entry, At: now, State: StaleHit}, nil

	case freshness == Expired && !e.backsOff(p.Key):
		made, err := e.await(ctx, p, wish)
		if err == nil {
			return Answer{Entry: made, At: e.opt.Now(), State: Revalidated}, nil
		}
		return Answer{Entry: entry, At: e.opt.Now(), State: StaleHit, Detail: FailedBefore}, nil
	}
	answer := Answer{Entry: entry, At: now, State: StaleHit, Detail: e.renewBehind(p, marked)}
	if detached {
		answer.Detail = Detached
	}
	return answer, nil
}

// first waits for the first page of a path. One that was purged while it was made
// is not shown to anybody who may have come after that: they wait for the next.
func (e *Engine) first(ctx context.Context, p Page, w wish) (*Entry, error) {
	made, err := e.await(ctx, p, w)
	if _, purged := e.invalid.of(made); err == nil && purged {
		w.notBefore = e.tick()
		made, err = e.await(ctx, p, w)
	}
	return made, err
}

// Close stops renewals that nobody waits for, waits until the rest is done or
// ctx ends, and then ends what still runs.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	if !e.closing {
		e.closing = true
		e.shed(Background)
		e.settle()
	}
	e.mu.Unlock()

	var err error
	select {
	case <-e.idle:
	case <-ctx.Done():
		err = fmt.Errorf("generations were still running: %w", context.Cause(ctx))
		e.mu.Lock()
		e.shed(Waiting)
		e.settle()
		e.mu.Unlock()
	}
	e.cancel()
	<-e.idle
	e.watch.Wait()
	return err
}

// look reads the stored entry and judges it. A store that cannot be read
// counts as one that has nothing: the page is generated.
//
// If the entry is stale because it was marked so, a generation has to start at
// marked or later to be of use; else that is zero.
func (e *Engine) look(ctx context.Context, p Page, now time.Time) (entry *Entry, f Freshness, marked time.Time) {
	entry, err := e.opt.Store.Get(ctx, p.Key)
	if err != nil {
		if !errors.Is(err, ErrNotFound) && ctx.Err() == nil {
			e.opt.Events.storeFailed(p.Key, err)
		}
		return nil, Absent, time.Time{}
	}
	last, purged := e.invalid.of(entry)
	if entry.Version != p.Version {
		if own := e.earlier(ctx, p, entry); own != nil {
			entry, purged = own, false
			last, _ = e.invalid.of(own)
		}
	}
	if purged {
		return nil, Absent, time.Time{}
	}
	if !last.IsZero() && !last.Before(entry.StartedAt) {
		marked = last.Add(1)
	}
	return entry, Judge(entry, p.Version, last, now), marked
}

// earlier returns the page that the active version made before another one
// replaced it, in place of that one's: with a version its pages come back. It is nil
// if there is none.
func (e *Engine) earlier(ctx context.Context, p Page, other *Entry) *Entry {
	entry, err := e.opt.Store.Earlier(ctx, p.Key, p.Version)
	if err != nil {
		if !errors.Is(err, ErrNotFound) && ctx.Err() == nil {
			e.opt.Events.storeFailed(p.Key, err)
		}
		return nil
	}
	if _, purged := e.invalid.of(entry); purged {
		return nil
	}
	e.advance(other.StartedAt) // which the next generation has to replace
	return entry
}

// learn takes in an invalidation, own or another host's, and sees to it that
// what starts from now on counts as younger, even if clocks disagree.
func (e *Engine) learn(inv Invalidation) {
	e.invalid.add(inv)
	e.advance(inv.At)
}

// tick returns the current time, later than any it returned before and than
// any that was seen in the store: "started later" has one meaning although
// clocks are coarse and may be set back.
func (e *Engine) tick() time.Time {
	for {
		last := e.last.Load()
		now := max(e.opt.Now().UnixNano(), last+1)
		if e.last.CompareAndSwap(last, now) {
			return time.Unix(0, now).UTC()
		}
	}
}

// advance makes later ticks later than t.
func (e *Engine) advance(t time.Time) {
	n := t.UnixNano()
	for {
		last := e.last.Load()
		if last >= n || e.last.CompareAndSwap(last, n) {
			return
		}
	}
}
