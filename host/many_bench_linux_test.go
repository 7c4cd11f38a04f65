package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/config"
)

// member is one of several hosts of one site, each `wisr start` in a process of its own.
type member struct {
	*process
	b      *testing.B
	dir    string
	binary string
	admin  string
	log    bytes.Buffer
}

// clusterCache is [cache] memory of each host that has some.
const clusterCache = 50 << 20

// newMembers makes three hosts of the site, with so many bytes of memory cache. Their cluster addresses are of this process alone: all
// of 127.0.0.0/8 is this machine.
func newMembers(b *testing.B, s *largeSite, memory int64) []*member {
	b.Helper()
	net8 := fmt.Sprintf("127.%d.%d.", 1+rand.IntN(254), rand.IntN(256))
	var peers []string
	for i := range 3 {
		peers = append(peers, fmt.Sprintf("%q", net8+fmt.Sprint(i+1)+":6222"))
	}
	var members []*member
	for i := range 3 {
		m := &member{b: b, dir: b.TempDir(), binary: s.binary}
		if err := os.CopyFS(filepath.Join(m.dir, "plugins"), os.DirFS(filepath.Join(s.dir, "plugins"))); err != nil {
			b.Fatal(err)
		}
		settings := fmt.Sprintf("[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[cache]\nmemory = %d\n"+
			"[cluster]\nname = \"bench\"\nhost = \"host-%c\"\nlisten = %s\npeers = [%s]\n", memory, 'a'+i, peers[i], strings.Join(peers, ", "))
		if err := os.WriteFile(filepath.Join(m.dir, config.FileName), []byte(settings), 0o644); err != nil {
			b.Fatal(err)
		}
		members = append(members, m)
	}
	return members
}

// start starts the host and waits until it is ready for visitors.
func (m *member) start() {
	m.process = &process{command: exec.Command(m.binary, "start", "--json", m.dir)}
	m.command.Stderr = &m.log
	out, err := m.command.StdoutPipe()
	if err != nil {
		m.b.Error(err)
		return
	}
	begun := time.Now()
	if err := m.command.Start(); err != nil {
		m.b.Error(err)
		return
	}
	p := m.process
	m.b.Cleanup(func() { p.stop(m.b) })
	var at Addresses
	if err := json.NewDecoder(out).Decode(&at); err != nil {
		m.b.Errorf("wisr start: %v\n%s", err, &m.log)
		return
	}
	m.address, m.admin = strings.Trim(strings.TrimPrefix(at.Site, "http://"), "/"), at.Admin
	for ; ; time.Sleep(5 * time.Millisecond) {
		answer, err := http.Get(m.admin + "readyz")
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(begun) > 5*time.Minute {
			m.b.Errorf("the host does not get ready\n%s", &m.log)
			return
		}
	}
	m.first = time.Since(begun)
}

func startAll(members []*member) {
	var group sync.WaitGroup
	for _, m := range members {
		group.Go(m.start)
	}
	group.Wait()
}

// copyTo has a host take in the site's pages, for all hosts.
func (s *largeSite) copyTo(m *member) {
	if out, err := exec.Command(s.binary, "store", "copy", "dir:"+s.pages(), "cluster", m.dir).CombinedOutput(); err != nil {
		m.b.Fatalf("wisr store copy: %v\n%s", err, out)
	}
}

// most is the most of some number that the system tells of each process, in MB.
func most(members []*member, what string) float64 {
	var mb float64
	for _, m := range members {
		mb = max(mb, m.told(what))
	}
	return mb
}

// told is what the system tells of the process' memory, in MB: VmRSS is what is resident now, RssAnon that of it
// which no file has, VmHWM the most that was.
func (p *process) told(what string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, line, _ := strings.Cut(string(status), "\n"+what+":")
	var kb float64
	fmt.Sscan(line, &kb)
	return kb / 1024
}

// BenchmarkClusterLarge has three hosts with 100,000 pages of 10 KB (WISR_BENCH_ENTRIES), which `wisr store copy` brings, and tells
// how much memory each has resident beyond [cache] memory: while pages are copied, after all were visited, and after a restart; and how long
// a host takes to be ready that joins with an empty disk, and how much it had at most until then. "MB" of the others is to be at most 300. "x-dir" is
// to be at most 10, but for the minute after a restart, in which copies are looked through.
func BenchmarkClusterLarge(b *testing.B) {
	s := newLargeSite(b, largeStore(b), tenKB)
	members := newMembers(b, s, clusterCache)
	startAll(members)
	if b.Failed() {
		return
	}
	beyond := func(what string) float64 { return most(members, what) - clusterCache>>20 }
	report := func(name string, metrics ...any) {
		b.Run(name, func(b *testing.B) {
			for i := 0; i < len(metrics); i += 2 {
				b.ReportMetric(metrics[i].(float64), metrics[i+1].(string))
			}
			b.ReportMetric(0, "ns/op")
		})
	}
	report("empty", beyond("VmHWM"), "MB")
	begun := time.Now()
	s.copyTo(members[0])
	report("copy", float64(s.entries)/time.Since(begun).Seconds(), "pages/s", beyond("VmHWM"), "MB", 300.0, "MB-most", beyond("VmRSS"), "after-MB")
	alone := s.run(b, clusterCache)
	x := s.visitMembers(b, members, alone)
	report("visited", x, "x-dir", 10.0, "x-dir-most", beyond("VmHWM"), "MB", 300.0, "MB-most", beyond("VmRSS"), "after-MB")

	away := members[2]
	away.stop(b)
	if err := os.RemoveAll(filepath.Join(away.dir, ".wisr")); err != nil {
		b.Fatal(err)
	}
	away.start()
	report("join", away.first.Seconds(), "s", away.told("VmHWM")-clusterCache>>20, "MB")
	for _, m := range members {
		m.stop(b)
	}
	startAll(members)
	report("restarted", slices.MaxFunc(members, func(a, b *member) int { return int(a.first - b.first) }).first.Seconds(), "s", beyond("VmHWM"), "MB", 300.0, "MB-most")
	x = s.visitMembers(b, members, alone)
	report("revisited", x, "x-dir", beyond("VmHWM"), "MB", 300.0, "MB-most", beyond("VmRSS"), "after-MB")
}

// visitMembers asks each host for n pages at random, of which few are in memory, and the host alone for as many. "x-dir" is how
// many times the former takes.
func (s *largeSite) visitMembers(b *testing.B, members []*member, alone *process) float64 {
	const n = 200
	var cluster, dir time.Duration
	for _, m := range append(members, members...) {
		s.turns++
		cluster += s.visitSome(b, m.address, s.turns, n)
		dir += s.visitSome(b, alone.address, s.turns, n)
	}
	return float64(cluster) / float64(dir)
}

// visitSome asks for n pages on each connection, all equally popular.
func (s *largeSite) visitSome(b *testing.B, address string, seed uint64, n int) time.Duration {
	return request(b, address, func(connection int) func() (int, bool) {
		random := rand.New(rand.NewPCG(seed, uint64(connection)))
		left := n
		return func() (int, bool) {
			left--
			return random.IntN(s.entries), left >= 0
		}
	})
}
