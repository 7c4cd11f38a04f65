package cluster

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/host/store/jetstream"
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
// how many times that is of a read from a folder.
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
	b.ReportMetric(10, "x-dir-most")
	b.ReportMetric(float64(shared.Microseconds())/float64(b.N), "µs/get")
}

// BenchmarkRevalidationSeenByAnotherHost is the time from when a page is stored on one host to when another is told, and put-ms
// what storing it takes.
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
	b.ReportMetric(100, "p99-ms-most")
	b.ReportMetric(float64(storing.Microseconds())/1000/float64(b.N), "put-ms")
}

// BenchmarkLeaseTakenOver is the time from when the holder of a page's lease is lost to when another host, which waits for it, may
// make the page: where the holder leads the others, and where it does not. "s" is the longest of some times.
func BenchmarkLeaseTakenOver(b *testing.B) {
	x := newTrio(b)
	for _, c := range []struct {
		name  string
		leads bool
	}{{"holder", false}, {"leader", true}} {
		b.Run(c.name, func(b *testing.B) {
			var longest time.Duration
			for range max(3, b.N) {
				longest = max(longest, x.takeOver(c.leads))
			}
			b.ReportMetric(longest.Seconds(), "s")
			b.ReportMetric(5, "s-most")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// takeOver has a host lose its lease to another, and come back.
func (x *trio) takeOver(leads bool) time.Duration {
	ctx := x.t.Context()
	x.until("all hosts are attached", func() bool {
		return !slices.ContainsFunc(x.hosts[:], func(h *host) bool { return h.Detached() || len(h.Live()) < 3 })
	})
	var holder int
	x.until("somebody leads", func() bool {
		buckets, err := x.hosts[0].store.Buckets(ctx)
		at := slices.IndexFunc(buckets, func(b jetstream.Bucket) bool { return b.Name == "KV_wisr_test_leases" })
		if err != nil || at < 0 {
			return false
		}
		holder = slices.IndexFunc(x.hosts[:], func(h *host) bool { return (h.name == buckets[at].Leader) == leads })
		return buckets[at].Leader != ""
	})
	other := x.hosts[(holder+1)%3].Leases()
	var release func()
	x.until("the host has the lease", func() bool {
		release = x.hosts[holder].Leases().Try(ctx, "/held")
		return release != nil
	})
	x.until("another is refused it", func() bool { return other.Try(ctx, "/held") == nil })
	x.cut(holder, true)
	begun := time.Now()
	var mine func()
	for mine == nil {
		if err := other.Wait(ctx, "/held"); err != nil {
			x.t.Fatal(err)
		}
		mine = other.Try(ctx, "/held")
	}
	took := time.Since(begun)
	mine()
	release()
	x.cut(holder, false)
	return took
}
