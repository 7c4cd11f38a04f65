package cluster

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// hears has a host take in a beat of another one whose clock is ahead.
func (c *Cluster) hears(t *testing.T, name string, ahead time.Duration) {
	t.Helper()
	data, err := json.Marshal(beat{Format: format, Host: name, Wall: c.opt.Now().Add(ahead).UnixNano()})
	if err != nil {
		t.Fatal(err)
	}
	c.hear(&nats.Msg{Data: data})
}

// aheadIs tells by how much all hosts' clock is ahead of this one's, to the second.
func (c *Cluster) aheadIs() time.Duration {
	return time.Duration(c.ahead.Load()).Round(time.Second)
}

func TestAllGoByTheClockThatIsAheadAlsoWhenItsHostIsNotHeard(t *testing.T) {
	c := &Cluster{opt: Options{Host: "a", Now: time.Now}, log: quiet(), hosts: make(map[string]heard)}
	c.hears(t, "behind", -time.Minute)
	if got := c.aheadIs(); got != 0 {
		t.Errorf("a clock that is behind: %v ahead", got)
	}
	c.hears(t, "ahead", 3*time.Minute)
	c.hears(t, "wrong", maxAhead+time.Minute)
	if got := c.aheadIs(); got != 3*time.Minute {
		t.Errorf("a clock is 3 minutes ahead, and one is wrong: %v ahead", got)
	}
	if got := c.Apart().Round(time.Second); got != 4*time.Minute {
		t.Errorf("one is 3 minutes ahead, and one a minute behind: %v apart", got)
	}
	quiet := func(d time.Duration) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.settle(time.Now().Add(d))
	}
	quiet(2 * silence)
	if got := c.aheadIs(); got != 3*time.Minute {
		t.Errorf("nobody is heard any more: %v ahead, so that what is made here looks older than what there is", got)
	}
	c.detached.Store(true)
	quiet(2 * gone)
	if got := c.aheadIs(); got != 3*time.Minute {
		t.Errorf("nobody is heard for long, since this host is cut off: %v ahead", got)
	}
	c.hears(t, "ahead", 4*time.Minute)
	if got := c.aheadIs(); got != 4*time.Minute {
		t.Errorf("the clock was set: %v ahead", got)
	}
	c.detached.Store(false)
	quiet(2 * gone)
	if got := c.aheadIs(); got != 0 || len(c.hosts) > 0 {
		t.Errorf("hosts are gone: %v ahead by %v", got, c.hosts)
	}
}

// A host whose clock looks slower than it is makes pages that look older than what they replace.
func TestABeatThatIsLateDoesNotMakeAClockSlow(t *testing.T) {
	var l lead
	begun := time.Now()
	for _, beat := range []struct{ at, told, want time.Duration }{
		{0, 299 * time.Second, 299 * time.Second},
		{500 * time.Millisecond, 300 * time.Second, 300 * time.Second},
		{time.Second, 298 * time.Second, 300 * time.Second},
		{leadFor + time.Second, 299 * time.Second, 300 * time.Second},
		{2*leadFor + 2*time.Second, 200 * time.Second, 299 * time.Second}, // it was set back
		{3*leadFor + 3*time.Second, 200 * time.Second, 200 * time.Second},
		{3*leadFor + 4*time.Second, 250 * time.Second, 250 * time.Second}, // and set
	} {
		l.tell(beat.told, begun.Add(beat.at))
		if l.ahead != beat.want {
			t.Errorf("at %v it is told %v and takes it for %v ahead, want %v", beat.at, beat.told, l.ahead, beat.want)
		}
	}
}
