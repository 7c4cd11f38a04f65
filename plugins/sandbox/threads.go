package sandbox

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// threads are OS threads of the sandbox's own, with lowered priority, so that
// whoever serves visitors goes before who makes pages. They cannot be lent from
// Go: a thread's priority can be lowered by anybody but not raised again.
//
// There are as many as generations have begun. Idle ones are kept for a while,
// the last used first.
type threads struct {
	nice int // what is added to their nice value

	mu     sync.Mutex
	idle   []*thread // guarded by mu; the last used last
	closed bool      // guarded by mu

	all sync.WaitGroup
}

// What is added to the nice values of threads. At 10 the kernel gives a thread a
// tenth of what one that serves visitors gets, when both want the core; more
// would let pages starve on a busy host. At 15 it is a thirtieth. A thread that gets the core
// has it until the kernel's clock ticks, four milliseconds at worst, and visitors who
// wait that long are to be about one in a hundred.
const (
	guestNice     = 10
	backstageNice = 15
)

// thread is a goroutine that never leaves its OS thread.
type thread struct {
	jobs chan *job // holds one
}

// idleFor is how long a thread waits for more to do.
const idleFor = 5 * time.Second

// job is something to do for who waits for it.
type job struct {
	f        func()
	done     chan struct{}
	panicked error
}

// run runs f on a thread and waits for its end. A panic of f's is this
// goroutine's. It is false, without f, after close.
func (p *threads) run(f func()) bool {
	j := p.begin(f)
	if j == nil {
		return false
	}
	j.wait()
	return true
}

// begin runs f on a thread, nil if it was closed.
func (p *threads) begin(f func()) *job {
	t, ok := p.take()
	if !ok {
		return nil
	}
	j := &job{f: f, done: make(chan struct{})}
	t.jobs <- j
	return j
}

// wait waits for the end of f. A panic of f's is this goroutine's.
func (j *job) wait() {
	<-j.done
	if j.panicked != nil {
		panic(j.panicked)
	}
}

func (j *job) run() {
	defer func() {
		if r := recover(); r != nil {
			j.panicked = fmt.Errorf("%v\n\n%s", r, debug.Stack())
		}
	}()
	j.f()
}

// take takes an idle thread, or makes one. It fails after close.
func (p *threads) take() (*thread, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false
	}
	if n := len(p.idle); n > 0 {
		t := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return t, true
	}
	t := &thread{jobs: make(chan *job, 1)}
	p.all.Go(func() { p.loop(t) })
	return t, true
}

// loop is a thread's life.
func (p *threads) loop(t *thread) {
	runtime.LockOSThread() // for ever: a thread whose goroutine ends locked ends with it
	lowerPriority(p.nice)
	timer := time.NewTimer(idleFor)
	defer timer.Stop()
	for {
		select {
		case j, ok := <-t.jobs:
			if !ok {
				return
			}
			j.run()
			// Idle first and done then: who waits may have more for it at once.
			more := p.put(t)
			close(j.done)
			if !more {
				return
			}
			timer.Reset(idleFor)
		case <-timer.C:
			if p.remove(t) {
				return
			}
		}
	}
}

// put makes t idle; false if it has to end instead.
func (p *threads) put(t *thread) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.idle = append(p.idle, t)
	return true
}

// remove takes t from the idle ones; false if somebody took it already.
func (p *threads) remove(t *thread) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := slices.Index(p.idle, t)
	if k < 0 {
		return false
	}
	p.idle = slices.Delete(p.idle, k, k+1)
	return true
}

// close ends the threads and waits for them.
func (p *threads) close() {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, t := range idle {
		close(t.jobs)
	}
	p.all.Wait()
}
