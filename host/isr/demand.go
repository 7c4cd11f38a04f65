package isr

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
)

// Look returns the stored page and what it is worth, as Visit would see it,
// and causes nothing. Without one the entry is nil.
func (e *Engine) Look(ctx context.Context, p Page) (*Entry, Freshness) {
	entry, freshness, _ := e.look(ctx, p, e.opt.Now())
	return entry, freshness
}

// Renew makes the page anew in a generation that starts after this call, for
// an editor who asked (S100, S105). It shares that generation with whoever
// else may (S106). On an error the old page stays as it was (S102), also if the
// new one was made and the store could not take it.
func (e *Engine) Renew(ctx context.Context, p Page) (*Entry, error) {
	return e.await(ctx, p, wish{notBefore: e.tick(), priority: OnDemand, reason: page.ReasonOnDemand})
}

// Invalidate marks every page that answers to one of the names as stale, now.
// The cost does not depend on how many pages that are.
//
// On an error the names are marked until this process ends, and other hosts may not know of it.
func (e *Engine) Invalidate(ctx context.Context, names ...Name) error {
	err := e.record(ctx, "", names, e.tick())
	for _, n := range names {
		e.opt.Events.invalidated(n, false)
	}
	return err
}

// Purge drops every page that answers to one of the names. From its return on
// nobody gets one of them, also none that is being made now, here or elsewhere;
// the cost does not depend on how many there are. What they take in the store
// is freed later. The error is as of Invalidate.
func (e *Engine) Purge(ctx context.Context, names ...Name) error {
	at := e.tick()
	failed := e.record(ctx, purge, names, at)
	for _, n := range names {
		e.opt.Events.invalidated(n, true)
		if n.Kind != NamePath {
			select {
			case e.purged <- struct{}{}:
			default: // it will be looked for
			}
			continue
		}
		if err := e.opt.Store.Delete(ctx, n.Value, at); err != nil {
			e.opt.Events.storeFailed(n.Value, err) // it is gone for visitors
		}
	}
	return failed
}

// record makes invalidations of names known, first to the store and then here. kind
// is purge or nothing. The store gets them all at once: it may have one flush for many.
func (e *Engine) record(ctx context.Context, kind string, names []Name, at time.Time) error {
	errs := make([]error, len(names))
	var all sync.WaitGroup
	for i, n := range names {
		all.Go(func() {
			inv := Invalidation{Name: kind + n.String(), At: at}
			if err := e.opt.Store.Invalidate(ctx, inv); err != nil {
				errs[i] = fmt.Errorf("invalidate %s: %w", inv.Name, err)
			}
			e.learn(inv)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// Pages yields the stored entries that were not purged, as Store.Pages does.
func (e *Engine) Pages(ctx context.Context) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		for entry, err := range e.opt.Store.Pages(ctx) {
			if _, purged := e.invalid.of(entry); purged {
				continue
			}
			if !yield(entry, err) {
				return
			}
		}
	}
}

// Judge returns what an entry is worth now, as Visit would see it.
func (e *Engine) Judge(entry *Entry, version string) Freshness {
	last, purged := e.invalid.of(entry)
	if purged {
		return Absent
	}
	return Judge(entry, version, last, e.opt.Now())
}
