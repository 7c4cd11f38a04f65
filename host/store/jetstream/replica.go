package jetstream

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
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

// NearSubjects are those by which the buckets of a site that are read all the time are asked for the last message of a subject. A
// server that does not tell the others of them answers for this process alone; what any may answer is asked otherwise.
func NearSubjects(site string) []string {
	return []string{directGet + "KV_" + bucketName(site, "pages") + ".>", directGet + "KV_" + bucketName(site, "leases") + ".>"}
}

// Near asks the replica in this process for a page that cannot be there, and fails as long as that is not ready to be asked: it
// begins some seconds after it knows who leads. Reads go to other hosts until then, and fail with them.
func (s *Store) Near(ctx context.Context) error {
	if s.replica.last == nil {
		return nil
	}
	if _, here := s.replica.last(); !here {
		return nil
	}
	ctx, cancel := within(ctx, tryFor)
	defer cancel()
	if _, err := s.opt.Conn.RequestWithContext(ctx, s.pages.nearest("none"), nil); err != nil {
		return fmt.Errorf("the replica in this process does not answer yet: %w", err)
	}
	return nil
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

// unarrived are pages that this host has written and the replica in this process does not have yet. Most others do, and if who leads is
// lost in that moment, none of them could be asked.
type unarrived struct {
	n  atomic.Int64 // len(pages), for those who only ask whether there are any
	mu sync.Mutex   // guards the rest

	pages map[string]written // by subject key
	bytes int64
}

// written is a page, and its sequence.
type written struct {
	seq   uint64
	entry *isr.Entry
}

// maxUnarrived is how many bytes of pages are kept: what is written in the milliseconds that a replica is behind.
const maxUnarrived = 16 << 20

// keep keeps a page until the replica has it, if there is room.
func (u *unarrived) keep(key string, seq uint64, e *isr.Entry, r *replica) {
	if r.has(seq) {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.pages == nil {
		u.pages = make(map[string]written)
	}
	u.remove(key)
	if u.bytes+e.Size() <= maxUnarrived {
		u.pages[key] = written{seq, e}
		u.bytes += e.Size()
	}
	u.n.Store(int64(len(u.pages)))
}

// remove removes a page. mu is held.
func (u *unarrived) remove(key string) {
	if old, ok := u.pages[key]; ok {
		u.bytes -= old.entry.Size()
		delete(u.pages, key)
	}
}

// drop drops what the replica has by now.
func (u *unarrived) drop(r *replica) {
	if u.n.Load() == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for key, w := range u.pages {
		if r.has(w.seq) {
			u.remove(key)
		}
	}
	u.n.Store(int64(len(u.pages)))
}

// of returns a page unless a newer one is known, or nil.
func (u *unarrived) of(key string, known uint64) *isr.Entry {
	if u.n.Load() == 0 {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if w, ok := u.pages[key]; ok && w.seq >= known {
		return w.entry
	}
	return nil
}
