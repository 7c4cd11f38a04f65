package host

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
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
//
// "to-floor" is what a page takes of a processor over the least that it could
// take: the bare file, and the module's calls in an instance that is there. "of-x"
// is what a part of it takes by itself: the store with its file, a fresh instance
// with its calls, and the rest, which is the engine, and Go's scheduler and
// collector. Of a fresh instance by Extism it is "stock-us".
//
// On two cores with nothing else to do, into memory (TMPDIR=/dev/shm), the ratio is
// 14 to 17, of 130 to 150 µs a page (RATIONALE.md, "Why is a build not faster than its disk?").
func BenchmarkPrerender(b *testing.B) {
	module, err := os.ReadFile("../testdata/small.wasm")
	if err != nil {
		b.Fatal(err)
	}
	pages, used, bare := 0, time.Duration(0), time.Duration(0)
	parts := map[string]float64{} // of the last round
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
		if err := h.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
		var took time.Duration
		parts["of-file-us"], took = bareFiles(b, filepath.Join(dir, "bare"), report.Made())
		bare += took
		parts["of-store-us"] = puts(b, filepath.Join(dir, "store"), report.Made())
		parts["of-guest-us"] = guests(b, module, report.Made())
		parts["of-warm-us"] = warm(b, module, report.Made())
		parts["stock-us"] = stock(b, module, report.Made())
		b.StartTimer()
	}
	rate := float64(pages) / b.Elapsed().Seconds()
	b.ReportMetric(rate/nextBuild, "ratio")
	b.ReportMetric(10, "ratio-least")
	b.ReportMetric(rate, "pages/s")
	b.ReportMetric(float64(pages)/bare.Seconds(), "files/s")
	us := used.Seconds() * 1e6 / float64(pages)
	b.ReportMetric(us, "page-us")
	parts["of-rest-us"] = us - parts["of-store-us"] - parts["of-guest-us"]
	parts["to-floor"] = us / (parts["of-file-us"] + parts["of-warm-us"])
	for name, value := range parts {
		b.ReportMetric(value, name)
	}
}
