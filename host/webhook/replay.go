package webhook

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"
)

var (
	// ErrLate is returned for a delivery whose signed time is too far from now.
	ErrLate = errors.New("the delivery was not sent just now")
	// ErrReplayed is returned for a delivery that was dealt with before.
	ErrReplayed = errors.New("this delivery came before")
)

// window is how far a signed time may be from now, and how long deliveries
// without one are remembered: what the senders' own libraries allow.
const window = 5 * time.Minute

// maxReplays bounds what is remembered, at about 100 bytes each: more than two
// hundred deliveries a second. Past it the oldest is forgotten: an edit is worth
// more than the proof that somebody repeats one.
const maxReplays = 1 << 16

// replays remembers the deliveries of the window.
type replays struct {
	now func() time.Time

	mu    sync.Mutex
	until map[[sha256.Size]byte]time.Time // guarded by mu
	order []remembered                    // by time of arrival, guarded by mu
}

type remembered struct {
	digest [sha256.Size]byte
	until  time.Time
}

func (r *replays) claim(s Signature) error {
	if s.digest == [sha256.Size]byte{} {
		return nil
	}
	now := r.now()
	until := now.Add(window)
	if !s.sent.IsZero() {
		if off := now.Sub(s.sent).Abs(); off > window {
			return fmt.Errorf("%w: its time is %v off, at most %v are allowed; are the clocks right?", ErrLate, off.Round(time.Second), window)
		}
		until = s.sent.Add(window)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	if _, known := r.until[s.digest]; known {
		return fmt.Errorf("%w: the same was signed within %v", ErrReplayed, window)
	}
	if r.until == nil {
		r.until = make(map[[sha256.Size]byte]time.Time)
	}
	r.until[s.digest] = until
	r.order = append(r.order, remembered{s.digest, until})
	return nil
}

// forget drops what is out of the window, and what there is no room for. Those
// whose time lies ahead may stay for up to a window longer than needed. r.mu is held.
func (r *replays) forget(now time.Time) {
	n := 0
	for n < len(r.order) && (r.order[n].until.Before(now) || len(r.order)-n >= maxReplays) {
		// A digest that was released and came again is in the order twice.
		if old := r.order[n]; r.until[old.digest].Equal(old.until) {
			delete(r.until, old.digest)
		}
		n++
	}
	r.order = r.order[n:]
}

func (r *replays) release(s Signature) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.until, s.digest)
}
