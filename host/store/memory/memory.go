// Package memory keeps copies of entries in front of another store, so that a
// page that visitors ask for is served without reading a disk. The store
// behind it is the record: what is here is a copy, may be dropped at any time, and
// is read back from there with its age (S141). It never decides that a page is old.
//
//	pages := memory.New(onDisk, memory.Options{Bytes: 50 << 20, Log: log})
//	defer pages.Close() // closes onDisk too
//
// A store that is no disk of this host, but others to be asked, takes longer to answer than a disk does. In front of one there may be copies on
// the disk as well (Options.Disk): of all pages, as far as there is room, since they are copied before visitors ask for them, as long as Watch runs.
//
// There is one exception to "a copy". A page that the store behind cannot take,
// say because its disk is full, is kept here and served (S143) until it can.
// Such pages are not evicted. They may take half of the bytes; past that Put
// fails, and the engine still has the older page.
//
// # Why an old copy is never seen after a newer Put
//
// Ristretto applies what it is told later, may drop it, and, told of two values
// of a new key in a row, keeps the first. So a change of a key's copy is made when
// ristretto has applied the ones before it, one change at a time for keys that share
// a lock, and a Put waits until its own is applied. Waiting costs more than reading a
// page from disk, so a copy of what was read is not waited for by who read it, but
// by the next change under its lock, if nobody else waited meanwhile.
//
// What is read or written behind takes long and is done without that lock; before
// its result becomes the copy, a counter tells whether any copy with that lock
// changed meanwhile, and if so the result is not kept. It is read again when it
// is asked for.
//
// A copy on the disk comes and goes under the same lock and by the same counter. Only what was read behind becomes one, and
// it goes with every change of that page, also with those that give memory a new copy. To read one is no change.
package memory

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/ristretto/v2"
	"golang.org/x/sync/singleflight"

	"github.com/wisr-dev/wisr/host/isr"
)

type memory struct {
	behind isr.Store
	log    *slog.Logger
	bytes  int64
	disk   *disk // nil: no copies are there

	seed      maphash.Seed
	cache     *ristretto.Cache[string, *isr.Entry] // nil: no copies are kept
	reads     singleflight.Group                   // by key
	stripes   [1024]stripe
	told      atomic.Uint64 // copies that ristretto was told of by fill
	applied   atomic.Uint64 // of those, how many it has applied for sure
	kept      unwritten
	retaining sync.Mutex                // held during Retain; taken before any other
	retained  atomic.Pointer[retention] // nil before Retain
	writing   sync.Mutex                // held by the one who writes what is kept

	// Lock order: a stripe, or all in their order, then kept or what is missing on the disk.
}

var _ isr.Store = (*memory)(nil)

// stripe is for the keys that hash to it.
type stripe struct {
	sync.Mutex
	changes uint64 // of any copy, guarded by the mutex
	aside   bool   // whether there was a copy of what was set aside; guarded by the mutex
	last    uint64 // number of the last copy that ristretto was told of and that nobody waited for; guarded by the mutex
}

func (s *stripe) count() uint64 {
	s.Lock()
	defer s.Unlock()
	return s.changes
}

// Options of a store with copies.
type Options struct {
	// Bytes of copies in memory, by isr.Entry.Size. With 0 there are none but of
	// pages that cannot be written: those are still served (S140, S143).
	Bytes int64

	Disk     string // folder of this process alone for copies on the disk; what is of no use in it is removed. "": there are none
	DiskSize int64  // bytes of those, past which none are added; 0: unbounded

	Log *slog.Logger // nil discards
}

// New returns a store that keeps copies of the entries of another. It takes over behind: Close closes it.
func New(behind isr.Store, opt Options) isr.Store {
	log, bytes := opt.Log, opt.Bytes
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	// Two hashes by a seed of this process: no one outside can make keys collide.
	first, second := maphash.MakeSeed(), maphash.MakeSeed()
	m := &memory{behind: behind, log: log, bytes: bytes, seed: first, disk: openDisk(opt.Disk, opt.DiskSize, log)}
	if bytes <= 0 {
		m.bytes = 2 * withoutCopies
		return m
	}
	cache, err := ristretto.NewCache(&ristretto.Config[string, *isr.Entry]{
		// Ten for each page of 1 KB with what it costs besides: with fewer, a site of a
		// million such pages misses a sixth more often. A counter takes three bytes.
		NumCounters: max(bytes/150, 1000),
		MaxCost:     bytes,
		BufferItems: 64, // what its authors advise
		KeyToHash: func(key string) (uint64, uint64) {
			return maphash.String(first, key), maphash.String(second, key)
		},
	})
	if err != nil { // only for numbers below 1
		log.Error("pages are not kept in memory", "cause", err)
		return m
	}
	m.cache = cache
	return m
}

// withoutCopies is how many bytes of pages that cannot be written are kept
// where no copies are: a thousand pages, enough for the time that it takes to
// make room on a disk.
const withoutCopies = 16 << 20

func (m *memory) stripe(key string) *stripe {
	return &m.stripes[maphash.String(m.seed, key)%uint64(len(m.stripes))]
}

// Get implements isr.Store. A hit allocates nothing.
func (m *memory) Get(ctx context.Context, key string) (*isr.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get page %q: %w", key, err)
	}
	if e := m.copyOf(key); e != nil {
		return e, nil
	}
	return m.fill(ctx, key)
}

// copyOf returns what is here, or nil.
func (m *memory) copyOf(key string) *isr.Entry {
	if e := m.kept.get(key); e != nil {
		return e
	}
	if m.cache == nil {
		return nil
	}
	if e, ok := m.cache.Get(key); ok && e.Key == key {
		return e
	}
	return nil
}

