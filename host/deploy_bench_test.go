package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	deployer
	file string // of the module
	last int    // the number of the version that is live; 0 is the folder's
}

// deployer sends versions to a host.
type deployer struct {
	t      testing.TB
	client *api.Client
	module []byte
}

func newDeployHost(b *testing.B, flags ...string) *deployHost {
	b.Helper()
	dir := b.TempDir()
	file := filepath.Join(dir, "plugins", "do", "page.wasm")
	cmd := exec.Command("go", append(append([]string{"build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", file}, flags...), "../sdk/go/testdata/guest")...)
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
	h := newBenchHost(b, dir)
	return &deployHost{benchHost: h, deployer: deployer{b, h.client, module}, file: file}
}

func doManifest(n int) []byte {
	return fmt.Appendf(nil, "name = \"do\"\nroute = \"/do/[do]\"\nmodule = \"page.wasm\"\n# %d\n", n)
}

// variant is the module with a custom section of its own: nobody has compiled it before.
func (d *deployer) variant(n int) []byte {
	name := fmt.Sprintf("%08d", n)
	return slices.Concat(d.module, []byte{0, byte(len(name) + 2), byte(len(name))}, []byte(name), []byte{0})
}

// upload is a version as it is sent.
type upload struct {
	content string // type
	body    []byte
}

func (d *deployer) upload(n int, module []byte) upload {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, part := range []struct {
		name    string
		content []byte
	}{{api.PartManifest, doManifest(n)}, {api.PartModule, module}} {
		field, err := w.CreateFormFile(part.name, part.name)
		if err != nil {
			d.t.Fatal(err)
		}
		if _, err := field.Write(part.content); err != nil {
			d.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		d.t.Fatal(err)
	}
	return upload{w.FormDataContentType(), form.Bytes()}
}

// load sends a version and returns how long it took until it was live.
func (d *deployer) load(u upload) time.Duration {
	begun := time.Now()
	answer, err := d.client.Do(d.t.Context(), http.MethodPut, "/api/plugins/do", u.content, bytes.NewReader(u.body))
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	var report registry.Report
	if err := json.NewDecoder(answer.Body).Decode(&report); err != nil || report.Outcome != registry.Live {
		d.t.Fatalf("%+v, %v", report, err)
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
	b.Run("known", func(b *testing.B) { h.reload(b, false, 9, time.Second) })
	b.Run("new", func(b *testing.B) { h.reload(b, true, 9, time.Second) })
	b.Run("large", func(b *testing.B) { // 20 MB, most of it code
		h := newDeployHost(b, large(b, 2300)...)
		b.ReportMetric(float64(len(h.module))/(1<<20), "MB")
		h.reload(b, true, 3, 10*time.Second)
	})
}

// large are the flags with which the page is built with n more functions.
func large(b *testing.B, n int) []string {
	b.Helper()
	dir := b.TempDir()
	var source strings.Builder
	source.WriteString("package main\n\nfunc init() { more = append(more")
	for i := range n {
		fmt.Fprintf(&source, ", more%d", i)
	}
	source.WriteString(") }\n\n//go:noinline\nfunc call(i int, s []uint64) { more[i](s) }\n\nvar more []func([]uint64)\n")
	for i := range n {
		fmt.Fprintf(&source, "\nfunc more%d(s []uint64) {\n", i)
		for j := range 20 {
			fmt.Fprintf(&source, "\tif s[%d] > %d {\n\t\ts[%d] = s[%d]*%d + s[%d]\n\t}\n", j, i*j, j+1, j+2, i+j, j+3)
		}
		source.WriteString("}\n")
	}
	file, err := filepath.Abs("../sdk/go/testdata/guest/more.go")
	if err != nil {
		b.Fatal(err)
	}
	written, list := filepath.Join(dir, "more.go"), filepath.Join(dir, "overlay.json")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{file: written}})
	if err == nil {
		err = errors.Join(os.WriteFile(written, []byte(source.String()), 0o644), os.WriteFile(list, overlay, 0o644))
	}
	if err != nil {
		b.Fatal(err)
	}
	return []string{"-overlay=" + list}
}

// Settings of the process that deploys: to which private listener, which module, the number of
// the first version, and whether each is to have a module of its own.
const (
	deployedTo   = "WISR_TEST_DEPLOYED_TO"
	deployedFile = "WISR_TEST_DEPLOYED_FILE"
	deployedFrom = "WISR_TEST_DEPLOYED_FROM"
	deployedNew  = "WISR_TEST_DEPLOYED_NEW"
)

// reload compares hits, while another process loads one version after the
// other: who deploys is not the host.
func (h *deployHost) reload(b *testing.B, fresh bool, rounds int, span time.Duration) {
	reloads, took := 0, time.Duration(0)
	h.compareHits(b, rounds, span, func() (stop func()) {
		c := exec.Command(os.Args[0], "-test.run=^TestDeploysByAProcessOfItsOwn$", "-test.count=1", "-test.v")
		c.Env = append(os.Environ(), deployedTo+"="+h.admin, deployedFile+"="+h.file, deployedFrom+"="+fmt.Sprint(h.last+1), deployedNew+"="+fmt.Sprint(fresh))
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		open, err := c.StdinPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		return func() {
			open.Close() // tells it to end
			if err := c.Wait(); err != nil {
				b.Fatalf("%v\n%s", err, &out)
			}
			took += time.Since(begun)
			_, told, _ := strings.Cut(out.String(), "deploys: ")
			n := 0
			if _, err := fmt.Sscan(told, &n); err != nil || n == 0 {
				b.Fatalf("%v\n%s", err, &out)
			}
			reloads, h.last = reloads+n, h.last+n
		}
	})
	b.ReportMetric(float64(reloads)/took.Seconds(), "reloads/s")
}

// TestDeploysByAProcessOfItsOwn is that process, and not a test. It ends with its input.
func TestDeploysByAProcessOfItsOwn(t *testing.T) {
	if os.Getenv(deployedTo) == "" {
		t.Skip("runs for benchmarks only")
	}
	client, err := api.NewClient(os.Getenv(deployedTo), "")
	if err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile(os.Getenv(deployedFile))
	if err != nil {
		t.Fatal(err)
	}
	from, err := strconv.Atoi(os.Getenv(deployedFrom))
	if err != nil {
		t.Fatal(err)
	}
	fresh := os.Getenv(deployedNew) == "true"
	d := &deployer{t, client, module}
	known := []upload{d.upload(0, module), d.upload(1, module)} // by whether the number is odd
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	for n := 0; ; n++ {
		select {
		case <-ended:
			fmt.Printf("\ndeploys: %d\n", n)
			return
		default:
		}
		if fresh {
			d.load(d.upload(2, d.variant(from+n)))
		} else {
			d.load(known[(from+n)%2])
		}
	}
}
