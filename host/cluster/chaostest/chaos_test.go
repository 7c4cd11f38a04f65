// Package chaostest runs several hosts of one site as processes of their own, and has them
// lose each other, die and come back while visitors and editors are at work. It holds tests only, and none
// that runs unasked:
//
//	WISR_CHAOS=2m WISR_CHAOS_SEEDS=5 go test -timeout 60m ./host/cluster/chaostest
//
// CI asks for a second of it.
package chaostest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/linktest"
)

// asked skips a test unless it is asked for: it has many processes, which starve where other tests run beside it.
func asked(t *testing.T) {
	t.Helper()
	if os.Getenv("WISR_CHAOS") == "" {
		t.Skip("hosts as processes take a machine for themselves: WISR_CHAOS=10s runs them (task chaos)")
	}
}

// built builds the program.
func built(t *testing.T, flags ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "wisr")
	out, err := exec.CommandContext(t.Context(), "go", append(append([]string{"build", "-o", program}, flags...), "../../../cmd/wisr")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// long is for how long hosts lose each other, and with how many seeds.
func long(t *testing.T) (last time.Duration, seeds []uint64) {
	t.Helper()
	last, err := time.ParseDuration(os.Getenv("WISR_CHAOS"))
	if err != nil {
		t.Fatal(err)
	}
	if one, err := strconv.ParseUint(os.Getenv("WISR_CHAOS_SEED"), 10, 64); err == nil {
		return last, []uint64{one}
	}
	n, err := strconv.Atoi(cmp.Or(os.Getenv("WISR_CHAOS_SEEDS"), "1"))
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		seeds = append(seeds, rand.Uint64N(1_000_000))
	}
	return last, seeds
}

// TestChaos has hosts be killed, started again and cut off at random while visitors and
// editors are at work. No visitor is shown an error, no page goes back, no edit that an editor was told is
// shown is lost, hosts that reach each other make a page once, and in the end all show the same.
func TestChaos(t *testing.T) {
	asked(t)
	last, seeds := long(t)
	program := built(t)
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { chaos(t, newFleet(t, program), seed, last) })
	}
}

func chaos(t *testing.T, f *fleet, seed uint64, last time.Duration) {
	f.whole()
	c := newCrowd(f, 6)
	for _, path := range c.paths {
		f.until("all hosts confirm", func() bool { return c.revalidate(0, path) == len(f.hosts) })
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	for n := range uint64(4) {
		c.group.Go(func() { c.visit(ctx, rand.New(rand.NewPCG(seed, n))) })
	}
	for n := range uint64(2) {
		c.group.Go(func() { c.edit(ctx, rand.New(rand.NewPCG(seed, 100+n))) })
	}
	random := rand.New(rand.NewPCG(seed, 1000))
	happened := make(map[string]int)
	for begun := time.Now(); time.Since(begun) < last && !t.Failed(); {
		what := f.disturb(random)
		happened[what]++
		f.whole()
		time.Sleep(some(random, time.Second))
	}
	end()
	c.group.Wait()
	settling := time.Now()
	var differ error
	f.until("all hosts show the same", func() bool {
		differ = c.same()
		return differ == nil || time.Since(settling) > patience/2
	})
	equal := time.Since(settling)
	if differ != nil {
		t.Errorf("in the end: %v", differ)
	}
	if last >= 5*time.Second && equal > 2*time.Second { // CI, which asks for less, may be busy
		t.Errorf("all hosts are equal %v after the end, want 2s", equal)
	}
	for _, p := range c.problems[:min(len(c.problems), 30)] {
		t.Error(p)
	}
	excused := 0
	for _, o := range f.upstream.overlaps() {
		if f.alone(o.first) || f.alone(o.second) {
			excused++
			continue
		}
		t.Errorf("%s made %s at %v for %v, and %s at %v for %v", o.first.host, o.first.path, o.first.from.Format("05.000"), o.first.to.Sub(o.first.from),
			o.second.host, o.second.from.Format("05.000"), o.second.to.Sub(o.second.from))
	}
	t.Logf("%d visits (%d tried again; slowest %v), %d edits (%d refused), %d generations (%d beside one of a detached host), equal after %v; %v; %d problems",
		c.visits, c.retried, c.slowest, c.edited, c.refused, f.upstream.count(), excused, equal, happened, len(c.problems))
}

// start is what a generation takes at most on a busy machine from its start to its first question.
const start = time.Second

// unsaid is how long a host does not reach the others when it says so.
const unsaid = 2 * time.Second

// alone tells whether a generation was made by a host that did not reach the others.
func (f *fleet) alone(g generation) bool {
	for _, h := range f.hosts {
		if h.name == g.host {
			return h.detached(g.from.Add(-start), g.to.Add(unsaid))
		}
	}
	return false
}

// apart tells whether two generations, of which the second asked for its data later, may have started
// in another order: by hosts that did not reach each other, at almost the same time. Which of them
// stays is decided by when they started (S33), and that is before they ask for anything.
func (f *fleet) apart(a, b generation) bool {
	return b.from.Before(a.to.Add(start)) && (f.alone(a) || f.alone(b))
}

// disturb does one thing to the fleet, which lasts for a while.
func (f *fleet) disturb(random *rand.Rand) (what string) {
	i := random.IntN(len(f.hosts))
	j := (i + 1 + random.IntN(len(f.hosts)-1)) % len(f.hosts)
	what = []string{"kill", "kill the leader", "stop", "cut", "cut one link", "swallow", "cut the leader", "lose the majority"}[random.IntN(8)]
	if what == "kill the leader" || what == "cut the leader" {
		if leader := f.leader(); leader >= 0 {
			i = leader
		}
	}
	switch what {
	case "kill", "kill the leader":
		f.hosts[i].kill(syscall.SIGKILL)
	case "stop":
		f.hosts[i].kill(syscall.SIGTERM)
	case "cut", "cut the leader":
		f.link(i, linktest.Cut)
	case "cut one link":
		f.between(i, j, linktest.Cut)
	case "swallow":
		f.link(i, linktest.Swallowed)
	case "lose the majority":
		f.hosts[i].kill(syscall.SIGKILL)
		f.link(j, linktest.Cut)
	}
	time.Sleep(200*time.Millisecond + some(random, 4*time.Second))
	f.t.Logf("%s %s of %s", time.Now().Format("05.000"), what, f.hosts[i].name)
	return what
}
