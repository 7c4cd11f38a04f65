package host

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/purge"
	"github.com/wisr-dev/wisr/host/serve"
)

const (
	// purgeGrace is how long a host that ends waits for caches to be told.
	purgeGrace = 5 * time.Second
	// maxSearches bounds the names whose pages wait to be looked for.
	maxSearches = 1000
)

// purges tells the caches in front of the site (package purge) what the engine
// does. They know pages by address and tag, and so for everything else that is
// marked as stale, a plugin or a source, somebody has to look which pages those
// are: that is done in the background, for all names that came meanwhile in one
// reading of the store.
type purges struct {
	h      *Host
	purger *purge.Purger

	mu     sync.Mutex
	names  map[isr.Name]bool // whose pages have to be looked for, guarded by mu
	woken  chan struct{}
	ending chan struct{}
	cancel context.CancelFunc // of the search
	search sync.WaitGroup
}

// openPurges makes and starts purges, nil for a site that has no such cache.
func (h *Host) openPurges() (*purges, error) {
	if len(h.cfg.Purges) == 0 {
		return nil, nil
	}
	hooks := make([]purge.Hook, len(h.cfg.Purges))
	for i, p := range h.cfg.Purges {
		hooks[i] = p.Hook()
	}
	purger, err := purge.New(hooks, purge.Options{Log: h.opt.Log})
	if err != nil {
		return nil, err
	}
	p := &purges{h: h, purger: purger, names: make(map[isr.Name]bool), woken: make(chan struct{}, 1), ending: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.search.Go(func() {
		for {
			select {
			case <-p.woken:
				p.find(ctx)
			case <-p.ending:
				p.find(ctx) // what came last
				return
			}
		}
	})
	return p, nil
}

// listen makes an engine's events come to p as well.
func (p *purges) listen(events *isr.Events) {
	generated, invalidated := events.Generated, events.Invalidated
	events.Generated = func(g isr.Generated) {
		if generated != nil {
			generated(g)
		}
		// A first page takes the place of nothing that a cache could have.
		if g.Stored && g.Replaced != nil && differ(g.Replaced, g.Entry) {
			p.page(g.Entry)
		}
	}
	events.Invalidated = func(n isr.Name, purged bool) {
		if invalidated != nil {
			invalidated(n, purged)
		}
		p.invalidated(n)
	}
	events.Swept = p.page // it may have gone before it was looked for
}

// differ tells whether visitors see a difference between two pages.
func differ(a, b *isr.Entry) bool {
	return a.Kind != b.Kind || a.Status != b.Status || a.Redirect != b.Redirect || a.ETag != b.ETag || a.DataETag != b.DataETag ||
		!slices.Equal(a.Header, b.Header)
}

func (p *purges) page(e *isr.Entry) {
	site := p.h.cfg.Site
	p.purger.Page(serve.Addresses(site.BasePath, site.TrailingSlash, e.Key), e.Tags)
}

// invalidated tells what an invalidation says by itself, and leaves the rest to
// find. A path is looked up at once, since its entry may be about to go.
func (p *purges) invalidated(n isr.Name) {
	switch {
	case n.Kind == isr.NameTag:
		p.purger.Tag(n.Value)
		if !p.purger.PathsOnly() {
			return
		}
	case n.Kind == isr.NamePath:
		entry, err := p.h.store.Get(context.Background(), n.Value)
		if err != nil { // the cache may have a page still
			entry = &isr.Entry{Key: n.Value}
		}
		p.page(entry)
		return
	}
	p.mu.Lock()
	full := len(p.names) >= maxSearches
	if !full {
		p.names[n] = true
	}
	p.mu.Unlock()
	if full {
		p.h.opt.Log.Error("too much is marked as stale for caches to be told all of it; purge them by hand", "not told", n.String())
	}
	select {
	case p.woken <- struct{}{}:
	default: // it will look anyway
	}
}

// find tells of the pages that answer to the names that have come.
func (p *purges) find(ctx context.Context) {
	p.mu.Lock()
	names := p.names
	p.names = make(map[isr.Name]bool)
	p.mu.Unlock()
	if len(names) == 0 {
		return
	}
	for entry, err := range p.h.store.Pages(ctx) {
		if err != nil {
			p.h.opt.Log.Error("the store cannot be read, and so caches are not told all that is stale", "error", err)
			return
		}
		for n := range names {
			if n.Covers(entry) {
				p.purger.Room(ctx)
				p.page(entry)
				break
			}
		}
	}
}

// close tells what there is to tell, and ends p.
func (p *purges) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, purgeGrace)
	defer cancel()
	stop := context.AfterFunc(ctx, p.cancel)
	close(p.ending)
	p.search.Wait()
	stop()
	p.cancel()
	if err := p.purger.Close(ctx); err != nil {
		p.h.opt.Log.Error("the host ends before all caches were told what changed", "error", err)
	}
}
