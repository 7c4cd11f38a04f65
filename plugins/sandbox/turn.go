package sandbox

import (
	"context"
	"errors"
	"time"
)

// errTimeout is the cause with which a turn's context ends when the
// instance's time is over.
var errTimeout = errors.New("time-out")

// turn is a stretch in which an instance runs on a core: its clock ticks, and
// its context ends when the clock has run out. Waiting for a core is the
// host's doing and counts toward nothing.
//
// This file and fuel.go, where running guests come by, are all there is about time.
type turn struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	seat   *seat

	left  time.Duration // when the clock was last started or stopped
	since time.Time     // when it was started
	timer *time.Timer   // nil while it is stopped
}

// begin starts the clock of who has a seat, and a core.
func begin(ctx context.Context, s *seat, left time.Duration) *turn {
	t := &turn{seat: s, left: left}
	t.ctx, t.cancel = context.WithCancelCause(ctx)
	t.start()
	return t
}

// end stops the clock and returns the time that is left.
func (t *turn) end() time.Duration {
	t.stop()
	t.cancel(context.Canceled)
	return t.left
}

// wait frees the core while f waits for something, and takes one again. The
// time that f takes counts. The error is why the turn is over.
func (t *turn) wait(f func(context.Context)) error {
	t.seat.lend()
	f(t.ctx)
	return t.retake()
}

// yield lets others run who wait for a core, if this one has had it for long.
// The error is why the turn is over.
func (t *turn) yield() error {
	if !t.seat.tired() {
		return nil
	}
	t.seat.lend()
	return t.retake()
}

func (t *turn) retake() error {
	t.stop()
	if err := t.seat.retake(t.ctx); err != nil {
		return err
	}
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

// expire ends the turn if its clock has run out, without waiting for the timer.
func (t *turn) expire() {
	if time.Since(t.since) >= t.left {
		t.cancel(errTimeout)
	}
}

// over tells why the turn's context ended; nil if it has not.
func (t *turn) over() error { return context.Cause(t.ctx) }
