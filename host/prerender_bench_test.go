package host

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/config"
)

// nextBuild is how many pages a second Next.js builds on the machine of LAB 11.
const nextBuild = 780

// BenchmarkPrerender makes ten thousand small pages with a C module, into a new
// folder. "ratio" is its pages per second over Next.js' (LAB 11). "files/s" is how
// many files of their size the disk takes from as many writers, bare: pages cannot
// be faster. Where many files were deleted in the last minutes, ext4 is slow to
// make new ones (it keeps their inodes apart), and both are.
func BenchmarkPrerender(b *testing.B) {
	module, err := os.ReadFile("../testdata/small.wasm")
	if err != nil {
		b.Fatal(err)
	}
	pages, used, bare := 0, time.Duration(0), time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		plugin := filepath.Join(dir, "plugins", "small")
		if err := os.MkdirAll(plugin, 0o755); err != nil {
			b.Fatal(err)
		}
		for name, data := range map[string][]byte{
			"small.wasm":  module,
			"plugin.toml": []byte("name = \"small\"\nroute = \"/p/[n]\"\nmodule = \"small.wasm\"\n"),
		} {
			if err := os.WriteFile(filepath.Join(plugin, name), data, 0o644); err != nil {
				b.Fatal(err)
			}
		}
		cfg, err := config.Load(dir, func(string) (string, bool) { return "", false })
		if err != nil {
			b.Fatal(err)
		}
		h, err := Open(context.Background(), cfg, Options{Mode: Build, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		before := processTime()
		b.StartTimer()
		report, err := h.Build(context.Background(), nil)
		b.StopTimer()
		used += processTime() - before
		if err != nil || report.Failed() > 0 || report.Made() != 10_000 {
			b.Fatalf("made %d, %d failed: %v", report.Made(), report.Failed(), err)
		}
		pages += report.Made()
		bare += writeBare(b, filepath.Join(dir, "bare"), report.Made())
		if err := h.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	rate := float64(pages) / b.Elapsed().Seconds()
	b.ReportMetric(rate/nextBuild, "ratio")
	b.ReportMetric(10, "ratio-least")
	b.ReportMetric(rate, "pages/s")
	b.ReportMetric(float64(pages)/bare.Seconds(), "files/s")
	b.ReportMetric(used.Seconds()*1e6/float64(pages), "cpu-us/page")
}

// writeBare writes files as small as the pages' to as many folders, and tells
// how long that took.
func writeBare(b *testing.B, dir string, files int) time.Duration {
	b.Helper()
	const folders, size = 256, 1200
	for k := range folders {
		if err := os.MkdirAll(filepath.Join(dir, strconv.Itoa(k)), 0o755); err != nil {
			b.Fatal(err)
		}
	}
	data := make([]byte, size)
	begun := time.Now()
	var all sync.WaitGroup
	for w := range runtime.NumCPU() {
		all.Go(func() {
			for n := w; n < files; n += runtime.NumCPU() {
				if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(n%folders), strconv.Itoa(n)), data, 0o644); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(begun)
}
