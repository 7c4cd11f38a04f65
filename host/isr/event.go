package isr

import "time"

// Events are called as things happen in the engine, outside its locks and on
// the goroutine that did them; they must return soon. A nil one is skipped.
type Events struct {
	// Generated is called after a generation was committed or, with Stored
	// false, found that a newer one was there.
	Generated func(Generated)
	// Failed is called when a generation failed.
	Failed func(Failed)
	// StoreFailed is called when the store could not be read or written.
	// The page is served all the same (S143).
	StoreFailed func(key string, err error)
	// Invalidated is called after a name was marked as stale or purged here,
	// not for what another host did.
	Invalidated func(n Name, purged bool)
	// Swept is called with each entry, without its body, that leaves the store
	// after a purge of a tag, source or plugin.
	Swept func(e *Entry)
	// Dropped is called when the queue was full and work was left undone.
	Dropped func(key string, p Priority)
}

// Generated tells of one generation that succeeded.
type Generated struct {
	Entry    *Entry
	Replaced *Entry // what was there before; nil: nothing
	Reason   string
	Took     time.Duration
	Stored   bool
}

// Failed tells of one generation that failed.
type Failed struct {
	Key, Plugin, Reason string
	Err                 error
	Took                time.Duration
	Consecutive         int  // failures of this path in a row, where an older page is kept
	Kept                bool // an older page stays
}

func (ev *Events) generated(g Generated) {
	if ev.Generated != nil {
		ev.Generated(g)
	}
}

func (ev *Events) failed(f Failed) {
	if ev.Failed != nil {
		ev.Failed(f)
	}
}

func (ev *Events) storeFailed(key string, err error) {
	if ev.StoreFailed != nil {
		ev.StoreFailed(key, err)
	}
}

func (ev *Events) invalidated(n Name, purged bool) {
	if ev.Invalidated != nil {
		ev.Invalidated(n, purged)
	}
}

func (ev *Events) swept(e *Entry) {
	if ev.Swept != nil {
		ev.Swept(e)
	}
}

func (ev *Events) dropped(key string, p Priority) {
	if ev.Dropped != nil {
		ev.Dropped(key, p)
	}
}
