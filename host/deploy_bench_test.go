package host

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetratelabs/wazero" //nolint:depguard // what the host's own pipeline is measured against

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// benchHost is a host that serves a page in Go, of 3.4 MB, at /do/plain, and
// takes versions of it.
type benchHost struct {
	b      *testing.B
	module []byte
	site   string // host:port of the public listener
	client *api.Client
}

func newBenchHost(b *testing.B) *benchHost {
	b.Helper()
	dir := b.TempDir()
	file := filepath.Join(dir, "plugins", "do", "page.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", file, "../sdk/go/testdata/guest")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	module, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	h := &benchHost{b: b, module: module}
	if err := os.WriteFile(filepath.Join(dir, "plugins", "do", "plugin.toml"), h.manifest(0), 0o644); err != nil {
		b.Fatal(err)
	}
	cfg, err := config.Load(dir, func(string) (string, bool) { return "", false })
	if err != nil {
		b.Fatal(err)
	}
	cfg.Server.Listen, cfg.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0"
	host, err := Open(b.Context(), cfg, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended, listens := make(chan error, 1), make(chan Addresses, 1)
	go func() { ended <- host.Serve(ctx, func(a Addresses) { listens <- a }) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	at := <-listens
	h.site = strings.Trim(strings.TrimPrefix(at.Site, "http://"), "/")
	if h.client, err = api.NewClient(at.Admin, ""); err != nil {
		b.Fatal(err)
	}
	return h
}

func (h *benchHost) manifest(n int) []byte {
	return fmt.Appendf(nil, "name = \"do\"\nroute = \"/do/[do]\"\nmodule = \"page.wasm\"\n# %d\n", n)
}

// variant is the module with a custom section of its own: nobody has compiled it before.
func (h *benchHost) variant(n int) []byte {
	name := fmt.Sprintf("%08d", n)
	return slices.Concat(h.module, []byte{0, byte(len(name) + 2), byte(len(name))}, []byte(name), []byte{0})
}

// load sends a version and returns how long it took until it was live.
func (h *benchHost) load(n int, module []byte) time.Duration {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for name, content := range map[string][]byte{api.PartManifest: h.manifest(n), api.PartModule: module} {
		part, err := w.CreateFormFile(name, name)
		if err != nil {
			h.b.Fatal(err)
		}
		part.Write(content)
	}
	w.Close()
	begun := time.Now()
	answer, err := h.client.Do(h.b.Context(), http.MethodPut, "/api/plugins/do", w.FormDataContentType(), &form)
	if err != nil {
		h.b.Fatal(err)
	}
	defer answer.Body.Close()
	var report registry.Report
	if err := json.NewDecoder(answer.Body).Decode(&report); err != nil || report.Outcome != registry.Live {
		h.b.Fatalf("%+v, %v", report, err)
	}
	return time.Since(begun)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// BenchmarkDeploy measures the time from an upload to its being live. "known-ms"
// is of a module that was compiled before, "new-ms" of one that was not, and "ratio" the latter
// over what wazero alone takes to compile it, in turns on the same machine.
func BenchmarkDeploy(b *testing.B) {
	h := newBenchHost(b)
	h.load(1, h.module)
	var known, fresh, bare []time.Duration
	for n := range max(3, b.N) {
		begun := time.Now()
		runtime := wazero.NewRuntimeWithConfig(b.Context(), wazero.NewRuntimeConfigCompiler())
		if _, err := runtime.CompileModule(b.Context(), h.variant(1000+n)); err != nil {
			b.Fatal(err)
		}
		bare = append(bare, time.Since(begun))
		runtime.Close(b.Context())
		fresh = append(fresh, h.load(1, h.variant(n)))
		known = append(known, h.load(2+n%2, h.module))
	}
	b.ReportMetric(milliseconds(median(known)), "known-ms")
	b.ReportMetric(milliseconds(median(fresh)), "new-ms")
	b.ReportMetric(milliseconds(median(bare)), "bare-ms")
	b.ReportMetric(float64(median(fresh))/float64(median(bare)), "ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkHitsDuringReloads measures the 99th percentile of hits with nothing
// else to do, and while one version after the other goes live. "ratio" is the second over the first.
func BenchmarkHitsDuringReloads(b *testing.B) {
	h := newBenchHost(b)
	h.load(1, h.module)
	h.load(2, h.module)
	span := 3 * time.Second
	idle := h.hits(span)
	var stop atomic.Bool
	reloads := 0
	var reloading sync.WaitGroup
	reloading.Go(func() {
		for ; !stop.Load(); reloads++ {
			h.load(1+reloads%2, h.module)
		}
	})
	busy := h.hits(span)
	stop.Store(true)
	reloading.Wait()
	b.ReportMetric(milliseconds(idle), "idle-p99-ms")
	b.ReportMetric(milliseconds(busy), "busy-p99-ms")
	b.ReportMetric(float64(busy)/float64(idle), "ratio")
	b.ReportMetric(float64(reloads)/span.Seconds(), "reloads/s")
	b.ReportMetric(0, "ns/op")
}

// load4 is what four connections saw.
type load4 struct {
	p99      time.Duration
	requests int
}

// hits asks for the page on four connections and returns the 99th percentile.
func (h *benchHost) hits(span time.Duration) time.Duration { return h.measure(span).p99 }

// measure asks for the page on four connections, one request after the other.
func (h *benchHost) measure(span time.Duration) load4 {
	request := []byte("GET /do/plain HTTP/1.1\r\nHost: x\r\n\r\n")
	var mu sync.Mutex
	var all []time.Duration
	var clients sync.WaitGroup
	end := time.Now().Add(span)
	for range 4 {
		clients.Go(func() {
			conn, err := net.Dial("tcp", h.site)
			if err != nil {
				h.b.Error(err)
				return
			}
			defer conn.Close()
			in := bufio.NewReaderSize(conn, 32<<10)
			var took []time.Duration
			for begun := time.Now(); begun.Before(end); begun = time.Now() {
				if _, err := conn.Write(request); err != nil {
					h.b.Error(err)
					return
				}
				if err := skipResponse(in); err != nil {
					h.b.Error(err)
					return
				}
				took = append(took, time.Since(begun))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	clients.Wait()
	slices.Sort(all)
	return load4{all[len(all)*99/100], len(all)}
}
