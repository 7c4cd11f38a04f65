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
type Leases struct {
	store   *Store
	host    string
	bucket  bucket
	closing chan struct{}
	held    sync.WaitGroup // goroutines that renew leases
}

var _ isr.Leases = (*Leases)(nil)

const (
	// leaseTime is how long a lease outlives its holder. With the time that the servers
	// take to notice, another host is at work within 5 s; a host that is that busy has lost it.
	leaseTime  = 3 * time.Second
	leaseRenew = time.Second
)

// OpenLeases opens the leases of a site for a host of some name. Close them before the store.
func (s *Store) OpenLeases(ctx context.Context, host string) (*Leases, error) {
	b, err := s.openBucket(ctx, "leases", 0)
	if err != nil {
		return nil, err
	}
	return &Leases{store: s, host: host, bucket: b, closing: make(chan struct{})}, nil
}

// patience is how long a generation waits to be allowed before it runs anyway.
func (l *Leases) patience() time.Duration { return 2 * l.store.opt.Patience }

// Close gives back what is held.
func (l *Leases) Close() {
	close(l.closing)
	l.held.Wait()
}

// Try implements isr.Leases.
func (l *Leases) Try(ctx context.Context, key string) (release func()) {
	if l.store.detached() {
		return func() {} // for this host alone
	}
	ctx, cancel := within(ctx, l.patience())
	defer cancel()
	subject := "l." + hash(key)
	seq, err := l.bucket.write(ctx, subject, l.header(key), nil, 0)
	if errors.Is(err, errConflict) {
		var m *message
		switch m, err = l.bucket.last(ctx, subject); {
		case err == nil && !m.deleted():
			return nil
		case err == nil:
			if seq, err = l.bucket.write(ctx, subject, l.header(key), nil, m.seq); err == nil {
				// Who had it a moment ago has stored a page.
				if e := l.store.Sync(ctx); e != nil {
					l.store.log.Debug("a page may be made twice", "path", key, "cause", e)
				}
			}
		}
		if errors.Is(err, errConflict) || errors.Is(err, errNone) {
			return nil // somebody was faster, or is gone this moment
		}
	}
	if err != nil {
		l.store.log.Debug("a page is made without a lease", "path", key, "cause", err)
		return func() {}
	}
	done := make(chan struct{})
	l.held.Go(func() { l.hold(key, subject, seq, done) })
	return sync.OnceFunc(func() { close(done) })
}

func (l *Leases) header(key string) nats.Header {
	return lasting(nats.Header{
		headerFormat: {strconv.Itoa(format)}, headerWriter: {l.host},
		headerKey: {base64.URLEncoding.EncodeToString([]byte(key))},
	}, leaseTime)
}

// hold renews a lease until it is done with, and gives it back.
func (l *Leases) hold(key, subject string, seq uint64, done <-chan struct{}) {
	tick := time.NewTicker(leaseRenew)
	defer tick.Stop()
	ctx := context.Background()
	for {
		select {
		case <-tick.C:
			once, cancel := within(ctx, l.patience())
			next, err := l.bucket.write(once, subject, l.header(key), nil, seq)
			cancel()
			if err == nil {
				seq = next
			} else if errors.Is(err, errConflict) {
				return // it was too late; the store decides which page stays
			}
			continue
		case <-done:
		case <-l.closing:
		}
		once, cancel := within(ctx, l.patience())
		defer cancel()
		if _, err := l.bucket.erase(once, subject, l.header(key), seq, time.Second); err != nil {
			l.store.log.Debug("a lease is left to run out", "path", key, "cause", err)
		}
		return
	}
}

// Wait implements isr.Leases.
func (l *Leases) Wait(ctx context.Context, key string) error {
	subject := "l." + hash(key)
	for pause := 5 * time.Millisecond; !l.store.detached(); pause = min(2*pause, 50*time.Millisecond) {
		if !sleep(ctx, pause) {
			return context.Cause(ctx)
		}
		once, cancel := within(ctx, l.patience())
		m, err := l.bucket.near(once, subject)
		cancel()
		if errors.Is(err, errNone) || err == nil && m.deleted() {
			break
		}
	}
	// What the holder stored is known here then; if that takes too long, a page is made once more.
	once, cancel := within(ctx, l.patience())
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
