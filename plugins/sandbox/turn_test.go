package sandbox

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAClockRunsOutOverSeveralTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCores(1)
		one, err := begin(t.Context(), c, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(700 * time.Millisecond)
		left := one.end()
		if left != 300*time.Millisecond {
			t.Fatalf("%s are left, want 300ms", left)
		}
		time.Sleep(time.Hour) // between turns no time passes
		two, err := begin(t.Context(), c, left)
		if err != nil {
			t.Fatal(err)
		}
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
		c := newCores(1)
		first, err := begin(t.Context(), c, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		var second *turn
		done := make(chan struct{})
		go func() {
			defer close(done)
			var err error
			if second, err = begin(t.Context(), c, time.Second); err != nil {
				t.Error(err)
				return
			}
			defer second.end()
			// It gives the core back to the first, which keeps it for a while.
			if err := second.wait(func(context.Context) { time.Sleep(400 * time.Millisecond) }); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(10 * time.Second) // the second waits
		if err := first.wait(func(context.Context) { time.Sleep(time.Millisecond) }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // and waits again
		first.end()
		<-done
		if want := 600 * time.Millisecond; second.left != want {
			t.Errorf("%s are left, want %s", second.left, want)
		}
	})
}

func TestAWaitThatOutlastsTheClockEndsTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCores(1)
		one, err := begin(t.Context(), c, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		err = one.wait(func(ctx context.Context) { <-ctx.Done() })
		if !errors.Is(err, errTimeout) {
			t.Errorf("got %v", err)
		}
		one.end()
		// Its core is free, once.
		two, err := begin(t.Context(), c, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		two.end()
		if len(c) != 0 {
			t.Errorf("%d cores are in use", len(c))
		}
	})
}

func TestWaitingForACoreEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCores(1)
		one, err := begin(t.Context(), c, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		defer one.end()
		why := errors.New("why")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		if _, err := begin(ctx, c, time.Hour); !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		if _, err := begin(ctx, newCores(1), time.Hour); err != why {
			t.Errorf("with a core free: got %v", err)
		}
	})
}
