package memory

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// Pages are copied to the disk before a visitor asks for them: all that the store behind has when Watch begins, and then each one that
// changes. The store behind is read for that in its own order, one page after the other, which costs it less than what visitors ask for.

// missing is which pages may have no copy on the disk. It is kept only while somebody copies them.
type missing struct {
	mu      sync.Mutex
	copiers int
	all     bool
	keys    []string // in the order in which they changed, which is that of the store behind
	known   map[string]bool
	wake    chan struct{} // has room for one; there is something to do
}

// mostMissing is how many pages are known by name. Past it all are looked at.
const mostMissing = 1 << 16

func (l *missing) add(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.copiers == 0 || l.all || l.known[key] {
		return
	}
	if len(l.keys) == mostMissing {
		l.all, l.keys, l.known = true, nil, nil
	} else {
		if l.known == nil {
			l.known = make(map[string]bool)
		}
		l.keys = append(l.keys, key)
		l.known[key] = true
	}
	l.rouse()
}

func (l *missing) addAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all, l.keys, l.known = true, nil, nil
	l.rouse()
}

// rouse wakes a copier. l is locked.
func (l *missing) rouse() {
	select {
	case l.wake <- struct{}{}:
	default: // it will look
	}
}

// take returns what is to be looked at, and leaves nothing.
func (l *missing) take() (keys []string, all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys, all = l.keys, l.all
	l.keys, l.known, l.all = nil, nil, false
	return keys, all
}

// register adds n copiers.
func (l *missing) register(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.copiers += n; l.copiers == 0 {
		l.keys, l.known = nil, nil
	}
}

// beginCopying copies pages until ctx ends or end is called, which waits.
func (m *memory) beginCopying(ctx context.Context) (end func()) {
	if m.disk == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	m.disk.missing.register(1)
	m.disk.missing.addAll()
	var copying sync.WaitGroup
	copying.Go(func() { m.copyAhead(ctx) })
	return func() {
		cancel()
		copying.Wait()
		m.disk.missing.register(-1)
	}
}

func (m *memory) copyAhead(ctx context.Context) {
	for {
		if err := m.copyMissing(ctx); err != nil { // it is detached, say: what it still answers is for visitors
			if !rest(ctx, retryDisk) {
				return
			}
			m.disk.missing.addAll()
		}
		select {
		case <-m.disk.missing.wake:
		case <-ctx.Done():
			return
		}
	}
}

func (m *memory) copyMissing(ctx context.Context) error {
	keys, all := m.disk.missing.take()
	if all {
		return m.copyAll(ctx)
	}
	for _, key := range keys {
		if err := m.copyPage(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// copyAll copies the pages that have no copy. It works as long as it rests: visitors come first.
func (m *memory) copyAll(ctx context.Context) error {
	f := m.disk.folder()
	begun := time.Now()
	for e, err := range m.behind.Pages(ctx) {
		if err == nil {
			err = m.copyPage(ctx, e.Key)
		}
		if err != nil {
			return err
		}
		if worked := time.Since(begun); worked > 5*time.Millisecond {
			if !rest(ctx, worked) {
				return ctx.Err()
			}
			begun = time.Now()
		}
	}
	if f != nil {
		m.disk.settled(f)
	}
	return nil
}

// copyPage copies a page, if it has no copy and there is room for one.
func (m *memory) copyPage(ctx context.Context, key string) error {
	f := m.disk.folder()
	if f == nil || !m.disk.roomy(f) || f.has(key) {
		return ctx.Err()
	}
	s := m.stripe(key)
	before := s.count()
	e, err := m.behind.Get(ctx, key)
	if errors.Is(err, isr.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	written := m.disk.write(f, e)
	if written == "" {
		return nil
	}
	s.Lock()
	defer s.Unlock()
	if s.changes != before { // nobody was shown this
		m.disk.discard(f, written)
		m.disk.missing.add(key)
		return nil
	}
	s.changes++ // who is shown it from now on may not be shown what others are reading or writing meanwhile
	m.disk.place(f, key, written)
	return nil
}

// rest waits, and tells whether ctx is still there.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
