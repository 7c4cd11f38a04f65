package sandbox

import (
	"context"
	"errors"
)

// seatKey is where a context has the seat of its generation.
type seatKey struct{}

// errClosed is what is left to say after Close.
var errClosed = errors.New("the sandbox is closed")

func seatOf(ctx context.Context) *seat {
	s, _ := ctx.Value(seatKey{}).(*seat)
	if s == nil || s.left {
		return nil
	}
	return s
}

// Leave gives up the core of the Do whose context this is before that ends, for
// what is left to do there and takes long.
func Leave(ctx context.Context) {
	if s := seatOf(ctx); s != nil {
		s.leave()
	}
}

// More tells whether who has the core of the Do whose context this is may begin
// something else there, instead of a Do of its own: nobody waits for the core who
// was there before, and nobody at all if this one has had it for long.
func More(ctx context.Context) bool {
	s := seatOf(ctx)
	return s != nil && s.more()
}

// Do runs f with a core, on a thread of lowered priority. What takes more than
// one call of an instance, or has other work to do for the page, is best done
// in one Do; [Module.Run] and [Instance.Call] outside of one make one each.
// The context that f gets is for f's goroutine alone.
//
// It fails without running f when ctx ends before there is a core, with ctx's
// cause. Once f runs, Do returns when f does.
func (s *Sandbox) Do(ctx context.Context, f func(context.Context)) error {
	seat := seatOf(ctx)
	if seat != nil && seat.moved {
		f(ctx)
		return nil
	}
	if seat == nil {
		var err error
		if seat, err = s.cores.sit(ctx); err != nil {
			return err
		}
		ctx = context.WithValue(ctx, seatKey{}, seat)
	}
	defer seat.leave()
	seat.moved = true
	if !s.threads.run(func() { f(ctx) }) {
		return errClosed
	}
	return nil
}
