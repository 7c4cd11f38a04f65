package host

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/host/config"
)

// benchHost is a host that serves a page at /do/plain.
type benchHost struct {
	b      *testing.B
	site   string // host:port of the public listener
	admin  string // URL of the private one
	client *api.Client
}

// newBenchHost serves the site in a folder until the benchmark ends.
func newBenchHost(b *testing.B, dir string) *benchHost {
	b.Helper()
	cfg, err := config.Load(dir, func(string) (string, bool) { return "", false })
	if err != nil {
		b.Fatal(err)
	}
	cfg.Server.Listen, cfg.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0"
	host, err := Open(b.Context(), cfg, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended, listens := make(chan error, 1), make(chan Addresses, 1)
	go func() { ended <- host.Serve(ctx, func(a Addresses) { listens <- a }) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	at := <-listens
	h := &benchHost{b: b, admin: at.Admin, site: strings.Trim(strings.TrimPrefix(at.Site, "http://"), "/")}
	if h.client, err = api.NewClient(at.Admin, ""); err != nil {
		b.Fatal(err)
	}
	return h
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// compareHits measures hits with nothing else to do and under a load, in
// turns. "p99-ratio" is the 99th percentile of the second over that of the first,
// "rate-ratio" its requests per second over the first's; medians of several turns.
// The clients are another process, as visitors are.
func (h *benchHost) compareHits(b *testing.B, rounds int, span time.Duration, load func() (stop func())) {
	var idle, busy []time.Duration
	var p99, rate []float64
	for range max(rounds, b.N) {
		without := h.hits(span)
		stop := load()
		with := h.hits(span)
		stop()
		idle, busy = append(idle, without.p99), append(busy, with.p99)
		p99 = append(p99, float64(with.p99)/float64(without.p99))
		rate = append(rate, float64(with.requests)/float64(without.requests))
	}
	b.ReportMetric(milliseconds(median(idle)), "idle-p99-ms")
	b.ReportMetric(milliseconds(median(busy)), "busy-p99-ms")
	b.ReportMetric(middle(p99), "p99-ratio")
	b.ReportMetric(3, "p99-ratio-most")
	b.ReportMetric(middle(rate), "rate-ratio")
	b.ReportMetric(0.5, "rate-ratio-least")
	b.ReportMetric(0, "ns/op")
}

func middle(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// visits is what four connections saw.
type visits struct {
	p99      time.Duration
	requests int
}

// Settings of the process that visits: who, and for how long.
const (
	visitedSite = "WISR_TEST_VISITED"
	visitedFor  = "WISR_TEST_VISITED_FOR"
)

// hits has another process ask for the page.
func (h *benchHost) hits(span time.Duration) visits {
	h.b.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestVisitsByAProcessOfItsOwn$", "-test.count=1", "-test.v")
	c.Env = append(os.Environ(), visitedSite+"="+h.site, visitedFor+"="+span.String())
	out, err := c.CombinedOutput()
	if err != nil {
		h.b.Fatalf("%v\n%s", err, out)
	}
	_, told, _ := strings.Cut(string(out), "visits: ")
	var p99 int64
	var v visits
	if _, err := fmt.Sscan(told, &p99, &v.requests); err != nil || v.requests == 0 {
		h.b.Fatalf("%v\n%s", err, out)
	}
	v.p99 = time.Duration(p99)
	return v
}

// TestVisitsByAProcessOfItsOwn is that process, and not a test.
func TestVisitsByAProcessOfItsOwn(t *testing.T) {
	site := os.Getenv(visitedSite)
	if site == "" {
		t.Skip("runs for benchmarks only")
	}
	span, err := time.ParseDuration(os.Getenv(visitedFor))
	if err != nil {
		t.Fatal(err)
	}
	v := visit(t, site, span)
	fmt.Printf("\nvisits: %d %d\n", v.p99.Nanoseconds(), v.requests)
}

// visit asks for the page on four connections, one request after the other.
func visit(t *testing.T, site string, span time.Duration) visits {
	t.Helper()
	request := []byte("GET /do/plain HTTP/1.1\r\nHost: x\r\n\r\n")
	var mu sync.Mutex
	var all []time.Duration
	var clients sync.WaitGroup
	end := time.Now().Add(span)
	for range 4 {
		clients.Go(func() {
			conn, err := net.Dial("tcp", site)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			in := &answers{in: bufio.NewReaderSize(conn, 32<<10)}
			var took []time.Duration
			for begun := time.Now(); begun.Before(end); begun = time.Now() {
				if _, err := conn.Write(request); err != nil {
					t.Error(err)
					return
				}
				if err := in.skip(); err != nil {
					t.Error(err)
					return
				}
				took = append(took, time.Since(begun))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	clients.Wait()
	if len(all) == 0 {
		return visits{}
	}
	slices.Sort(all)
	return visits{all[len(all)*99/100], len(all)}
}
