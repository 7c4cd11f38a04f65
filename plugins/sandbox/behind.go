package sandbox

import (
	"context"
	"sync/atomic"
)

// Behind runs f on a thread of lower priority than guests have, so that who serves
// visitors goes before, and who makes pages; it takes no core from guests. It is for what
// takes milliseconds. After Close it is false, and f does not run.
func (s *Sandbox) Behind(f func()) bool { return s.backstage.run(f) }

// loadBehind is load behind visitors. It returns when ctx ends: compiling, which
// may take half a minute on a busy machine, cannot be interrupted, but need not
// be waited for. What is compiled then is there for who loads the same bytes next.
func (s *Sandbox) loadBehind(ctx context.Context, spec Spec) (*Module, error) {
	var m *Module
	var err error
	var settled atomic.Bool // the one who sets it has the module
	j := s.backstage.begin(func() {
		if m, err = s.load(ctx, spec); err == nil && !settled.CompareAndSwap(false, true) {
			_ = m.Close(context.WithoutCancel(ctx)) // there is nobody to tell
		}
	})
	if j == nil {
		return nil, errClosed
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if settled.CompareAndSwap(false, true) {
			return nil, context.Cause(ctx)
		}
	}
	j.wait()
	return m, err
}
