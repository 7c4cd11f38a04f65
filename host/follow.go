package host

import (
	"context"

	"github.com/wisr-dev/wisr/host/watch"
)

// openFollower begins to watch the plugins' folder, where that is wanted. It
// comes before they are loaded, so that no change is missed.
func (h *Host) openFollower() {
	if h.opt.Mode != Start || !h.cfg.Plugins.Watch {
		return
	}
	follower := &watch.Plugins{
		Dir:      h.cfg.Path(h.cfg.Plugins.Dir),
		Trust:    h.cfg.Plugins.Trust,
		Now:      h.opt.Now,
		Log:      h.opt.Log,
		Parallel: 2, // as many as the registry compiles at once
	}
	if err := follower.Open(); err != nil {
		h.opt.Log.Error("changes in the plugins' folder are not seen", "error", err)
		return
	}
	h.follower = follower
}

// follow loads what changes there; stop ends that and waits.
func (h *Host) follow(ctx context.Context) (stop func()) {
	follower := h.follower
	if follower == nil {
		return func() {}
	}
	h.follower = nil // it closes itself from now on
	following, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		follower.Run(following, h.registry.Reload)
	}()
	return func() {
		cancel()
		<-ended
	}
}
