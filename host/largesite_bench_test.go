package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// largeSite is a site whose pages /p/0 to /p/<entries-1> are in the store.
type largeSite struct {
	dir     string
	binary  string // wisr
	entries int
	written float64 // entries a second, by fill
	turns   uint64  // of load so far: no two are the same
	entry   func(i int, version string) *isr.Entry
}

func newLargeSite(b *testing.B, entries int, entry func(i int, version string) *isr.Entry) *largeSite {
	b.Helper()
	s := &largeSite{dir: b.TempDir(), binary: filepath.Join(b.TempDir(), "wisr"), entries: entries, entry: entry}
	if out, err := exec.Command("go", "build", "-o", s.binary, "../cmd/wisr").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	module, err := os.ReadFile("../testdata/relay.wasm")
	if err != nil {
		b.Fatal(err)
	}
	s.write(b, "plugins/pages/relay.wasm", module)
	s.write(b, "plugins/pages/plugin.toml", []byte("name = \"pages\"\nroute = \"/p/[n]\"\nmodule = \"relay.wasm\"\n"))
	s.fill(b)
	return s
}

func (s *largeSite) write(b *testing.B, name string, data []byte) {
	b.Helper()
	name = filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		b.Fatal(err)
	}
}

// remember sets the bytes of the memory cache of hosts that start from now on.
func (s *largeSite) remember(b *testing.B, bytes int64) {
	b.Helper()
	s.write(b, config.FileName, fmt.Appendf(nil, "[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[cache]\nmemory = %d\n", bytes))
}

// fill puts the entries into the store as the engine does.
func (s *largeSite) fill(b *testing.B) {
	b.Helper()
	s.remember(b, 0)
	cfg, err := config.Load(s.dir, func(string) (string, bool) { return "", false })
	if err != nil {
		b.Fatal(err)
	}
	h, err := Open(context.Background(), cfg, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close(context.Background())
	version := h.registry.Table().Versions[0].ID
	begun := time.Now()
	var next atomic.Int64
	var writers sync.WaitGroup
	for range 2 * runtime.NumCPU() {
		writers.Go(func() {
			for i := int(next.Add(1)) - 1; i < s.entries; i = int(next.Add(1)) - 1 {
				if _, err := h.store.Put(context.Background(), s.entry(i, version)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	s.written = float64(s.entries) / time.Since(begun).Seconds()
}

// smallEntry is a page of 1 KB, too small to be worth compressing.
func smallEntry(i int, version string) *isr.Entry {
	now := time.Now().UTC()
	return &isr.Entry{
		Key: fmt.Sprintf("/p/%d", i), Plugin: "pages", Version: version,
		Kind: page.KindProps, Status: 200, Props: fmt.Appendf(nil, `{"n":%d}`, i),
		Body:      bytes.Repeat(fmt.Appendf(nil, "<p>%10d of many\n", i), 40),
		Header:    []page.Field{{Name: "Content-Type", Value: "text/html; charset=utf-8"}},
		StartedAt: now, FinishedAt: now, Expire: 365 * 24 * time.Hour,
		ETag: fmt.Sprintf(`"an-entity-tag-of-%07d"`, i), DataETag: fmt.Sprintf(`"an-entity-tag-of-%06dd"`, i),
	}
}

// tenKB is a page of 10 KB whose letters make it compress to half.
func tenKB(i int, version string) *isr.Entry {
	e := smallEntry(i, version)
	e.Body = make([]byte, 10<<10)
	random := rand.New(rand.NewPCG(1, uint64(i)))
	for n := range e.Body {
		e.Body[n] = "etaoin shrdlu<>/\n"[random.IntN(17)]
	}
	return e
}

// pages is the folder of the store.
func (s *largeSite) pages() string { return filepath.Join(s.dir, ".wisr", "pages") }

// mostNames is how many names the largest folder below a folder has.
func mostNames(t testing.TB, root string) int {
	t.Helper()
	most := 0
	err := filepath.WalkDir(root, func(path string, f os.DirEntry, err error) error {
		if err != nil || !f.IsDir() {
			return err
		}
		names, err := os.ReadDir(path)
		most = max(most, len(names))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return most
}

// process is a running `wisr start`.
type process struct {
	command *exec.Cmd
	address string        // for visitors
	first   time.Duration // from its start to the end of its first answer
	stopped bool
}

// run starts a host with so many bytes of memory cache and asks it for one page,
// which has to be a hit.
func (s *largeSite) run(b *testing.B, memory int64) *process {
	b.Helper()
	s.remember(b, memory)
	p := &process{command: exec.Command(s.binary, "start", "--json", s.dir)}
	var log bytes.Buffer
	p.command.Stderr = &log
	out, err := p.command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	if err := p.command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { p.stop(b) })
	var addresses Addresses
	if err := json.NewDecoder(out).Decode(&addresses); err != nil {
		b.Fatalf("wisr start: %v\n%s", err, &log)
	}
	p.address = strings.TrimSuffix(strings.TrimPrefix(addresses.Site, "http://"), "/")
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET /p/0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")); err != nil {
		b.Fatal(err)
	}
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(conn); err != nil {
		b.Fatal(err)
	}
	p.first = time.Since(begun)
	if header, _, _ := strings.Cut(answer.String(), "\r\n\r\n"); !strings.Contains(header, "X-Wisr-Cache: HIT") {
		b.Fatalf("the first answer is no hit:\n%s", header)
	}
	return p
}

func (p *process) stop(b *testing.B) {
	if p.stopped {
		return
	}
	p.stopped = true
	if err := p.command.Process.Signal(os.Interrupt); err != nil {
		b.Error(err)
	}
	if err := p.command.Wait(); err != nil {
		b.Errorf("wisr start: %v", err)
	}
}

// resident is the most memory that the process had resident, in MB; 0 where the
// system does not say.
func (p *process) resident() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	var kb float64
	fmt.Sscan(line, &kb)
	return kb / 1024
}
