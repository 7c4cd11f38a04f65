package egress

import (
	"context"
	"sync"
	"time"
)

// flights are the GETs on their way whose answer more than one generation may
// take, so that fifty pages made at once from one list ask for it once.
//
// A flight is made by who asks first, in its own goroutine; the others wait for
// it. If that one leaves before the answer is there, those who wait ask anew,
// one of them for all: nobody fails because another did.
//
// Who came too late for the one under way takes the next, which waits for that
// one to land, but not longer than patience: so the next gathers all those who
// come meanwhile, and who comes alone is not held up by a slow upstream twice.
type flights struct {
	mu   sync.Mutex
	now  uint64             // counts starts of sessions and of flights; guarded by mu
	open map[string]*flight // by request, the newest one; guarded by mu
}

// patience is shorter than what a person notices and longer than it takes
// pages that are made together to get to their first request.
const patience = 20 * time.Millisecond

type flight struct {
	waiting   int           // besides who makes it; guarded by flights.mu
	sent      uint64        // when it left; 0: not yet, it waits for its turn; guarded by flights.mu
	done      chan struct{} // closed when the others are
	got       *answer
	err       error
	abandoned bool // who made it left before it had an answer
}

// tick is now: later than every earlier one.
func (f *flights) tick() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now++
	return f.now
}

// do gives the answer of a flight for key that left after since, joining one
// or making one with send. send calls left when the request leaves, and ends
// when ctx does. errLeft says that ctx ended while another made the flight.
func (f *flights) do(ctx context.Context, key string, since uint64, send func(left func()) (*answer, error)) (*answer, error) {
	for {
		f.mu.Lock()
		fl := f.open[key]
		if fl == nil || fl.sent != 0 && fl.sent < since {
			mine := &flight{done: make(chan struct{}), abandoned: true}
			f.open[key] = mine
			f.mu.Unlock()
			return f.lead(ctx, key, mine, fl, send)
		}
		fl.waiting++
		f.mu.Unlock()
		select {
		case <-fl.done:
			if !fl.abandoned {
				return fl.got, fl.err
			}
		case <-ctx.Done():
			return nil, errLeft
		}
	}
}

// lead makes a flight, after the one before it if there is one.
func (f *flights) lead(ctx context.Context, key string, fl, before *flight, send func(left func()) (*answer, error)) (*answer, error) {
	defer func() { // also when send panics
		f.mu.Lock()
		if f.open[key] == fl {
			delete(f.open, key)
		}
		f.mu.Unlock()
		close(fl.done)
	}()
	if before != nil {
		before.landed(ctx)
	}
	fl.got, fl.err = send(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.now++
		fl.sent = f.now
	})
	fl.abandoned = fl.err != nil && ctx.Err() != nil
	return fl.got, fl.err
}

// landed waits until the flight is over, patience is, or ctx.
func (fl *flight) landed(ctx context.Context) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-fl.done:
	case <-timer.C:
	case <-ctx.Done():
	}
}
