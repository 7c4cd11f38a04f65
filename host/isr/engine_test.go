package isr_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/plugins/page"
)

// A scripted renderer: each test says what a generation does.
type renderFunc func(ctx context.Context, key string, reason page.Reason) (*isr.Output, error)

func (f renderFunc) Render(ctx context.Context, key string, reason page.Reason, _ *isr.Entry) (*isr.Output, error) {
	return f(ctx, key, reason)
}

// site is an engine on a folder store, in virtual time.
type site struct {
	*isr.Engine
	t      *testing.T
	folder string
	store  isr.Store
	over   func(isr.Store) isr.Store // what stands in front of the folder; nil: nothing
	opt    isr.Options
	made   int // generations begun
	mu     sync.Mutex
	make   renderFunc
}

const version = "v1"

func at(key string) isr.Page { return isr.Page{Key: key, Plugin: "blog", Version: version} }

// output is a page whose body is text.
func output(text string, revalidate time.Duration) *isr.Output {
	return &isr.Output{Plugin: "blog", Version: version, Body: []byte(text), Result: page.Result{
		Kind: page.KindProps, Props: []byte(`{}`), Status: 200, Revalidate: revalidate,
	}}
}

func open(t *testing.T, change func(*isr.Options)) *site {
	t.Helper()
	s := &site{t: t, folder: filepath.Join(t.TempDir(), "pages")}
	s.opt = isr.Options{
		Renderer: renderFunc(func(ctx context.Context, key string, reason page.Reason) (*isr.Output, error) {
			s.mu.Lock()
			s.made++
			n, f := s.made, s.make
			s.mu.Unlock()
			if f != nil {
				return f(ctx, key, reason)
			}
			return output(fmt.Sprintf("%s #%d", key, n), 10*time.Second), nil
		}),
		Workers: 4, Queue: 100, Expire: time.Hour, NotFoundRevalidate: time.Minute,
	}
	if change != nil {
		change(&s.opt)
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *site) start() {
	s.t.Helper()
	store, err := dir.Open(s.folder, dir.Options{Poll: time.Minute}) // days pass in some tests
	if err != nil {
		s.t.Fatal(err)
	}
	s.store, s.opt.Store = store, store
	if s.over != nil {
		s.opt.Store = s.over(store)
	}
	if s.Engine, err = isr.New(s.t.Context(), s.opt); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) stop() {
	if s.Engine == nil {
		return
	}
	if err := s.Close(context.Background()); err != nil {
		s.t.Error(err)
	}
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
	s.Engine = nil
}

func (s *site) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

// becomes says what generations do from now on.
func (s *site) becomes(f renderFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.make = f
}

func (s *site) generations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made
}

// see visits a path and checks body, state and detail; "" is an error.
func (s *site) see(key, body string, state isr.State, detail isr.Detail) {
	s.t.Helper()
	answer, err := s.Visit(context.Background(), at(key), isr.Plain)
	if err != nil {
		if body != "" {
			s.t.Fatalf("visit %s: %v, want %q", key, err, body)
		}
		return
	}
	if got := string(answer.Entry.Body); got != body || answer.State != state || answer.Detail != detail {
		s.t.Fatalf("visit %s: %q, state %v, detail %v; want %q, %v, %v", key, got, answer.State, answer.Detail, body, state, detail)
	}
	synctest.Wait()
}

var errUpstream = errors.New("upstream is down")

func fails(context.Context, string, page.Reason) (*isr.Output, error) { return nil, errUpstream }

func TestS1ToS3APageIsServedThenRenewedBehindTheVisitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail) // S20
		time.Sleep(9 * time.Second)
		s.see("/a", "/a #1", isr.Hit, isr.NoDetail) // S1
		time.Sleep(time.Second)
		s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating) // S2
		s.see("/a", "/a #2", isr.Hit, isr.NoDetail)          // S3
		time.Sleep(time.Hour)
		if n := s.generations(); n != 2 { // S4
			t.Fatalf("%d generations though nobody asked", n)
		}
	})
}

