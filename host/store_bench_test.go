package host

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// entriesEnv sets how many entries the large store of the benchmarks has. What
// they are about is a million:
//
//	WISR_BENCH_ENTRIES=1000000 go test -run '^$' -bench LargeStore -timeout 30m ./host
const entriesEnv = "WISR_BENCH_ENTRIES"

// skew is the exponent of the Zipf-distributed load: the page in place n of the
// most visited ones gets a share of 1/n^skew. math/rand wants more than 1.
const skew = 1.1

// BenchmarkLargeStore runs `wisr start`, in processes of their own so that each
// has its own memory, on a folder store with many entries of about 1 KB.
func BenchmarkLargeStore(b *testing.B) {
	s := newLargeSite(b, largeStore(b), smallEntry)
	b.Run("folder", s.benchFolder)
	b.Run("start", s.benchStart)

	// One with 50 MB of memory cache for a million entries, one that has
	// everything in memory, and one without a memory cache.
	cache := int64(s.entries) * (50 << 20) / 1_000_000
	some, all, off := s.run(b, cache), s.run(b, int64(s.entries)*8<<10), s.run(b, 0)
	for range 2 { // of pages that are read at once not all are kept
		s.visitAll(b, all.address)
	}
	s.visit(b, some.address, 0, s.entries/connections) // until its cache knows what is asked for most
	b.Run("zipf", func(b *testing.B) { s.benchZipf(b, some, all) })
	b.Run("zipf-memory-off", func(b *testing.B) { s.benchZipf(b, off, all) })
	b.Run("resident", func(b *testing.B) {
		b.ReportMetric(float64(cache)/(1<<20), "setting-MB")
		b.ReportMetric(some.resident(), "MB")
		b.ReportMetric(all.resident(), "in-memory-MB")
		b.ReportMetric(off.resident(), "memory-off-MB")
		b.ReportMetric(0, "ns/op")
	})
}

// largeStore is how many entries the store is to have.
func largeStore(b *testing.B) int {
	text := os.Getenv(entriesEnv)
	if text == "" {
		return 100_000 // written within a minute
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		b.Fatalf("%s=%s: want a number from 1000", entriesEnv, text)
	}
	return n
}

// benchFolder tells what the folder is like: it was written before.
func (s *largeSite) benchFolder(b *testing.B) {
	b.ReportMetric(s.written, "puts/s")
	b.ReportMetric(float64(mostNames(b, s.dir)), "names/folder")
	b.ReportMetric(0, "ns/op")
}

// benchStart measures the time to the first hit, and beside it that of a host
// on a store with one entry: what any process takes that loads a module.
func (s *largeSite) benchStart(b *testing.B) {
	single := &largeSite{dir: b.TempDir(), binary: s.binary, entries: 1, entry: s.entry}
	if err := os.CopyFS(filepath.Join(single.dir, "plugins"), os.DirFS(filepath.Join(s.dir, "plugins"))); err != nil {
		b.Fatal(err)
	}
	single.fill(b)
	var all, one []time.Duration
	b.ResetTimer()
	for range b.N {
		for _, turn := range []struct {
			site *largeSite
			took *[]time.Duration
		}{{s, &all}, {single, &one}} {
			p := turn.site.run(b, 50<<20)
			*turn.took = append(*turn.took, p.first)
			p.stop(b)
		}
	}
	b.ReportMetric(median(all).Seconds()*1000, "ms")
	b.ReportMetric(slices.Max(all).Seconds()*1000, "max-ms")
	b.ReportMetric(median(one).Seconds()*1000, "one-entry-ms")
	b.ReportMetric(0, "ns/op")
}

func median(d []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(d))[len(d)/2]
}

// benchZipf gives the same load to two hosts in turns. "ratio" is the first
// one's requests per second over the second one's.
func (s *largeSite) benchZipf(b *testing.B, host, inMemory *process) {
	const n = 200
	var took [2]time.Duration
	for range b.N {
		s.turns++
		for i, p := range []*process{host, inMemory} {
			took[i] += s.visit(b, p.address, s.turns, n)
		}
	}
	total := float64(b.N * n * connections)
	b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "ratio")
	b.ReportMetric(total/took[0].Seconds(), "req/s")
	b.ReportMetric(total/took[1].Seconds(), "in-memory-req/s")
	b.ReportMetric(0, "ns/op")
}

// visit sends n requests on each connection for pages by their popularity, and
// returns how long that took.
func (s *largeSite) visit(b *testing.B, address string, seed uint64, n int) time.Duration {
	return request(b, address, func(connection int) func() (int, bool) {
		pages := rand.NewZipf(rand.New(rand.NewPCG(seed, uint64(connection))), skew, 1, uint64(s.entries-1))
		left := n
		return func() (int, bool) {
			left--
			return int(pages.Uint64()), left >= 0
		}
	})
}

// visitAll asks for every page once.
func (s *largeSite) visitAll(b *testing.B, address string) {
	request(b, address, func(connection int) func() (int, bool) {
		i := connection - connections
		return func() (int, bool) {
			i += connections
			return i, i < s.entries
		}
	})
}

// request asks for pages on several connections at once, on each for those that
// its function returns, one after the other.
func request(b *testing.B, address string, pages func(connection int) func() (page int, more bool)) time.Duration {
	begun := time.Now()
	var clients sync.WaitGroup
	for i := range connections {
		clients.Go(func() {
			if err := requestAll(address, pages(i)); err != nil {
				b.Error(err)
			}
		})
	}
	clients.Wait()
	return time.Since(begun)
}

func requestAll(address string, next func() (int, bool)) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := &answers{in: bufio.NewReaderSize(conn, 32<<10)}
	var out []byte
	for page, more := next(); more; page, more = next() {
		out = append(out[:0], "GET /p/"...)
		out = strconv.AppendInt(out, int64(page), 10)
		out = append(out, " HTTP/1.1\r\nHost: x\r\n\r\n"...)
		if _, err := conn.Write(out); err != nil {
			return err
		}
		const ok = "HTTP/1.1 200 "
		if status, err := in.in.Peek(len(ok)); err != nil || string(status) != ok {
			return fmt.Errorf("/p/%d: %q, %v", page, status, err)
		}
		if err := in.skip(); err != nil {
			return err
		}
	}
	return nil
}
