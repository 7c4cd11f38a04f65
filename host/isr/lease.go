package isr

import "context"

// Leases keep two hosts from making one page at the same time. They are about
// work that would be done twice, not about what is right: a host that cannot reach the
// others makes its pages itself, and the store has the last word (S33).
type Leases interface {
	// Try takes the lease of a key, which is this host's until release is called; that
	// returns at once. It is nil if another host has the lease.
	Try(ctx context.Context, key string) (release func())

	// Wait returns once no other host has the lease, or its holder is gone, and
	// what the holder stored is what Store.Get returns here.
	Wait(ctx context.Context, key string) error
}

// lease has f be the only generation of its path on all hosts, until release is
// called. It is not free while another host makes the page.
func (e *Engine) lease(ctx context.Context, f *flight) (release func(), free bool) {
	if e.opt.Leases == nil || f.work != nil {
		return func() {}, true
	}
	if release = e.opt.Leases.Try(ctx, f.page.Key); release == nil {
		return nil, false
	}
	e.mu.Lock()
	f.started = e.tick() // asking takes time, in which another host's may have started
	e.mu.Unlock()
	return release, true
}

// follow waits, in nobody's turn, until no other host makes the page of a
// flight, and runs that then: mostly it finds the page.
func (e *Engine) follow(f *flight) {
	var err error
	if e.opt.Leases != nil {
		err = e.opt.Leases.Wait(e.base, f.page.Key)
	}
	if err == nil {
		err = e.opt.Admit(e.base, func(t Turn) {
			e.fly(t, f)
		})
	}
	if err != nil {
		f.err = ErrClosed // nothing else ends the wait
		e.land(f)
	}
	e.retire()
}
