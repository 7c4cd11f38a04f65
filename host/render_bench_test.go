package host

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// BenchmarkHitsWhileRendering measures hits with nothing else to do, and while
// two pages for each core render for ever.
func BenchmarkHitsWhileRendering(b *testing.B) {
	h, loops := newLoopingHost(b)
	h.compareHits(b, 9, time.Second, func() (stop func()) {
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
		return func() {
			cancel()
			rendering.Wait()
			time.Sleep(loopTime) // until they all have ended
		}
	})
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
	return newBenchHost(b, dir), loops
}
