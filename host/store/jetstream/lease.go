package jetstream

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/wisr-dev/wisr/host/isr"
)

// Leases keep two hosts from making one page at the same time. A lease is a message
// that goes by itself after a few seconds unless its holder renews it: who takes it
// is decided by the revision, and a holder that dies is outlived by nobody for long.
//
// They are kept in a bucket of their own, wisr_NAME_leases, as l.<hash> of the page's key.
//
// Two hosts have one lease only while one of them is detached, or did not get a word through to the
// servers for as long as a lease lasts: it is not asked again whether it may go on.
//
// For taking, renewing and giving back each replace one message that the host has read, and whoever leads refuses that if it is
// not the last of its subject. So it does no harm if what was read is old (from a replica that is behind, or from who led until a moment ago), if a write
// comes late, after its host gave up, or if a host that was stopped gives back what is another's by then. A write whose answer
// was lost, by this process or one before it, is known by the host's name, and no two of its generations of a page run at once.
type Leases struct {
	store   *Store
	host    string
	bucket  bucket
	closing chan struct{}
	held    sync.WaitGroup // goroutines that renew leases

	mu   sync.Mutex
	mine map[string]bool   // subjects that this process holds, or tries to, or gives back; guarded by mu
	dead map[string]uint64 // by subject: the sequence of a lease that nobody renews; guarded by mu
}

var _ isr.Leases = (*Leases)(nil)

const (
	// leaseTime is how long a lease outlives its holder. With the time that the servers
	// take to notice, another host is at work within 5 s; a host that is that busy has lost it.
	leaseTime  = 3 * time.Second
	leaseRenew = time.Second
	// leaseDead is when a lease that was not renewed counts as left behind, although the servers have
	// not let go of it, since clocks are apart.
	leaseDead = leaseTime + leaseRenew
)

// OpenLeases opens the leases of a site for a host of some name. Close them before the store.
func (s *Store) OpenLeases(ctx context.Context, host string) (*Leases, error) {
	b, err := s.openBucket(ctx, "leases", 0)
	if err != nil {
		return nil, err
	}
	return &Leases{store: s, host: host, bucket: b, closing: make(chan struct{}), mine: make(map[string]bool), dead: make(map[string]uint64)}, nil
}

// Streams are the ones without whose leaders a host makes pages for itself alone: of pages, marks and leases.
func (l *Leases) Streams() []string {
	return []string{l.store.pages.stream, l.store.marks.stream, l.bucket.stream}
}

// Close gives back what is held.
func (l *Leases) Close() {
	close(l.closing)
	l.held.Wait()
}

// Try implements isr.Leases. Where the servers do not say who has the lease, nobody gets it: either
// they do soon, or this host is detached.
func (l *Leases) Try(ctx context.Context, key string) (release func()) {
	if l.store.detached() {
		return func() {} // for this host alone
	}
	subject := "l." + hash(key)
	if !l.begin(subject) {
		return nil
	}
	once, cancel := l.store.attached(ctx, l.store.opt.Patience)
	defer cancel()
	seq, err := l.take(once, key, subject)
	if err != nil {
		l.end(subject)
		if !errors.Is(err, errConflict) {
			l.store.log.Debug("who makes a page is not known", "path", key, "cause", err)
		}
		return nil
	}
	done := make(chan struct{})
	l.held.Go(func() {
		defer l.end(subject)
		l.hold(key, subject, seq, done)
	})
	return sync.OnceFunc(func() { close(done) })
}

// begin keeps this process from having a lease twice.
func (l *Leases) begin(subject string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mine[subject] {
		return false
	}
	l.mine[subject] = true
	return true
}

// bury notes that nobody renews a lease, isDead tells so.
func (l *Leases) bury(subject string, seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead[subject] = seq
}

func (l *Leases) isDead(subject string, seq uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead[subject] == seq
}

func (l *Leases) busy(subject string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mine[subject]
}

func (l *Leases) end(subject string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mine, subject)
	delete(l.dead, subject)
}

// take writes the lease; errConflict if another host has it.
func (l *Leases) take(ctx context.Context, key, subject string) (seq uint64, err error) {
	seq, err = l.bucket.write(ctx, subject, l.header(key), nil, 0)
	if !errors.Is(err, errConflict) {
		return seq, err
	}
	m, err := l.bucket.last(ctx, subject)
	switch {
	case errors.Is(err, errNone):
		return 0, errConflict // it went this moment
	case err != nil:
		return 0, err
	case !m.deleted() && !l.own(m) && !l.isDead(subject, m.seq):
		return 0, errConflict
	}
	if seq, err = l.bucket.write(ctx, subject, l.header(key), nil, m.seq); err != nil {
		return 0, err
	}
	if m.deleted() { // who had it a moment ago has stored a page
		if err := l.store.Sync(ctx); err != nil {
			l.store.log.Debug("a page may be made again too soon", "path", key, "cause", err)
		}
	}
	return seq, nil
}

