package host

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/plugins/page"
)

// BenchmarkUnchanged renews a page of the blog, which is written in Go and made of
// Markdown files, in two ways by turns: rendered, and found to be unchanged.
// "cheaper" is how often the second goes into the time of the first; neither waits
// for anything but the processor.
func BenchmarkUnchanged(b *testing.B) {
	root := b.TempDir()
	for _, name := range []string{"sdk/go", "examples/blog"} {
		if err := os.CopyFS(filepath.Join(root, name), os.DirFS(filepath.Join("..", name))); err != nil {
			b.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), text, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	ctx := context.Background()
	cfg, err := config.Load(filepath.Join(root, "examples", "blog"), os.LookupEnv)
	if err != nil {
		b.Fatal(err)
	}
	h, err := Open(ctx, cfg, Options{Mode: Build, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close(ctx)
	if report, err := h.Build(ctx, nil); err != nil || report.Failed() > 0 {
		b.Fatal(report, err)
	}
	key := ""
	for entry, err := range h.store.Pages(ctx) {
		if err != nil {
			b.Fatal(err)
		}
		if entry.Plugin == "post" && entry.Seen != nil {
			key = entry.Key
		}
	}
	last, err := h.store.Get(ctx, key)
	if err != nil {
		b.Fatalf("no page that can be looked at again: %v", err)
	}
	r := renderer{box: h.box, registry: h.registry, encode: true}
	var rendered, unchanged time.Duration
	b.ResetTimer()
	for range b.N {
		begun := time.Now()
		if out, err := r.Render(ctx, key, page.ReasonStale, nil); err != nil || out.Unchanged {
			b.Fatal(out, err)
		}
		between := time.Now()
		if out, err := r.Render(ctx, key, page.ReasonStale, last); err != nil || !out.Unchanged {
			b.Fatal(out, err)
		}
		rendered += between.Sub(begun)
		unchanged += time.Since(between)
	}
	b.ReportMetric(float64(rendered)/float64(unchanged), "cheaper")
	b.ReportMetric(float64(rendered.Microseconds())/float64(b.N), "rendered-µs")
	b.ReportMetric(float64(unchanged.Microseconds())/float64(b.N), "unchanged-µs")
}
