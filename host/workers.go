package host

import (
	"context"
	"runtime"
	"sync"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// cores is how many the process may use, limits of its container included.
var cores = sync.OnceValue(func() int { return runtime.GOMAXPROCS(0) })

// workers is how many guests run at once.
func (h *Host) workers() int {
	if h.cfg.Render.Workers > 0 {
		return h.cfg.Render.Workers
	}
	return cores()
}

// generations is how many may be under way at once. All but a few of them wait
// for an upstream: 64 keep a core busy with pages that wait sixty times as long
// as they run, and 256 are a site's fetches at any time however few cores
// there are. Each has a thread and its memory.
func (h *Host) generations() int { return max(256, 64*h.workers()) }

// moreProcs is how many processors Go's scheduler gets beyond the machine's: one
// for each guest that runs, and none in a build, which has no visitors to answer.
// There they would do nothing but look for work, for a quarter of its time.
func (h *Host) moreProcs() int {
	if h.opt.Mode == Build {
		return 0
	}
	return h.workers()
}

// raiseProcs adds so many processors to those of Go's scheduler: a guest that
// runs holds one, and visitors are answered on the others (LAB 1, 3). lower
// takes them back, once.
func raiseProcs(n int) (lower func()) {
	cores() // before there are more of them
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + n)
	return sync.OnceFunc(func() { runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) - n) })
}

// atOnce is how many pages of one call for revalidation are under way: what
// keeps the cores busy while some wait for an upstream, and leaves visitors most of the room.
func (h *Host) atOnce() int { return 8 * h.workers() }

// admit gives the engine's generations a core and a thread of low priority
// (isr.Options.Admit).
func (h *Host) admit(ctx context.Context, run func(isr.Turn)) error {
	return h.box.Do(ctx, func(ctx context.Context) {
		run(isr.Turn{
			Context: ctx,
			Leave:   func() { sandbox.Leave(ctx) },
			More:    func() bool { return sandbox.More(ctx) },
		})
	})
}
