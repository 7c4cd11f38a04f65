package isr

import (
	"context"
	"errors"
	"iter"
	"time"
)

// ErrNotFound is returned by Store.Get when there is no entry for the key.
var ErrNotFound = errors.New("no such page in the store")

// ErrNewer is wrapped by the errors of Store.Put and Store.Delete about an entry that a newer wisr
// has written in a way that this one does not know: it is not touched.
var ErrNewer = errors.New("it was written by a newer wisr; update this host")

// Store keeps entries and invalidations. It is the record: what it has
// survives a restart (S7). Every method may be called by many goroutines, and
// by several processes where they share what is below.
type Store interface {
	// Get returns the entry of a key, or ErrNotFound. An entry that is
	// damaged counts as not found. Callers do not change what they get.
	Get(ctx context.Context, key string) (*Entry, error)

	// Put stores e unless an entry whose generation started later (S33), or
	// at the same time, is there; it tells whether it did.
	Put(ctx context.Context, e *Entry) (stored bool, err error)

	// Retain says which versions' entries are set aside when Put replaces them
	// by one of another version, and drops what was set aside of others. Until it
	// is called nothing is set aside, and Earlier finds nothing.
	Retain(ctx context.Context, versions []string) error

	// Earlier returns the last entry of a key that was set aside of a version, or
	// ErrNotFound: what a version made that is to come back (rollback).
	Earlier(ctx context.Context, key, version string) (*Entry, error)

	// EarlierPages yields what is set aside, of all versions, as Pages does.
	EarlierPages(ctx context.Context) iter.Seq2[*Entry, error]

	// Delete drops the entry of a key, and what was set aside of it, unless its
	// generation started after upTo: a page that was made meanwhile is not lost.
	// It is no error if there is none.
	Delete(ctx context.Context, key string, upTo time.Time) error

	// Invalidate records that entries answering to a name and started at or
	// before a time are stale. An earlier time than the recorded one changes nothing.
	Invalidate(ctx context.Context, inv Invalidation) error

	// Invalidations returns every recorded one, once a name.
	Invalidations(ctx context.Context) ([]Invalidation, error)

	// Forget lets go of invalidations, each unless a later one of its name is
	// recorded; it is no error if there is none. Watch does not tell it. After an error some may be gone.
	Forget(ctx context.Context, all ...Invalidation) error

	// Watch calls fn for every change that another process made, until ctx
	// ends, and then returns nil. Calls are not concurrent. A change may be told late,
	// or twice, and changes of one key may be told as one.
	Watch(ctx context.Context, fn func(Change)) error

	// Pages yields the entries in no order, without Body, Props and encodings. An entry that
	// cannot be read is left out; an error ends the sequence.
	Pages(ctx context.Context) iter.Seq2[*Entry, error]

	// Close lets go of what is held. No other method is called after it.
	Close() error
}

// Invalidation says that what answers to Name and started at or before At is stale.
// The engine's names are those of Name.String, "tag:news", with "purge-" before
// them if what they name is gone rather than stale; to a store they are text.
type Invalidation struct {
	Name string
	At   time.Time
}

// Change is what Watch tells: a page was replaced or removed (Key), or an
// invalidation recorded (Name and At), or with none of them that the store
// can be written again.
type Change struct {
	Key       string
	StartedAt time.Time // of the page's generation, if it was replaced and the store knows without reading it
	Invalidation
}
