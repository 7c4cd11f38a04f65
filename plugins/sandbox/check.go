package sandbox

import (
	"context"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// Check is a look at the world of an earlier run, see [Module.Check].
type Check struct {
	// Unchanged is whether a run would be told what that one was, and so would
	// make the same of the same input.
	Unchanged bool

	mod   *Module
	fetch *egress.Session
}

// Check looks at what a run of this module saw: at files, then, all at the same
// time, at every upstream with what it answered then ([egress.Session.Unchanged]).
// No guest runs, and no core is taken up meanwhile. What cannot be found out,
// because an upstream fails say, counts as a change: the run that follows meets
// it too, and says so.
//
// The error is that ctx ended, or that there was no core to go on with.
func (m *Module) Check(ctx context.Context, s Seen) (*Check, error) {
	c := &Check{mod: m, fetch: m.fetch.Begin()}
	if !s.Checkable() || !m.sameFiles(s.Files) {
		return c, nil
	}
	err := waiting(ctx, func() {
		ctx, cancel := context.WithTimeout(ctx, m.timeout)
		defer cancel()
		c.Unchanged, _ = c.fetch.Unchanged(ctx, s.Reads)
	})
	return c, err
}

// waiting frees the core that ctx has, if it has one, while f waits for
// something.
func waiting(ctx context.Context, f func()) error {
	seat := seatOf(ctx)
	if seat == nil || !seat.holds {
		f()
		return context.Cause(ctx)
	}
	seat.lend()
	f()
	return seat.retake(ctx)
}

// Run is [Module.Run] for a run that is made because something changed. What
// the check was told is handed to the guest without asking for it again.
func (c *Check) Run(ctx context.Context) (*Instance, error) { return c.mod.run(ctx, c.fetch) }
