package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// patience is how long a change may take to be told before a test gives up.
const patience = 30 * time.Second

// watch collects what a store tells, until the test ends.
type watch struct {
	changes chan isr.Change
	seen    []isr.Change
}

func startWatch(t *testing.T, s isr.Store) *watch {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{changes: make(chan isr.Change, 1000)}
	ended := make(chan error, 1)
	var calls atomic.Int32
	go func() {
		ended <- s.Watch(ctx, func(c isr.Change) {
			if calls.Add(1) != 1 {
				t.Error("calls of Watch's function are concurrent")
			}
			w.changes <- c
			calls.Add(-1)
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Watch: %v; want nil when its context ends", err)
		}
	})
	return w
}

// until waits for a change.
func (w *watch) until(t *testing.T, what string, is func(isr.Change) bool) isr.Change {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case c := <-w.changes:
			w.seen = append(w.seen, c)
			if is(c) {
				return c
			}
		case <-late:
			t.Fatalf("%s was not told; told were %v", what, w.seen)
		}
	}
}

func (w *watch) untilKey(t *testing.T, key string) {
	t.Helper()
	w.until(t, "the page "+key, func(c isr.Change) bool { return c.Key == key })
}

func testShared(t *testing.T, open func(*testing.T) isr.Store) {
	t.Run("S142 each of two sees the pages of the other", func(t *testing.T) {
		a, b := opened(t, open), opened(t, open)
		put(t, a, generation("/a", 1), true)
		wantEntry(t, b, generation("/a", 1))
		put(t, b, generation("/b", 1), true)
		wantEntry(t, a, generation("/b", 1))
		if got := keys(t, a); !slices.Equal(got, []string{"/a", "/b"}) {
			t.Errorf("Pages yields %q", got)
		}
		if err := a.Invalidate(t.Context(), isr.Invalidation{Name: "tag:x", At: epoch}); err != nil {
			t.Fatal(err)
		}
		if got := invalidations(t, b); !got["tag:x"].Equal(epoch) {
			t.Errorf("invalidations of the other are %v", got)
		}
	})

	t.Run("S142 S33 an older generation of the other does not replace", func(t *testing.T) {
		a, b := opened(t, open), opened(t, open)
		put(t, a, generation("/a", 5), true)
		put(t, b, generation("/a", 4), false)
		put(t, b, generation("/a", 5), false)
		wantEntry(t, b, generation("/a", 5))
		put(t, b, generation("/a", 6), true)
		put(t, a, generation("/a", 5), false)
		put(t, a, generation("/a", 6), false)
		wantEntry(t, a, generation("/a", 6)) // the answer false made it look
	})

	t.Run("S142 a change of the other is told, and then it is seen", func(t *testing.T) {
		a, b := opened(t, open), opened(t, open)
		put(t, a, generation("/a", 1), true)
		put(t, a, generation("/gone", 1), true)
		wantEntry(t, a, generation("/a", 1)) // a has a copy now, if it keeps copies
		wantEntry(t, a, generation("/gone", 1))
		w := startWatch(t, a)
		for n := 2; n < 10; n++ {
			put(t, b, generation("/a", n), true)
			for told := false; !told; { // it may tell of an earlier one again
				w.untilKey(t, "/a")
				e, err := a.Get(t.Context(), "/a")
				if err != nil {
					t.Fatal(err)
				}
				told = e.StartedAt.Equal(generation("/a", n).StartedAt)
			}
			wantEntry(t, a, generation("/a", n))
		}
		if err := b.Delete(t.Context(), "/gone", anyTime); err != nil {
			t.Fatal(err)
		}
		w.untilKey(t, "/gone")
		if _, err := a.Get(t.Context(), "/gone"); !errors.Is(err, isr.ErrNotFound) {
			t.Fatalf("a page that the other deleted: %v; want ErrNotFound", err)
		}
		at := epoch.Add(time.Hour)
		if err := b.Invalidate(t.Context(), isr.Invalidation{Name: "tag:x", At: at}); err != nil {
			t.Fatal(err)
		}
		c := w.until(t, "the invalidation", func(c isr.Change) bool { return c.Name == "tag:x" })
		if c.Key != "" || !c.At.Equal(at) {
			t.Errorf("told was %v, want an invalidation at %s", c, at)
		}
	})

	t.Run("what was changed between open and watch is told", func(t *testing.T) {
		a, b := opened(t, open), opened(t, open)
		put(t, b, generation("/early", 1), true)
		startWatch(t, a).untilKey(t, "/early")
	})

	t.Run("changes of its own are not told", func(t *testing.T) {
		a, b := opened(t, open), opened(t, open)
		w := startWatch(t, a)
		put(t, a, generation("/own", 1), true)
		if err := a.Delete(t.Context(), "/own", anyTime); err != nil {
			t.Fatal(err)
		}
		if err := a.Invalidate(t.Context(), isr.Invalidation{Name: "own", At: epoch}); err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			key := fmt.Sprintf("/other/%d", n)
			put(t, b, generation(key, 1), true)
			w.untilKey(t, key)
		}
		for _, c := range w.seen {
			if c.Key == "/own" || c.Name == "own" {
				t.Errorf("told was %v", c)
			}
		}
	})
}

