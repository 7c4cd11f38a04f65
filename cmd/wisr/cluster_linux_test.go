package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/plugins/logtest"
	"github.com/wisr-dev/wisr/plugins/relaytest"
)

// TestThreeMachines is a site's life on three hosts, each a process of the real program: they join, an editor changes a page, pages
// are copied, a version is sent, one that fails is refused or rolled back, and one host after the other is lost.
func TestThreeMachines(t *testing.T) {
	if os.Getenv("WISR_MACHINES") == "" {
		t.Skip("takes half a minute: WISR_MACHINES=1 (task machines)")
	}
	u := relaytest.New(t, map[string]relaytest.Script{
		"paths":  func(relaytest.Input) (int, string) { return 200, `{"paths":[],"fallback":"blocking"}` },
		"props":  func(relaytest.Input) (int, string) { return 200, `{"props":{}}` },
		"render": func(in relaytest.Input) (int, string) { return 200, fmt.Sprintf("%s #%d", in.Path, in.N) },
	})
	all := newMachines(t, u)
	all.start()
	if t.Failed() {
		return
	}
	for _, step := range []struct {
		name string
		test func(*testing.T, machines, *relaytest.Upstream)
	}{
		{"S100 an edit on one is on all", testEdit},
		{"pages are copied, and once more after an interruption", testCopy},
		{"status tells hosts, lag, leases, versions and bytes", testStatus},
		{"a version is sent to one, and active on all", testLoad},
		{"one that a host cannot load is refused for all", testRefused},
		{"one that fails after its trial is taken back on all", testProbation},
		{"one that comes back has caught up before it is ready", testReturn},
		{"one that is gone is said to be, and forgotten", testForget},
		{"one that is alone says that it is detached", testAlone},
	} {
		t.Run(step.name, func(t *testing.T) {
			for _, m := range all {
				m.t = t
			}
			step.test(t, all, u)
		})
		if t.Failed() {
			break // what comes next begins where this one ends
		}
	}
	for _, m := range all {
		m.t = t
	}
}

func testEdit(t *testing.T, all machines, _ *relaytest.Upstream) {
	a, b := all[0], all[1]
	a.get("/1")
	b.revalidate("/1", 3)
	want := b.get("/1")
	for _, m := range all {
		if got := m.get("/1"); got != want {
			t.Errorf("%s shows %q, b %q", m.name, got, want)
		}
	}
}

// testCopy copies a folder's pages into the cluster, in two goes.
func testCopy(t *testing.T, all machines, _ *relaytest.Upstream) {
	m := all[2]
	for pages := 300; ; pages *= 4 {
		folder := filepath.Join(m.dir, fmt.Sprint("old-", pages))
		keep(t, folder, pages)
		if !interruptedCopy(t, m, folder) {
			continue // it was faster: it gets more to do
		}
		text, code := m.wisr("store", "copy", "--json", "dir:"+folder, "cluster", m.dir)
		var report struct{ Pages, Copied, Skipped int }
		if i := strings.Index(text, "{"); code != 0 || i < 0 || json.Unmarshal([]byte(text[i:]), &report) != nil {
			t.Fatalf("the second copy ends with %d:\n%s", code, text)
		}
		if report.Skipped == pages {
			continue
		}
		if report.Pages != pages || report.Copied+report.Skipped != pages || report.Skipped == 0 {
			t.Errorf("the second copy did %+v", report)
		}
		for _, n := range []int{0, pages - 1} {
			path := fmt.Sprintf("/old-%d-%d", pages, n)
			if got := m.get(path); got != path {
				t.Errorf("a copied page is %q", got)
			}
		}
		return
	}
}

