// Package guard slows down who guesses secrets. It counts the failed attempts
// of each address and, past a few, refuses further ones for a while, right or
// wrong.
//
//	limiter := guard.New(time.Now)
//	ok, wait := limiter.Try(address, func() bool { return secret.Matches(given) })
//	switch {
//	case wait > 0: // 429, Retry-After: wait
//	case !ok:      // 401
//	}
//
// Who sends the right secret is never counted. The package knows no secret and
// no listener; both listeners share one Limiter, so that nobody gets twice as
// many attempts by knocking at two doors. What it keeps is bounded, however
// many addresses there are.
package guard

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// An address may fail so often at once, and once more every interval. A person
// who pastes the wrong secret a few times notices nothing; a guesser gets 600
// attempts an hour, against secrets of which there are more than stars.
const (
	burst    = 10
	interval = 6 * time.Second
)

// maxAddresses bounds what is kept, at about 100 bytes each. Past it the
// address that has to wait least is forgotten, out of a few.
const maxAddresses = 10_000

// Limiter counts failed attempts. Its methods may be called by many goroutines;
// a nil one limits nothing.
type Limiter struct {
	now    func() time.Time
	failed atomic.Uint64
	denied atomic.Uint64

	mu sync.Mutex
	// debt is until when an address pays for its failures, one interval each
	// (the generic cell rate algorithm). Guarded by mu.
	debt map[netip.Addr]time.Time
}

// New makes a Limiter with a clock.
func New(now func() time.Time) *Limiter {
	return &Limiter{now: now, debt: make(map[netip.Addr]time.Time)}
}

// Try calls check, unless the address has failed too often of late: then wait
// is how long it has to wait. check runs outside of the Limiter's lock; attempts
// that come at the same moment may all be checked before the first is counted.
func (l *Limiter) Try(from netip.Addr, check func() bool) (ok bool, wait time.Duration) {
	if l == nil {
		return check(), 0
	}
	from = network(from)
	if wait := l.wait(from); wait > 0 {
		l.denied.Add(1)
		return false, wait
	}
	if check() {
		return true, 0
	}
	l.failed.Add(1)
	l.charge(from)
	return false, 0
}

// Counts are how many attempts failed, and how many were refused unchecked,
// since the start.
func (l *Limiter) Counts() (failed, denied uint64) { return l.failed.Load(), l.denied.Load() }

// wait is how long an address has to wait for its next attempt.
func (l *Limiter) wait(from netip.Addr) time.Duration {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	until, known := l.debt[from]
	if !known {
		return 0
	}
	if most := now.Add(burst * interval); until.After(most) { // of attempts at one moment, or a clock that was set back
		until = most
		l.debt[from] = most
	}
	return until.Sub(now) - (burst-1)*interval
}

// charge counts a failure of an address.
func (l *Limiter) charge(from netip.Addr) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	until := l.debt[from]
	if until.Before(now) {
		until = now
	}
	if len(l.debt) >= maxAddresses && l.debt[from].IsZero() {
		l.forget(now)
	}
	l.debt[from] = until.Add(interval)
}

// forget makes room: whoever has paid goes, else the one of a sample that owes
// least, so that a flood of addresses costs no more than a sample each. l.mu is held.
func (l *Limiter) forget(now time.Time) {
	const sample = 32 // of a map, whose order is random
	var least netip.Addr
	seen := 0
	for from, until := range l.debt {
		if until.Before(now) {
			delete(l.debt, from)
		} else if seen == 0 || until.Before(l.debt[least]) {
			least = from
		}
		if seen++; seen == sample {
			break
		}
	}
	if len(l.debt) >= maxAddresses {
		delete(l.debt, least)
	}
}

// network is what is counted as one address: of IPv6 the first 64 bits, which
// is what a single customer gets.
func network(from netip.Addr) netip.Addr {
	from = from.Unmap().WithZone("")
	if !from.Is6() {
		return from
	}
	prefix, err := from.Prefix(64)
	if err != nil {
		return from
	}
	return prefix.Addr()
}

// RetryAfter is a wait in whole seconds, as the header of that name wants it
// (RFC 9110 section 10.2.3).
func RetryAfter(wait time.Duration) int64 {
	return int64((wait + time.Second - 1) / time.Second)
}
