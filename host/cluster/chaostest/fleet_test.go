package chaostest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/linktest"
)

const (
	linkPort  = 7222
	sitePort  = 3000
	adminPort = 9090

	// patience is how long hosts may take to find each other on a busy machine.
	patience = 2 * time.Minute
)

// fleet is three hosts of one site, each a process of its own, with a link from each to each.
type fleet struct {
	t        *testing.T
	net      string // the first three numbers of their addresses
	dir      string
	upstream *upstream
	client   *http.Client
	hosts    [3]*member
	links    [3][3]*linktest.Link // from, to
}

// member is one of them.
type member struct {
	f     *fleet
	name  string
	ip    string
	dir   string
	start []string // command and arguments
	env   []string

	mu    sync.Mutex    // guards the rest
	cmd   *exec.Cmd     // of the process; nil: it does not run
	runs  int           // how often it was started
	newer bool          // it said that there is a newer wisr
	ended chan struct{} // closed when the process is gone and its log was read
	log   []string      // the latest lines
	away  []period      // when it was detached, by what it says
}

// period is from one moment to another; no end yet: zero.
type period struct{ from, to time.Time }

// newFleet makes three sites of the same pages, and starts nothing.
func newFleet(t *testing.T, command ...string) *fleet {
	t.Helper()
	f := &fleet{t: t, dir: t.TempDir(), net: ownNet(t), upstream: newUpstream(t)}
	f.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 20, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
	t.Cleanup(f.client.CloseIdleConnections)
	for i := range f.hosts {
		name := string(rune('a' + i))
		f.hosts[i] = &member{f: f, name: name, ip: fmt.Sprintf("%s.%d", f.net, i+1), dir: filepath.Join(f.dir, name)}
		f.hosts[i].start = append(slices.Clone(command), "start", "--json", f.hosts[i].dir)
	}
	for i, h := range f.hosts {
		var peers []string
		for j := range f.hosts {
			if i != j {
				way := linktest.New(t, fmt.Sprintf("%s.%d:%d", f.net, 10+10*i+j, linkPort))
				f.links[i][j] = way
				peers = append(peers, way.Address())
			}
		}
		h.write("wisr.toml", fmt.Sprintf(`[server]
listen = "%[1]s:%[2]d"
[admin]
listen = "%[1]s:%[3]d"
[cache]
memory = %[6]q
[revalidate]
secret = "editors"
[cluster]
name = "chaos"
host = %[4]q
listen = "%[1]s:0"
peers = [%[5]s]
`, h.ip, sitePort, adminPort, h.name, `"`+strings.Join(peers, `", "`)+`"`, [3]string{"50MB", "0", "0"}[i]))
		h.plugin()
		t.Cleanup(func() { h.kill(syscall.SIGKILL) })
	}
	t.Cleanup(func() {
		for i, h := range f.hosts {
			h.kill(syscall.SIGTERM)
			if t.Failed() {
				t.Logf("the end of the log of host %d:\n%s", i, strings.Join(h.log, "\n"))
			}
		}
	})
	return f
}

// ownNet finds 256 addresses of loopback that nobody else uses, so that ports are free.
func ownNet(t *testing.T) string {
	t.Helper()
	for range 100 {
		own := fmt.Sprintf("127.%d.%d", 1+rand.IntN(254), rand.IntN(255))
		ln, err := net.Listen("tcp", fmt.Sprintf("%s.1:%d", own, sitePort))
		if err == nil {
			_ = ln.Close()
			return own
		}
	}
	t.Skip("this system has one address of loopback only")
	return ""
}

// write writes a file of the site.
func (h *member) write(name, text string) {
	h.f.t.Helper()
	name = filepath.Join(h.dir, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o644)
	}
	if err != nil {
		h.f.t.Fatal(err)
	}
}

// plugin adds the one plugin there is: relay, which does what the upstream says.
func (h *member) plugin() {
	h.f.t.Helper()
	module, err := os.ReadFile("../../../testdata/relay.wasm")
	if err != nil {
		h.f.t.Fatal(err)
	}
	h.write("plugins/page/relay.wasm", string(module))
	h.write("plugins/page/plugin.toml", fmt.Sprintf(`name = "page"
route = "/[...n]"
module = "relay.wasm"
[fetch]
allow = [%[1]q]
[fetch.headers.%[1]q]
X-Host = "${CHAOS_HOST}"
[config]
upstream = "%[1]s/page"
`, h.f.upstream.URL))
	h.env = append(h.env, "CHAOS_HOST="+h.name)
}

// run starts the process.
func (h *member) run() {
	h.f.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cmd != nil {
		return
	}
	cmd := exec.Command(h.start[0], h.start[1:]...)
	cmd.Env, cmd.SysProcAttr = append(os.Environ(), h.env...), orphaned()
	out, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		h.f.t.Error(err)
		return
	}
	ended := make(chan struct{})
	h.cmd, h.ended, h.runs = cmd, ended, h.runs+1
	h.away = append(h.away, period{from: time.Now()}) // until it serves
	go func() {
		defer close(ended)
		h.read(out)
		_ = cmd.Wait() // it says that it was killed
	}()
}

// read takes in what the host says.
func (h *member) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		h.mu.Lock()
		h.log = append(h.log[max(0, len(h.log)-60):], time.Now().Format("05.000 ")+line)
		last := len(h.away) - 1
		switch {
		case strings.Contains(line, "the other hosts cannot be reached"):
			h.away = append(h.away, period{from: time.Now()})
		case strings.Contains(line, "the other hosts can be reached again") && h.away[last].to.IsZero():
			h.away[last].to = time.Now()
		case strings.Contains(line, "a host of a newer version"):
			h.newer = true
		case strings.Contains(line, "DATA RACE"), strings.Contains(line, "panic:"):
			h.f.t.Errorf("host %s: %s", h.name, line)
		}
		h.mu.Unlock()
	}
}

