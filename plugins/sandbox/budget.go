package sandbox

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// budget bounds the memory of all guests together ([render] memory). Who
// begins waits until there is room for what it begins with; who grows waits
// until others give back what they have. Nobody waits for ever: a guest that
// would be the last one not to wait is refused instead, since what the others
// wait for is what they hold themselves. Who waits lends its core meanwhile.
type budget struct {
	total   uint64 // bytes; 0 is no bound
	reclaim func() // gives back what is kept; nil if nothing ever is

	mu      sync.Mutex
	used    uint64
	kept    uint64   // of used, by guests that serve nobody; 0 while somebody waits
	running int      // guests that have memory and do not wait for more
	growing []*claim // in the order in which they came
	coming  []*claim // guests that have none yet, in that order; after those
}

// claim is somebody who waits.
type claim struct {
	size uint64
	done chan error // has room for the answer
}

// errFull is why a guest that grows is refused.
var errFull = errors.New("all guests together have what [render] memory allows, and wait for more")

// begin waits for the memory that a guest begins with.
func (b *budget) begin(ctx context.Context, size uint64) error {
	return b.take(ctx, size, &b.coming)
}

// grow waits for more, for a guest that has begun.
func (b *budget) grow(ctx context.Context, size uint64) error {
	return b.take(ctx, size, &b.growing)
}

func (b *budget) take(ctx context.Context, size uint64, queue *[]*claim) error {
	b.mu.Lock()
	for !b.fits(size) && b.kept > 0 {
		b.mu.Unlock()
		b.reclaim()
		b.mu.Lock()
	}
	grows := queue == &b.growing
	if b.fits(size) && (grows || len(b.growing)+len(b.coming) == 0) {
		b.used += size
		if !grows {
			b.running++
		}
		b.mu.Unlock()
		return nil
	}
	if grows && b.running == 1 {
		b.mu.Unlock()
		return errFull
	}
	c := &claim{size, make(chan error, 1)}
	*queue = append(*queue, c)
	if grows {
		b.running--
	}
	b.mu.Unlock()

	seat := seatOf(ctx)
	if seat == nil {
		return b.wait(ctx, c, queue)
	}
	seat.lend()
	err := b.wait(ctx, c, queue)
	if over := seat.retake(ctx); over != nil && err == nil {
		err = over
		b.mu.Lock()
		defer b.mu.Unlock()
		b.used -= size
		if !grows {
			b.running--
		}
		b.serve()
	}
	return err
}

// wait is the wait of a claim that is in its queue.
func (b *budget) wait(ctx context.Context, c *claim, queue *[]*claim) error {
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case err := <-c.done: // it came at the same time
		return err
	default:
	}
	*queue = slices.DeleteFunc(*queue, func(other *claim) bool { return other == c })
	if queue == &b.growing {
		b.running++
	}
	b.serve()
	return context.Cause(ctx)
}

// end takes back all that a guest has. It does not wait for any.
func (b *budget) end(size uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= size
	b.running--
	b.serve()
}

// keep is end but for some of the memory, which stays with a guest that serves
// nobody. It is false, and nothing has changed, while somebody waits.
func (b *budget) keep(size, kept uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.growing)+len(b.coming) > 0 {
		return false
	}
	b.used -= size - kept
	b.kept += kept
	b.running--
	return true
}

// unkeep gives back what was kept.
func (b *budget) unkeep(kept uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= kept
	b.kept -= kept
	b.serve()
}

// serve gives what there is to those who wait. mu is held.
func (b *budget) serve() {
	b.growing = slices.DeleteFunc(b.growing, func(c *claim) bool {
		if !b.fits(c.size) {
			return false
		}
		b.used += c.size
		b.running++
		c.done <- nil
		return true
	})
	if n := len(b.growing); n > 0 && b.running == 0 {
		// The one that came last has held its memory for the shortest time.
		b.running++
		b.growing[n-1].done <- errFull
		b.growing = b.growing[:n-1]
	}
	for len(b.growing) == 0 && len(b.coming) > 0 && b.fits(b.coming[0].size) {
		c := b.coming[0]
		b.coming = b.coming[1:]
		b.used += c.size
		b.running++
		c.done <- nil
	}
}

func (b *budget) fits(size uint64) bool {
	return b.total == 0 || size <= b.total && b.used <= b.total-size
}

// inUse is the bytes that guests have now.
func (b *budget) inUse() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}
