package chaostest

import (
	"context"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// TestARollingUpgradeToANewerFormat replaces the hosts one after the other by those of a build whose format is
// newer, while visitors and editors are at work. Nobody is shown an error or something old, and
// what a newer host has written is left alone by older ones, which say so.
func TestARollingUpgradeToANewerFormat(t *testing.T) {
	asked(t)
	f := newFleet(t, built(t))
	newer := built(t, "-tags", "nextformat")
	f.whole()
	c := newCrowd(f, 3)
	c.private = true
	ctx, end := context.WithCancel(t.Context())
	defer end()
	for n := range uint64(3) {
		c.group.Go(func() { c.visit(ctx, rand.New(rand.NewPCG(1, n))) })
	}
	c.group.Go(func() { c.edit(ctx, rand.New(rand.NewPCG(1, 100))) })
	for i, h := range f.hosts {
		h.kill(syscall.SIGTERM)
		h.start[0] = newer
		h.run()
		f.whole()
		time.Sleep(time.Second) // of visitors and editors at work
		for _, older := range f.hosts[i+1:] {
			f.until("host "+older.name+" says that there is a newer one", func() bool { return older.warned() })
		}
	}
	for _, path := range c.paths {
		f.until("all hosts confirm", func() bool { return c.revalidate(0, path) == len(f.hosts) })
	}
	end()
	c.group.Wait()
	f.until("all hosts show the same", func() bool { return c.same() == nil })
	for _, p := range c.problems[:min(len(c.problems), 30)] {
		t.Error(p)
	}
	t.Logf("%d visits (%d tried again), %d edits (%d refused), slowest %v", c.visits, c.retried, c.edited, c.refused, c.slowest)
}

// warned tells whether a host said that it met a newer one.
func (h *member) warned() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newer
}
