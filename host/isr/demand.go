package isr

import (
	"context"
	"errors"
	"fmt"
	"iter"

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
	at := e.tick()
	var errs []error
	for _, n := range names {
		errs = append(errs, e.record(ctx, Invalidation{Name: n.String(), At: at}))
		e.opt.Events.invalidated(n, false)
	}
	return errors.Join(errs...)
}

// Purge drops every page that answers to one of the names. From its return on
// nobody gets one of them, also none that is being made now, here or elsewhere;
// the cost does not depend on how many there are. What they take in the store
// is freed later. The error is as of Invalidate.
func (e *Engine) Purge(ctx context.Context, names ...Name) error {
	at := e.tick()
	var errs []error
	for _, n := range names {
		errs = append(errs, e.record(ctx, Invalidation{Name: purge + n.String(), At: at}))
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
	return errors.Join(errs...)
}

// record makes an invalidation known, first to the store and then here.
func (e *Engine) record(ctx context.Context, inv Invalidation) error {
	err := e.opt.Store.Invalidate(ctx, inv)
	e.learn(inv)
	if err != nil {
		return fmt.Errorf("invalidate %s: %w", inv.Name, err)
	}
	return nil
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
