package isr_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/plugins/page"
)

// BenchmarkMark marks a tag in a folder store: a name that was marked before, and
// new ones. Next to it a file of that size is flushed, which no durable mark
// can be faster than.
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
	mark := func(b *testing.B, name string) {
		if err := engine.Invalidate(b.Context(), isr.Name{Kind: isr.NameTag, Value: name}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("the same", func(b *testing.B) {
		for b.Loop() {
			mark(b, "news")
		}
	})
	n := 0
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			n++
			mark(b, "tag-"+strconv.Itoa(n))
		}
	})
	b.Run("a flush", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "file"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		for b.Loop() {
			if _, err := f.WriteAt(make([]byte, 128), 0); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
