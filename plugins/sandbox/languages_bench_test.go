package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkLanguages is what the page of testdata/languages costs in each: the size
// of its module, its load without anything cached, a fresh instance, and the render of
// 13 KB of props in it; medians. The fuel is the same on any machine.
func BenchmarkLanguages(b *testing.B) {
	in := languagesInput(b)
	manifests, err := filepath.Glob(filepath.Join("..", "..", "testdata", "languages", "*", "plugin.toml"))
	if err != nil || len(manifests) == 0 {
		b.Fatal(manifests, err)
	}
	for _, manifest := range manifests {
		folder := filepath.Dir(manifest)
		b.Run(filepath.Base(folder), func(b *testing.B) {
			module, err := os.ReadFile(builtPage(b, folder))
			if err != nil {
				b.Fatal(err)
			}
			var m *Module
			var loads []time.Duration
			for range 3 {
				s := box(b, Options{CacheDir: b.TempDir()})
				began := time.Now()
				if m, err = s.Load(b.Context(), Spec{Name: "page", Module: module, Snapshot: true}); err != nil {
					b.Fatal(err)
				}
				loads = append(loads, time.Since(began))
			}
			var instances, renders []time.Duration
			var fuel uint64
			for b.Loop() {
				began := time.Now()
				i, err := m.Run(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				made := time.Now()
				out, err := i.Call(b.Context(), "render", in)
				called := time.Now()
				if err != nil || len(out) < 12<<10 {
					b.Fatalf("%d bytes, %v", len(out), err)
				}
				i.Close()
				renders = append(renders, called.Sub(made))
				instances = append(instances, made.Sub(began)+time.Since(called))
				fuel = i.Fuel()
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(len(module))/1024, "KB")
			b.ReportMetric(float64(median(loads).Microseconds())/1000, "ms/load")
			b.ReportMetric(float64(median(instances).Microseconds()), "µs/instance")
			b.ReportMetric(float64(median(renders).Microseconds()), "µs/render")
			b.ReportMetric(float64(fuel)/1000, "kfuel")
		})
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// builtPage is the module of a folder of testdata/languages; that of Go is built now.
func builtPage(b *testing.B, folder string) string {
	b.Helper()
	if filepath.Base(folder) != "go" {
		return filepath.Join(folder, "page.wasm")
	}
	file := filepath.Join(b.TempDir(), "page.wasm")
	command := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", file, ".")
	command.Dir = folder
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", command, err, out)
	}
	return file
}

func languagesInput(b *testing.B) []byte {
	b.Helper()
	var lines []string
	for n := range 60 {
		lines = append(lines, fmt.Sprintf("Thing number %d <new>: %s Zoë has one, too.", n, strings.Repeat(`made of what things are made of, "as ever", `, 4)))
	}
	in, err := json.Marshal(map[string]any{
		"route": "/page/[name]", "path": "/page/x", "params": map[string]string{"name": "x"}, "locale": "", "locales": []string{}, "defaultLocale": "",
		"draftMode": false, "isFallback": false,
		"props": map[string]any{"name": "é ☃ 😀", "title": "What there is & what it costs", "lines": lines, "greeting": "Grüße"},
	})
	if err != nil {
		b.Fatal(err)
	}
	return in
}
