// Package copying moves a site's pages from one store to another, as when one host becomes
// many. It changes nothing in the store that it reads, never replaces a newer page
// in the other, and can be broken off: the next time it skips what is there. What cannot be written is tried again for some
// seconds, since the hosts of a cluster may be agreeing on who leads them.
//
//	report, err := copying.Run(ctx, from, to, func(done copying.Report) { … })
package copying

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wisr-dev/wisr/host/isr"
)

// Report is how far copying has come.
type Report struct {
	Pages   int `json:"pages"`   // looked at
	Copied  int `json:"copied"`  // of those
	Skipped int `json:"skipped"` // since the other store has it, or a newer one
	Marks   int `json:"marks"`   // invalidations
}

// atOnce is how many pages are under way: a write waits for other hosts, and for disks.
const atOnce = 16

// What cannot be written is tried so often, with a pause before each time but the first.
const (
	tries = 10
	pause = time.Second
)

// Run copies invalidations, and then pages. tell is called after each page, never twice at a time.
func Run(ctx context.Context, from, to isr.Store, tell func(Report)) (Report, error) {
	var done Report
	marks, err := from.Invalidations(ctx)
	if err != nil {
		return done, err
	}
	// First, so that no copied page counts as fresher than it was.
	for _, inv := range marks {
		if err := persist(ctx, func() error { return to.Invalidate(ctx, inv) }); err != nil {
			return done, err
		}
		done.Marks++
	}
	there, err := started(ctx, to)
	if err != nil {
		return done, err
	}
	var mu sync.Mutex // guards done, and tell
	note := func(n *int) {
		mu.Lock()
		defer mu.Unlock()
		done.Pages++
		*n++
		tell(done)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for head, err := range from.Pages(ctx) {
		if err != nil {
			group.Go(func() error { return fmt.Errorf("read the pages: %w", err) })
			break
		}
		if at, ok := there[head.Key]; ok && at >= head.StartedAt.UnixNano() {
			note(&done.Skipped)
			continue
		}
		group.Go(func() error {
			stored, err := one(ctx, from, to, head.Key)
			if err != nil {
				return err
			}
			if stored {
				note(&done.Copied)
			} else {
				note(&done.Skipped)
			}
			return nil
		})
	}
	return done, group.Wait()
}

// one copies a page.
func one(ctx context.Context, from, to isr.Store, key string) (stored bool, err error) {
	e, err := from.Get(ctx, key)
	if errors.Is(err, isr.ErrNotFound) {
		return false, nil // it went meanwhile
	}
	if err != nil {
		return false, err
	}
	err = persist(ctx, func() error {
		stored, err = to.Put(ctx, e)
		return err
	})
	return stored, err
}

// persist writes until that succeeds.
func persist(ctx context.Context, write func() error) error {
	for left := tries - 1; ; left-- {
		err := write()
		if err == nil || left == 0 || ctx.Err() != nil || errors.Is(err, isr.ErrNewer) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// started says when the generations of the pages that a store has began, in unix nanoseconds.
func started(ctx context.Context, s isr.Store) (map[string]int64, error) {
	all := make(map[string]int64)
	for e, err := range s.Pages(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read which pages are there: %w", err)
		}
		all[e.Key] = e.StartedAt.UnixNano()
	}
	return all, nil
}
