package isr

import (
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
)

// Entry is what one generation left in the cache. An Entry is never changed
// after it was stored; a newer generation makes another.
type Entry struct {
	Key     string // the path visitors see below the base path, with its locale prefix: "/blog/a"
	Plugin  string // name of the plugin that made it
	Version string // that plugin's version at the time

	Kind     page.Kind     // page, not found, or redirect
	Status   int           // of the answer; for KindNotFound 404
	Redirect page.Redirect // KindRedirect only
	Header   []page.Field  // what the page set, Content-Type included
	Props    []byte        // JSON object, KindProps only
	Body     []byte        // what render wrote, KindProps only

	// Body, and the data document {"props":Props}, in the content codings in
	// which they are smaller, best first (S54).
	Encodings     []Coded
	DataEncodings []Coded

	Tags    []string
	Sources []string // URLs that were fetched for it
	Fuel    uint64   // work done, in metered units; 0 where nothing was metered

	// Seen is what the generation was told besides its input, as JSON, by which the
	// Renderer finds out whether the next one would make the same; nil if it cannot.
	Seen []byte
	// Unchanged is true if it was found out so: nothing was rendered for this entry,
	// and all but its times is the one's before.
	Unchanged bool

	StartedAt  time.Time     // the data is as of this moment (S6)
	FinishedAt time.Time     // age counts from this moment (S6, S41)
	Revalidate time.Duration // fresh for so long; 0: until revalidated on demand (S8)
	Expire     time.Duration // past this a request waits (S10); always set

	ETag     string // strong, quoted, over Body (S50)
	DataETag string // strong, quoted, over the data document
}

// A page's data document is its props between these two (S134).
const (
	DataPrefix = `{"props":`
	DataSuffix = `}`
)

// Coded is a body in one content coding (RFC 9110 section 8.4.1).
type Coded struct {
	Coding string
	Body   []byte
}

// Size is the number of bytes that e costs to keep in memory, within a few
// per cent: what a bounded cache counts.
func (e *Entry) Size() int64 {
	n := 512 + len(e.Key) + len(e.Props) + len(e.Body) + len(e.Seen)
	for _, s := range e.Tags {
		n += 16 + len(s)
	}
	for _, s := range e.Sources {
		n += 16 + len(s)
	}
	for _, f := range e.Header {
		n += 32 + len(f.Name) + len(f.Value)
	}
	for _, c := range e.Encodings {
		n += 48 + len(c.Body)
	}
	for _, c := range e.DataEncodings {
		n += 48 + len(c.Body)
	}
	return int64(n)
}
