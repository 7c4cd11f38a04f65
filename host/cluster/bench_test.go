package cluster

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
)

// tenKB is a page that does not compress to nothing.
func tenKB(key string, n int) *isr.Entry {
	e := entry(key, n)
	e.Body = make([]byte, 10<<10)
	random := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range e.Body {
		e.Body[i] = "etaoin shrdlu<>/\n"[random.IntN(17)]
	}
	return e
}

// BenchmarkMissThatAnotherHostHasMade is a page of 10 KB that another of three hosts stored, read by this one; x-dir is
// how many times that is of a read from a folder. It is to be at most 10.
func BenchmarkMissThatAnotherHostHasMade(b *testing.B) {
	x := newTrio(b)
	folder, err := dir.Open(b.TempDir(), dir.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer folder.Close()
	page := tenKB("/a", 1)
	x.put(0, page)
	x.sees(1, page)
	if _, err := folder.Put(b.Context(), page); err != nil {
		b.Fatal(err)
	}
	var shared, local time.Duration
	for b.Loop() {
		begun := time.Now()
		if _, err := x.hosts[1].store.Get(b.Context(), "/a"); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		if _, err := folder.Get(b.Context(), "/a"); err != nil {
			b.Fatal(err)
		}
		shared, local = shared+between.Sub(begun), local+time.Since(between)
	}
	b.ReportMetric(float64(shared)/float64(local), "x-dir")
	b.ReportMetric(float64(shared.Microseconds())/float64(b.N), "µs/get")
}

// BenchmarkRevalidationSeenByAnotherHost is the time from when a page is stored on one host to when another is told, p99-ms is to
// be at most 100; and put-ms what storing it takes.
func BenchmarkRevalidationSeenByAnotherHost(b *testing.B) {
	x := newTrio(b)
	told := make(chan time.Time, 1)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- x.hosts[1].store.Watch(ctx, func(isr.Change) { told <- time.Now() }) }()
	defer func() {
		cancel()
		<-ended
	}()
	x.put(0, tenKB("/first", 1))
	<-told
	var seen []time.Duration
	var storing time.Duration
	n := 1
	for b.Loop() {
		n++
		begun := time.Now()
		if _, err := x.hosts[0].store.Put(b.Context(), tenKB("/a", n)); err != nil {
			b.Fatal(err)
		}
		storing += time.Since(begun)
		seen = append(seen, max(0, (<-told).Sub(begun)))
	}
	slices.Sort(seen)
	b.ReportMetric(float64(seen[len(seen)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(storing.Microseconds())/1000/float64(b.N), "put-ms")
}
