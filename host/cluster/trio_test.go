package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/linktest"
	"github.com/wisr-dev/wisr/host/store/jetstream"
	"github.com/wisr-dev/wisr/plugins/logtest"
)

// patience is how long servers may take to elect a leader on a busy machine.
const patience = 2 * time.Minute

// trio is three hosts in this process, each of whose links can be cut.
type trio struct {
	t     testing.TB
	dir   string
	hosts [3]*host
	links [3][3]*linktest.Link // from, to
	said  *logtest.Buffer      // of all hosts
}

// in is the same three hosts, for a part of the test.
func (x *trio) in(t testing.TB) *trio {
	part := *x
	part.t = t
	return &part
}

func (x *trio) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(x.said, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// told is how often hosts have logged something.
func (x *trio) told(what string) int { return strings.Count(x.said.String(), what) }

// host is one of them.
type host struct {
	*Cluster
	name   string
	store  *jetstream.Store
	behind time.Duration // of its clock
}

// newTrio starts three hosts. behind is by how much their clocks are wrong, in their order.
func newTrio(t testing.TB, behind ...time.Duration) *trio {
	t.Helper()
	x := &trio{t: t, dir: t.TempDir(), said: &logtest.Buffer{}}
	for from := range 3 {
		for to := range 3 {
			if from != to {
				x.links[from][to] = linktest.New(t, "127.0.0.1:0")
			}
		}
	}
	for i := range 3 {
		x.hosts[i] = &host{name: string(rune('a' + i))}
	}
	for i, d := range behind {
		x.hosts[i].behind = d
	}
	for i := range 3 {
		x.join(i)
	}
	var group sync.WaitGroup
	for i := range 3 {
		group.Go(func() { x.start(i) })
	}
	group.Wait()
	t.Cleanup(func() {
		for i := range 3 {
			x.stop(i)
		}
	})
	for i := range 3 {
		x.until(fmt.Sprintf("host %d sees the others", i), func() bool { return len(x.hosts[i].Live()) == 3 })
	}
	return x
}

// join starts the server of a host, on any free port.
func (x *trio) join(i int) {
	x.t.Helper()
	h := x.hosts[i]
	var peers []string
	for to := range 3 {
		if to != i {
			peers = append(peers, x.links[i][to].Address())
		}
	}
	c, err := Join(x.t.Context(), Options{
		Name: "test", Host: h.name, Listen: "127.0.0.1:0", Peers: peers, Secret: "between hosts", Dir: filepath.Join(x.dir, h.name),
		Now: func() time.Time { return time.Now().Add(-h.behind) }, Log: x.log(),
		advertise: "127.0.0.1:1", // the links alone lead to it
	})
	if err != nil {
		x.t.Error(err)
		return
	}
	h.Cluster = c
	for from := range 3 {
		if from != i {
			x.links[from][i].Lead(address(x.t, c))
		}
	}
}

// start opens the store of a host that has joined.
func (x *trio) start(i int) {
	h := x.hosts[i]
	ctx, cancel := context.WithTimeout(x.t.Context(), patience)
	defer cancel()
	var err error
	opt := jetstream.Options{Conn: h.Conn(), Site: "test", Replicas: 3, Detached: h.Detached, Retained: h.Retained, Replica: h.Replica, Log: x.log()}
	if _, measured := x.t.(*testing.B); !measured { // which runs alone, as hosts do
		opt.Patience = 10 * time.Second
	}
	h.store, err = jetstream.Open(ctx, opt)
	if err == nil {
		err = h.Start(ctx, h.store, nil)
	}
	if err != nil {
		x.t.Errorf("host %s: %v", h.name, err)
	}
}

// stop takes a host away.
func (x *trio) stop(i int) {
	h := x.hosts[i]
	if h.Cluster != nil {
		h.Close()
		h.Cluster = nil
	}
	if h.store != nil {
		_ = h.store.Close()
		h.store = nil
	}
}

// cut has a host lose all others.
func (x *trio) cut(i int, off bool) {
	how := linktest.Whole
	if off {
		how = linktest.Cut
	}
	for j := range 3 {
		if i != j {
			x.links[i][j].Set(how)
			x.links[j][i].Set(how)
		}
	}
}

func (x *trio) until(what string, is func() bool) {
	x.t.Helper()
	until(x.t, what, is)
}

// address is where other hosts reach one, once it listens, which it may do a moment after it has joined.
func address(t testing.TB, c *Cluster) string {
	t.Helper()
	until(t, "it listens for other hosts", func() bool { return c.server.ClusterAddr() != nil })
	return c.server.ClusterAddr().String()
}

func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("never: %s", what)
		}
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
