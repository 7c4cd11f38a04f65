package dir

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// Watch implements isr.Store: it tells what other processes changed since Open.
// It looks at their journals again and again, since no notification of the
// operating system crosses a network mount.
//
// A writer tells of a change under the lock of what it changes and before it does.
// Watch takes that lock once before it passes the change on, so that whoever reads
// then sees it, and a writer that was killed in between has told all the same.
//
// If more changed than journals keep, every page there is and every
// invalidation is told. A page that is not there any more is not among them.
func (d *Dir) Watch(ctx context.Context, fn func(isr.Change)) error {
	at := maps.Clone(d.start)
	tick := time.NewTicker(d.poll)
	defer tick.Stop()
	failing := false
	for {
		err := d.tell(ctx, at, fn)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !failing {
			d.log.Warn("changes that other hosts make to the page store cannot be read, trying on", "cause", explain(err))
		}
		failing = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// tell tells what is new in the journals of others and moves on in them.
func (d *Dir) tell(ctx context.Context, positions positions, fn func(isr.Change)) error {
	all, err := listJournals(d.journal.dir, d.id)
	if err != nil {
		return err
	}
	for id, segments := range all {
		missed := false
		at := positions[id]
		for _, segment := range segments {
			if segment < at.segment {
				continue
			}
			if segment > at.segment {
				at.segment, at.offset = segment, 0
			}
			last := at.n
			changes, err := readSegment(d.journal.dir, id, &at)
			if err != nil {
				return err
			}
			for _, c := range changes {
				missed = missed || c.N > last+1
				last = c.N
			}
			if err := d.settle(ctx, changes); err != nil {
				return err
			}
			for _, c := range changes {
				fn(isr.Change{Key: c.Key, Invalidation: isr.Invalidation{Name: c.Name, At: c.At}})
			}
			if !missed {
				positions[id] = at
			}
		}
		if missed {
			if err := d.tellAll(ctx, fn); err != nil {
				return fmt.Errorf("tell all because some changes were missed: %w", err)
			}
			positions[id] = at
		}
	}
	return nil
}

// settle waits until the changes are made or never will be.
func (d *Dir) settle(ctx context.Context, changes []change) error {
	var seen [stripes + 1]bool
	for _, c := range changes {
		i := marksLock
		if c.Key != "" {
			i = stripe(hash(c.Key))
		}
		if seen[i] {
			continue
		}
		seen[i] = true
		unlock, err := d.locks.lockStripe(ctx, i)
		if err != nil {
			return err
		}
		unlock()
	}
	return nil
}

func (d *Dir) tellAll(ctx context.Context, fn func(isr.Change)) error {
	invalidations, err := d.Invalidations(ctx)
	if err != nil {
		return err
	}
	for _, inv := range invalidations {
		fn(isr.Change{Invalidation: inv})
	}
	for e, err := range d.Pages(ctx) {
		if err != nil {
			return err
		}
		fn(isr.Change{Key: e.Key})
	}
	return nil
}
