package host

import (
	"context"
	"math"
	"runtime/debug"
	sampled "runtime/metrics"
	"sync"
	"time"
)

// heap bounds what Go's runtime takes on a host that has the cluster's server in it.
// The server reads a page's whole block of 4 MB, and leaves the block to the
// garbage collector, which by itself would come when the heap has doubled: with
// 100,000 pages of 10 KB that visitors ask for at random, when it has nearly all of them.
//
// The bound is soft: a host that needs more takes more, and the collector may work harder
// for it, but never for long, since the bound goes up when it does.
type heap struct {
	cache int64                            // bytes of [cache] memory
	pages func(context.Context) (n uint64) // how many the server has an index of
	end   context.CancelFunc
	done  sync.WaitGroup
	was   int64 // the bound before
}

const (
	// heapBesides is what a host takes without pages, and room for some twenty blocks: with less, a
	// tenth of the processor goes to the collector while pages are read at random.
	heapBesides = 180 << 20
	// heapPerPage is what the server's index takes for one, and what collecting it needs.
	heapPerPage = 512
	heapEvery   = 15 * time.Second
)

// boundHeap begins; stop ends it. Who runs wisr with GOMEMLIMIT has chosen already: then it does nothing.
func boundHeap(cache int64, pages func(context.Context) uint64) (stop func()) {
	h := &heap{cache: cache, pages: pages, was: debug.SetMemoryLimit(-1)}
	if h.was != math.MaxInt64 {
		return func() {}
	}
	ctx, end := context.WithCancel(context.Background())
	h.end = end
	h.done.Go(func() { h.keep(ctx) })
	return sync.OnceFunc(func() {
		h.end()
		h.done.Wait()
		debug.SetMemoryLimit(h.was)
	})
}

func (h *heap) keep(ctx context.Context) {
	tick := time.NewTicker(heapEvery)
	defer tick.Stop()
	var pages, more int64
	for known := strained(); ; {
		if n := h.pages(ctx); n > 0 { // else nobody says
			pages = int64(n)
		}
		debug.SetMemoryLimit(h.cache + heapBesides + pages*heapPerPage + more)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if now := strained(); now > known {
			known = now
			more += (h.cache + heapBesides + more) / 4
		}
	}
}

// strained is the last collection for which the runtime held the collector back, since it took half of the processor.
func strained() uint64 {
	sample := []sampled.Sample{{Name: "/gc/limiter/last-enabled:gc-cycle"}}
	sampled.Read(sample)
	return sample[0].Value.Uint64()
}
