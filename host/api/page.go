package api

import "time"

// The states of a page, as the next visitor would find it.
const (
	StateFresh   = "fresh"   // served, nothing else happens
	StateStale   = "stale"   // served, and made anew behind the visitor's back
	StateExpired = "expired" // a visitor waits for a new one
	StateAbsent  = "absent"  // there is none yet
)

// Page is a stored page, without what is on it.
type Page struct {
	Path    string `json:"path"` // below the base path, with the prefix of its locale
	Plugin  string `json:"plugin"`
	Version string `json:"version"` // of the plugin, when it was made
	State   string `json:"state"`
	Kind    string `json:"kind"` // page, notFound, redirect
	Status  int    `json:"status"`

	StartedAt  time.Time `json:"startedAt"`  // what is on it is as of then
	FinishedAt time.Time `json:"finishedAt"` // its age counts from then
	Revalidate *int64    `json:"revalidate"` // seconds for which it is fresh; null: until somebody asks for a new one
	Expire     int64     `json:"expire"`     // seconds after which a visitor waits for a new one

	Fuel    uint64   `json:"fuel"` // work that it took, in metered units; 0: not metered
	Tags    []string `json:"tags"`
	Sources []string `json:"sources"` // URLs that were fetched for it
}

// Pages is a part of the stored pages, sorted by path.
type Pages struct {
	Pages  []Page `json:"pages"`
	Cursor string `json:"cursor,omitempty"` // send it to get the next part; none: this was the last one
}