// Put implements isr.Store. An entry that cannot be written behind is kept here,
// which counts as stored; if that is since a newer wisr has written there (isr.ErrNewer), the error is returned as well.
func (m *memory) Put(ctx context.Context, e *isr.Entry) (bool, error) {
	if old := m.kept.get(e.Key); old != nil && !old.StartedAt.Before(e.StartedAt) {
		return false, ctx.Err()
	}
	s := m.stripe(e.Key)
	before := s.count()
	stored, err := m.behind.Put(ctx, e)
	if err != nil {
		if ctx.Err() != nil {
			return false, err
		}
		return m.keep(ctx, s, e, err)
	}
	m.written(s, before, e, stored)
	m.writeKept(ctx)
	return stored, nil
}

// written follows a Put behind that did not fail. before is the number of changes
// of s before it.
func (m *memory) written(s *stripe, before uint64, e *isr.Entry, stored bool) {
	s.Lock()
	defer s.Unlock()
	if stored && s.changes == before {
		m.reads.Forget(e.Key)
		m.set(s, e)
	} else { // what is behind is another, or may be by now
		m.drop(s, e.Key)
	}
	m.dropEarlier(s, e.Key)
	m.kept.remove(e.Key, e.StartedAt)
	m.leaveRoom()
}

// leaveRoom gives copies what pages that cannot be written leave of the bytes.
func (m *memory) leaveRoom() {
	if m.cache != nil {
		m.cache.UpdateMaxCost(m.bytes - m.kept.size())
	}
}

// Delete implements isr.Store.
func (m *memory) Delete(ctx context.Context, key string, upTo time.Time) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("delete page %q: %w", key, err)
	}
	err := m.behind.Delete(ctx, key, upTo)
	s := m.stripe(key)
	s.Lock()
	defer s.Unlock()
	m.kept.remove(key, upTo)
	m.drop(s, key)
	m.dropEarlier(s, key)
	return err
}

// Invalidate implements isr.Store.
func (m *memory) Invalidate(ctx context.Context, inv isr.Invalidation) error {
	return m.behind.Invalidate(ctx, inv)
}

// Invalidations implements isr.Store.
func (m *memory) Invalidations(ctx context.Context) ([]isr.Invalidation, error) {
	return m.behind.Invalidations(ctx)
}

// Forget implements isr.Store. It is no page behind that needs the invalidations, but a copy may be of one that the store
// behind dropped without a word, as it does past its size: so all copies go.
func (m *memory) Forget(ctx context.Context, all ...isr.Invalidation) error {
	m.clear()
	return m.behind.Forget(ctx, all...)
}

// clear drops all copies.
func (m *memory) clear() {
	for i := range m.stripes { // ristretto is told nothing while it clears
		m.stripes[i].Lock()
		m.stripes[i].changes++
		defer m.stripes[i].Unlock()
	}
	m.disk.clear()
	if m.cache != nil {
		m.cache.Clear()
	}
}

// Watch implements isr.Store. The copy of a page that another process changed is
// dropped before fn is told; without a Watch it would stay.
func (m *memory) Watch(ctx context.Context, fn func(isr.Change)) error {
	defer m.beginCopying(ctx)()
	return m.behind.Watch(ctx, func(c isr.Change) {
		switch {
		case c.Key != "":
			m.changedBehind(ctx, c)
		case c.Name == "":
			m.writeAll(ctx)
		}
		fn(c)
	})
}

// changedBehind follows a change that another process made. The store is the record: what was written there
// later than what is kept here counts, and what was deleted there is gone.
func (m *memory) changedBehind(ctx context.Context, c isr.Change) {
	s := m.stripe(c.Key)
	s.Lock()
	m.drop(s, c.Key)
	m.dropEarlier(s, c.Key)
	s.Unlock()
	kept := m.kept.get(c.Key)
	if kept == nil {
		return
	}
	if !c.StartedAt.IsZero() { // what is behind may not be readable now
		m.kept.remove(c.Key, c.StartedAt)
		return
	}
	e, err := m.behind.Get(ctx, c.Key)
	if errors.Is(err, isr.ErrNotFound) || err == nil && !e.StartedAt.Before(kept.StartedAt) {
		m.kept.remove(c.Key, kept.StartedAt)
	}
}

// Pages implements isr.Store.
func (m *memory) Pages(ctx context.Context) iter.Seq2[*isr.Entry, error] {
	return func(yield func(*isr.Entry, error) bool) {
		kept := map[string]*isr.Entry{}
		for _, e := range m.kept.some(m.kept.len()) {
			kept[e.Key] = e
		}
		for e, err := range m.behind.Pages(ctx) {
			if err == nil && kept[e.Key] != nil {
				continue
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
		for _, e := range kept {
			head := *e
			head.Body, head.Props, head.Encodings, head.DataEncodings = nil, nil, nil, nil
			if !yield(&head, nil) {
				return
			}
		}
	}
}

// Unwritten is how many pages are here only, since the store behind could not take them.
func (m *memory) Unwritten() int { return m.kept.len() }

// Close implements isr.Store. It tries once more to write what could not be written.
func (m *memory) Close() error {
	var lost error
	m.write(context.Background(), m.kept.some(m.kept.len()))
	if n := m.kept.len(); n > 0 {
		lost = fmt.Errorf("%d pages were only in memory and could not be written: %w", n, m.kept.cause())
	}
	if m.cache != nil {
		m.cache.Close()
	}
	m.disk.close()
	return errors.Join(lost, m.behind.Close())
}
