package memory

import (
	"context"
	"testing"
)

// BenchmarkHit gets a page of 10 KB that is in memory.
//
//	go test -run '^$' -bench Hit ./host/store/memory
func BenchmarkHit(b *testing.B) {
	m := inFront(b, onDisk(b, b.TempDir()), 1<<20)
	defer closed(b, m)
	e := generation("/blog/a", 1)
	e.Body = make([]byte, 10_000)
	mustPut(b, m, e)
	get := func() {
		if e, err := m.Get(context.Background(), "/blog/a"); e == nil || err != nil {
			b.Error(e, err)
		}
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			get()
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				get()
			}
		})
	})
}

// BenchmarkMiss gets a page of 10 KB that memory has no room for.
func BenchmarkMiss(b *testing.B) {
	m := inFront(b, onDisk(b, b.TempDir()), 1000)
	defer closed(b, m)
	e := generation("/blog/a", 1)
	e.Body = make([]byte, 10_000)
	mustPut(b, m, e)
	b.ReportAllocs()
	for b.Loop() {
		if e, err := m.Get(context.Background(), "/blog/a"); e == nil || err != nil {
			b.Fatal(e, err)
		}
	}
}
