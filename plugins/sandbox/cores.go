package sandbox

import (
	"context"
	"slices"
	"sync"
	"time"
)

// quantum is how long a guest may keep a core, in one piece or in several,
// before it lets others go first. Nearly every page is done sooner, and is so
// not held up by those that began after it; a guest in a loop takes its turns.
const quantum = 100 * time.Millisecond

// cores bounds how many guests run at once: Go cannot preempt one, so that
// more of them than cores would only keep everything else from running (LAB
// 1). It also bounds how many have begun, since each of these has a thread and
// its memory.
//
// Who comes back from waiting for something else goes first: the sooner a
// generation ends, the fewer are under way. All others are served in the order
// in which they came.
type cores struct {
	mu   sync.Mutex
	free int       // guarded by mu, as are the rest
	room int       // how many more may begin
	back []*waiter // first come first
	line []*waiter // first come first
}

// waiter is who waits for a core.
type waiter struct {
	ready chan struct{} // closed when the core is its
	begun bool          // it does not need room
}

func newCores(n, atOnce int) *cores { return &cores{free: n, room: max(n, atOnce)} }

// seat is a generation's place on the cores. It is used by one goroutine at a
// time.
type seat struct {
	cores *cores
	holds bool          // a core
	since time.Time     // when it got the core
	used  time.Duration // of its quantum
	moved bool          // its goroutine is on a thread of ours
	left  bool
}

// sit waits for a core and for room. It fails when ctx ends first.
func (c *cores) sit(ctx context.Context) (*seat, error) {
	s := &seat{cores: c}
	if err := s.wait(ctx, &c.line, false); err != nil {
		return nil, err
	}
	return s, nil
}

// leave frees what the seat has. Leaving twice does nothing.
func (s *seat) leave() {
	if s.left {
		return
	}
	s.left = true
	c := s.cores
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.holds {
		s.holds = false
		c.free++
	}
	c.room++
	c.grant()
}

// lend frees the core while its generation waits for something.
func (s *seat) lend() {
	s.used += time.Since(s.since)
	s.holds = false
	c := s.cores
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free++
	c.grant()
}

// retake waits for a core again.
func (s *seat) retake(ctx context.Context) error {
	if s.used < quantum {
		return s.wait(ctx, &s.cores.back, true)
	}
	s.used = 0
	return s.wait(ctx, &s.cores.line, true)
}

// tired tells whether it is others' turn.
func (s *seat) tired() bool {
	if s.used+time.Since(s.since) < quantum {
		return false
	}
	c := s.cores
	c.mu.Lock()
	defer c.mu.Unlock()
	queue, _ := c.next()
	return queue != nil
}

// more tells whether whose seat this is may begin something else in it.
func (s *seat) more() bool {
	c := s.cores
	c.mu.Lock()
	defer c.mu.Unlock()
	if !s.holds || len(c.back) > 0 {
		return false
	}
	if s.used+time.Since(s.since) < quantum {
		return true
	}
	queue, _ := c.next()
	return queue == nil
}

func (s *seat) wait(ctx context.Context, queue *[]*waiter, begun bool) error {
	// With a core free and the context over, select would toss a coin.
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c := s.cores
	w := &waiter{ready: make(chan struct{}), begun: begun}
	c.mu.Lock()
	*queue = append(*queue, w)
	c.grant()
	c.mu.Unlock()
	select {
	case <-w.ready:
	case <-ctx.Done():
		if !c.forget(w, queue) {
			return context.Cause(ctx)
		}
		// It was granted meanwhile.
		s.holds = true
		if !begun {
			s.leave()
		}
		return context.Cause(ctx)
	}
	s.holds, s.since = true, time.Now()
	return nil
}

// forget takes a waiter out of its queue; true if it is not there any more,
// since it has a core.
func (c *cores) forget(w *waiter, queue *[]*waiter) (granted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := slices.Index(*queue, w); k >= 0 {
		*queue = slices.Delete(*queue, k, k+1)
		c.grant() // it may have stood in the way of the next
		return false
	}
	return true
}

// grant gives free cores to those who wait. mu is held.
func (c *cores) grant() {
	for c.free > 0 {
		queue, k := c.next()
		if queue == nil {
			return
		}
		w := (*queue)[k]
		*queue = slices.Delete(*queue, k, k+1)
		c.free--
		if !w.begun {
			c.room--
		}
		close(w.ready)
	}
}

// next is who gets the next core: its queue and its place there, nil if there
// is nobody who may have one. mu is held.
func (c *cores) next() (queue *[]*waiter, k int) {
	if len(c.back) > 0 {
		return &c.back, 0
	}
	for k, w := range c.line {
		if w.begun || c.room > 0 {
			return &c.line, k
		}
	}
	return nil, 0
}