// keep makes a store of pages that a host had alone.
func keep(t *testing.T, folder string, pages int) {
	t.Helper()
	store, err := dir.Open(folder, dir.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-time.Minute)
	for i := range pages {
		key := fmt.Sprintf("/old-%d-%d", pages, i)
		e := &isr.Entry{Key: key, Plugin: "page", Version: "v", Body: []byte(key), StartedAt: at, FinishedAt: at, Expire: time.Hour}
		if _, err := store.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// interruptedCopy has somebody press Ctrl-C while pages are copied; false if all were already.
func interruptedCopy(t *testing.T, m *machine, folder string) bool {
	t.Helper()
	count := func() uint64 { return m.status().Buckets[0].Messages }
	before := count()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	c := exec.CommandContext(ctx, "wisr", "store", "copy", "dir:"+folder, "cluster", m.dir)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	var said logtest.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	m.eventually("some pages are copied", func() bool { return count() > before })
	interrupt()
	if err := c.Wait(); c.ProcessState.Success() || strings.Contains(said.String(), "pages copied,") { // it was about to end
		return false
	} else if !strings.Contains(said.String(), "the next time it goes on from there") {
		t.Errorf("interrupted, it ends with %v and says\n%s", err, &said)
	}
	return true
}

func testStatus(t *testing.T, all machines, u *relaytest.Upstream) {
	a, b := all[0], all[1]
	begun, let := make(chan struct{}), make(chan struct{})
	u.On("page/render", func(in relaytest.Input) (int, string) {
		if in.Path == "/slow" {
			close(begun)
			<-let
		}
		return 200, in.Path
	})
	defer u.On("page/render", nil)
	made := make(chan string)
	go func() { made <- b.get("/slow") }()
	<-begun
	var text string
	row := regexp.MustCompile(`(?m)^[abc] +live +\d+ +[+-]\d+\.\d{3}s +\d+(\.\d+)? MB +\S+ +page@[0-9a-f]{12}$`)
	bucket := regexp.MustCompile(`(?m)^KV_wisr_shop_(pages|marks) +\d+ entries +[\d.]+ \S+ +3 replicas +led by [abc] +complete$`)
	a.eventually("status is complete", func() bool {
		text, _ = a.wisr("cluster", "status")
		return len(row.FindAllString(text, -1)) == 3 && len(bucket.FindAllString(text, -1)) == 2 && strings.Contains(text, "/slow is being made by b\n")
	})
	t.Log(text)
	close(let)
	if got := <-made; got != "/slow" {
		t.Errorf("the page is %q", got)
	}
}

func testLoad(t *testing.T, all machines, u *relaytest.Upstream) {
	b, c := all[1], all[2]
	first := c.active()
	if text, code := b.load(u, "second", ""); code != 0 {
		t.Fatalf("load ends with %d:\n%s", code, text)
	}
	second := b.active()
	if second == first {
		t.Fatal("nothing was loaded")
	}
	all.serve(second)
	if text, code := c.wisr("plugin", "rollback", "page"); code != 0 {
		t.Fatalf("rollback ends with %d:\n%s", code, text)
	}
	all.serve(first)
}

func testRefused(t *testing.T, all machines, u *relaytest.Upstream) {
	b := all[1]
	first := b.active()
	text, code := b.load(u, "page", fmt.Sprintf(", %q", nobody))
	if code != exitRefused || !strings.Contains(text, "page is refused; what was live is live") || !strings.Contains(text, "host c cannot load it: ") ||
		!strings.Contains(text, fmt.Sprintf("(add %q to fetch below [grants] in wisr.toml)", nobody)) || strings.Contains(text, "host a") {
		t.Errorf("load ends with %d:\n%s", code, text)
	}
	all.serve(first)
}

func testProbation(t *testing.T, all machines, u *relaytest.Upstream) {
	a, c := all[0], all[2]
	first := a.active()
	if text, code := a.load(u, "broken", ""); code != 0 {
		t.Fatalf("load ends with %d:\n%s", code, text)
	}
	all.serve(a.active())
	u.On("broken/render", relaytest.Says(500, "it worked in the trial"))
	visits := 0
	c.eventually("it is taken back", func() bool {
		visits++
		return c.get(fmt.Sprintf("/new-%d", visits)) == fmt.Sprintf("/new-%d #1", visits)
	})
	all.serve(first)
	if text, code := a.wisr("plugin", "list"); code != 0 || strings.Contains(text, "broken") {
		t.Errorf("the list ends with %d:\n%s", code, text)
	}
}

// testReturn has a host miss a version and an edit: the one that leads where it is kept which version is active, so that the
// others have to elect another first. It is asked from the moment on at which it is ready.
func testReturn(t *testing.T, all machines, u *relaytest.Upstream) {
	var gone *machine
	all[0].eventually("somebody leads", func() bool {
		for _, bucket := range all[0].status().Buckets {
			if i := slices.IndexFunc(all, func(m *machine) bool { return m.name == bucket.Leader }); bucket.Name == "KV_wisr_shop_active" && i >= 0 {
				gone = all[i]
			}
		}
		return gone != nil
	})
	others := all.without(gone)
	a := others[0]
	gone.kill()
	others.everywhere("does not hear it", func(m *machine) bool { return len(m.live()) == 2 })
	u.On("third/render", func(in relaytest.Input) (int, string) {
		return 200, fmt.Sprintf("%s of another kind #%d", in.Path, in.N)
	})
	a.eventually("a version is loaded", func() bool { _, code := a.load(u, "third", ""); return code == 0 })
	others.serve(a.active())
	a.revalidate("/1", 2)
	want := a.get("/1")
	if !strings.HasPrefix(want, "/1 of another kind #") {
		t.Fatalf("a shows %q", want)
	}
	gone.begin()
	gone.ready()
	got := gone.get("/1")
	if version := gone.active(); got != want || version != a.active() {
		t.Errorf("%s is ready and shows %q by version %.12s; want %q by %.12s", gone.name, got, version, want, a.active())
	}
	all.everywhere("hears all", func(m *machine) bool { return len(m.live()) == 3 })
}

func testForget(t *testing.T, all machines, _ *relaytest.Upstream) {
	a, b, c := all[0], all[1], all[2]
	c.kill()
	a.eventually("c is not heard", func() bool { return strings.Join(a.live(), " ") == "a b" })
	a.eventually("c is away", func() bool { return slices.Equal(a.status().Away(), []string{"c"}) })
	text, code := a.wisr("cluster", "status")
	if code != 0 || !strings.Contains(text, "not heard for") || !strings.Contains(text, "wisr cluster forget c") {
		t.Errorf("status ends with %d:\n%s", code, text)
	}
	if text, code := a.wisr("cluster", "forget", "b"); code != 1 || !strings.Contains(text, "it is live; stop it first") {
		t.Errorf("forget of a live host ends with %d:\n%s", code, text)
	}
	if text, code := a.wisr("cluster", "forget", "nobody"); code != 1 || !strings.Contains(text, "there are a, b, c") {
		t.Errorf("forget of nobody ends with %d:\n%s", code, text)
	}
	a.eventually("c is forgotten", func() bool {
		_, code := b.wisr("cluster", "forget", "c")
		return code == 0 || len(b.status().Members) == 2
	})
	a.eventually("c does not count", func() bool { return len(a.status().Members) == 2 })
}

// testAlone kills the host that leads the other one, which nobody answers then.
func testAlone(t *testing.T, all machines, _ *relaytest.Upstream) {
	last := all[0]
	for _, member := range last.status().Members {
		if member.Leader && member.Name == "a" {
			last = all[1]
		}
	}
	all[:2].without(last)[0].kill()
	last.eventually("it is detached", func() bool { return last.status().Detached })
	if text, code := last.wisr("cluster", "status"); code != 1 || !strings.Contains(text, last.name+" is detached: it cannot reach most of the hosts") {
		t.Errorf("status ends with %d:\n%s", code, text)
	}
	if got := last.get("/1"); !strings.HasPrefix(got, "/1 of another kind #") {
		t.Errorf("it shows %q", got)
	}
}
