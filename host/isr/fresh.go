package isr

import "time"

// Freshness is what an entry is worth at one moment.
type Freshness uint8

const (
	Absent  Freshness = iota // there is none
	Fresh                    // served, nothing else happens
	Stale                    // served, and renewed in the background
	Expired                  // too old to be served without trying to renew it first
)

func (f Freshness) String() string {
	return [...]string{"absent", "fresh", "stale", "expired"}[f]
}

// Judge says what e is worth now. version is the plugin's active version, and
// invalidated the latest invalidation of any name that e answers to, zero for
// none. It is a pure function.
//
// An entry from the future, as a clock that was set back leaves it, is judged
// by its distance: a page with a window of ten seconds must not stay for the
// hour by which the clock was wrong.
func Judge(e *Entry, version string, invalidated, now time.Time) Freshness {
	if e == nil {
		return Absent
	}
	age := now.Sub(e.FinishedAt).Abs()
	switch {
	case age >= e.Expire:
		return Expired
	case !invalidated.IsZero() && !invalidated.Before(e.StartedAt):
		return Stale
	case e.Version != version:
		return Stale
	case e.Revalidate > 0 && age >= e.Revalidate:
		return Stale
	}
	return Fresh
}
