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
// called. While another host makes the page, f gives back its core, and gets one again
// afterwards. ctx and leave are those of Options.Admit.
func (e *Engine) lease(ctx context.Context, f *flight, leave func()) (admitted context.Context, done func(), err error) {
	if e.opt.Leases == nil || f.work != nil {
		return ctx, leave, nil
	}
	for {
		if release := e.opt.Leases.Try(ctx, f.page.Key); release != nil {
			return ctx, func() { release(); leave() }, nil
		}
		leave()
		leave = func() {}
		if err := e.opt.Leases.Wait(e.base, f.page.Key); err != nil {
			return ctx, leave, err
		}
		if e.opt.Admit != nil {
			if ctx, leave, err = e.opt.Admit(e.base); err != nil {
				return ctx, func() {}, err
			}
		}
		e.mu.Lock()
		f.started = e.tick() // not before the other host's
		e.mu.Unlock()
	}
}