// own tells whether a lease that this process does not hold is this host's: the answer to a write was
// lost, or it was another process of that name.
func (l *Leases) own(m *message) bool { return m.header.Get(headerWriter) == l.host }

// header is that of a lease. Each server lets go of it by its own clock: the one whose clock is ahead must not do so
// before its time, as it may be the one that leads next.
func (l *Leases) header(key string) nats.Header {
	return lasting(nats.Header{
		headerFormat: {strconv.Itoa(format)}, headerWriter: {l.host},
		headerKey: {base64.URLEncoding.EncodeToString([]byte(key))},
	}, leaseTime+l.store.apart().Round(time.Second))
}

// hold renews a lease until it is done with, and gives it back.
func (l *Leases) hold(key, subject string, seq uint64, done <-chan struct{}) {
	tick := time.NewTicker(leaseRenew)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			err := l.replace(subject, &seq, func(ctx context.Context) (uint64, error) {
				return l.bucket.write(ctx, subject, l.header(key), nil, seq)
			})
			if errors.Is(err, errConflict) {
				l.store.log.Debug("a lease was lost: it could not be renewed in time", "path", key)
				return // the store decides which page stays
			}
			continue
		case <-done:
		case <-l.closing:
		}
		err := l.replace(subject, &seq, func(ctx context.Context) (uint64, error) {
			return l.bucket.erase(ctx, subject, l.header(key), seq, time.Second)
		})
		if err != nil {
			l.store.log.Debug("a lease is left to run out", "path", key, "cause", err)
		}
		return
	}
}

// replace writes over a lease of this process. A conflict may be with a write of its own of which it
// had no answer.
func (l *Leases) replace(subject string, seq *uint64, write func(context.Context) (uint64, error)) error {
	ctx, cancel := within(context.Background(), l.store.opt.Patience)
	defer cancel()
	next, err := write(ctx)
	if errors.Is(err, errConflict) {
		m, e := l.bucket.last(ctx, subject)
		if e != nil || m.deleted() || !l.own(m) {
			return err
		}
		*seq = m.seq
		next, err = write(ctx)
	}
	if err == nil {
		*seq = next
	}
	return err
}

// Wait implements isr.Leases.
func (l *Leases) Wait(ctx context.Context, key string) error {
	subject := "l." + hash(key)
	var seen uint64 // the sequence of the lease
	var since time.Time
	for pause := 5 * time.Millisecond; !l.store.detached(); pause = min(2*pause, 50*time.Millisecond) {
		if !sleep(ctx, pause) {
			return context.Cause(ctx)
		}
		once, cancel := within(ctx, l.store.opt.Patience)
		m, err := l.bucket.near(once, subject)
		cancel()
		if errors.Is(err, errNone) || err == nil && (m.deleted() || l.own(m) && !l.busy(subject)) {
			break
		}
		switch {
		case err != nil:
		case m.seq != seen:
			seen, since = m.seq, time.Now()
		case time.Since(since) > leaseDead && !l.own(m):
			l.bury(subject, seen)
			return nil
		}
	}
	if l.store.detached() {
		return nil
	}
	// What the holder stored is known here then; if that takes too long, a page is made once more.
	once, cancel := l.store.attached(ctx, l.store.opt.Patience)
	defer cancel()
	_ = l.store.Sync(once)
	return nil
}

// Lease is one that some host holds.
type Lease struct {
	Path string `json:"path"`
	Host string `json:"host"`
}

// List returns the leases that are held.
func (l *Leases) List(ctx context.Context) ([]Lease, error) {
	list := []Lease{}
	for m, err := range l.bucket.all(ctx, "l.>") {
		if err != nil {
			return nil, err
		}
		path, err := base64.URLEncoding.DecodeString(m.header.Get(headerKey))
		if err == nil {
			list = append(list, Lease{Path: string(path), Host: m.header.Get(headerWriter)})
		}
	}
	return list, nil
}

// Beat writes a message, for whoever wants to know whether the servers take any: without a
// majority of them they do not.
func (l *Leases) Beat(ctx context.Context) error {
	return l.bucket.put(ctx, "b."+hash(l.host), lasting(nats.Header{headerFormat: {strconv.Itoa(format)}}, leaseTime), nil)
}
