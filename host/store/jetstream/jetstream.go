// Package jetstream keeps pages in NATS JetStream, so that many hosts are one
// site: what one of them makes or marks is there for the others, as often as the
// site asks for. Where the servers run, in this process or elsewhere, is not its
// business: it is given a connection.
//
//	pages, err := jetstream.Open(ctx, jetstream.Options{Conn: nc, Site: "shop", Replicas: 3, Log: log})
//	…
//	defer pages.Close() // nc stays open
//
// Like every store it knows nothing of freshness. Of two generations of a page it
// keeps the one that started later, by compare-and-set on the revision (S33).
//
// # What is where
//
// Two key-value buckets and an object store, each replicated; NAME is the site's:
//
//	wisr_NAME_pages   p.<hash>            an entry; the hash is the SHA-256 of its key
//	                  e.<version>.<hash>  an entry that another version's replaced, for rollback
//	                  v.<version>         a version of which there are such entries
//	wisr_NAME_marks   m.<hash>            an invalidation; the hash is that of its name
//	wisr_NAME_files   page/<hash>/<id>    an entry that is larger than a message may be
//
// A value is what package dir would have in a file, compressed with zstd. What has to be
// known without reading it, is in the message's header: the key, when the
// generation started, of which version it is, who wrote it, and the format.
//
// # Reading from the nearest replica
//
// A page is read from the replica in this process (package cluster sees to it that the server asks no other), or from
// any if there is none. A replica may be behind, and a visitor must not be
// shown a page that is older than what this host was told of already. So Watch tells of a page when
// the replica in this process has it (see replica), the store remembers
// the revisions that it was told of lately (see revisions), and asks the stream's
// leader if the replica's answer is older.
//
// # A newer wisr beside this one
//
// Each message says its format. One that is newer than this program's counts as not
// found and is never overwritten: the page is made for this host alone until it is updated. What this host
// has of it is dropped when the newer one writes, so that nobody is shown it after an editor was told of another; and an
// editor who asks this host for such a page is told that other hosts have to be asked (isr.ErrNewer).
package jetstream

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/wisr-dev/wisr/host/isr"
)

// ErrDetached is returned for what needs the other hosts while they cannot be reached.
var ErrDetached = errors.New("the other hosts cannot be reached")

// Options of a Store.
type Options struct {
	Conn     *nats.Conn // required; the caller closes it, after the store
	Site     string     // letters, digits, - and _; sites of different names share servers
	Replicas int        // of each bucket; 0: one
	MaxSize  int64      // bytes of all entries; past it the oldest are dropped (S145); 0: unbounded

	// Detached tells that the servers cannot be reached: then nothing is written, and
	// what a replica in this process has is read. nil: never.
	Detached func() bool

	// Replica is the last sequence of a stream that the server in this process has, false if it has no replica of
	// it. nil: no server is in this process.
	Replica func(stream string) (last uint64, here bool)

	// Apart is how far the clocks of the servers are apart, as far as is known. nil: not at all.
	Apart func() time.Duration

	// Patience is how long a replica, and then the leader, may take to answer a read
	// before the page is made instead; a write may take three times as long before
	// the page is kept in memory. 0 is a second: visitors wait for both.
	Patience time.Duration

	// Owed is a folder of this host alone, with the pages that could not be written: who is told that a page is
	// shown is told so also while nothing can be written, and this process may be killed before it
	// can. The next one to open the store writes them. "": they are in memory only.
	Owed string

	// Waiting is told once, after some seconds, that what the servers are asked for fails, and why; that is
	// tried again as long as its context lasts. nil: nobody is.
	Waiting func(cause error)

	// Retained adds what other hosts retain to what this one does. nil: nothing.
	Retained func() []string

	Log *slog.Logger // nil discards
}