func TestS5EveryVisitDuringARegenerationGetsTheOldPageAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(10 * time.Second)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(3 * time.Second)
			return output("slow", 10*time.Second), nil
		})
		for range 50 {
			begun := time.Now()
			s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating)
			if waited := time.Since(begun); waited > 0 {
				t.Fatalf("a visitor waited %v", waited)
			}
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		s.see("/a", "slow", isr.Hit, isr.NoDetail)
		if n := s.generations(); n != 2 {
			t.Fatalf("%d generations, want 2", n)
		}
	})
}

func TestS6TheWindowStartsAtTheEndAndTheDataIsAsOfTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(4 * time.Second)
			return output("slow", 10*time.Second), nil
		})
		begun := time.Now()
		s.see("/a", "slow", isr.Miss, isr.NoDetail)
		entry, err := s.store.Get(t.Context(), "/a")
		if err != nil || entry.StartedAt.Sub(begun) > time.Millisecond || entry.FinishedAt.Sub(begun) != 4*time.Second {
			t.Fatalf("started %v, finished %v after the visit; error %v", entry.StartedAt.Sub(begun), entry.FinishedAt.Sub(begun), err)
		}
		time.Sleep(9 * time.Second)
		s.see("/a", "slow", isr.Hit, isr.NoDetail)
	})
}

func TestS7ARestartForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(9 * time.Second)
		s.restart()
		s.see("/a", "/a #1", isr.Hit, isr.NoDetail)
		time.Sleep(time.Second)
		s.restart()
		s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating)
	})
}

func TestS8S9TheWindowIsTheLastGenerations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			return output("short", time.Second), nil
		})
		s.see("/a", "short", isr.Miss, isr.NoDetail)
		time.Sleep(time.Second)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) { return output("for ever", 0), nil })
		s.see("/a", "short", isr.StaleHit, isr.Regenerating)
		time.Sleep(59 * time.Minute)
		s.see("/a", "for ever", isr.Hit, isr.NoDetail)
	})
}

func TestS10AnExpiredPageWaitsAndIsNeverAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(time.Hour)
		s.becomes(fails)
		s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore)
		s.becomes(nil)
		s.see("/a", "/a #3", isr.Revalidated, isr.NoDetail)
		s.see("/a", "/a #3", isr.Hit, isr.NoDetail)
	})
}

func TestS13AVisitorWhoLeavesDoesNotStopTheGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(ctx context.Context, _ string, _ page.Reason) (*isr.Output, error) {
			select {
			case <-time.After(3 * time.Second):
				return output("finished", 10*time.Second), nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
		ctx, leave := context.WithTimeout(context.Background(), time.Second)
		defer leave()
		if _, err := s.Visit(ctx, at("/a"), isr.Plain); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v, want the visitor's own", err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		s.see("/a", "finished", isr.Hit, isr.NoDetail)
	})
}

func TestS14APrefetchRenewsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		for _, age := range []time.Duration{10 * time.Second, time.Hour} {
			time.Sleep(age)
			answer, err := s.Visit(t.Context(), at("/a"), isr.Prefetch)
			synctest.Wait()
			if err != nil || answer.State != isr.StaleHit || s.generations() != 1 {
				t.Fatalf("after %v: state %v, error %v, %d generations", age, answer.State, err, s.generations())
			}
		}
	})
}

func TestS21ConcurrentMissesShareOneGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(time.Second)
			return output("shared", 10*time.Second), nil
		})
		var visitors sync.WaitGroup
		for range 100 {
			visitors.Go(func() {
				answer, err := s.Visit(context.Background(), at("/a"), isr.Plain)
				if err != nil || answer.State != isr.Miss || string(answer.Entry.Body) != "shared" {
					t.Errorf("state %v, error %v", answer.State, err)
				}
			})
		}
		visitors.Wait()
		if n := s.generations(); n != 1 {
			t.Fatalf("%d generations, want 1", n)
		}
	})
}

func TestS22AFailedFirstGenerationLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(fails)
		for range 5 {
			if _, err := s.Visit(t.Context(), at("/a"), isr.Plain); !errors.Is(err, errUpstream) {
				t.Fatalf("error %v", err)
			}
		}
		if n := s.generations(); n != 5 {
			t.Fatalf("%d generations, want one for each visit", n)
		}
		if _, err := s.store.Get(t.Context(), "/a"); !errors.Is(err, isr.ErrNotFound) {
			t.Fatalf("something was stored: %v", err)
		}
	})
}

func TestS30S31FailuresKeepTheOldPageAndBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(10 * time.Second)
		s.becomes(fails)
		s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating) // the first attempt fails behind this visit
		s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore) // and the next visit tries again at once
		if n := s.generations(); n != 3 {
			t.Fatalf("%d generations after two failures, want 3", n)
		}
		for i, wait := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
			wait *= time.Second
			time.Sleep(wait - time.Millisecond)
			s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore)
			if n := s.generations(); n != 3+i {
				t.Fatalf("tried again before %v had passed", wait)
			}
			time.Sleep(time.Millisecond)
			s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore)
			if n := s.generations(); n != 4+i {
				t.Fatalf("not tried again after %v", wait)
			}
		}
		s.becomes(nil)
		time.Sleep(30 * time.Second)
		s.see("/a", "/a #1", isr.StaleHit, isr.FailedBefore)
		s.see("/a", "/a #12", isr.Hit, isr.NoDetail)
		time.Sleep(10 * time.Second)
		s.becomes(fails)
		s.see("/a", "/a #12", isr.StaleHit, isr.Regenerating) // one success has cleared it
	})
}

func TestARendererThatPanicsFailsOneGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) { panic("bug") })
		s.see("/a", "", isr.Miss, isr.NoDetail)
		s.becomes(nil)
		s.see("/a", "/a #2", isr.Miss, isr.NoDetail)
	})
}

func TestS33AnEarlierStartNeverReplacesALaterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(5 * time.Second)
			return output("slow and old", 10*time.Second), nil
		})
		done := make(chan string)
		go func() {
			answer, err := s.Visit(context.Background(), at("/a"), isr.Plain)
			if err != nil {
				t.Error(err)
			}
			done <- string(answer.Entry.Body)
		}()
		time.Sleep(time.Second)
		// Another host starts later and is done first.
		now := time.Now().UTC()
		other := &isr.Entry{Key: "/a", Plugin: "blog", Version: version, Status: 200, Body: []byte("new"), Props: []byte("{}"),
			StartedAt: now, FinishedAt: now, Revalidate: time.Minute, Expire: time.Hour, ETag: `"x"`, DataETag: `"y"`}
		if stored, err := s.store.Put(t.Context(), other); err != nil || !stored {
			t.Fatal(stored, err)
		}
		if body := <-done; body != "new" {
			t.Fatalf("the visitor got %q", body)
		}
		s.see("/a", "new", isr.Hit, isr.NoDetail)
	})
}

func TestS105RenewDoesNotJoinWhatStartedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		var content atomic.Value
		content.Store("before the edit")
		s.becomes(func(_ context.Context, _ string, reason page.Reason) (*isr.Output, error) {
			read := content.Load().(string) + ", " + string(reason)
			time.Sleep(2 * time.Second)
			return output(read, 10*time.Second), nil
		})
		go s.Visit(context.Background(), at("/a"), isr.Plain)
		time.Sleep(time.Second)
		content.Store("after the edit")
		var editors sync.WaitGroup
		for range 20 { // S106: they share one
			editors.Go(func() {
				entry, err := s.Renew(context.Background(), at("/a"))
				if err != nil || string(entry.Body) != "after the edit, on-demand" {
					t.Errorf("got %v, error %v", entry, err)
				}
			})
		}
		editors.Wait()
		if n := s.generations(); n != 2 {
			t.Fatalf("%d generations, want 2", n)
		}
		s.see("/a", "after the edit, on-demand", isr.Hit, isr.NoDetail)
	})
}

func TestS102AFailedRenewKeepsThePageAndItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		time.Sleep(5 * time.Second)
		s.becomes(fails)
		if _, err := s.Renew(t.Context(), at("/a")); !errors.Is(err, errUpstream) {
			t.Fatal(err)
		}
		s.see("/a", "/a #1", isr.Hit, isr.NoDetail)
	})
}

