package host

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/config"
)

// BenchmarkHitsWhileRendering measures hits with nothing else to do, and while
// two pages for each core render for ever. "p99-ratio" is the 99th percentile of
// the second over the first, "rate-ratio" its requests per second over the first's.
// The clients are in the same process, where they wait for a processor as the
// server does.
func BenchmarkHitsWhileRendering(b *testing.B) {
	h, loops := newLoopingHost(b)
	const span = 3 * time.Second
	var idle, busy []load4
	for range max(3, b.N) {
		idle = append(idle, h.measure(span))
		ctx, cancel := context.WithCancel(b.Context())
		var rendering sync.WaitGroup
		for k := range loops {
			rendering.Go(func() {
				// It never answers: what it asks for is a page in a loop.
				r, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("http://%s/loop%d", h.site, k), nil)
				if err != nil {
					b.Error(err)
					return
				}
				if answer, err := http.DefaultClient.Do(r); err == nil {
					answer.Body.Close()
				}
			})
		}
		time.Sleep(200 * time.Millisecond) // until they all run; a moment more does no harm
		busy = append(busy, h.measure(span))
		cancel()
		rendering.Wait()
		time.Sleep(loopTime) // until they all have ended
	}
	var p99, rate []float64
	for k := range idle {
		p99 = append(p99, float64(busy[k].p99)/float64(idle[k].p99))
		rate = append(rate, float64(busy[k].requests)/float64(idle[k].requests))
	}
	b.ReportMetric(middle(p99), "p99-ratio")
	b.ReportMetric(3, "p99-bar")
	b.ReportMetric(middle(rate), "rate-ratio")
	b.ReportMetric(0.5, "rate-bar")
	b.ReportMetric(0, "ns/op")
}

func middle(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// loopTime is how long a page in a loop may take.
const loopTime = 5 * time.Second

// newLoopingHost serves a page in Go at /do/plain, and pages that render for
// ever at /loop0 and so on: two for each core.
func newLoopingHost(b *testing.B) (h *benchHost, loops int) {
	b.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(602) // relay.wasm loops then
	}))
	b.Cleanup(upstream.Close)
	module, err := os.ReadFile("../testdata/relay.wasm")
	if err != nil {
		b.Fatal(err)
	}
	hello, err := os.ReadFile("../testdata/hello.wasm")
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	write := func(plugin, name string, data []byte) {
		b.Helper()
		folder := filepath.Join(dir, "plugins", plugin)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	write("do", "plugin.toml", []byte("name = \"do\"\nroute = \"/do/plain\"\nmodule = \"page.wasm\"\n"))
	write("do", "page.wasm", hello)
	loops = 2 * runtime.NumCPU()
	for k := range loops {
		name := fmt.Sprintf("loop%d", k)
		write(name, "page.wasm", module)
		write(name, "plugin.toml", fmt.Appendf(nil, "name = %q\nroute = \"/%s\"\nmodule = \"page.wasm\"\n[limits]\ntimeout = \"%s\"\n[fetch]\nallow = [%q]\nmethods = [\"POST\"]\n[config]\nupstream = %q\n",
			name, name, loopTime, upstream.URL, upstream.URL))
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
	return &benchHost{b: b, site: strings.Trim(strings.TrimPrefix(at.Site, "http://"), "/")}, loops
}
