package host_test

import (
	"bytes"
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
	case <-time.After(time.Minute):
		t.Fatal("nothing came to the gate")
	}
}

// until asks again and again whether something is so, which happens soon but
// after the last answer.
func (s *site) until(what string, so func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for pause := time.Millisecond; !so(); pause = min(2*pause, 20*time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("still not so: %s", what)
		}
		time.Sleep(pause)
	}
}

// logs waits until the host has logged a text.
func (s *site) logs(text string) {
	s.t.Helper()
	s.until("the log has "+text, func() bool { return strings.Contains(s.log.String(), text) })
}

// Two things inside of the host nobody outside is told, and tests with a clock
// that jumps need them: how many requests wait for a generation, and how many
// generations are under way. Their goroutines tell.

// waiting waits until n requests wait for a generation.
func (s *site) waiting(n int) {
	s.t.Helper()
	s.until("requests wait for a generation", func() bool { return goroutines("isr.(*Engine).await(") >= n })
}

// settled waits until no generation is under way, so that the next request
// joins none that has ended but for its last step.
func (s *site) settled() {
	s.t.Helper()
	s.until("no generation is under way", func() bool { return generations() == 0 })
}

// generations counts those of all hosts in this process, also those whose page
// is there already while their worker has not ended yet.
func generations() int { return goroutines("isr.(*Engine).dispatch in goroutine") }

// goroutines counts how often a text is in the stacks of all goroutines.
func goroutines(text string) int {
	stacks := make([]byte, 128<<10)
	for {
		n := runtime.Stack(stacks, true)
		if n < len(stacks) {
			return bytes.Count(stacks[:n], []byte(text))
		}
		stacks = make([]byte, 2*len(stacks))
	}
}
