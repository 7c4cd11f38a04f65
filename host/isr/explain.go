package isr

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Finding is all that the engine knows of a path.
type Finding struct {
	Entry     *Entry // what Visit would serve; nil for nothing
	Freshness Freshness
	Stale     []Cause // every cause for which Entry is not fresh

	Running bool // a generation runs
	Waiting bool // one waits for a worker, or for that one's end

	Failures int       // generations that failed in a row, where an older page is kept
	RetryAt  time.Time // when a visitor may cause the next one; zero: at once
}

// Cause is why an entry is not fresh.
type Cause struct {
	Kind CauseKind
	At   time.Time // since when; zero for CauseVersion
	Name Name      // CauseMarked and CausePurged: what was named
}

// CauseKind is a kind of cause.
type CauseKind string

const (
	CauseWindow  CauseKind = "window"  // its revalidate is over
	CauseExpire  CauseKind = "expire"  // its expire is over
	CauseVersion CauseKind = "version" // another version of the plugin made it
	CauseMarked  CauseKind = "marked"  // something that it answers to was marked as stale
	CausePurged  CauseKind = "purged"  // something that it answers to was purged
)

// Explain says what a visit would find, and why. It changes nothing and causes nothing.
func (e *Engine) Explain(ctx context.Context, p Page) (Finding, error) {
	now := e.opt.Now()
	var found Finding
	entry, err := e.opt.Store.Get(ctx, p.Key)
	switch {
	case err == nil:
		found.Stale = append(causes(entry, p.Version, now), e.invalid.causes(entry)...)
		if last, purged := e.invalid.of(entry); !purged {
			found.Entry, found.Freshness = entry, Judge(entry, p.Version, last, now)
		}
	case !errors.Is(err, ErrNotFound):
		return found, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.slots[p.Key]; s != nil {
		found.Running, found.Waiting = s.running != nil, s.next != nil
	}
	if failed := e.failures[p.Key]; failed != nil {
		found.Failures = failed.count
		if failed.retryAt.After(now) {
			found.RetryAt = failed.retryAt
		}
	}
	return found, nil
}

// causes are those that Judge finds in the entry itself.
func causes(e *Entry, version string, now time.Time) []Cause {
	var found []Cause
	age := now.Sub(e.FinishedAt).Abs()
	if age >= e.Expire {
		found = append(found, Cause{Kind: CauseExpire, At: e.FinishedAt.Add(e.Expire)})
	}
	if e.Revalidate > 0 && age >= e.Revalidate {
		found = append(found, Cause{Kind: CauseWindow, At: e.FinishedAt.Add(e.Revalidate)})
	}
	if e.Version != version {
		found = append(found, Cause{Kind: CauseVersion})
	}
	return found
}

// causes are the names that e answers to and that were invalidated since it was begun, latest first.
func (v *invalidations) causes(e *Entry) []Cause {
	var found []Cause
	v.mu.RLock()
	defer v.mu.RUnlock()
	collect := func(kind CauseKind) func(Name, time.Time) {
		return func(n Name, at time.Time) {
			if !at.Before(e.StartedAt) {
				found = append(found, Cause{Kind: kind, At: at, Name: n})
			}
		}
	}
	v.purged.each(e, collect(CausePurged))
	v.stale.each(e, collect(CauseMarked))
	slices.SortFunc(found, func(a, b Cause) int { return b.At.Compare(a.At) })
	return found
}
