package host_test

import (
	"testing"
	"time"
)

// Browsers open connections ahead of need, and a host may be told to stop as
// soon as it listens.
func TestS146AConnectionWithoutARequestDoesNotHoldUpTheEnd(t *testing.T) {
	s := newSite(t, "0")
	s.plugin("page", "/")
	for range 5 {
		s.start()
		s.stop()
	}
	s.start()
	s.sees("/", 200, "MISS", "/ #1")
	conn := s.dial()
	defer conn.Close()
	s.sees("/", 200, "HIT", "/ #1") // accepted after conn
	begun := time.Now()
	s.stop()
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("the host took %v to stop", took)
	}
}
