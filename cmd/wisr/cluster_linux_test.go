package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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

	"github.com/wisr-dev/wisr/host/cluster"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/plugins/relaytest"
)

// late is how long three processes may take for anything on a machine that is busy with other tests.
const late = time.Minute

// machine is a host of a site on an address of its own: all of 127.0.0.0/8 is this machine, and no port is taken from others.
type machine struct {
	t       *testing.T
	dir     string
	address string // for the other hosts
	join    []string

	command     *exec.Cmd
	site, admin string
	log         *safeBuffer
}

// safeBuffer is what a process says.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// newMachines makes the folders of three hosts. a knows of no other; b and c are told of a by --join.
func newMachines(t *testing.T, u *relaytest.Upstream) []*machine {
	t.Helper()
	network := fmt.Sprintf("127.%d.%d.", 1+rand.IntN(254), rand.IntN(256))
	var all []*machine
	for i := range 3 {
		m := &machine{t: t, dir: t.TempDir(), address: network + fmt.Sprint(i+1) + ":6222", log: &safeBuffer{}}
		m.write("wisr.toml", fmt.Sprintf("[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[revalidate]\nsecret = \"editors\"\n"+
			"[grants]\nfetch = [%q]\nprivate_networks = true\n[cluster]\nname = \"shop\"\nhost = \"%c\"\nlisten = %q\n", u.URL, 'a'+i, m.address))
		if i > 0 {
			m.join = []string{"--join", all[0].address}
		}
		m.plugin("plugins/page", u, "")
		t.Cleanup(m.kill)
		all = append(all, m)
	}
	return all
}

func (m *machine) write(name, text string) {
	m.t.Helper()
	name = filepath.Join(m.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// plugin writes a plugin at /[n]; more makes it another version.
func (m *machine) plugin(folder string, u *relaytest.Upstream, more string) {
	m.t.Helper()
	module, err := os.ReadFile("../../testdata/relay.wasm")
	if err != nil {
		m.t.Fatal(err)
	}
	m.write(folder+"/relay.wasm", string(module))
	m.write(folder+"/plugin.toml", fmt.Sprintf("name = \"page\"\nroute = \"/[n]\"\nmodule = \"relay.wasm\"\n%s\n[fetch]\nallow = [%q]\n[config]\nupstream = %q\n",
		more, u.URL, u.URL+"/page"))
}

// start runs the host and waits until it is ready.
func (m *machine) start() {
	m.command = exec.Command("wisr", append([]string{"start", "--json", m.dir}, m.join...)...)
	m.command.Stderr = m.log
	out, err := m.command.StdoutPipe()
	if err == nil {
		err = m.command.Start()
	}
	if err != nil {
		m.t.Error(err)
		return
	}
	var at struct{ Site, Admin string }
	if err := json.NewDecoder(out).Decode(&at); err != nil {
		m.t.Errorf("wisr start: %v\n%s", err, m.log)
		return
	}
	m.site, m.admin = strings.TrimSuffix(at.Site, "/"), strings.TrimSuffix(strings.TrimPrefix(at.Admin, "http://"), "/")
}

func (m *machine) kill() {
	if m.command != nil && m.command.ProcessState == nil && m.command.Process != nil {
		_ = m.command.Process.Kill()
		_ = m.command.Wait() // it says that it was killed
	}
	if m.t.Failed() {
		m.t.Logf("log of %s:\n%s", m.address, m.log)
	}
}

func (m *machine) get(path string) string {
	answer, err := http.Get(m.site + path)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// wisr runs a command about the host.
func (m *machine) wisr(args ...string) (out string, code int) {
	m.t.Helper()
	c := exec.CommandContext(m.t.Context(), "wisr", args...)
	c.Env = append(os.Environ(), "WISR_ADMIN="+m.admin, "NO_COLOR=1")
	text, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		m.t.Fatal(err)
	}
	return string(text), c.ProcessState.ExitCode()
}

func (m *machine) eventually(what string, is func() bool) {
	m.t.Helper()
	for end := time.Now().Add(late); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			text, _ := m.wisr("cluster", "status")
			m.t.Fatalf("never: %s; the host says\n%s", what, text)
		}
	}
}

// status is `wisr cluster status --json`.
func (m *machine) status() (s cluster.Status) {
	m.t.Helper()
	text, _ := m.wisr("cluster", "status", "--json")
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&s); err != nil {
		m.t.Fatalf("%v\n%s", err, text)
	}
	return s
}

func (m *machine) live() (names []string) {
	for _, h := range m.status().Hosts {
		if h.Live {
			names = append(names, h.Name)
		}
	}
	return names
}

