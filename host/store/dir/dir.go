// Package dir keeps pages in a folder, one file each, and is the store that a
// site has unless it asks for another. The folder may be shared: several
// processes, on one host or on many through a network mount, can have it open.
//
// It knows nothing of freshness: it never decides that a page is old, it keeps
// what it is given, and of two generations of one page the one that started later.
//
//	pages, err := dir.Open(".wisr/pages", dir.Options{MaxSize: 10 << 30, Log: log})
//	…
//	defer pages.Close()
//
// # The folder
//
//	pages/5d/5d0c…e1           an entry; the name is the SHA-256 of its key
//	earlier/<version>/5d/…     an entry that another version's replaced, for rollback
//	invalidations.log          every invalidation, a line each
//	changes/<writer>.<number>  what one open store changed, for the others to read
//	locks/2a                   locked while a file whose hash ends so is replaced
//	tmp/<writer>-<number>      files being written
//
// The log only grows, until it is rewritten. No other file is changed in place: it is
// written to tmp and renamed, so that a reader sees the one before or the one after.
// The 256 folders of two digits keep a million entries below 4,000 names a folder.
// Everything may be deleted at any time, also by hand.
//
// A person can read the log as it is, and an entry with head: the first line has
// lengths, checksums and the time, the second is a JSON object, then come the body,
// the props and the compressed forms.
//
// # Why pages are not always flushed to the disk
//
// A killed process loses nothing that it renamed, with or without fsync. Losing
// power is another matter: without fsync the new name can be there before the new
// bytes. That is noticed (checksums) and the page counts as not found, but the
// good page that was there before is gone. So a file that replaces another
// is flushed first; a page that had none is not, because losing it leaves what
// was there before, nothing, and a build would take twice as long, or longer where
// flushing is slow (BenchmarkFlush). Invalidations are always flushed: nobody would
// notice that one is missing.
//
// # Permissions
//
// Folders are made 0775 and files 0664 less the umask: pages are what any
// visitor may see, no one but the owner (and, where the operator sets umask 002
// to share a folder, the group) may write them. The header names the URLs that a
// page was made from; with umask 077 they are private.
package dir

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// Options are the settings of a store; the zero value is a good one.
type Options struct {
	// MaxSize bounds the bytes of all entries together; 0 does not. Entries are
	// dropped in the background, least recently generated first (S145), so
	// the bound can be passed by what is written in the meantime.
	MaxSize int64

	// Poll is how often Watch looks for changes of other processes. 0 is a
	// second: it costs a listing of a small folder, and editors do not wait longer.
	Poll time.Duration

	// Log gets a warning for each damaged file. Nil discards.
	Log *slog.Logger
}

// Dir is an open store. Its methods may be called by many goroutines.
type Dir struct {
	root  string
	id    string // of this open store, among all that have the folder open
	poll  time.Duration
	log   *slog.Logger
	temps atomic.Int64 // temporary files made so far, for their names

	// Lock order: a lock of locks, then marks.mu or journal.mu.
	locks   *locks
	journal journal
	marks   marks
	start   positions // where the journals of others ended when this store was opened

	retained atomic.Pointer[map[string]bool] // folders of earlier; nil before Retain; never changed, but replaced

	damage damage

	sweeper sweeper
	ctx     context.Context // of the background work
	stop    context.CancelFunc
	running sync.WaitGroup
}

var _ isr.Store = (*Dir)(nil)

// idBytes are random, so that no two open stores have one id.
type idBytes [8]byte

// abandoned is the age at which a file that a process was writing, or a journal
// that it wrote, is taken for one that was killed.
const abandoned = time.Hour

// Open opens the store in a folder and makes the folder if there is none. It
// fails at once, naming path and cause, if the folder cannot be written.
func Open(path string, o Options) (*Dir, error) {
	if path == "" { // not what Abs makes of it
		return nil, errors.New("open page store: no folder is named")
	}
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open page store %s: %w", path, err)
	}
	var id idBytes
	rand.Read(id[:])
	d := &Dir{
		root:  root,
		id:    hex.EncodeToString(id[:]),
		poll:  o.Poll,
		log:   o.Log,
		locks: newLocks(filepath.Join(root, "locks")),
	}
	if d.poll <= 0 {
		d.poll = time.Second
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	d.journal = journal{dir: filepath.Join(root, "changes"), id: d.id}
	d.marks = marks{path: filepath.Join(root, "invalidations.log"), least: 1 << 20}
	now, err := d.probe()
	if err != nil {
		return nil, fmt.Errorf("open page store: %w", explain(err))
	}
	before := now.Add(-abandoned)
	for _, folder := range []string{"tmp", "changes"} {
		if err := removeOlder(filepath.Join(root, folder), before); err != nil {
			return nil, fmt.Errorf("open page store: %w", explain(err))
		}
	}
	if d.start, err = endsOfJournals(d.journal.dir, d.id); err != nil {
		return nil, fmt.Errorf("open page store: %w", explain(err))
	}
	if err := d.absorbOlder(); err != nil {
		return nil, fmt.Errorf("open page store: %w", explain(err))
	}
	d.ctx, d.stop = context.WithCancel(context.Background())
	if o.MaxSize > 0 {
		d.sweeper = sweeper{max: o.MaxSize, recall: recalled, full: make(chan struct{}, 1)}
		d.running.Go(func() { d.keepBelowMax(d.ctx) })
	}
	return d, nil
}

// Close ends the background work and waits for it.
func (d *Dir) Close() error {
	d.stop()
	d.running.Wait()
	return nil
}

// probe writes and removes a file. It returns the time by the clock of the file
// system, which on a network mount is not the clock of this host.
func (d *Dir) probe() (time.Time, error) {
	name, err := d.writeTemp([]byte("is this folder writable?\n"), false)
	if err != nil {
		return time.Time{}, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), os.Remove(name)
}

// removeOlder removes the files that open stores made in a folder and last wrote
// before a time.
func removeOlder(folder string, before time.Time) error {
	return eachFile(folder, func(f fs.DirEntry) error {
		if !madeByStore(f.Name()) {
			return nil
		}
		info, err := f.Info()
		if err != nil || !info.Mode().IsRegular() || !info.ModTime().Before(before) {
			return nil // gone already, or in use
		}
		os.Remove(filepath.Join(folder, f.Name())) // tried again at the next Open
		return nil
	})
}

// madeByStore tells whether a name is the id of an open store and something more.
func madeByStore(name string) bool {
	id, more, _ := strings.Cut(strings.Replace(name, "-", ".", 1), ".")
	var bytes idBytes
	n, err := hex.Decode(bytes[:], []byte(id[:min(len(id), 2*len(bytes))]))
	return err == nil && 2*n == len(id) && n == len(bytes) && more != ""
}
