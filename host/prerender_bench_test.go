package host

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/wisr-dev/wisr/host/config"
)

// nextBuild is how many pages a second Next.js builds on the machine of LAB 11.
const nextBuild = 780

// BenchmarkPrerender makes ten thousand small pages with a C module, into a new
// folder. "ratio" is its pages per second over Next.js' (LAB 11).
func BenchmarkPrerender(b *testing.B) {
	module, err := os.ReadFile("../testdata/small.wasm")
	if err != nil {
		b.Fatal(err)
	}
	pages := 0
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
		b.StartTimer()
		report, err := h.Build(context.Background(), nil)
		b.StopTimer()
		if err != nil || report.Failed() > 0 || report.Made() != 10_000 {
			b.Fatalf("made %d, %d failed: %v", report.Made(), report.Failed(), err)
		}
		pages += report.Made()
		if err := h.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	rate := float64(pages) / b.Elapsed().Seconds()
	b.ReportMetric(rate/nextBuild, "ratio")
	b.ReportMetric(10, "bar")
	b.ReportMetric(rate, "pages/s")
}
