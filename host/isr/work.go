package isr

import (
	"context"
	"time"
)

// Turn is when generations can run, one after the other.
type Turn struct {
	Context context.Context // for Renderer.Render

	// Leave ends the turn before run does, for what takes long and is no
	// generation. It may be called more than once.
	Leave func()

	// More tells whether another generation may follow in this turn. Going on is
	// cheaper than another turn, which mostly is on another thread.
	More func() bool
}

// admitAll is an Options.Admit by which any number of generations can run.
func admitAll(ctx context.Context, run func(Turn)) error {
	run(Turn{Context: ctx, Leave: func() {}, More: func() bool { return true }})
	return nil
}

// work waits for a turn and runs the most urgent flight, and others as long as
// the turn lasts.
func (e *Engine) work() {
	came := false
	err := e.opt.Admit(e.base, func(t Turn) {
		came = true
		e.mu.Lock()
		e.coming--
		for more := true; more && len(e.queue) > 0; { // Close, a purge or another worker may have been faster
			f := e.take()
			e.mu.Unlock()
			e.fly(t, f)
			more = t.More()
			e.mu.Lock()
		}
		e.mu.Unlock()
	})
	if err != nil && !came {
		e.mu.Lock()
		e.coming--
		e.mu.Unlock()
	}
	e.retire()
}

// retire ends a worker.
func (e *Engine) retire() {
	e.mu.Lock()
	e.running--
	e.dispatch()
	e.settle()
	e.mu.Unlock()
}

// slowPut is what the store may take for an entry before who stores one gives
// up its turn meanwhile: a few times of what it costs to change the thread.
const slowPut = 500 * time.Microsecond

// put stores an entry. A store that is slow, as one on a network or one that
// flushes what it replaces, does not keep guests from running.
func (e *Engine) put(t Turn, entry *Entry, replaces bool) (stored bool, err error) {
	usual := e.putTakes.Load()
	if replaces || usual > int64(slowPut) {
		t.Leave()
	}
	begun := e.opt.Now()
	stored, err = e.opt.Store.Put(e.base, entry)
	if !replaces {
		// A thread that lost its core in the middle, for as long as it was, says little about the store.
		took := min(e.opt.Now().Sub(begun), 2*slowPut)
		e.putTakes.Store(usual + (int64(took)-usual)/8)
	}
	return stored, err
}
