package isr_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// turns are leases of hosts in one process: a set of keys.
type turns struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

func (l *turns) Try(_ context.Context, key string) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key] != nil {
		return nil
	}
	free := make(chan struct{})
	l.held[key] = free
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.held, key)
		close(free)
	}
}

func (l *turns) Wait(ctx context.Context, key string) error {
	l.mu.Lock()
	free := l.held[key]
	l.mu.Unlock()
	if free == nil {
		return nil
	}
	select {
	case <-free:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func TestAMissThatAnotherHostMakesIsWaitedForWithoutACore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leases := &turns{held: map[string]chan struct{}{}}
		var cores sync.Mutex // one of them
		s := open(t, func(o *isr.Options) {
			o.Leases = leases
			o.Workers = 2
			o.Admit = func(ctx context.Context, run func(isr.Turn)) error {
				cores.Lock()
				leave := sync.OnceFunc(cores.Unlock)
				defer leave()
				run(isr.Turn{Context: ctx, Leave: leave, More: func() bool { return false }})
				return nil
			}
		})
		elsewhere := leases.Try(t.Context(), "/a") // another host makes it
		var group sync.WaitGroup
		group.Go(func() {
			if answer, err := s.Visit(t.Context(), at("/a"), isr.Plain, time.Now()); err != nil || answer.State != isr.Miss || string(answer.Entry.Body) != "from elsewhere" {
				t.Errorf("%+v, %v", answer, err)
			}
		})
		synctest.Wait()
		if _, err := s.Visit(t.Context(), at("/b"), isr.Plain, time.Now()); err != nil { // with the core
			t.Error(err)
		}
		now := time.Now()
		if _, err := s.store.Put(t.Context(), &isr.Entry{Key: "/a", Plugin: "blog", Version: version, Body: []byte("from elsewhere"), StartedAt: now, FinishedAt: now, Expire: time.Hour}); err != nil {
			t.Fatal(err)
		}
		elsewhere()
		group.Wait()
		if s.generations() != 1 {
			t.Errorf("%d generations here, want that of /b alone", s.generations())
		}
	})
}

func TestVisitorsDoNotWaitForAHostThatMakesAStalePageAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leases := &turns{held: map[string]chan struct{}{}}
		s := open(t, func(o *isr.Options) { o.Leases = leases })
		s.becomes(func(context.Context, string, page.Reason) (*isr.Output, error) {
			return output("old", time.Second), nil
		})
		if _, err := s.Visit(t.Context(), at("/a"), isr.Plain, time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		elsewhere := leases.Try(t.Context(), "/a")
		for range 10 {
			answer, err := s.Visit(t.Context(), at("/a"), isr.Plain, time.Now())
			if err != nil || answer.State != isr.StaleHit || answer.Detail != isr.Regenerating {
				t.Errorf("%+v, %v", answer, err)
			}
		}
		elsewhere()
	})
}

func TestDetachedWhatIsStoredIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		detached := false
		s := open(t, func(o *isr.Options) { o.Detached = func() bool { return detached } })
		for _, detached = range []bool{false, true} {
			answer, err := s.Visit(t.Context(), at("/a"), isr.Plain, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if detached != (answer.Detail == isr.Detached) || detached && answer.State != isr.StaleHit {
				t.Errorf("detached %v: %+v", detached, answer)
			}
		}
		if s.generations() != 1 {
			t.Errorf("%d generations, want 1: it is not made anew for that", s.generations())
		}
	})
}
