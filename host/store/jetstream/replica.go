package jetstream

import (
	"context"
	"sync/atomic"
	"time"
)

// replica is how far the replica of the pages in this process is.
type replica struct {
	last   func() (seq uint64, here bool) // asks it; nil: there is none
	known  atomic.Uint64                  // what it had when it was asked
	behind atomic.Bool                    // it was waited for in vain, and has not come since
}

const (
	// arriving is for how long a replica is waited for: longer than it takes until this host is detached, if it
	// lacks a page since who leads is gone.
	arriving = 3 * time.Second
	// arrives is how long it mostly takes.
	arrives = 200 * time.Microsecond
)

// has tells whether a replica has all pages up to a sequence; also if there is none in this process.
func (r *replica) has(seq uint64) bool {
	if r.last == nil || r.known.Load() >= seq {
		return true
	}
	last, here := r.last()
	if !here {
		return true
	}
	r.known.Store(last)
	return last >= seq
}

// await waits for a page that this host is told of: others may have it a moment before the replica in this process, and
// if who leads is lost in that moment, nobody could be asked for it. The one that this host has is good until then.
func (r *replica) await(ctx context.Context, seq uint64) {
	if r.has(seq) {
		r.behind.Store(false)
		return
	}
	if r.behind.Load() {
		return
	}
	begun := time.Now()
	for pause := arrives; !r.has(seq); pause = min(2*pause, 5*time.Millisecond) {
		if time.Since(begun) > arriving {
			r.behind.Store(true)
			return
		}
		if !sleep(ctx, pause) {
			return
		}
	}
}
