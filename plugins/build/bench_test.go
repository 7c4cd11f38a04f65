//go:build unix

package build

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/evanw/esbuild/pkg/api"
	"golang.org/x/tools/txtar"

	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// shelf makes a folder with the page of testdata/bench for a framework.
func shelf(b *testing.B, framework string) (dir string) {
	b.Helper()
	text, err := os.ReadFile("testdata/bench/shelf.tsx")
	if err != nil {
		b.Fatal(err)
	}
	text = append([]byte("/** @jsxImportSource "+framework+" */\n"), text...)
	return sources(b, []txtar.File{{Name: "page.tsx", Data: text}})
}

// loadShelf loads it, and gives the input of its render.
func loadShelf(b *testing.B, box *sandbox.Sandbox, dir string) (*sandbox.Module, []byte) {
	b.Helper()
	module, _, err := makeSource(dir, "page.tsx")
	if err != nil {
		b.Fatal(err)
	}
	m, err := box.Load(b.Context(), sandbox.Spec{Name: "shelf", Module: module, Snapshot: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close(context.Background()) })
	if why := m.Ordinary(); why != "" {
		b.Fatalf("it has no image: %s", why)
	}
	run := running(b, m)
	defer run.Close()
	props := called(b, run, "getStaticProps", []byte(`{"path":"/"}`))
	return m, append([]byte(`{"path":"/",`), props[1:]...)
}

