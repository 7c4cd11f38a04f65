package isr_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// stalling is a store whose Put takes a while.
type stalling struct {
	isr.Store
	takes time.Duration
}

func (s *stalling) Put(ctx context.Context, e *isr.Entry) (bool, error) {
	time.Sleep(s.takes)
	return s.Store.Put(ctx, e)
}

func TestATurnIsGivenUpForAStoreThatIsSlowAndNotForOneThatWasSlowOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := 0
		s := open(t, func(o *isr.Options) {
			o.Workers = 1
			o.Admit = func(ctx context.Context, run func(isr.Turn)) error {
				run(isr.Turn{Context: ctx, Leave: func() { left++ }, More: func() bool { return false }})
				return nil
			}
		})
		store := &stalling{takes: 10 * time.Second}
		s.over = func(behind isr.Store) isr.Store {
			store.Store = behind
			return store
		}
		s.restart()
		visit := func(n int) {
			t.Helper()
			if _, err := s.Visit(t.Context(), at(fmt.Sprintf("/%d", n)), isr.Plain, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		visit(0)
		store.takes = 0
		visit(1)
		if left > 0 {
			t.Errorf("after one Put that took long the turn was given up %d times", left)
		}
		store.takes = 10 * time.Millisecond
		for n := range 20 {
			visit(2 + n)
		}
		if left == 0 {
			t.Error("the turn is held while a slow store stores")
		}
	})
}
