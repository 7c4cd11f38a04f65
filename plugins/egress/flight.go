package egress

import (
	"context"
	"sync"
	"time"
)

// flights are the GETs on their way whose answer more than one generation may
// take, so that fifty pages made at once from one list ask for it once.
//
// A flight belongs to the client and not to who asked first: whoever leaves
// takes nothing from the others, and only when nobody is left it ends.
//
// Who came too late for the one under way takes the next, which waits for that
// one to land, but not longer than patience: so the next gathers all those who
// come meanwhile, and who comes alone is not held up by a slow upstream twice.
type flights struct {
	mu   sync.Mutex
	now  uint64             // counts starts of sessions and of flights; guarded by mu
	open map[string]*flight // by request, the newest one; nil once closed; guarded by mu

	running sync.WaitGroup
}

// patience is shorter than what a person notices and longer than it takes
// pages that are made together to get to their first request.
const patience = 20 * time.Millisecond

type flight struct {
	waiting int    // guarded by flights.mu
	sent    uint64 // when it left; 0: not yet, it waits for its turn; guarded by flights.mu
	cancel  context.CancelFunc
	done    chan struct{} // closed when got and err are there
	got     *answer
	err     error
}

// tick is now: later than every earlier one.
func (f *flights) tick() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now++
	return f.now
}

// do gives the answer of a flight for key that left after since, joining one
// or starting one with send. send calls left when the request leaves. errLeft
// says that ctx ended first.
func (f *flights) do(ctx, owner context.Context, key string, since uint64, send func(ctx context.Context, left func()) (*answer, error)) (*answer, error) {
	f.mu.Lock()
	if f.open == nil {
		f.mu.Unlock()
		return nil, errClosed
	}
	fl := f.open[key]
	if fl == nil || fl.sent != 0 && fl.sent < since {
		fl = f.start(owner, key, send)
	}
	fl.waiting++
	f.mu.Unlock()
	select {
	case <-fl.done:
		return fl.got, fl.err
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.waiting--; fl.waiting == 0 {
		f.forget(key, fl)
		fl.cancel()
	}
	return nil, errLeft
}

// start begins a flight; f.mu is held.
func (f *flights) start(owner context.Context, key string, send func(context.Context, func()) (*answer, error)) *flight {
	ctx, cancel := context.WithCancel(owner)
	fl := &flight{cancel: cancel, done: make(chan struct{})}
	before := f.open[key]
	f.open[key] = fl
	f.running.Go(func() {
		defer cancel()
		if before != nil {
			before.landed(ctx, patience)
		}
		fl.got, fl.err = send(ctx, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.now++
			fl.sent = f.now
		})
		f.mu.Lock()
		f.forget(key, fl)
		f.mu.Unlock()
		close(fl.done)
	})
	return fl
}

// landed waits until the flight is over, the time is, or ctx.
func (fl *flight) landed(ctx context.Context, most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-fl.done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// close lets no flight start any more.
func (f *flights) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = nil
}

// forget lets nobody join any more; f.mu is held.
func (f *flights) forget(key string, fl *flight) {
	if f.open[key] == fl {
		delete(f.open, key)
	}
}
