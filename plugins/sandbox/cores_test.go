package sandbox

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitingForACoreEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCores(1, 8)
		one := sit(t, c)
		why := errors.New("why")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		if _, err := c.sit(ctx); !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		if _, err := newCores(1, 1).sit(ctx); err != why {
			t.Errorf("with a core free: got %v", err)
		}
		one.leave()
		one.leave() // once more does nothing
		if c.free != 1 || c.room != 8 || len(c.line) != 0 {
			t.Errorf("%d cores, room for %d, %d in line", c.free, c.room, len(c.line))
		}
	})
}

// queueing starts f in a goroutine and returns when it waits.
func queueing(f func()) {
	go f()
	synctest.Wait()
}

func TestWhoComesBackGoesBeforeWhoHasNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCores(1, 8)
		var order []string
		work := func(name string) {
			s, err := c.sit(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer s.leave()
			order = append(order, name)
			time.Sleep(time.Millisecond)
		}
		waiting := sit(t, c)
		waiting.lend()
		busy := sit(t, c)
		queueing(func() { work("first") })
		queueing(func() { work("second") })
		queueing(func() {
			if err := waiting.retake(t.Context()); err != nil {
				t.Error(err)
			}
			order = append(order, "back")
			waiting.leave()
		})
		busy.leave()
		time.Sleep(time.Second)
		synctest.Wait()
		if want := []string{"back", "first", "second"}; !slices.Equal(order, want) {
			t.Errorf("got %v, want %v", order, want)
		}
	})
}

// Whoever used up its time stands in line with the others.
func TestWhoHasRunForLongStandsInLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCores(1, 8)
		var order []string
		long := sit(t, c)
		time.Sleep(quantum)
		long.lend()
		busy := sit(t, c)
		queueing(func() {
			s, err := c.sit(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			order = append(order, "fresh")
			s.leave()
		})
		queueing(func() {
			if err := long.retake(t.Context()); err != nil {
				t.Error(err)
			}
			order = append(order, "long")
			long.leave()
		})
		busy.leave()
		synctest.Wait()
		if want := []string{"fresh", "long"}; !slices.Equal(order, want) {
			t.Errorf("got %v, want %v", order, want)
		}
	})
}

// As many as there is room for have begun. Those who wait for room do not keep
// those who have begun from a core.
func TestNoMoreBeginThanThereIsRoomFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCores(1, 2)
		one := sit(t, c)
		one.lend()
		two := sit(t, c)
		time.Sleep(quantum)
		two.lend()
		third := false
		queueing(func() {
			s, err := c.sit(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			third = true
			s.leave()
		})
		if third {
			t.Fatal("a third has begun")
		}
		if err := two.retake(t.Context()); err != nil {
			t.Fatal(err)
		}
		one.leave()
		synctest.Wait()
		if third {
			t.Fatal("it runs without a core")
		}
		two.leave()
		synctest.Wait()
		if !third {
			t.Error("there is room, and it has not begun")
		}
	})
}

// However waits end, no core and no room is lost.
func TestNoCoreIsLost(t *testing.T) {
	const n = 50
	c := newCores(2, 3)
	done := make(chan struct{})
	for k := range n {
		go func() {
			defer func() { done <- struct{}{} }()
			for round := range 50 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration((k+round)%7)*20*time.Microsecond)
				if s, err := c.sit(ctx); err == nil {
					s.lend()
					_ = s.retake(ctx)
					s.leave()
				}
				cancel()
			}
		}()
	}
	for range n {
		<-done
	}
	if c.free != 2 || c.room != 3 || len(c.line)+len(c.back) != 0 {
		t.Errorf("%d cores, room for %d, %d in line", c.free, c.room, len(c.line)+len(c.back))
	}
}