func testConcurrent(t *testing.T, open func(*testing.T) isr.Store) {
	const (
		writers = 8
		last    = 60
	)
	t.Run("S33 S142 whoever writes, the latest generation stays and none is mixed", func(t *testing.T) {
		handles := []*store{opened(t, open), opened(t, open)}
		pages := []string{"/a", "/b", "/c"}
		var stored [3][last + 1]atomic.Int32
		var writing, reading sync.WaitGroup
		done := make(chan struct{})
		for w := range writers {
			writing.Go(func() {
				s := handles[w%len(handles)]
				random := rand.New(rand.NewPCG(1, uint64(w)))
				for _, n := range random.Perm(last + 1) {
					for i, key := range pages {
						ok, err := s.Put(t.Context(), generation(key, n))
						if err != nil {
							t.Error(err)
							return
						}
						if ok {
							stored[i][n].Add(1)
						}
						e, err := s.Get(t.Context(), key)
						if err != nil {
							t.Error(err)
							return
						}
						if e.StartedAt.Before(generation(key, n).StartedAt) {
							t.Errorf("%s: Get has an older generation than the one just put", key)
						}
					}
				}
			})
		}
		for _, s := range handles {
			reading.Go(func() { readSteadily(t, s, pages, done) })
		}
		writing.Wait()
		close(done)
		reading.Wait()
		for i := range stored {
			for n := range stored[i] {
				if times := stored[i][n].Load(); times > 1 || n == last && times != 1 {
					t.Errorf("generation %d of %s was stored %d times", n, pages[i], times)
				}
			}
		}
		fresh := opened(t, open)
		for _, key := range pages {
			wantEntry(t, fresh, generation(key, last))
		}
	})

	t.Run("a put that returned is seen by every get after it", func(t *testing.T) {
		s := opened(t, open)
		var all sync.WaitGroup
		for w := range 4 {
			all.Go(func() {
				key := fmt.Sprintf("/%d", w)
				for n := range last {
					e := generation(key, n)
					if ok, err := s.Put(t.Context(), e); !ok || err != nil {
						t.Errorf("Put = %v, %v", ok, err)
					}
					var readers sync.WaitGroup
					for range 2 {
						readers.Go(func() {
							if err := check(t.Context(), s, e); err != nil {
								t.Error(err)
							}
						})
					}
					readers.Wait()
				}
				if err := s.Delete(t.Context(), key, anyTime); err != nil {
					t.Error(err)
				}
				if _, err := s.Get(t.Context(), key); !errors.Is(err, isr.ErrNotFound) {
					t.Errorf("after Delete: %v", err)
				}
			})
		}
		all.Wait()
	})

	t.Run("S33 of generations that started together one is stored", func(t *testing.T) {
		handles := []*store{opened(t, open), opened(t, open)}
		for round := range 20 {
			var all sync.WaitGroup
			var winner atomic.Pointer[isr.Entry]
			for w := range writers {
				all.Go(func() {
					e := generation("/a", round)
					e.Body = fmt.Appendf(nil, "writer %d", w)
					ok, err := handles[w%len(handles)].Put(t.Context(), e)
					if err != nil {
						t.Error(err)
					}
					if ok && !winner.CompareAndSwap(nil, e) {
						t.Errorf("round %d: two were stored", round)
					}
				})
			}
			all.Wait()
			if winner.Load() == nil {
				t.Fatalf("round %d: none was stored", round)
			}
		}
	})

	t.Run("invalidations of many at once keep the latest", func(t *testing.T) {
		handles := []*store{opened(t, open), opened(t, open)}
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for n := range 10 {
					inv := isr.Invalidation{Name: "tag:x", At: epoch.Add(time.Duration((n*7+w)%10) * time.Second)}
					if err := handles[w%len(handles)].Invalidate(t.Context(), inv); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if got, want := invalidations(t, handles[0])["tag:x"], epoch.Add(9*time.Second); !got.Equal(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// readSteadily reads pages until done and fails the test if one is mixed of two
// generations, becomes older, or goes away.
func readSteadily(t *testing.T, s isr.Store, keys []string, done <-chan struct{}) {
	latest := map[string]int{}
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		key := keys[i%len(keys)]
		before, there := latest[key]
		e, err := s.Get(t.Context(), key)
		if errors.Is(err, isr.ErrNotFound) && !there {
			continue
		}
		if err != nil {
			t.Errorf("Get(%q): %v", key, err)
			return
		}
		n := int(e.StartedAt.Sub(epoch))
		if diff := difference(e, generation(key, n)); diff != "" {
			t.Errorf("%s is mixed of two generations: %s", key, diff)
			return
		}
		if there && n < before {
			t.Errorf("%s became older: generation %d after %d", key, n, before)
			return
		}
		latest[key] = n
	}
}
