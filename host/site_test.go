package host_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/plugins/logtest"
	"github.com/wisr-dev/wisr/plugins/relaytest"
)

// site is a real site in a temporary folder, served on a real socket by a host
// in this process. Its pages are the relay module, whose behaviour a real
// upstream on loopback scripts; its clock is the test's.
type site struct {
	t        *testing.T
	dir      string
	memory   string // [cache] memory
	upstream *upstream
	clock    *clock
	client   *http.Client
	log      *logtest.Buffer

	url    string // of the running host, without a slash at the end
	admin  string
	cancel context.CancelFunc
	ended  chan error
}

// both runs a test with the memory cache on and off: SEMANTICS holds for both (S140).
// Under the race detector, with which these tests take ten minutes, half of them run
// with it on and the others with it off.
func both(t *testing.T, test func(t *testing.T, s *site)) {
	settings := []string{"50MB", "0"}
	if i := len(t.Name()) % 2; raceDetector {
		settings = settings[i : i+1]
	}
	for _, memory := range settings {
		t.Run("memory "+memory, func(t *testing.T) { test(t, newSite(t, memory)) })
	}
}

// newSite makes the folder of a site without plugins. settings go into wisr.toml by s.settings.
func newSite(t *testing.T, memory string) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), memory: memory, clock: newClock(), log: &logtest.Buffer{}}
	s.client = &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       30 * time.Second,
	}
	s.upstream = newUpstream(t)
	s.settings("")
	if err := os.Mkdir(filepath.Join(s.dir, "plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.stop()
		s.client.CloseIdleConnections()
		if t.Failed() {
			t.Logf("log of the host:\n%s", s.log)
		}
	})
	return s
}

// settings writes wisr.toml: free ports, the test's memory cache, and more as
// given, by table: s.settings("[site]\nbase_path = \"/docs\"").
func (s *site) settings(more string) {
	s.t.Helper()
	cache := fmt.Sprintf("[cache]\nmemory = %q\n", s.memory)
	if rest, ok := strings.CutPrefix(more, "[cache]\n"); ok {
		cache, more = cache+rest, ""
	}
	s.write("wisr.toml", "[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n"+cache+more+"\n")
}

// plugin adds a plugin whose module is relay.wasm; s.upstream.on says what it does.
func (s *site) plugin(name, route string, more ...string) {
	s.t.Helper()
	s.module(name, route, "relay.wasm", append(more, fmt.Sprintf("[fetch]\nallow = [%q]\n[config]\nupstream = %q\n", s.upstream.URL, s.upstream.URL+"/"+name))...)
}

// module adds a plugin with a module of testdata.
func (s *site) module(name, route, module string, more ...string) {
	s.t.Helper()
	wasm, err := os.ReadFile(filepath.Join("..", "testdata", module))
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("plugins/"+name+"/"+module, string(wasm))
	s.write("plugins/"+name+"/plugin.toml", fmt.Sprintf("name = %q\nroute = %q\nmodule = %q\n%s", name, route, module, strings.Join(more, "\n")))
}

