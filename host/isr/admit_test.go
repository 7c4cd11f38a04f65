package isr_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// gate admits as many as it has tokens.
type gate struct {
	tokens chan struct{}
	inside atomic.Int32
	more   bool // a turn is for more than one generation
}

func (g *gate) admit(ctx context.Context, run func(isr.Turn)) error {
	select {
	case <-g.tokens:
		g.inside.Add(1)
		defer g.inside.Add(-1)
		run(isr.Turn{
			Context: context.WithValue(ctx, g, true),
			Leave:   func() {},
			More:    func() bool { return g.more },
		})
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Which page is made is decided when one can be made, and as of then it counts
// as started.
func TestWhoIsAdmittedTakesTheMostUrgentOfThatMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{tokens: make(chan struct{}, 10)}
		s := open(t, func(o *isr.Options) { o.Admit = g.admit })
		var order []string
		s.becomes(func(ctx context.Context, key string, _ page.Reason) (*isr.Output, error) {
			if ctx.Value(g) != true {
				t.Errorf("%s was not admitted", key)
			}
			order = append(order, key)
			return output(key, time.Minute), nil
		})
		var asked sync.WaitGroup
		ask := func(f func()) {
			asked.Go(f)
			synctest.Wait()
		}
		ask(func() { s.fill("/prerender") })
		ask(func() { s.Renew(context.Background(), at("/on-demand")) })
		ask(func() { s.Visit(context.Background(), at("/visitor"), isr.Plain, time.Now()) })
		time.Sleep(time.Hour)
		admitted := time.Now()
		for range 3 {
			g.tokens <- struct{}{}
			synctest.Wait()
		}
		asked.Wait()
		if got, want := fmt.Sprint(order), "[/visitor /on-demand /prerender]"; got != want {
			t.Errorf("order %s, want %s", got, want)
		}
		synctest.Wait()
		if n := g.inside.Load(); n != 0 {
			t.Errorf("%d did not leave", n)
		}
		answer, err := s.Visit(t.Context(), at("/prerender"), isr.Plain, time.Now())
		if err != nil || answer.Entry.StartedAt.Before(admitted) {
			t.Errorf("started %v, %v; was admitted %v", answer.Entry.StartedAt, err, admitted)
		}
	})
}

// A turn may be for more than one: then no other is needed.
func TestATurnIsForSeveralGenerations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{tokens: make(chan struct{}, 10), more: true}
		s := open(t, func(o *isr.Options) { o.Admit = g.admit })
		var asked sync.WaitGroup
		for _, key := range []string{"/a", "/b", "/c"} {
			asked.Go(func() {
				if _, err := s.Visit(context.Background(), at(key), isr.Plain, time.Now()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		g.tokens <- struct{}{}
		asked.Wait()
		if s.generations() != 3 {
			t.Errorf("%d generations in one turn, want 3", s.generations())
		}
		for range 2 { // the others who waited find nothing to do
			g.tokens <- struct{}{}
		}
	})
}

// Close does not wait for who will never be admitted.
func TestCloseEndsTheWaitForAdmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{tokens: make(chan struct{})}
		s := open(t, func(o *isr.Options) { o.Admit = g.admit })
		failed := make(chan error)
		go func() {
			_, err := s.Visit(context.Background(), at("/a"), isr.Plain, time.Now())
			failed <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(ctx); err == nil {
			t.Error("it says that all has ended well")
		}
		if err := <-failed; err != isr.ErrClosed {
			t.Errorf("the visitor got %v", err)
		}
		s.Engine = nil
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
}
