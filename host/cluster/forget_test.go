package cluster

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/store/jetstream"
)

// replace starts a host of another name, as an operator does whose machine is lost.
func (x *trio) replace(i int, name string) *host {
	x.t.Helper()
	h := &host{name: name}
	var peers []string
	for to := range 3 {
		if to != i {
			peers = append(peers, x.hosts[to].server.ClusterAddr().String())
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

// Of three hosts one is lost for good and another comes in its place. Then one more is lost: the two that are left are
// most of three, and go on.
func TestAHostThatIsForgottenDoesNotCountAnyMore(t *testing.T) {
	x := newTrio(t)
	x.put(0, entry("/a", 1))
	x.stop(2)
	d := x.replace(2, "d")
	x.until("d counts as well", func() bool { return x.names(d) == "-c a b d" })
	if err := x.hosts[0].Forget(t.Context(), "b"); !errors.Is(err, ErrStillThere) {
		t.Errorf("a live host: %v", err)
	}
	if err := x.hosts[0].Forget(t.Context(), "x"); !errors.Is(err, ErrNoSuchHost) || !strings.Contains(err.Error(), "a, b, c, d") {
		t.Errorf("a name that nobody has: %v", err)
	}
	// Nobody knows how long it was away, until the leader has looked twice.
	lost := absences{}
	for _, h := range []*host{x.hosts[0], x.hosts[1], d} {
		if err := h.tidyOnce(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
	}
	if x.names(d) != "-c a b d" || len(lost) != 1 {
		t.Errorf("the members are %s; away are %v", x.names(d), lost)
	}
	for id := range lost {
		lost[id] = time.Now().Add(-forgetAfter)
	}
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
	x.stop(0)
	x.put(1, entry("/a", 2))
	x.until("d sees it", func() bool {
		e, err := d.store.Get(t.Context(), "/a")
		return err == nil && string(e.Body) == "/a #2"
	})
	// With two hosts there is nobody who could take the third one's place, so that nothing is gained.
	for id := range lost {
		delete(lost, id)
	}
	x.until("a is away", func() bool {
		_ = d.tidyOnce(t.Context(), lost)
		return len(lost) == 1
	})
	for id := range lost {
		lost[id] = time.Now().Add(-forgetAfter)
	}
	for _, h := range []*host{x.hosts[1], d} {
		if err := h.tidyOnce(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
	}
	x.until("it still counts", func() bool { return x.names(d) == "-a b d" })
	x.until("an operator has it forgotten all the same", func() bool { return x.hosts[1].Forget(t.Context(), "a") == nil })
	x.until("a does not count", func() bool { return x.names(d) == "b d" })
}
