package sandbox

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestGuestsRunOnThreadsOfLowerPriority(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	own := unix.Gettid()
	s := box(t, Options{})
	err = s.Do(t.Context(), func(ctx context.Context) {
		got, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
		if want := max(before-guestNice, 1); err != nil || got != want {
			t.Errorf("20 less the nice value is %d, %v; want %d", got, err, want)
		}
		tid := unix.Gettid()
		if tid == own {
			t.Error("it is the caller's thread")
		}
		if err := s.Do(ctx, func(context.Context) {
			if unix.Gettid() != tid {
				t.Error("what is done within it is on another thread")
			}
		}); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Behind(func() {
		got, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
		if want := max(before-backstageNice, 1); err != nil || got != want {
			t.Errorf("behind, 20 less the nice value is %d, %v; want %d", got, err, want)
		}
	})
	after, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil || after != before {
		t.Errorf("the caller's was %d and is %d, %v", before, after, err)
	}
}

// A thread of lowered priority never comes back to Go, which would serve
// visitors on it.
func TestThreadsEndWithTheSandbox(t *testing.T) {
	s, err := New(t.Context(), Options{Cores: 4})
	if err != nil {
		t.Fatal(err)
	}
	var tids []int
	together := make(chan int)
	ended := make(chan error)
	for range 4 {
		go func() {
			ended <- s.Do(t.Context(), func(context.Context) { together <- unix.Gettid() })
		}()
	}
	for range 4 {
		tids = append(tids, <-together)
	}
	for range 4 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Do(t.Context(), func(context.Context) { t.Error("it ran") }); err != errClosed {
		t.Errorf("after Close: got %v", err)
	}
	for _, tid := range tids {
		if tid == os.Getpid() {
			continue // Go keeps the first thread of a process
		}
		// A thread's goroutine ends a moment before the thread.
		for end := time.Now().Add(time.Minute); unix.Tgkill(os.Getpid(), tid, 0) == nil; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("thread %d is there still", tid)
			}
		}
	}
}