// write puts a file into the site's folder.
func (s *site) write(name, content string) {
	s.t.Helper()
	name = filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// open makes a host on the site's folder; the caller closes it.
func (s *site) open(mode host.Mode) *host.Host {
	s.t.Helper()
	cfg, err := config.Load(s.dir, os.LookupEnv)
	if err != nil {
		s.t.Fatal(err)
	}
	h, err := host.Open(context.Background(), cfg, host.Options{
		Mode: mode, Now: s.clock.Now, Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return h
}

// start serves the site as `wisr start` does.
func (s *site) start() { s.serve(host.Start) }

func (s *site) serve(mode host.Mode) {
	s.t.Helper()
	h := s.open(mode)
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan host.Addresses, 1)
	s.cancel, s.ended = cancel, make(chan error, 1)
	go func() { s.ended <- h.Serve(ctx, func(a host.Addresses) { ready <- a }) }()
	select {
	case a := <-ready:
		s.url, s.admin = strings.TrimSuffix(a.Site, "/"), strings.TrimSuffix(a.Admin, "/")
	case err := <-s.ended:
		s.ended = nil
		s.t.Fatalf("serve: %v", err)
	}
}

// stop ends the host as SIGTERM does, and checks that it ends well.
func (s *site) stop() {
	if s.ended == nil {
		return
	}
	s.client.CloseIdleConnections() // on which the host would wait for a last request
	s.cancel()
	if err := <-s.ended; err != nil {
		s.t.Errorf("the host ended with: %v", err)
	}
	s.ended = nil
}

// beside returns a second host on the same folder, with the same clock; the
// caller starts it.
func (s *site) beside() *site {
	other := &site{t: s.t, dir: s.dir, memory: s.memory, upstream: s.upstream, clock: s.clock, client: s.client, log: s.log}
	s.t.Cleanup(other.stop)
	return other
}

func (s *site) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

// build makes all pages as `wisr build` does and returns how many failed.
func (s *site) build() (failed int) {
	s.t.Helper()
	h := s.open(host.Build)
	report, err := h.Build(context.Background(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := h.Close(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	return report.Failed()
}

// answer is a response, read whole.
type answer struct {
	status int
	header http.Header
	body   string
}

// get asks for a path of the site; headers are "Name: value".
func (s *site) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.do(http.MethodGet, path, headers...)
}

// do sends a request whose target is exactly path.
func (s *site) do(method, path string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+"/", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if strings.HasPrefix(path, "//") {
		s.t.Fatalf("%s: net/http would write http:%s; use raw", path, path)
	}
	target, query, _ := strings.Cut(path, "?")
	r.URL.Opaque, r.URL.RawQuery = target, query
	return s.exchange(r, headers)
}

// exchange sends a request with some more headers and reads the answer.
func (s *site) exchange(r *http.Request, headers []string) answer {
	s.t.Helper()
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	response, err := s.client.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

// sees checks a page's status, state (X-Wisr-Cache, "" for none) and body.
func (s *site) sees(path string, status int, state, body string) answer {
	s.t.Helper()
	a := s.get(path)
	if a.status != status || a.header.Get("X-Wisr-Cache") != state || a.body != body {
		s.t.Fatalf("GET %s: %d %q %q, want %d %q %q", path, a.status, a.header.Get("X-Wisr-Cache"), a.body, status, state, body)
	}
	return a
}

// becomes asks until a path is HIT with a body, as after a background generation.
func (s *site) becomes(path, body string) answer {
	s.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		a := s.get(path, "Purpose: prefetch") // which starts nothing
		if a.header.Get("X-Wisr-Cache") == "HIT" && a.body == body {
			s.settled()
			return a
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("GET %s is still %d %q %q, want HIT %q", path, a.status, a.header.Get("X-Wisr-Cache"), a.body, body)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// clock is a wall clock that moves only when told to.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	since time.Time // if set, it also moves by itself since then
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.since.IsZero() {
		return c.now.Add(time.Since(c.since))
	}
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// upstream is the HTTP server that scripts the relay modules.
type upstream struct{ *relaytest.Upstream }

// script says what a plugin's exports do. A nil one is a page that says its path
// and how often it was made.
type script struct{ paths, props, render relaytest.Script }

// input is what the host gave to a guest.
type input = relaytest.Input

func newUpstream(t *testing.T) *upstream {
	return &upstream{relaytest.New(t, map[string]relaytest.Script{"paths": noPaths, "props": tenSeconds, "render": counted})}
}

// on sets what a plugin does from now on.
func (u *upstream) on(plugin string, s script) {
	u.On(plugin+"/paths", s.paths)
	u.On(plugin+"/props", s.props)
	u.On(plugin+"/render", s.render)
}

// called returns how often an export ("paths", "props", "render") was called for a path.
func (u *upstream) called(plugin, export, path string) int {
	return u.CalledFor(plugin+"/"+export, path)
}

// noPaths, tenSeconds and counted are what a script does where it says nothing.
func noPaths(input) (int, string)    { return 200, `{"paths":[],"fallback":"blocking"}` }
func tenSeconds(input) (int, string) { return 200, `{"props":{},"revalidate":10}` }
func counted(in input) (int, string) { return 200, fmt.Sprintf("%s #%d", in.Path, in.N) }

// says makes a function of a script that always answers the same.
func says(status int, body string) func(input) (int, string) { return relaytest.Says(status, body) }