func TestAnInvalidatedNameMakesItsPagesStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, name := range []isr.Name{
			{Kind: isr.NamePath, Value: "/a"}, {Kind: isr.NamePlugin, Value: "blog"},
			{Kind: isr.NameTag, Value: "news"}, {Kind: isr.NameSource, Value: "https://api.example/1"},
		} {
			s := open(t, nil)
			s.becomes(func(_ context.Context, key string, _ page.Reason) (*isr.Output, error) {
				out := output("page", 0)
				if key == "/a" {
					out.Result.Tags = []string{"news"}
					out.Sources = []string{"https://api.example/1"}
				}
				return out, nil
			})
			s.see("/a", "page", isr.Miss, isr.NoDetail)
			time.Sleep(time.Second)
			if err := s.Invalidate(t.Context(), name, isr.Name{Kind: isr.NameTag, Value: "other"}); err != nil {
				t.Fatal(err)
			}
			s.restart() // it is durable
			s.see("/a", "page", isr.StaleHit, isr.Regenerating)
			s.see("/a", "page", isr.Hit, isr.NoDetail)
		}
	})
}

func TestAPageOfAnotherVersionIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.see("/a", "/a #1", isr.Miss, isr.NoDetail)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			out := output("by the new version", 10*time.Second)
			out.Version = "v2"
			return out, nil
		})
		next := isr.Page{Key: "/a", Plugin: "blog", Version: "v2"}
		for _, want := range []isr.State{isr.StaleHit, isr.Hit} {
			answer, err := s.Visit(t.Context(), next, isr.Plain)
			if err != nil || answer.State != want {
				t.Fatalf("state %v, error %v, want %v", answer.State, err, want)
			}
			synctest.Wait()
		}
	})
}

func TestS90ANotFoundPageIsTriedAgainAfterTheSitesWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			return &isr.Output{Plugin: "blog", Version: version, Result: page.Result{Kind: page.KindNotFound, Status: 404}}, nil
		})
		s.see("/a", "", isr.Miss, isr.NoDetail)
		time.Sleep(59 * time.Second)
		s.see("/a", "", isr.Hit, isr.NoDetail)
		time.Sleep(time.Second)
		s.becomes(nil)
		s.see("/a", "", isr.StaleHit, isr.Regenerating)
		s.see("/a", "/a #2", isr.Hit, isr.NoDetail) // S91
	})
}

func TestAFullQueueDropsTheLeastUrgentAndNeverAHit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		dropped := make(map[isr.Priority]int)
		s := open(t, func(o *isr.Options) {
			o.Workers, o.Queue = 1, 2
			o.Events.Dropped = func(_ string, p isr.Priority) {
				mu.Lock()
				dropped[p]++
				mu.Unlock()
			}
		})
		for _, key := range []string{"/a", "/b", "/c", "/d"} {
			s.see(key, key+fmt.Sprintf(" #%d", s.generations()+1), isr.Miss, isr.NoDetail)
		}
		time.Sleep(10 * time.Second)
		s.becomes(func(_ context.Context, key string, _ page.Reason) (*isr.Output, error) {
			time.Sleep(time.Second)
			return output("new "+key, 10*time.Second), nil
		})
		s.see("/a", "/a #1", isr.StaleHit, isr.Regenerating) // runs
		s.see("/b", "/b #2", isr.StaleHit, isr.Regenerating) // waits
		s.see("/c", "/c #3", isr.StaleHit, isr.Regenerating) // waits
		s.see("/d", "/d #4", isr.StaleHit, isr.NoDetail)     // no room
		var visitors sync.WaitGroup
		for i := range 2 { // each takes the place of a page that nobody waits for
			visitors.Go(func() {
				key := fmt.Sprintf("/new%d", i)
				if answer, err := s.Visit(context.Background(), at(key), isr.Plain); err != nil || string(answer.Entry.Body) != "new "+key {
					t.Errorf("%s: %v", key, err)
				}
			})
		}
		synctest.Wait()
		if _, err := s.Visit(t.Context(), at("/one-too-many"), isr.Plain); !errors.Is(err, isr.ErrBusy) {
			t.Fatalf("error %v, want ErrBusy", err)
		}
		visitors.Wait()
		mu.Lock()
		defer mu.Unlock()
		if dropped[isr.Background] != 3 || dropped[isr.Waiting] != 1 {
			t.Fatalf("dropped %v", dropped)
		}
	})
}

func TestWorkersTakeTheMostUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *isr.Options) { o.Workers = 1 })
		s.see("/stale", "/stale #1", isr.Miss, isr.NoDetail)
		time.Sleep(10 * time.Second)
		var order []string
		s.becomes(func(_ context.Context, key string, _ page.Reason) (*isr.Output, error) {
			order = append(order, key)
			time.Sleep(time.Second)
			return output(key, 10*time.Second), nil
		})
		var asked sync.WaitGroup
		ask := func(f func()) {
			asked.Go(f)
			synctest.Wait()
		}
		ask(func() { s.Fill(context.Background(), at("/running")) })
		ask(func() { s.Fill(context.Background(), at("/prerender")) })
		ask(func() { s.Visit(context.Background(), at("/stale"), isr.Plain) })
		ask(func() { s.Renew(context.Background(), at("/on-demand")) })
		ask(func() { s.Visit(context.Background(), at("/visitor"), isr.Plain) })
		asked.Wait()
		want := "[/running /visitor /on-demand /stale /prerender]"
		time.Sleep(time.Minute)
		if got := fmt.Sprint(order); got != want {
			t.Fatalf("order %s, want %s", got, want)
		}
	})
}

func TestFillMakesOnlyWhatIsNotFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		for i, want := range []bool{true, false} {
			if _, made, err := s.Fill(t.Context(), at("/a")); err != nil || made != want {
				t.Fatalf("call %d: made %v, error %v", i, made, err)
			}
		}
		time.Sleep(10 * time.Second)
		if _, made, err := s.Fill(t.Context(), at("/a")); err != nil || !made {
			t.Fatalf("stale: made %v, error %v", made, err)
		}
	})
}

func TestS146CloseFinishesWhatIsWaitedForAndDropsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *isr.Options) { o.Workers = 1 })
		s.see("/stale", "/stale #1", isr.Miss, isr.NoDetail)
		time.Sleep(10 * time.Second)
		s.becomes(func(ctx context.Context, key string, _ page.Reason) (*isr.Output, error) {
			time.Sleep(2 * time.Second)
			return output(key, 10*time.Second), ctx.Err()
		})
		var visitors sync.WaitGroup
		for _, key := range []string{"/a", "/b", "/c"} {
			visitors.Go(func() {
				if _, err := s.Visit(context.Background(), at(key), isr.Plain); err != nil {
					t.Errorf("%s was accepted, then failed: %v", key, err)
				}
			})
		}
		synctest.Wait()
		s.see("/stale", "/stale #1", isr.StaleHit, isr.Regenerating)
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		visitors.Wait()
		if n := s.generations(); n != 4 {
			t.Fatalf("%d generations, want the first and the three that were waited for", n)
		}
		if _, err := s.Visit(t.Context(), at("/late"), isr.Plain); !errors.Is(err, isr.ErrClosed) {
			t.Fatalf("error %v, want ErrClosed", err)
		}
		s.see("/a", "/a", isr.Hit, isr.NoDetail)
	})
}

func TestS146CloseEndsWhatRunsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(ctx context.Context, _ string, _ page.Reason) (*isr.Output, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		failed := make(chan error)
		go func() {
			_, err := s.Visit(context.Background(), at("/a"), isr.Plain)
			failed <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		begun := time.Now()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
		if took := time.Since(begun); took != 30*time.Second {
			t.Fatalf("took %v", took)
		}
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Fatalf("the visitor's error is %v", err)
		}
		s.Engine = nil
		s.store.Close()
	})
}

func TestS61AHurriedVisitBeginsTheFirstGenerationAndDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			time.Sleep(time.Second)
			return output("made", 10*time.Second), nil
		})
		for range 3 {
			answer, err := s.Visit(t.Context(), at("/a"), isr.Hurried)
			if err != nil || answer.State != isr.Pending || answer.Entry != nil {
				t.Fatalf("%+v, error %v", answer, err)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s.see("/a", "made", isr.Hit, isr.NoDetail)
		if n := s.generations(); n != 1 {
			t.Fatalf("%d generations, want 1", n)
		}
	})
}