// TestThreeMachines is a site's life on three hosts, each a process of the real program: they join, an editor changes a page, pages
// are copied, a version is sent, one that fails is refused or rolled back, and one host after the other is lost.
func TestThreeMachines(t *testing.T) {
	if os.Getenv("WISR_MACHINES") == "" {
		t.Skip("takes half a minute: WISR_MACHINES=1")
	}
	u := relaytest.New(t, map[string]relaytest.Script{
		"paths":  func(relaytest.Input) (int, string) { return 200, `{"paths":[],"fallback":"blocking"}` },
		"props":  func(relaytest.Input) (int, string) { return 200, `{"props":{}}` },
		"render": func(in relaytest.Input) (int, string) { return 200, fmt.Sprintf("%s #%d", in.Path, in.N) },
	})
	all := newMachines(t, u)
	a, b, c := all[0], all[1], all[2]
	var group sync.WaitGroup
	for _, m := range all {
		group.Go(m.start)
	}
	group.Wait()
	if t.Failed() {
		return
	}
	for _, m := range all {
		m.eventually("all are live", func() bool { return len(m.live()) == 3 })
	}
	everywhere := func(what string, is func(*machine) bool) {
		t.Helper()
		for _, m := range all {
			m.eventually(m.address+" "+what, func() bool { return is(m) })
		}
	}
	t.Run("S100 an edit on one is on all", func(t *testing.T) {
		a.get("/1")
		a.eventually("all confirm", func() bool {
			return strings.Contains(b.get("/_wisr/revalidate?secret=editors&path=/1"), `"hosts":{"confirmed":3,"live":3}`)
		})
		want := b.get("/1")
		for _, m := range all {
			if got := m.get("/1"); got != want {
				t.Errorf("%s shows %q, %s %q", m.address, got, b.address, want)
			}
		}
	})
	t.Run("pages are copied, and once more after an interruption", func(t *testing.T) { testCopy(t, c) })
	t.Run("a version is sent to one, and active on all", func(t *testing.T) {
		active := func(m *machine) string {
			s := m.status() // of others it knows what they said last
			i := slices.IndexFunc(s.Hosts, func(h cluster.HostStatus) bool { return h.Name == s.Host })
			return s.Hosts[i].Versions["page"]
		}
		first := active(a)
		b.plugin("next", u, "[limits]\ntimeout = \"9s\"\n")
		if text, code := b.wisr("plugin", "load", filepath.Join(b.dir, "next")); code != 0 {
			t.Fatalf("load ends with %d:\n%s", code, text)
		}
		second := active(b)
		if second == first {
			t.Fatal("nothing was loaded")
		}
		isActive := func(version string) func(*machine) bool {
			return func(m *machine) bool {
				return !slices.ContainsFunc(m.status().Hosts, func(h cluster.HostStatus) bool { return h.Versions["page"] != version })
			}
		}
		everywhere("has the version", isActive(second))
		if text, code := c.wisr("plugin", "rollback", "page"); code != 0 {
			t.Fatalf("rollback ends with %d:\n%s", code, text)
		}
		everywhere("is back", isActive(first))
	})
	t.Run("one that is gone is said to be, and forgotten", func(t *testing.T) {
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
	})
	t.Run("one that is alone says that it is detached", func(t *testing.T) {
		b.kill()
		a.eventually("a is detached", func() bool { return a.status().Detached })
		if text, code := a.wisr("cluster", "status"); code != 1 || !strings.Contains(text, "a is detached: it cannot reach most of the hosts") {
			t.Errorf("status ends with %d:\n%s", code, text)
		}
		if got := a.get("/1"); !strings.HasPrefix(got, "/1 #") {
			t.Errorf("it shows %q", got)
		}
	})
}

// testCopy copies a folder's pages into the cluster, in two goes.
func testCopy(t *testing.T, m *machine) {
	const pages = 300
	folder := filepath.Join(m.dir, "old")
	from, err := dir.Open(folder, dir.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-time.Minute)
	for i := range pages {
		key := fmt.Sprintf("/old-%d", i)
		e := &isr.Entry{Key: key, Plugin: "page", Version: "v", Body: []byte(key), StartedAt: at, FinishedAt: at, Expire: time.Hour}
		if _, err := from.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := from.Close(); err != nil {
		t.Fatal(err)
	}
	count := func() uint64 { return m.status().Buckets[0].Messages }
	before := count()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := exec.CommandContext(ctx, "wisr", "store", "copy", "dir:"+folder, "cluster", m.dir)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	var said safeBuffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	m.eventually("some pages are copied", func() bool { return count() > before })
	cancel()
	if err := c.Wait(); err == nil {
		t.Logf("it was faster than the interruption: %s", &said)
	} else if !strings.Contains(said.String(), "the next time it goes on from there") {
		t.Errorf("interrupted, it says\n%s", &said)
	}
	text, code := m.wisr("store", "copy", "--json", "dir:"+folder, "cluster", m.dir)
	var report struct{ Pages, Copied, Skipped int }
	if i := strings.Index(text, "{"); code != 0 || i < 0 || json.Unmarshal([]byte(text[i:]), &report) != nil {
		t.Fatalf("the second copy ends with %d:\n%s", code, text)
	}
	if report.Pages != pages || report.Copied+report.Skipped != pages || report.Skipped == 0 {
		t.Errorf("the second copy did %+v", report)
	}
	if got := m.get("/old-7"); got != "/old-7" {
		t.Errorf("a copied page is %q", got)
	}
}
