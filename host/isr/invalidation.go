package isr

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// purge is what the name of an invalidation begins with in the store if what
// it names is gone, and not merely stale.
const purge = "purge-"

// invalidations remembers when each name was last marked as stale, and when it
// was last purged. Looking an entry up costs nothing while no invalidation is
// younger than the entry, which is the usual case.
type invalidations struct {
	latest atomic.Int64 // unix nanoseconds of the youngest one; 0: none

	mu            sync.RWMutex
	stale, purged marks // guarded by mu
}

// add records inv unless a later one of the name is known.
func (v *invalidations) add(inv Invalidation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	m, name := v.marks(inv.Name)
	if !m.add(name, inv.At) {
		return
	}
	if t := inv.At.UnixNano(); t > v.latest.Load() {
		v.latest.Store(t)
	}
}

// of returns when something that e answers to was last marked as stale, zero
// for never, and whether e was purged. It allocates nothing.
func (v *invalidations) of(e *Entry) (stale time.Time, purged bool) {
	if e == nil || v.latest.Load() < e.StartedAt.UnixNano() {
		return time.Time{}, false
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	v.stale.each(e, func(_ Name, at time.Time) {
		if at.After(stale) {
			stale = at
		}
	})
	v.purged.each(e, func(_ Name, at time.Time) {
		purged = purged || !at.Before(e.StartedAt)
	})
	return stale, purged
}

// marks returns the marks that a name in the store belongs to, and the name there.
func (v *invalidations) marks(stored string) (*marks, Name) {
	if name, purges := strings.CutPrefix(stored, purge); purges {
		return &v.purged, parseName(name)
	}
	return &v.stale, parseName(stored)
}
