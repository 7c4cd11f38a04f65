package api

import (
	"encoding/json"
	"time"
)

// States of a path besides those of a page.
const (
	StateFile   = "file"   // a file in public/ is served
	StateNobody = "nobody" // no plugin serves it
	StateUnkept = "unkept" // `wisr dev`: made anew for every request
)

// Explanation says what a visitor of a path would get now, and why.
type Explanation struct {
	Path    string    `json:"path"`  // in its one spelling
	State   string    `json:"state"` // fresh, stale, expired, absent, file, nobody, unkept
	Because []Because `json:"because"`
	Next    string    `json:"next"` // what the next visit gets, and what it causes, in words
	Serves  *Serves   `json:"serves,omitempty"`
	Stored  *Stored   `json:"stored,omitempty"`
	Making  string    `json:"making,omitempty"` // "running" or "waiting" while a new page is on its way
	Failing *Failing  `json:"failing,omitempty"`
}

// Because is one reason why a stored page is not fresh.
type Because struct {
	Kind    string     `json:"kind"`            // window, expire, version, marked, purged
	Name    string     `json:"name,omitempty"`  // marked and purged: "tag:news"
	Since   *time.Time `json:"since,omitempty"` // not for version
	Message string     `json:"message"`
}

// Serves is the plugin that has the path.
type Serves struct {
	Plugin   string          `json:"plugin"`
	Version  string          `json:"version"` // the active one; "" if it does not load
	Route    string          `json:"route"`
	Params   json.RawMessage `json:"params"` // an object, as getStaticProps gets it
	Locale   string          `json:"locale,omitempty"`
	Listed   bool            `json:"listed"`   // by getStaticPaths; true for a route without parameters
	Fallback string          `json:"fallback"` // false, true, blocking
	Problem  string          `json:"problem,omitempty"`
}

// Stored is the page that is kept for the path.
type Stored struct {
	Page
	Age       int64    `json:"age"`  // seconds
	Size      int      `json:"size"` // bytes of the body
	Encodings []string `json:"encodings"`
	ETag      string   `json:"etag"`
}

// Failing tells of attempts to make the page anew that failed.
type Failing struct {
	Count   int        `json:"count"`             // in a row, where an older page is kept
	RetryAt *time.Time `json:"retryAt,omitempty"` // no visitor causes another one before
	Last    *Event     `json:"last,omitempty"`    // if it is remembered
}
