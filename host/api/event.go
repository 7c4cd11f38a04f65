package api

import "time"

// The types of events.
const (
	EventLoad       = "load"       // a version of a plugin went live
	EventRefuse     = "refuse"     // a version was refused; nothing changed
	EventRollback   = "rollback"   // an earlier version is active again
	EventRemove     = "remove"     // a plugin is gone
	EventProgress   = "progress"   // a version is on its way; Message says how far
	EventRegenerate = "regenerate" // a page was made
	EventFail       = "fail"       // a page could not be made
	EventInvalidate = "invalidate" // pages were marked as stale or purged: Message names them, Reason says which
	EventDrop       = "drop"       // there was too much to do: a page stays as it is
	EventStore      = "store"      // the store could not be read or written; pages are served all the same
	EventLost       = "lost"       // so many events came that some were not sent: Count
)

// Event is something that happened in the host.
type Event struct {
	ID      uint64    `json:"id"` // counts up from 1 at the start of the host
	At      time.Time `json:"at"`
	Type    string    `json:"type"`
	Plugin  string    `json:"plugin,omitempty"`
	Version string    `json:"version,omitempty"`
	Path    string    `json:"path,omitempty"`
	Reason  string    `json:"reason,omitempty"` // why: see the types
	Message string    `json:"message,omitempty"`
	Log     string    `json:"log,omitempty"` // of a failed page's module

	Took  time.Duration `json:"took,omitempty"`  // nanoseconds
	Count int           `json:"count,omitempty"` // EventFail: failures of the path in a row; EventLost: how many
	Kept  bool          `json:"kept,omitempty"`  // EventFail: the old page stays
}
