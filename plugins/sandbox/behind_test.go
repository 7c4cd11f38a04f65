package sandbox

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// Whoever gives up a load, at whichever moment, has the module or has not; nothing
// is left of one that nobody has.
func TestALoadThatIsGivenUpLeavesNothing(t *testing.T) {
	s, err := New(t.Context(), Options{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for n := range byte(24) {
		ctx, cancel := context.WithCancel(t.Context())
		begun := make(chan struct{})
		group.Go(func() {
			close(begun)
			m, err := s.Load(ctx, Spec{Module: helloes(t, n%6), Snapshot: true, Behind: true})
			if (m == nil) == (err == nil) || err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, %v", m, err)
			}
			if m != nil {
				closeModule(t, m)
			}
		})
		group.Go(func() {
			<-begun
			if n%3 == 0 { // others at the very end, or never in time
				s.Behind(func() {})
			}
			cancel()
		})
	}
	group.Wait()
	if err := s.Close(t.Context()); err != nil { // which waits for what goes on
		t.Error(err)
	}
	for _, p := range s.programs.all {
		if p.users != 0 {
			t.Errorf("a program has %d users", p.users)
		}
	}
}
