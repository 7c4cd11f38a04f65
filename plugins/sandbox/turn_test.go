package sandbox

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func sit(t *testing.T, c *cores) *seat {
	t.Helper()
	s, err := c.sit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAClockRunsOutOverSeveralTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sit(t, newCores(1, 1))
		one := begin(t.Context(), s, time.Second)
		time.Sleep(700 * time.Millisecond)
		left := one.end()
		if left != 300*time.Millisecond {
			t.Fatalf("%s are left, want 300ms", left)
		}
		time.Sleep(time.Hour) // between turns no time passes
		two := begin(t.Context(), s, left)
		defer two.end()
		time.Sleep(299 * time.Millisecond)
		if err := two.over(); err != nil {
			t.Fatalf("after 299ms: %v", err)
		}
		<-two.ctx.Done()
		if err := two.over(); !errors.Is(err, errTimeout) {
			t.Fatalf("after 300ms: %v", err)
		}
	})
}

// Waiting for a core costs a guest nothing.
func TestTheClockStandsStillWhileWaitingForACore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCores(1, 2)
		first := sit(t, c)
		var second *turn
		done := make(chan struct{})
		go func() {
			defer close(done)
			s, err := c.sit(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer s.leave()
			second = begin(t.Context(), s, time.Second)
			defer second.end()
			// It gives the core back to the first, which keeps it for a while.
			if err := second.wait(func(context.Context) { time.Sleep(400 * time.Millisecond) }); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(10 * time.Second) // the second waits
		one := begin(t.Context(), first, time.Hour)
		defer one.end()
		if err := one.wait(func(context.Context) { time.Sleep(time.Millisecond) }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // and waits again
		first.leave()
		<-done
		if want := 600 * time.Millisecond; second.left != want {
			t.Errorf("%s are left, want %s", second.left, want)
		}
	})
}

func TestAWaitThatOutlastsTheClockEndsTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCores(1, 1)
		s := sit(t, c)
		one := begin(t.Context(), s, time.Second)
		err := one.wait(func(ctx context.Context) { <-ctx.Done() })
		if !errors.Is(err, errTimeout) {
			t.Errorf("got %v", err)
		}
		one.end()
		s.leave()
		if c.free != 1 || c.room != 1 {
			t.Errorf("%d cores and room for %d, want 1 and 1", c.free, c.room)
		}
	})
}

// A guest that has run for long gives its core to one that waits, and only then.
func TestALongTurnLetsOthersGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCores(1, 2)
		long := sit(t, c)
		defer long.leave()
		one := begin(t.Context(), long, time.Minute)
		time.Sleep(10 * quantum)
		if long.tired() {
			t.Error("there is nobody to go first")
		}
		ran := time.Duration(0)
		go func() {
			s, err := c.sit(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer s.leave()
			begun := time.Now()
			time.Sleep(30 * time.Millisecond)
			ran = time.Since(begun)
		}()
		synctest.Wait()
		if err := one.yield(); err != nil {
			t.Error(err)
		}
		if ran != 30*time.Millisecond {
			t.Errorf("the other ran for %s", ran)
		}
		if left := one.end(); left != time.Minute-10*quantum {
			t.Errorf("%s are left: letting go first costs time", left)
		}
	})
}
