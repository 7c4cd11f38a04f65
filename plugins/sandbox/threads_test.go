package sandbox

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

func idle(p *threads) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

func TestIdleThreadsEndAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p threads
		defer p.close()
		var together sync.WaitGroup
		together.Add(10)
		for range 10 {
			go p.run(func() {
				together.Done()
				together.Wait()
			})
		}
		synctest.Wait()
		if n := idle(&p); n != 10 {
			t.Fatalf("%d threads are idle, want 10", n)
		}
		p.all.Wait() // no longer than idleFor, by the bubble's clock
		if n := idle(&p); n != 0 {
			t.Errorf("%d threads are left", n)
		}
		if !p.run(func() {}) {
			t.Error("no thread is made any more")
		}
	})
}

func TestAPanicOnAThreadIsTheCallers(t *testing.T) {
	var p threads
	defer p.close()
	func() {
		defer func() {
			err, ok := recover().(error)
			if !ok || !strings.HasPrefix(err.Error(), "oops\n") || !strings.Contains(err.Error(), "threads_test.go") {
				t.Errorf("got %v", err)
			}
		}()
		p.run(func() { panic("oops") })
	}()
	if n := idle(&p); n != 1 {
		t.Errorf("%d threads, want the one that was there", n)
	}
}

func TestClosedThreadsRunNothing(t *testing.T) {
	var p threads
	p.run(func() {})
	p.close()
	if p.run(func() { t.Error("it ran") }) {
		t.Error("it says that it ran")
	}
}