// kill ends the process by a signal, and waits for that.
func (h *member) kill(by syscall.Signal) {
	h.mu.Lock()
	cmd, ended := h.cmd, h.ended
	h.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(by) // it may be gone
	<-ended
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cmd = nil
	h.back(time.Now())
}

// back ends that a host is away, since it started or since it is detached, if it was at a moment. h.mu is held.
func (h *member) back(at time.Time) {
	for i, p := range h.away {
		if p.to.IsZero() && p.from.Before(at) {
			h.away[i].to = time.Now()
		}
	}
}

// life is which process of the host it is.
func (h *member) life() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.runs
}

// detached tells whether the host was detached, or not there yet, at any time of a period.
func (h *member) detached(from, to time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.away, func(p period) bool {
		return p.from.Before(to) && (p.to.IsZero() || p.to.After(from))
	})
}

// readiness is what /readyz says.
type readiness struct {
	Status  string
	Details struct {
		Cluster struct {
			Detached bool
			Live     []string
		}
	}
}

// ready asks a host how it is. An error is of the connection.
func (h *member) ready(ctx context.Context) (r readiness, err error) {
	err = h.operator(ctx, "readyz", &r)
	return r, err
}

func (h *member) operator(ctx context.Context, path string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s:%d/%s", h.ip, adminPort, path), nil)
	if err != nil {
		return err
	}
	response, err := h.f.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(answer)
}

// isWhole tells whether a host serves, and sees all others.
func (h *member) isWhole() bool {
	asked := time.Now()
	r, err := h.ready(h.f.t.Context())
	if err != nil || r.Status != "ok" || r.Details.Cluster.Detached || len(r.Details.Cluster.Live) < len(h.f.hosts) {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.back(asked)
	return true
}

// isDetached tells whether a host serves alone.
func (h *member) isDetached() bool {
	r, err := h.ready(h.f.t.Context())
	return err == nil && r.Status == "ok" && r.Details.Cluster.Detached
}

// whole heals all links, starts all hosts, and waits until each sees all.
func (f *fleet) whole() {
	f.t.Helper()
	for i := range f.hosts {
		f.link(i, linktest.Whole)
		f.hosts[i].run()
	}
	for _, h := range f.hosts {
		f.until("host "+h.name+" sees all others", func() bool {
			f.lead()
			return h.isWhole()
		})
	}
}

// lead has the links to each host lead to where it listens. That is whatever port was free: then it does not know its address before,
// and tells others none, who would connect to it directly.
func (f *fleet) lead() {
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		f.t.Fatal(err)
	}
	for j, h := range f.hosts {
		port := h.port(string(table))
		for i := range f.hosts {
			if i != j && port != 0 {
				f.links[i][j].Lead(fmt.Sprintf("%s:%d", h.ip, port))
			}
		}
	}
}

// port is where a host listens for the others, as the system knows; 0 if it does not.
func (h *member) port(table string) (port int) {
	ip := net.ParseIP(h.ip).To4()
	const listens = " 00000000:0000 0A"
	for line := range strings.Lines(table) {
		_, rest, found := strings.Cut(line, fmt.Sprintf(": %02X%02X%02X%02X:", ip[3], ip[2], ip[1], ip[0]))
		if !found {
			continue
		}
		if _, err := fmt.Sscanf(rest, "%04X"+listens, &port); err == nil && port != sitePort && port != adminPort {
			return port
		}
	}
	return 0
}

// link sets the links of a host with all others.
func (f *fleet) link(i int, how linktest.State) {
	for j := range f.hosts {
		f.between(i, j, how)
	}
}

// between sets the links of two hosts.
func (f *fleet) between(i, j int, how linktest.State) {
	if i != j {
		f.links[i][j].Set(how)
		f.links[j][i].Set(how)
	}
}

// leader is the host that leads the stream of pages, as any of them says; -1: none.
func (f *fleet) leader() int {
	for _, h := range f.hosts {
		var s struct {
			Buckets []struct{ Name, Leader string }
		}
		if h.operator(f.t.Context(), "api/cluster", &s) != nil {
			continue
		}
		for _, b := range s.Buckets {
			if !strings.HasSuffix(b.Name, "_pages") {
				continue
			}
			for i, other := range f.hosts {
				if other.name == b.Leader {
					return i
				}
			}
		}
	}
	return -1
}

func (f *fleet) until(what string, is func() bool) {
	f.t.Helper()
	for late := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(late) {
			f.t.Fatalf("never: %s", what)
		}
	}
}

// shown is a page as a host shows it.
type shown struct {
	status      int
	state, etag string
	cacheStatus string
	body        string
}

// get asks a host for a page. An error is of the connection.
func (h *member) get(ctx context.Context, path string, header ...string) (s shown, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s:%d%s", h.ip, sitePort, path), nil)
	if err != nil {
		return s, err
	}
	for pair := range slices.Chunk(header, 2) {
		maps.Copy(request.Header, http.Header{pair[0]: pair[1:]})
	}
	response, err := h.f.client.Do(request)
	if err != nil {
		return s, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return shown{response.StatusCode, response.Header.Get("X-Wisr-Cache"), response.Header.Get("ETag"), response.Header.Get("Cache-Status"), string(body)}, err
}
