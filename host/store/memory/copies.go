package memory

import (
	"context"

	"github.com/wisr-dev/wisr/host/isr"
)

// fill reads an entry from this host's disk or from behind, and keeps a copy. Of those that miss the same
// key at the same time one reads. That read is not ended by the context of the one
// whose it happens to be.
func (m *memory) fill(ctx context.Context, key string) (*isr.Entry, error) {
	ctx = context.WithoutCancel(ctx)
	v, err, _ := m.reads.Do(key, func() (any, error) {
		s := m.stripe(key)
		s.Lock()
		m.settle(s)
		before := s.changes
		e := m.copyOf(key) // by who was here before, and is applied now
		s.Unlock()
		if e != nil {
			return e, nil
		}
		folder := m.disk.folder()
		if e := m.disk.get(folder, key); e != nil {
			if m.cache != nil {
				m.promote(s, before, e)
			}
			return e, nil
		}
		e, err := m.behind.Get(ctx, key)
		var written string
		if err == nil {
			written = m.disk.write(folder, e)
		}
		s.Lock()
		defer s.Unlock()
		if err != nil || s.changes != before {
			// Someone is shown this all the same, so a Put that began earlier
			// may not become the copy after it, nor stay the one that it became
			// meanwhile: another process may have written what was read since.
			s.changes++
			m.settle(s)
			m.disk.discard(folder, written)
			m.disk.remove(key)
			if c := m.copyOf(key); c != nil && (err != nil || c.StartedAt.Before(e.StartedAt)) {
				m.drop(s, key)
			}
			return e, err
		}
		m.disk.place(folder, key, written)
		m.keepCopy(s, key, e)
		return e, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*isr.Entry), nil
}

// promote makes a copy on the disk one in memory as well, unless any changed since.
func (m *memory) promote(s *stripe, before uint64, e *isr.Entry) {
	s.Lock()
	defer s.Unlock()
	if s.changes == before {
		m.keepCopy(s, e.Key, e)
	}
}

// ahead is how many copies ristretto may be told of before somebody waits: they
// are in memory and nobody counts them yet.
const ahead = 256

// keepCopy tells ristretto of a copy of what was read, under a name, and does not
// wait. s is locked.
func (m *memory) keepCopy(s *stripe, name string, e *isr.Entry) {
	s.changes++
	if m.cache == nil || !m.cache.Set(name, e, e.Size()) {
		return // it has too much to do to keep this one
	}
	s.last = m.told.Add(1)
	if s.last > m.applied.Load()+ahead {
		m.settle(s)
	}
}

// settle waits until ristretto has applied what it was told under the lock of s,
// which is held.
func (m *memory) settle(s *stripe) {
	if s.last <= m.applied.Load() {
		return
	}
	told := m.told.Load()
	m.cache.Wait()
	for {
		n := m.applied.Load()
		if n >= told || m.applied.CompareAndSwap(n, told) {
			return
		}
	}
}

// set makes e the copy, if it is admitted. s is locked.
func (m *memory) set(s *stripe, e *isr.Entry) {
	s.changes++
	m.disk.remove(e.Key)
	if m.cache == nil {
		return
	}
	m.settle(s)
	m.apply(e)
	if m.cache.RemainingCost() < 0 {
		// A copy that grows in place evicts nothing; a new one does.
		m.cache.Del(e.Key)
		m.apply(e)
	}
}

func (m *memory) apply(e *isr.Entry) {
	if !m.cache.Set(e.Key, e, e.Size()) {
		m.cache.Del(e.Key)
	}
	m.cache.Wait()
}

// drop makes sure that nothing older than now is the copy. s is locked.
func (m *memory) drop(s *stripe, key string) {
	s.changes++
	m.disk.remove(key)
	if m.cache != nil {
		m.settle(s)
		m.cache.Del(key)
	}
	m.reads.Forget(key) // who asks from now on may not join a read that began before
}