// Store is an open store. Its methods may be called by many goroutines.
type Store struct {
	opt Options
	id  string // of this open store, among all that have the buckets open
	log *slog.Logger

	js    jetstream.JetStream
	pages bucket
	marks bucket
	files jetstream.ObjectStore

	encoder *zstd.Encoder
	decoder *zstd.Decoder

	owed      owed
	told      revisions
	replica   replica
	unarrived unarrived
	retained  atomic.Pointer[map[string]bool] // versions; nil before Retain; never changed, but replaced
	listed    sync.Map                        // versions that v.<version> is known to name
	newer     sync.Once                       // the warning about a newer format
	waiting   sync.Once                       // Options.Waiting

	mu      sync.Mutex
	streams []string // of all buckets that were opened; guarded by mu

	slow atomic.Int64 // unix nanoseconds: until then the leader is not asked for what a replica knows
}

var _ isr.Store = (*Store)(nil)

const (
	// lookEvery is how often a call that takes long looks whether this host is detached.
	lookEvery = 20 * time.Millisecond
	// patience is how long one call may take where no visitor waits.
	patience = 10 * time.Second
	// forgotten is the age at which the note that a page was deleted goes. A
	// host that was away for longer may show a copy that it had in memory.
	forgotten = 7 * 24 * time.Hour

	maxDecoded = 1<<31 - 1 // as package dir
)

// Open opens the store, and makes its buckets if they are not there yet. It waits
// until the servers can be written and a replica answers, or ctx ends.
func Open(ctx context.Context, opt Options) (*Store, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Patience <= 0 {
		opt.Patience = time.Second
	}
	js, err := jetstream.New(opt.Conn)
	if err != nil {
		return nil, fmt.Errorf("open the store of %s: %w", opt.Site, err)
	}
	s := &Store{opt: opt, id: random(), log: opt.Log, js: js, owed: owed{folder: opt.Owed}}
	if s.encoder, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest)); err != nil {
		return nil, err
	}
	if s.decoder, err = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxDecoded)); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open the store of %s: %w", opt.Site, err)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	if s.pages, err = s.openBucket(ctx, "pages", s.opt.MaxSize); err != nil {
		return err
	}
	s.pages.anew = s.told.forget
	if s.opt.Replica != nil {
		s.replica.last = func() (uint64, bool) { return s.opt.Replica(s.pages.stream) }
	}
	if s.marks, err = s.openBucket(ctx, "marks", 0); err != nil {
		return err
	}
	err = s.retried(ctx, func(ctx context.Context) error {
		s.files, err = s.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: bucketName(s.opt.Site, "files"), Description: "wisr: pages that are larger than a message", Replicas: max(1, s.opt.Replicas),
		})
		return err
	})
	if err != nil {
		return err
	}
	s.opened("OBJ_" + bucketName(s.opt.Site, "files"))
	return s.payOwed(ctx)
}

// Close implements isr.Store. The connection stays open.
func (s *Store) Close() error {
	if s.encoder != nil {
		_ = s.encoder.Close() // there is nothing to flush
	}
	if s.decoder != nil {
		s.decoder.Close()
	}
	return nil
}

func (s *Store) detached() bool { return s.opt.Detached != nil && s.opt.Detached() }

func (s *Store) apart() time.Duration {
	if s.opt.Apart == nil {
		return 0
	}
	return s.opt.Apart()
}

func bucketName(site, what string) string { return "wisr_" + site + "_" + what }

// random is a name that nobody else has.
func random() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // it never fails
	return hex.EncodeToString(id[:])
}

// attached bounds a call for which a visitor may wait. When this host is detached nobody answers any more, and it ends.
func (s *Store) attached(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, most)
	if s.opt.Detached == nil {
		return ctx, cancel
	}
	var looking sync.WaitGroup
	looking.Go(func() {
		for sleep(ctx, lookEvery) {
			if s.detached() {
				cancel()
			}
		}
	})
	return ctx, func() {
		cancel()
		looking.Wait()
	}
}

// within bounds a call whose context has no end of its own.
func within(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, most)
}
