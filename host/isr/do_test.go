package isr_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

func TestWorkTakesItsTurnWithGenerations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *isr.Options) { o.Workers, o.Queue = 1, 2 })
		release := make(chan struct{})
		var order []string
		work := func(name string) func(context.Context) error {
			return func(context.Context) error {
				order = append(order, name) // one worker, one at a time
				if name == "first" {
					<-release
				}
				return errors.New(name + " ended")
			}
		}
		ended := make(chan error, 3)
		do := func(p isr.Priority, name string) {
			go func() { ended <- s.Do(t.Context(), p, "work", work(name)) }()
			synctest.Wait()
		}
		do(isr.Waiting, "first")
		do(isr.Prerender, "later")
		do(isr.Waiting, "sooner")
		if err := s.Do(t.Context(), isr.Prerender, "work", work("too many")); !errors.Is(err, isr.ErrBusy) {
			t.Errorf("with a full queue: %v", err)
		}
		close(release)
		for range 3 {
			if err := <-ended; err == nil || !strings.HasSuffix(err.Error(), " ended") {
				t.Errorf("got %v, want the work's own error", err)
			}
		}
		if want := []string{"first", "sooner", "later"}; !slices.Equal(order, want) {
			t.Errorf("done in the order %v, want %v", order, want)
		}
		for entry := range s.store.Pages(t.Context()) {
			t.Errorf("%s was stored", entry.Key)
		}
	})
}

func TestABugInWorkEndsTheWorkOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		err := s.Do(t.Context(), isr.Waiting, "draft of /a", func(context.Context) error { panic("a bug") })
		if err == nil || !strings.Contains(err.Error(), "draft of /a") || !strings.Contains(err.Error(), "a bug") {
			t.Errorf("%v", err)
		}
		if _, err := s.Visit(t.Context(), at("/a"), isr.Plain, time.Now()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestWorkGoesOnWhenWhoAskedLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		ctx, leave := context.WithCancel(t.Context())
		began, release, done := make(chan struct{}), make(chan struct{}), false
		gone := make(chan error)
		go func() {
			gone <- s.Do(ctx, isr.Waiting, "work", func(ctx context.Context) error {
				close(began)
				<-release
				done = ctx.Err() == nil
				return nil
			})
		}()
		<-began
		leave()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		close(release)
		synctest.Wait()
		if !done {
			t.Error("the work was ended")
		}
	})
}
