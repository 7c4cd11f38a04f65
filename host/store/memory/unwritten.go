package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// unwritten are the entries that the store behind could not take (S143).
type unwritten struct {
	n atomic.Int64 // len(entries), for those who only ask whether there are any

	mu      sync.RWMutex // guards the rest
	entries map[string]*isr.Entry
	bytes   int64
	failed  error // why the last one could not be written; nil: none since all were
}

func (u *unwritten) len() int { return int(u.n.Load()) }

func (u *unwritten) get(key string) *isr.Entry {
	if u.len() == 0 {
		return nil
	}
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.entries[key]
}

// some returns n of the entries, or all if there are fewer.
func (u *unwritten) some(n int) []*isr.Entry {
	if u.len() == 0 {
		return nil
	}
	u.mu.RLock()
	defer u.mu.RUnlock()
	var some []*isr.Entry
	for _, e := range u.entries {
		if len(some) == n {
			break
		}
		some = append(some, e)
	}
	return some
}

func (u *unwritten) size() int64 {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.bytes
}

func (u *unwritten) cause() error {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.failed
}

// add adds an entry in place of an older one. It tells whether there was room.
func (u *unwritten) add(e *isr.Entry, limit int64) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := e.Size()
	if old := u.entries[e.Key]; old != nil {
		n -= old.Size()
	}
	if u.bytes+n > limit {
		return false
	}
	if u.entries == nil {
		u.entries = map[string]*isr.Entry{}
	}
	u.entries[e.Key] = e
	u.bytes += n
	u.n.Store(int64(len(u.entries)))
	return true
}

// remove removes the entry of a key, unless its generation started after upTo.
func (u *unwritten) remove(key string, upTo time.Time) {
	if u.len() == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	e := u.entries[key]
	if e == nil || e.StartedAt.After(upTo) {
		return
	}
	delete(u.entries, key)
	u.bytes -= e.Size()
	u.n.Store(int64(len(u.entries)))
}

// fails notes why an entry could not be written, and tells whether that is news.
func (u *unwritten) fails(cause error) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	news := u.failed == nil
	u.failed = cause
	return news
}

// works notes that an entry was written. It tells whether that is news, which
// it is once no other is left.
func (u *unwritten) works() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.failed == nil || len(u.entries) > 0 {
		return false
	}
	u.failed = nil
	return true
}

// keep keeps an entry that could not be written behind, unless a newer one is there.
func (m *memory) keep(ctx context.Context, s *stripe, e *isr.Entry, cause error) (bool, error) {
	if m.kept.fails(cause) {
		m.log.Warn("the page store cannot be written; pages are kept in memory until it can", "cause", cause)
	}
	newer := func(there *isr.Entry) bool { return there != nil && !there.StartedAt.Before(e.StartedAt) }
	for {
		before := s.count()
		there, err := m.behind.Get(ctx, e.Key) // which may still work
		if ctx.Err() != nil {
			return false, err
		}
		if err == nil && newer(there) {
			// Its Put may not have come to replacing what is here yet, and who
			// put e must not be shown anything older than e from now on.
			s.Lock()
			m.kept.remove(e.Key, e.StartedAt)
			m.drop(s, e.Key)
			s.Unlock()
			return false, nil
		}
		s.Lock()
		switch {
		case newer(m.copyOf(e.Key)), newer(m.disk.get(m.disk.folder(), e.Key)):
			s.Unlock()
			return false, nil
		case s.changes != before: // there may be a newer one behind now
			s.Unlock()
			continue
		}
		defer s.Unlock()
		if !m.kept.add(e, m.bytes/2) {
			return false, fmt.Errorf("keep page %q in memory: no room left in the half of it that unwritten pages may take: %w", e.Key, cause)
		}
		m.drop(s, e.Key)
		m.leaveRoom()
		if errors.Is(cause, isr.ErrNewer) { // it will never be written: who asked for it has to know
			return true, cause
		}
		return true, nil
	}
}

// writeKept tries to write a few of the entries that could not be written. It
// follows a Put that did not fail, so the store is likely to take them; only a few,
// because someone waits for that Put.
func (m *memory) writeKept(ctx context.Context) {
	if m.kept.len() > 0 {
		if !m.writing.TryLock() {
			return
		}
		defer m.writing.Unlock()
		m.write(ctx, m.kept.some(8))
	}
	if m.kept.works() {
		m.log.Info("the page store can be written again")
	}
}

// writeAll tries to write all of the entries that could not be written.
func (m *memory) writeAll(ctx context.Context) {
	m.writing.Lock()
	defer m.writing.Unlock()
	m.write(ctx, m.kept.some(m.kept.len()))
	if m.kept.works() {
		m.log.Info("the page store can be written again")
	}
}

func (m *memory) write(ctx context.Context, entries []*isr.Entry) {
	for _, e := range entries {
		s := m.stripe(e.Key)
		before := s.count()
		stored, err := m.behind.Put(ctx, e)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			m.kept.fails(err)
			continue
		}
		m.written(s, before, e, stored)
	}
}
