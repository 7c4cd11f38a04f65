package admin

import (
	"sync"
	"time"

	"github.com/wisr-dev/wisr/host/api"
)

const (
	// remembered is how many events can be read later: a minute of a busy host,
	// 200 KB of memory. Failures have as much room of their own, since pages that
	// succeed are many and hide them.
	remembered = 1024
	// maxText bounds what one event keeps of a message or a log.
	maxText = 2 << 10
)

// Events tells operators what happens. Publishing never waits for who reads:
// the last events are kept, and a reader that is slower is told how many it lost.
type Events struct {
	now func() time.Time

	mu       sync.Mutex
	all      ring          // guarded by mu
	failures ring          // guarded by mu
	last     uint64        // ID of the latest; guarded by mu
	grown    chan struct{} // closed at the next event; nil while nobody waits; guarded by mu
	closed   bool          // guarded by mu
}

// ring is the last events of a kind.
type ring struct {
	events [remembered]api.Event
	n      uint64 // how many there were
}

func (r *ring) add(e api.Event) {
	r.events[r.n%remembered] = e
	r.n++
}

// each calls f with what is left, from the latest one backwards, until it returns false.
func (r *ring) each(f func(*api.Event) bool) {
	for i := r.n; i > 0 && r.n-i < remembered; i-- {
		if !f(&r.events[(i-1)%remembered]) {
			return
		}
	}
}

// NewEvents makes Events; Close ends those who read.
func NewEvents(now func() time.Time) *Events { return &Events{now: now} }

// Publish tells an event. It returns at once and sets ID and At.
func (e *Events) Publish(ev api.Event) {
	ev.At = e.now().UTC()
	ev.Message, ev.Log = shorten(ev.Message), shorten(ev.Log)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last++
	ev.ID = e.last
	e.all.add(ev)
	if ev.Type == api.EventFail {
		e.failures.add(ev)
	}
	e.wake()
}

// Close makes every reader end.
func (e *Events) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.wake()
}

// wake tells the readers. e.mu is held.
func (e *Events) wake() {
	if e.grown != nil {
		close(e.grown)
		e.grown = nil
	}
}

// Failure returns the last page of a plugin that could not be made, or, with a path, the
// last time that this one could not; nil if none is remembered.
func (e *Events) Failure(plugin, path string) *api.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found *api.Event
	e.failures.each(func(ev *api.Event) bool {
		if ev.Plugin == plugin && (path == "" || ev.Path == path) {
			event := *ev
			found = &event
		}
		return found == nil
	})
	return found
}

// after returns the events with an ID above id, oldest first, how many of them are not
// remembered any more, and what is closed when there are more; nil: there will be none.
func (e *Events) after(id uint64) (events []api.Event, lost uint64, grown <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if id > e.last { // of the time before a restart
		id = 0
	}
	oldest := e.last - min(e.last, remembered)
	if id < oldest {
		lost, id = oldest-id, oldest
	}
	for ; id < e.last; id++ {
		events = append(events, e.all.events[id%remembered])
	}
	if e.closed {
		return events, lost, nil
	}
	if e.grown == nil {
		e.grown = make(chan struct{})
	}
	return events, lost, e.grown
}

// latest is the ID after which everything is new.
func (e *Events) latest() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last
}

// shorten cuts a text without cutting a character.
func shorten(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > 0 && text[end]&0xC0 == 0x80 {
		end--
	}
	return text[:end] + "…"
}
