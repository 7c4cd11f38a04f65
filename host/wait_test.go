package host_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// A gate holds what passes it until it is opened, so that a test can look at
// the site while a generation is under way.
type gate struct {
	arrived chan struct{} // gets one for each that has come
	opened  chan struct{}
	once    sync.Once
}

// newGate makes a closed gate; it opens at the end of the test if not before.
func newGate(t *testing.T) *gate {
	g := &gate{arrived: make(chan struct{}, 1000), opened: make(chan struct{})}
	t.Cleanup(g.open)
	return g
}

func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

// hold makes a function of a script wait at the gate.
func (g *gate) hold(f func(input) (int, string)) func(input) (int, string) {
	return func(in input) (int, string) {
		g.arrived <- struct{}{}
		<-g.opened
		return f(in)
	}
}

// wait waits until one more has come to the gate.
func (g *gate) wait(t *testing.T) {
	t.Helper()
	select {
	case <-g.arrived:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came to the gate")
	}
}

// until asks again and again whether something is so, which happens soon but
// after the last answer.
func (s *site) until(what string, so func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !so() {
		if time.Now().After(deadline) {
			s.t.Fatalf("still not so: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// logs waits until the host has logged a text.
func (s *site) logs(text string) {
	s.t.Helper()
	s.until("the log has "+text, func() bool { return strings.Contains(s.log.String(), text) })
}

// waiting waits until n requests wait for a generation. Nothing outside of
// the host tells that; their goroutines do.
func (s *site) waiting(n int) {
	s.t.Helper()
	stacks := make([]byte, 8<<20)
	s.until("requests wait for a generation", func() bool {
		all := string(stacks[:runtime.Stack(stacks, true)])
		return strings.Count(all, "isr.(*Engine).await(") >= n
	})
}
