package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tetratelabs/wazero" //nolint:depguard // what the host's own pipeline is measured against

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// deployHost is a host that serves a page in Go, of 3.4 MB, at /do/plain, and
// takes versions of it.
type deployHost struct {
	*benchHost
	module []byte
}

func newDeployHost(b *testing.B) *deployHost {
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
	if err := os.WriteFile(filepath.Join(dir, "plugins", "do", "plugin.toml"), doManifest(0), 0o644); err != nil {
		b.Fatal(err)
	}
	return &deployHost{newBenchHost(b, dir), module}
}

func doManifest(n int) []byte {
	return fmt.Appendf(nil, "name = \"do\"\nroute = \"/do/[do]\"\nmodule = \"page.wasm\"\n# %d\n", n)
}

// variant is the module with a custom section of its own: nobody has compiled it before.
func (h *deployHost) variant(n int) []byte {
	name := fmt.Sprintf("%08d", n)
	return slices.Concat(h.module, []byte{0, byte(len(name) + 2), byte(len(name))}, []byte(name), []byte{0})
}

// upload is a version as it is sent.
type upload struct {
	content string // type
	body    []byte
}

func (h *deployHost) upload(n int, module []byte) upload {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, part := range []struct {
		name    string
		content []byte
	}{{api.PartManifest, doManifest(n)}, {api.PartModule, module}} {
		field, err := w.CreateFormFile(part.name, part.name)
		if err != nil {
			h.b.Fatal(err)
		}
		if _, err := field.Write(part.content); err != nil {
			h.b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		h.b.Fatal(err)
	}
	return upload{w.FormDataContentType(), form.Bytes()}
}

// load sends a version and returns how long it took until it was live.
func (h *deployHost) load(u upload) time.Duration {
	begun := time.Now()
	answer, err := h.client.Do(h.b.Context(), http.MethodPut, "/api/plugins/do", u.content, bytes.NewReader(u.body))
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

// BenchmarkDeploy measures the time from an upload to its being live. "known-ms"
// is of a module that was compiled before, "new-ms" of one that was not, and "ratio" the latter
// over what wazero alone takes to compile it, in turns on the same machine.
func BenchmarkDeploy(b *testing.B) {
	h := newDeployHost(b)
	h.load(h.upload(1, h.module))
	var known, fresh, bare []time.Duration
	for n := range max(3, b.N) {
		begun := time.Now()
		runtime := wazero.NewRuntimeWithConfig(b.Context(), wazero.NewRuntimeConfigCompiler())
		if _, err := runtime.CompileModule(b.Context(), h.variant(1000+n)); err != nil {
			b.Fatal(err)
		}
		bare = append(bare, time.Since(begun))
		runtime.Close(b.Context())
		fresh = append(fresh, h.load(h.upload(1, h.variant(n))))
		known = append(known, h.load(h.upload(2+n%2, h.module)))
	}
	b.ReportMetric(milliseconds(median(known)), "known-ms")
	b.ReportMetric(milliseconds(median(fresh)), "new-ms")
	b.ReportMetric(milliseconds(median(bare)), "bare-ms")
	b.ReportMetric(float64(median(fresh))/float64(median(bare)), "ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkHitsDuringReloads measures hits with nothing else to do, and while
// one version after the other goes live: of a module that is known, and of ones that have to be compiled.
func BenchmarkHitsDuringReloads(b *testing.B) {
	h := newDeployHost(b)
	known := []upload{h.upload(1, h.module), h.upload(2, h.module)}
	h.load(known[1])
	h.load(known[0])
	n := 0
	b.Run("known", func(b *testing.B) {
		h.reload(b, func() upload { n++; return known[n%2] })
	})
	b.Run("new", func(b *testing.B) {
		h.reload(b, func() upload { n++; return h.upload(3, h.variant(n)) })
	})
}

// reload compares hits, and loads one version after the other.
func (h *deployHost) reload(b *testing.B, next func() upload) {
	reloads, took := 0, time.Duration(0)
	h.compareHits(b, func() (stop func()) {
		begun, ended := time.Now(), make(chan struct{})
		var reloading sync.WaitGroup
		reloading.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
					h.load(next())
					reloads++
				}
			}
		})
		return func() {
			close(ended)
			reloading.Wait()
			took += time.Since(begun)
		}
	})
	b.ReportMetric(float64(reloads)/took.Seconds(), "reloads/s")
}
