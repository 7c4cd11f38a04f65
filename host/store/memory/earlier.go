package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/wisr-dev/wisr/host/isr"
)

// Entries that were set aside have copies as well: after a rollback visitors read
// them like any other page.

// retention is which versions' entries are set aside. It is never changed.
type retention struct {
	versions []string
	number   int // of retentions before it: a version that went and came back has none of its old copies
}

// name is that of the copy of an entry of a version; no key is like it, since
// keys have no control characters.
func (r *retention) name(key, version string) string {
	return key + "\x00" + strconv.Itoa(r.number) + "\x00" + version
}

// Retain implements isr.Store.
func (m *memory) Retain(ctx context.Context, versions []string) error {
	m.retaining.Lock()
	defer m.retaining.Unlock()
	next := &retention{versions: slices.Sorted(slices.Values(versions))}
	if old := m.retained.Load(); old != nil {
		next.number = old.number
		if !slices.Equal(old.versions, next.versions) {
			next.number++
		}
	}
	m.retained.Store(next)
	return m.behind.Retain(ctx, versions)
}

// Earlier implements isr.Store.
func (m *memory) Earlier(ctx context.Context, key, version string) (*isr.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get earlier page %q: %w", key, err)
	}
	retained := m.retained.Load()
	if retained == nil {
		return nil, isr.ErrNotFound
	}
	if _, found := slices.BinarySearch(retained.versions, version); !found {
		return nil, isr.ErrNotFound
	}
	name := retained.name(key, version)
	if m.cache != nil {
		if e, ok := m.cache.Get(name); ok && e.Key == key && e.Version == version {
			return e, nil
		}
	}
	s := m.stripe(key)
	before := s.count()
	e, err := m.behind.Earlier(ctx, key, version)
	if err != nil {
		return nil, err
	}
	s.Lock()
	defer s.Unlock()
	if s.changes == before && m.cache != nil {
		s.aside = true
		m.keepCopy(s, name, e)
	}
	return e, nil
}

// EarlierPages implements isr.Store.
func (m *memory) EarlierPages(ctx context.Context) iter.Seq2[*isr.Entry, error] {
	return m.behind.EarlierPages(ctx)
}

// dropEarlier drops the copies of what was set aside of a key. s is locked.
func (m *memory) dropEarlier(s *stripe, key string) {
	if !s.aside {
		return
	}
	s.changes++
	m.settle(s)
	retained := m.retained.Load()
	for _, version := range retained.versions {
		m.cache.Del(retained.name(key, version))
	}
}
