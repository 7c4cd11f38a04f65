package isr_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/plugins/page"
)

// BenchmarkMark marks a tag in a folder store: a name that was marked before, a new
// one, and sixteen at once. After each it overwrites and flushes as many bytes as a mark
// has, which no durable mark can be faster than. What it prints are medians.
func BenchmarkMark(b *testing.B) {
	store, err := dir.Open(b.TempDir(), dir.Options{})
	if err != nil {
		b.Fatal(err)
	}
	engine, err := isr.New(b.Context(), isr.Options{
		Store: store, Workers: 1, Queue: 1, Expire: 1, NotFoundRevalidate: 1,
		Renderer: renderFunc(func(context.Context, string, page.Reason) (*isr.Output, error) { return nil, errUpstream }),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = engine.Close(context.Background()); _ = store.Close() })
	bare, err := os.Create(filepath.Join(b.TempDir(), "file"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = bare.Close() })
	n := 0
	tag := func() isr.Name {
		n++
		return isr.Name{Kind: isr.NameTag, Value: "tag-" + strconv.Itoa(n)}
	}
	for _, c := range []struct {
		name  string
		names func() []isr.Name
	}{
		{"the same", func() []isr.Name { return []isr.Name{{Kind: isr.NameTag, Value: "news"}} }},
		{"new", func() []isr.Name { return []isr.Name{tag()} }},
		{"sixteen", func() []isr.Name {
			var all []isr.Name
			for range 16 {
				all = append(all, tag())
			}
			return all
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var marks, flushes []time.Duration
			for b.Loop() {
				names := c.names()
				start := time.Now()
				if err := engine.Invalidate(b.Context(), names...); err != nil {
					b.Fatal(err)
				}
				marked := time.Now()
				if _, err := bare.WriteAt(make([]byte, 80), 0); err != nil {
					b.Fatal(err)
				}
				if err := bare.Sync(); err != nil {
					b.Fatal(err)
				}
				marks, flushes = append(marks, marked.Sub(start)), append(flushes, time.Since(marked))
			}
			mark, flush := median(marks), median(flushes)
			b.ReportMetric(float64(mark.Microseconds()), "µs/mark")
			b.ReportMetric(float64(flush.Microseconds()), "µs/flush")
			b.ReportMetric(float64(mark)/float64(flush), "x-flush")
			b.ReportMetric(0, "ns/op") // of both together: says nothing
		})
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
