package cluster

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/wisr-dev/wisr/host/store/jetstream"
)

const (
	beatEvery = 500 * time.Millisecond
	// silence is how long a host is taken for live without a word: four beats, since
	// a host whose cores are busy is late.
	silence = 2 * time.Second
	// gone is when a host that is not live is not listed any more, unless this one is cut off.
	gone = 10 * time.Minute
	// maxAhead bounds whose clock is gone by: one that is wrong by more makes every
	// page of the others look old.
	maxAhead = 10 * time.Minute
)

// About is what a host tells of itself.
type About struct {
	Wisr     string            `json:"wisr"`               // version of the program
	Versions map[string]string `json:"versions,omitempty"` // active ones, by plugin
	Retained []string          `json:"retained,omitempty"` // versions whose pages it may need
	Bytes    int64             `json:"bytes,omitempty"`    // of memory that the process has
}

// beat is a message that a host sends again and again.
type beat struct {
	Format int                `json:"format"`
	Host   string             `json:"host"`
	Wall   int64              `json:"wall"` // unix nanoseconds by its own clock
	Told   jetstream.Position `json:"told"`
	Since  time.Time          `json:"since"` // when it joined
	About
}

// heard is the last beat of another host.
type heard struct {
	beat
	at    time.Time // by a clock that does not jump
	quiet bool      // that it is not heard any more was said
	lead
}

// lead is by how much another host's clock is ahead of this one's. A beat takes time, so that each one tells
// less than is so, and much less where cores are busy or a link held it back: what counts is the most that any told lately.
type lead struct {
	ahead        time.Duration
	now, earlier time.Duration // the most that was told since a moment, and in the time before that
	since        time.Time
}

// leadFor is how long the most that was told counts at least, and at most twice that: longer than a link
// holds beats back before the host counts as gone, and short for a clock that is set back.
const leadFor = 10 * time.Second

// tell takes in what a beat told that was heard at some time.
func (l *lead) tell(ahead time.Duration, at time.Time) {
	switch {
	case l.since.IsZero():
		l.now, l.earlier, l.since = ahead, ahead, at
	case at.Sub(l.since) > leadFor:
		l.now, l.earlier, l.since = ahead, l.now, at
	}
	l.now = max(l.now, ahead)
	l.ahead = max(l.now, l.earlier)
}

// beat tells the others of this host until ctx ends.
func (c *Cluster) beat(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		b := beat{Format: format, Host: c.opt.Host, Told: c.pages.Told(), Since: c.since}
		if c.about != nil {
			b.About = c.about()
		}
		b.Wall = c.opt.Now().UnixNano()
		if data, err := json.Marshal(b); err == nil { // a beat that is lost is followed by another
			_ = c.conn.Publish(c.subject("beat"), data)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// listen waits until every host that is live has sent a beat. Before that this host does not know whose clock is ahead, and what
// it made would look older than what others have.
func (c *Cluster) listen(ctx context.Context) error {
	beats := time.NewTimer(beatEvery + beatEvery/2)
	defer beats.Stop()
	select {
	case <-beats.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// hear takes in a beat.
func (c *Cluster) hear(m *nats.Msg) {
	var b beat
	if json.Unmarshal(m.Data, &b) != nil || b.Host == "" || b.Host == c.opt.Host {
		return
	}
	now := time.Now()
	ahead := time.Duration(b.Wall - c.opt.Now().UnixNano())
	c.mu.Lock()
	defer c.mu.Unlock()
	old, known := c.hosts[b.Host]
	if !known || old.quiet {
		c.log.Info("a host is there", "host", b.Host, "wisr", b.Wisr)
		if b.Format > format {
			c.log.Warn("the host is of a newer version; what it says is understood in part", "host", b.Host, "format", b.Format)
		}
		if ahead.Abs() > maxAhead {
			c.log.Warn("the clock of the host is wrong, or that of this one; set them, or pages are made more often than they have to be",
				"host", b.Host, "ahead", ahead.Round(time.Second))
		}
	}
	old.tell(ahead, now)
	c.hosts[b.Host] = heard{beat: b, at: now, lead: old.lead}
	c.settle(now)
}

// settle looks who is still there, whose clock is ahead, and how far clocks are apart. c.mu is held.
//
// The clock of a host that is not heard any more counts on: two hosts that have lost each other, and the
// third, would else go by other clocks than before, and what was made last on one of them would look old
// on the other when they meet again.
func (c *Cluster) settle(now time.Time) {
	var most, least time.Duration
	for name, h := range c.hosts {
		quiet := now.Sub(h.at)
		if quiet > gone && !c.Detached() {
			delete(c.hosts, name)
			continue
		}
		if quiet > silence && !h.quiet {
			c.log.Warn("a host is not heard any more", "host", name)
			h.quiet = true
			c.hosts[name] = h
		}
		if h.ahead <= maxAhead {
			most, least = max(most, h.ahead), min(least, max(h.ahead, -maxAhead))
		}
	}
	c.ahead.Store(int64(most))
	c.apart.Store(int64(most - least))
}

// probe finds out again and again whether the servers take messages.
func (c *Cluster) probe(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		once, cancel := context.WithTimeout(ctx, silence)
		var led error
		var asking sync.WaitGroup
		asking.Go(func() { led = c.pages.Led(once) })
		err := c.leases.Beat(once)
		asking.Wait()
		if err == nil {
			err = led
		}
		cancel()
		c.mu.Lock()
		c.settle(time.Now())
		c.mu.Unlock()
		switch now := time.Now(); {
		case ctx.Err() != nil:
			return
		case err == nil:
			last = now
			if c.detached.Load() && !c.leaderGone.Load() && c.caughtUp(ctx) {
				c.detached.Store(false)
				c.log.Info("the other hosts can be reached again")
			}
		case now.Sub(last) >= silence:
			c.detach(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (c *Cluster) detach(cause error) {
	if c.detached.CompareAndSwap(false, true) {
		c.log.Error("the other hosts cannot be reached, or most of them: pages are served as they are here, and made for this host alone", "cause", cause)
	}
}

// caughtUp tells whether this host was told all that others have written: until then, what
// it has may be older than what they showed.
func (c *Cluster) caughtUp(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	return c.pages.Sync(ctx) == nil
}

// Live are the names of the hosts that are live, this one included, sorted.
func (c *Cluster) Live() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	live := []string{c.opt.Host}
	for name, h := range c.hosts {
		if time.Since(h.at) <= silence {
			live = append(live, name)
		}
	}
	slices.SortFunc(live, strings.Compare)
	return live
}

// Retained are the versions whose pages other hosts may need.
func (c *Cluster) Retained() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, h := range c.hosts { // also one that is away for a while
		all = append(all, h.Retained...)
	}
	return all
}