func running(b *testing.B, m *sandbox.Module) *sandbox.Instance {
	b.Helper()
	run, err := m.Run(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return run
}

func called(b *testing.B, run *sandbox.Instance, export string, input []byte) []byte {
	b.Helper()
	out, err := run.Call(b.Context(), export, input)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// processor is the time that this process has had of it: others on the machine are
// not in it.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// What `next start` of Next.js 16.4 served of misses a second on a machine of two cores (LAB 11).
const nextSlow, nextFast = 245, 450

// A fresh instance and a render, against a render in an instance that has rendered
// before (to-warm), and against Node in a warm process (to-node), where there is one:
// processor time, in turns. Then as many pages as all cores make in a second, against
// the misses that Next.js serves.
func BenchmarkGeneration(b *testing.B) {
	for _, framework := range []string{"preact", "react", "@wisr/page"} {
		b.Run(framework, func(b *testing.B) {
			p := newPages(b)
			dir := shelf(b, framework)
			m, input := loadShelf(b, p.box, dir)
			warm := running(b, m)
			defer warm.Close()
			size := len(called(b, warm, "render", input))

			var fresh, again time.Duration
			var renders int
			for b.Loop() {
				begun := processor(b)
				run := running(b, m)
				called(b, run, "render", input)
				run.Close()
				middle := processor(b)
				called(b, warm, "render", input)
				fresh, again = fresh+middle-begun, again+processor(b)-middle
				renders++
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(size), "bytes")
			b.ReportMetric(fresh.Seconds()*1e3/float64(renders), "ms")
			b.ReportMetric(float64(renders)/fresh.Seconds(), "pages/s-of-a-core")
			b.ReportMetric(fresh.Seconds()/again.Seconds(), "to-warm")
			b.ReportMetric(1.15, "to-warm-most")
			made := ofAllCores(b, m, input)
			b.ReportMetric(made, "pages/s-of-all-cores")
			b.ReportMetric(made/nextFast, "to-next-at-its-best")
			b.ReportMetric(made/nextSlow, "to-next-at-its-worst")
			if node := inNode(b, dir, framework, input); node > 0 {
				b.ReportMetric(node.Seconds()*1e3, "node-ms")
				b.ReportMetric(fresh.Seconds()/float64(renders)/node.Seconds(), "to-node")
			}
		})
	}
}

// ofAllCores is how many pages are made in a second while every core makes some.
func ofAllCores(b *testing.B, m *sandbox.Module, input []byte) float64 {
	b.Helper()
	var made atomic.Int64
	var makers sync.WaitGroup
	begun := time.Now()
	for range runtime.NumCPU() {
		makers.Go(func() {
			for time.Since(begun) < 2*time.Second {
				run, err := m.Run(b.Context())
				if err != nil {
					b.Error(err)
					return
				}
				_, err = run.Call(b.Context(), "render", input)
				run.Close()
				if err != nil {
					b.Error(err)
					return
				}
				made.Add(1)
			}
		})
	}
	makers.Wait()
	return float64(made.Load()) / time.Since(begun).Seconds()
}

// inNode is how long the same page takes Node in a warm process; 0 without Node.
func inNode(b *testing.B, dir, framework string, input []byte) time.Duration {
	b.Helper()
	render, ok := map[string]string{
		"preact": `import { h as create } from "preact"; import { renderToString } from "preact-render-to-string";`,
		"react":  `import { createElement as create } from "react"; import { renderToString } from "react-dom/server.edge";`,
	}[framework]
	if !ok {
		render = `const create = (f, props) => f(props), renderToString = String;`
	}
	if _, err := exec.LookPath("node"); err != nil {
		return 0
	}
	script := render + `
import Page from "./page.tsx";
const input = ` + string(must(json.Marshal(string(input)))) + `;
const run = (n) => { for (let i = 0; i < n; i++) renderToString(create(Page, JSON.parse(input).props)); };
run(500);
const begun = process.cpuUsage();
run(500);
const { user, system } = process.cpuUsage(begun);
console.log(Math.round((user + system) * 1000 / 500));`
	built := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{Contents: script, ResolveDir: dir}, AbsWorkingDir: dir, Bundle: true, Format: api.FormatESModule,
		Platform: api.PlatformNeutral, MainFields: []string{"module", "main"}, Conditions: []string{"edge-light", "production"},
		JSX: api.JSXAutomatic, Define: map[string]string{"process.env.NODE_ENV": `"production"`},
		Alias: map[string]string{
			"@wisr/page/jsx-runtime": must(filepath.Abs(filepath.Join("..", "..", "sdk", "js", "jsx-runtime.js"))),
		},
		LogLevel: api.LogLevelSilent,
	})
	if len(built.Errors) > 0 {
		b.Fatal(built.Errors)
	}
	command := exec.CommandContext(b.Context(), "node", "--input-type=module")
	command.Stdin = bytes.NewReader(built.OutputFiles[0].Contents)
	out, err := command.CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	var ns int64
	if _, err := fmt.Sscan(strings.TrimSpace(string(out)), &ns); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return time.Duration(ns)
}

// must is for what cannot fail.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Loading a page whose engine another page has had compiled: bundling, linking and
// loading, image included.
func BenchmarkSecondPage(b *testing.B) {
	p := newPages(b)
	dir := shelf(b, "preact")
	loadShelf(b, p.box, dir)
	text := must(os.ReadFile(filepath.Join(dir, "page.tsx")))
	var bundling, loading time.Duration
	n := 0
	for b.Loop() {
		n++
		if err := os.WriteFile(filepath.Join(dir, "page.tsx"), fmt.Appendf(bytes.Clone(text), "\nexport const n%d = %d;\n", n, n), 0o644); err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		module, _, err := makeSource(dir, "page.tsx")
		if err != nil {
			b.Fatal(err)
		}
		bundled := time.Now()
		m, err := p.box.Load(b.Context(), sandbox.Spec{Name: "shelf", Module: module, Snapshot: true})
		if err != nil {
			b.Fatal(err)
		}
		bundling, loading = bundling+bundled.Sub(begun), loading+time.Since(bundled)
		m.Close(context.Background())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(bundling.Seconds()*1e3/float64(n), "build-ms")
	b.ReportMetric(loading.Seconds()*1e3/float64(n), "load-ms")
	b.ReportMetric((bundling+loading).Seconds()*1e3/float64(n), "ms")
	b.ReportMetric(200, "ms-most")
}
