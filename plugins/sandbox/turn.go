package sandbox

import (
	"context"
	"errors"
	"time"
)

// errTimeout is the cause with which a turn's context ends when the
// instance's time is over.
var errTimeout = errors.New("time-out")

// turn is a stretch in which an instance runs: it has a core, its clock
// ticks, and its context ends when the clock has run out. Waiting for a core
// is the host's doing and counts toward nothing.
//
// This file and the context that wazero watches are all there is about time.
type turn struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	cores  cores
	holds  bool // a core

	left  time.Duration // when the clock was last started or stopped
	since time.Time     // when it was started
	timer *time.Timer   // nil while it is stopped
}

// begin waits for a core and starts the clock.
func begin(ctx context.Context, c cores, left time.Duration) (*turn, error) {
	if err := c.acquire(ctx); err != nil {
		return nil, err
	}
	t := &turn{cores: c, holds: true, left: left}
	t.ctx, t.cancel = context.WithCancelCause(ctx)
	t.start()
	return t, nil
}

// end stops the clock, frees the core and returns the time that is left.
func (t *turn) end() time.Duration {
	t.stop()
	t.cancel(context.Canceled)
	if t.holds {
		t.holds = false
		t.cores.release()
	}
	return t.left
}

// wait frees the core while f waits for something, and takes one again. The
// time that f takes counts. The error is why the turn is over.
func (t *turn) wait(f func(context.Context)) error {
	t.holds = false
	t.cores.release()
	f(t.ctx)
	t.stop()
	if err := t.cores.acquire(t.ctx); err != nil {
		return err
	}
	t.holds = true
	t.start()
	return nil
}

func (t *turn) start() {
	t.since = time.Now()
	t.timer = time.AfterFunc(t.left, func() { t.cancel(errTimeout) })
}

func (t *turn) stop() {
	if t.timer == nil {
		return
	}
	t.timer.Stop()
	t.timer = nil
	t.left -= time.Since(t.since)
}

// over tells why the turn's context ended; nil if it has not.
func (t *turn) over() error { return context.Cause(t.ctx) }
