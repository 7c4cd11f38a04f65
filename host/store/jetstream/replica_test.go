package jetstream

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// Until the replica has the new page, visitors are shown the copy in memory of the one before: in the moment that the
// leader is lost there is no other.
func TestWatchTellsOfAPageWhenTheReplicaHasIt(t *testing.T) {
	url := served(t)
	other := opened(t, connected(t, url), "arrives", Options{})
	defer other.Close()
	var asked, told atomic.Int32
	s := opened(t, connected(t, url), "arrives", Options{Replica: func(string) (uint64, bool) {
		if asked.Add(1) < 10 {
			if told.Load() > 0 {
				t.Error("it is told before")
			}
			return 0, true
		}
		return 1, true
	}})
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- s.Watch(ctx, func(isr.Change) {
			told.Add(1)
			cancel()
		})
	}()
	if _, err := other.Put(t.Context(), generation("/a", 1, 10)); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if asked.Load() != 10 {
		t.Errorf("the replica is asked %d times; want 10", asked.Load())
	}
}

// S33
func TestWhatThisHostHasWrittenIsReadBeforeTheReplicaHasIt(t *testing.T) {
	var last atomic.Uint64
	s := opened(t, connected(t, served(t)), "unarrived", Options{Replica: func(string) (uint64, bool) { return last.Load(), true }})
	defer s.Close()
	want := generation("/a", 1, 10)
	if _, err := s.Put(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	stream, err := s.js.Stream(t.Context(), s.pages.stream)
	if err == nil {
		err = stream.Purge(t.Context()) // as if nobody who can be asked had it
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), "/a"); err != nil || got != want {
		t.Errorf("Get: %v, %v", got, err)
	}
	newer := generation("/a", 2, 10)
	if _, err := s.Put(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), "/a"); err != nil || got != newer || s.unarrived.bytes != newer.Size() {
		t.Errorf("Get: %v, %v; %d bytes are kept for it, want %d", got, err, s.unarrived.bytes, newer.Size())
	}
	s.told.tell(pageKey("/a"), 100) // another host's
	if got := s.unarrived.of(pageKey("/a"), s.told.of(pageKey("/a"))); got != nil {
		t.Error("it is read although another is newer")
	}
	last.Store(2)
	s.unarrived.drop(&s.replica)
	if s.unarrived.bytes != 0 || s.unarrived.n.Load() != 0 {
		t.Errorf("%d bytes are kept of what the replica has", s.unarrived.bytes)
	}
	if s.unarrived.keep("large", 3, generation("/large", 1, maxUnarrived), &s.replica); s.unarrived.n.Load() != 0 {
		t.Error("it is kept without room")
	}
}

func TestAReplicaThatDoesNotFollowIsNotWaitedForTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var has atomic.Uint64
		has.Store(1)
		r := replica{last: func() (uint64, bool) { return has.Load(), true }}
		for _, c := range []struct {
			seq   uint64
			waits bool
		}{{1, false}, {2, true}, {3, false}} {
			begun := time.Now()
			r.await(t.Context(), c.seq)
			if waited := time.Since(begun); waited > 0 != c.waits || waited > 2*arriving {
				t.Errorf("of %d it waits %v for %d", has.Load(), waited, c.seq)
			}
		}
		has.Store(4)
		r.await(t.Context(), 4)
		begun := time.Now()
		time.AfterFunc(time.Second, func() { has.Store(5) })
		r.await(t.Context(), 5)
		if waited := time.Since(begun); waited < time.Second || waited > arriving {
			t.Errorf("one that comes back is waited for %v", waited)
		}
	})
}

func TestACallEndsWhenTheHostIsDetached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var detached atomic.Bool
		s := &Store{opt: Options{Detached: detached.Load}}
		ctx, cancel := s.attached(t.Context(), time.Hour)
		defer cancel()
		time.Sleep(time.Minute)
		if ctx.Err() != nil {
			t.Error("it ends before")
		}
		detached.Store(true)
		time.Sleep(2 * lookEvery)
		if ctx.Err() == nil {
			t.Error("it goes on")
		}
	})
}
