package cluster

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/jetstream"
)

// replace starts a host of another name, as an operator does whose machine is lost.
func (x *trio) replace(i int, name string) *host {
	x.t.Helper()
	h := &host{name: name}
	var peers []string
	for to := range 3 {
		if to != i {
			peers = append(peers, address(x.t, x.hosts[to].Cluster))
		}
	}
	var err error
	if h.Cluster, err = Join(x.t.Context(), Options{
		Name: "test", Host: name, Listen: "127.0.0.1:0", Peers: peers, Secret: "between hosts", Dir: filepath.Join(x.dir, name), Log: x.log(),
	}); err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(h.Close)
	if h.store, err = jetstream.Open(x.t.Context(), jetstream.Options{Conn: h.Conn(), Site: "test", Replicas: 3, Detached: h.Detached, Retained: h.Retained, Patience: 10 * time.Second}); err != nil {
		x.t.Fatal(err)
	}
	if err := h.Start(x.t.Context(), h.store, nil); err != nil {
		x.t.Fatal(err)
	}
	return h
}

// names are the members as a host sees them, the ones that are away with a "-" before them.
func (x *trio) names(h *host) string {
	members, err := h.members(x.t.Context())
	if err != nil {
		return err.Error()
	}
	var names []string
	for _, m := range members {
		if m.Away {
			m.Name = "-" + m.Name
		}
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// Of three hosts one is lost for good and another comes in its place.
func TestAHostThatIsForgotten(t *testing.T) {
	x := newTrio(t)
	for i := range 2 {
		x.watch(i, func(isr.Change) {})
	}
	x.put(0, entry("/a", 1))
	x.put(0, entry("/gone", 1))
	x.stop(2)
	d := x.replace(2, "d")
	d.watch(t, func(isr.Change) {})
	x.until("d counts as well", func() bool { return x.names(d) == "-c a b d" })
	lost := absences{}
	t.Run("does not count any more", func(t *testing.T) { testForgotten(t, x, d, lost) })
	t.Run("brings nothing back", func(t *testing.T) { testReturns(t, x) })
	// The two that are left when one more is lost are most of three, and go on.
	x.stop(0)
	x.put(1, entry("/a", 3))
	x.until("d sees it", func() bool {
		e, err := d.store.Get(t.Context(), "/a")
		return err == nil && string(e.Body) == "/a #3"
	})
	t.Run("counts on where nobody can take its place", func(t *testing.T) { testNobodyInItsPlace(t, x, d, lost) })
}

func testForgotten(t *testing.T, x *trio, d *host, lost absences) {
	if err := x.hosts[0].Forget(t.Context(), "b"); !errors.Is(err, ErrStillThere) {
		t.Errorf("a live host: %v", err)
	}
	if err := x.hosts[0].Forget(t.Context(), "x"); !errors.Is(err, ErrNoSuchHost) || !strings.Contains(err.Error(), "a, b, c, d") {
		t.Errorf("a name that nobody has: %v", err)
	}
	// Nobody knows how long it was away, until the leader has looked twice.
	for _, h := range []*host{x.hosts[0], x.hosts[1], d} {
		if err := h.tidyOnce(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
	}
	if x.names(d) != "-c a b d" || len(lost) != 1 {
		t.Errorf("the members are %s; away are %v", x.names(d), lost)
	}
	lost.longAgo()
	x.until("c does not count", func() bool {
		for _, h := range []*host{x.hosts[0], x.hosts[1], d} { // one of them leads
			if err := h.tidyOnce(t.Context(), lost); err != nil {
				t.Log(err)
			}
		}
		return x.names(d) == "a b d"
	})
	x.until("d has all that c had", func() bool {
		buckets, err := d.store.Buckets(t.Context())
		return err == nil && !slices.ContainsFunc(buckets, func(b jetstream.Bucket) bool {
			return len(b.Servers) != 3 || slices.Contains(b.Servers, "c") || b.Behind > 0 || b.Moving
		})
	})
}

// testReturns has the forgotten host come back with the disk that it had: it shows what the others have, and says what it is.
func testReturns(t *testing.T, x *trio) {
	x.put(0, entry("/a", 2))
	x.until("a page is deleted", func() bool {
		return x.hosts[0].store.Delete(t.Context(), "/gone", entry("/gone", 1).StartedAt) == nil
	})
	x.join(2)
	x.start(2)
	c := x.hosts[2]
	if e, err := c.store.Get(t.Context(), "/a"); err != nil || string(e.Body) != "/a #2" {
		t.Errorf("it shows %v, %v", e, err)
	}
	if e, err := c.store.Get(t.Context(), "/gone"); !errors.Is(err, isr.ErrNotFound) {
		t.Errorf("it shows a page that was deleted: %v, %v", e, err)
	}
	x.until("it says that it does not count", func() bool {
		return c.tidyOnce(t.Context(), absences{}) == nil && x.told("the other hosts have forgotten this one") == 1
	})
	if got := x.names(c); got != "a b d" {
		t.Errorf("the members are %s", got)
	}
	x.stop(2)
}

// testNobodyInItsPlace has two hosts left of three: there is nobody who could take the third one's place, so that
// nothing is gained. An operator may know better.
func testNobodyInItsPlace(t *testing.T, x *trio, d *host, lost absences) {
	clear(lost)
	x.until("a is away", func() bool {
		_ = d.tidyOnce(t.Context(), lost)
		return len(lost) == 1
	})
	lost.longAgo()
	for _, h := range []*host{x.hosts[1], d} {
		if err := h.tidyOnce(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
	}
	x.until("it still counts", func() bool { return x.names(d) == "-a b d" })
	x.until("an operator has it forgotten all the same", func() bool { return x.hosts[1].Forget(t.Context(), "a") == nil })
	x.until("a does not count", func() bool { return x.names(d) == "b d" })
}

// longAgo has all been away for as long as it takes.
func (a absences) longAgo() {
	for id := range a {
		a[id] = time.Now().Add(-forgetAfter)
	}
}

func TestWhoCountsAsAway(t *testing.T) {
	for _, test := range []struct {
		name  string
		known server.PeerInfo
		heard bool
		away  bool
	}{
		{"it answers", server.PeerInfo{Active: time.Second}, true, false},
		{"it answers the leader, but is not heard here", server.PeerInfo{Active: time.Second}, false, false},
		{"it has not answered for long", server.PeerInfo{Active: unanswered + 1}, true, true},
		{"it has said goodbye", server.PeerInfo{Offline: true}, true, true},
		{"the leader leads since a moment ago", server.PeerInfo{}, true, false},
		{"the leader leads since it went", server.PeerInfo{}, false, true},
	} {
		if away := isAway(&test.known, test.heard); away != test.away {
			t.Errorf("%s: away is %v", test.name, away)
		}
	}
}
