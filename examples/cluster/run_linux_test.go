package cluster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/logtest"
)

// TestTheExampleRunsAsItsReadmeSays starts run.sh, edits a page on one host, and kills each host in turn, also
// the one that leads the others. A client that goes to another host when a connection is lost notices nothing, and one
// of the load balancer does not even lose a connection.
func TestTheExampleRunsAsItsReadmeSays(t *testing.T) {
	if os.Getenv("WISR_MACHINES") == "" {
		t.Skip("three hosts and a toolchain take half a minute: WISR_MACHINES=1 (task machines)")
	}
	e := started(t)
	for i := range e.pids {
		e.until(fmt.Sprintf("host %d is there", i), func() bool { return e.live(i) == 3 })
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e.visitors.Go(func() { e.visit(ctx) })
	e.balance(ctx)

	e.edit(1, "Hello from one of three hosts, edited.")
	for i := range e.pids {
		if page, ok := e.get(i); !ok || !strings.Contains(page, "edited") {
			t.Errorf("host %d shows %s", i, page)
		}
	}
	first := e.leader()
	for _, i := range []int{first, (first + 1) % 3, (first + 2) % 3} {
		if err := syscall.Kill(e.pids[i], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		other := (i + 1) % 3
		e.until("the others go on", func() bool { return e.live(other) == 2 && e.live((i+2)%3) == 2 })
		text := fmt.Sprintf("Without host %d.", i)
		e.edit(other, text)
		e.start(i)
		e.until("it is back", func() bool { return e.live(i) == 3 })
		if page, ok := e.get(i); !ok || !strings.Contains(page, text) {
			t.Errorf("host %d is back and shows %s", i, page)
		}
	}
	end()
	e.visitors.Wait()
	t.Logf("%d visits, of which %d came to a host that was gone; %d of the load balancer", e.visits, e.lost, e.balanced)
	if e.visits == e.lost || e.balanced == 0 {
		t.Error("nobody was served")
	}
}

// example is the site, running.
type example struct {
	t    *testing.T
	dir  string // of this example
	ip   string // where it listens instead of on 127.0.0.1, which others use
	pids [3]int
	wisr string

	visitors     sync.WaitGroup
	hosts        sync.WaitGroup // that were started again
	visits, lost int            // of visit
	balanced     int            // visits of the load balancer
}

// started runs the example in a copy of its folder, in which hosts may write.
func started(t *testing.T) *example {
	t.Helper()
	e := &example{t: t, dir: copied(t), ip: fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))}
	for _, name := range []string{"a/wisr.toml", "b/wisr.toml", "c/wisr.toml", "nginx.conf"} {
		name := filepath.Join(e.dir, name)
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(read(t, name), "127.0.0.1", e.ip)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command(filepath.Join(e.dir, "run.sh"))
	var out logtest.Buffer
	run.Stdout, run.Stderr = &out, &out
	run.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	run.SysProcAttr = orphaned
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	t.Cleanup(func() {
		_ = run.Process.Signal(syscall.SIGTERM)
		for _, pid := range e.pids {
			_ = syscall.Kill(pid, syscall.SIGTERM) // those that run.sh does not know
		}
		<-ended
		e.hosts.Wait()
		if t.Failed() {
			t.Logf("the example said:\n%s", &out)
		}
	})
	line := regexp.MustCompile(`host ([abc]) is process (\d+)`)
	e.until("three hosts are started", func() bool {
		found := line.FindAllStringSubmatch(out.String(), -1)
		for i, m := range found {
			e.pids[i], _ = strconv.Atoi(m[2])
		}
		return len(found) == 3
	})
	e.wisr = filepath.Join(t.TempDir(), "wisr") // run.sh removes its own
	if out, err := exec.CommandContext(t.Context(), "cp", fmt.Sprintf("/proc/%d/exe", e.pids[0]), e.wisr).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return e
}

// copied is a copy of the example in this module, so that the one in the repository stays as it is.
func copied(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("..", "cluster-copy-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, name := range []string{"run.sh", "a", "b", "c", "content", "plugins", "nginx.conf"} {
		if out, err := exec.CommandContext(t.Context(), "cp", "-r", name, dir).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		_ = os.RemoveAll(filepath.Join(dir, name, ".wisr")) // of somebody who tried it
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

// orphaned has the system end what a test started and does not end, since it takes too long. run.sh ends its hosts then.
var orphaned = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}

// start starts a host again, as the README says.
func (e *example) start(i int) {
	e.t.Helper()
	c := exec.Command(e.wisr, "start", filepath.Join(e.dir, string(rune('a'+i))))
	c.SysProcAttr = orphaned
	if err := c.Start(); err != nil {
		e.t.Fatal(err)
	}
	e.pids[i] = c.Process.Pid
	e.hosts.Go(func() { _ = c.Wait() })
}

func (e *example) until(what string, is func() bool) {
	e.t.Helper()
	for late := time.Now().Add(5 * time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(late) {
			e.t.Fatalf("never: %s", what)
		}
	}
}

// ask asks for a URL; false if the connection was lost.
func (e *example) ask(url string) (status int, text string, ok bool) {
	response, err := http.Get(url)
	if err != nil {
		return 0, "", false
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, string(data), err == nil
}

func (e *example) get(i int) (page string, ok bool) {
	status, text, ok := e.ask(fmt.Sprintf("http://%s:310%d/", e.ip, i+1))
	if ok && status != http.StatusOK {
		e.t.Errorf("host %d shows %d %s", i, status, text)
	}
	return text, ok
}

// live is how many hosts one sees, 0 if it is not ready.
func (e *example) live(i int) int {
	var ready struct {
		Details struct {
			Cluster struct {
				Live     []string
				Detached bool
			}
		}
	}
	status, text, ok := e.ask(fmt.Sprintf("http://%s:910%d/readyz", e.ip, i+1))
	if !ok || status != http.StatusOK || json.Unmarshal([]byte(text), &ready) != nil || ready.Details.Cluster.Detached {
		return 0
	}
	return len(ready.Details.Cluster.Live)
}

// leader is the host that leads the stream of pages.
func (e *example) leader() int {
	var status struct {
		Hosts   []struct{ Name string }
		Buckets []struct{ Leader string }
	}
	_, text, _ := e.ask("http://" + e.ip + ":9101/api/cluster")
	if err := json.Unmarshal([]byte(text), &status); err != nil || len(status.Buckets) == 0 {
		e.t.Fatalf("%s: %v", text, err)
	}
	if i := strings.Index("abc", status.Buckets[0].Leader); i >= 0 && len(status.Buckets[0].Leader) == 1 {
		return i
	}
	e.t.Fatalf("no host leads: %s", text)
	return 0
}

// edit changes the note and tells a host, until that has shown it to an editor.
func (e *example) edit(i int, text string) {
	e.t.Helper()
	if err := os.WriteFile(filepath.Join(e.dir, "content", "note.txt"), []byte(text), 0o644); err != nil {
		e.t.Fatal(err)
	}
	var answer string
	e.until("all live hosts confirm", func() bool {
		var status int
		status, answer, _ = e.ask(fmt.Sprintf("http://%s:310%d/_wisr/revalidate?secret=editors&path=/", e.ip, i+1))
		live := e.live(i)
		return status == http.StatusOK && strings.Contains(answer, fmt.Sprintf(`"hosts":{"confirmed":%d,"live":%[1]d}`, live))
	})
}

// visit is a client of all hosts, until ctx ends.
func (e *example) visit(ctx context.Context) {
	for i := 0; ctx.Err() == nil; i = (i + 1) % 3 {
		page, ok := e.get(i)
		e.visits++
		if !ok {
			e.lost++
			continue // another host
		}
		if !strings.Contains(page, "<p>") {
			e.t.Errorf("host %d shows %q", i, page)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// balance runs the load balancer of the README, and has a visitor behind it until ctx ends. That one never asks twice.
func (e *example) balance(ctx context.Context) {
	e.t.Helper()
	nginx := exec.Command("nginx", "-p", e.dir, "-c", "nginx.conf")
	var out logtest.Buffer
	nginx.Stderr, nginx.SysProcAttr = &out, orphaned
	if err := nginx.Start(); err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() {
		_ = nginx.Process.Signal(syscall.SIGTERM)
		_ = nginx.Wait()
		if e.t.Failed() {
			e.t.Logf("nginx said:\n%s", &out)
		}
	})
	url := "http://" + e.ip + ":8080/"
	e.until("the load balancer is there", func() bool { _, _, ok := e.ask(url); return ok })
	e.visitors.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(2 * time.Millisecond) {
			status, page, ok := e.ask(url)
			if !ok || status != http.StatusOK || !strings.Contains(page, "<p>") {
				e.t.Errorf("the load balancer answers %d %q, whole: %v", status, page, ok)
				return
			}
			e.balanced++
		}
	})
}
