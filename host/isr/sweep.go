package isr

import (
	"context"
	"time"
)

const (
	// sweepEvery is how often the store is read through for what nobody needs any
	// more, if there can be something: reading the heads of a million entries takes
	// a disk half a minute.
	sweepEvery = 24 * time.Hour

	// forgetAfter is the age that an invalidation reaches in any case. A
	// generation that began before it, here or on another host, has
	// ended long before.
	forgetAfter = 24 * time.Hour
)

// keepSwept sweeps after a purge, and once in a while, until the engine is closed.
func (e *Engine) keepSwept() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-e.purged:
		case <-tick.C:
			if !e.invalid.any(e.opt.Now().Add(-forgetAfter)) {
				continue
			}
		case <-e.base.Done():
			return
		}
		if err := e.sweep(e.base); err != nil && e.base.Err() == nil {
			e.opt.Events.storeFailed("", err)
		}
	}
}

// sweep deletes the entries that were purged, and forgets the invalidations that
// no entry needs: nothing in the store answers to their names and is as old. What is
// stored while it reads has started after those that it may forget.
func (e *Engine) sweep(ctx context.Context) error {
	before := e.opt.Now().Add(-forgetAfter)
	needed := make(map[string]bool) // names as in the store
	for entry, err := range e.opt.Store.Pages(ctx) {
		if err != nil {
			return err
		}
		if _, purged := e.invalid.of(entry); !purged {
			e.invalid.need(entry, needed)
			continue
		}
		if err := e.opt.Store.Delete(ctx, entry.Key, entry.StartedAt); err != nil {
			return err
		}
		e.opt.Events.swept(entry)
	}
	// After the others, because that is the way they go.
	for entry, err := range e.opt.Store.EarlierPages(ctx) {
		if err != nil {
			return err
		}
		e.invalid.need(entry, needed)
	}
	unneeded := e.invalid.unneeded(before, needed)
	if len(unneeded) == 0 {
		return nil
	}
	if err := e.opt.Store.Forget(ctx, unneeded...); err != nil {
		return err
	}
	for _, inv := range unneeded {
		e.invalid.forget(inv)
	}
	return nil
}

// any tells whether there is an invalidation from before a time.
func (v *invalidations) any(before time.Time) bool {
	return len(v.unneeded(before, nil)) > 0
}

// need adds the invalidations that make e stale, or purge it, to a set.
func (v *invalidations) need(e *Entry, needed map[string]bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	v.stale.each(e, func(n Name, at time.Time) {
		if !at.Before(e.StartedAt) {
			needed[n.String()] = true
		}
	})
	v.purged.each(e, func(n Name, at time.Time) {
		if !at.Before(e.StartedAt) {
			needed[purge+n.String()] = true
		}
	})
}

// unneeded returns the invalidations from before a time that are not in a set.
func (v *invalidations) unneeded(before time.Time, needed map[string]bool) []Invalidation {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var list []Invalidation
	collect := func(m *marks, prefix string) {
		for n, at := range m.at {
			if name := prefix + n.String(); at.Before(before) && !needed[name] {
				list = append(list, Invalidation{Name: name, At: at})
			}
		}
	}
	collect(&v.stale, "")
	collect(&v.purged, purge)
	return list
}

// forget removes an invalidation, unless there is a later one of its name.
func (v *invalidations) forget(inv Invalidation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	m, name := v.marks(inv.Name)
	m.remove(name, inv.At)
}
