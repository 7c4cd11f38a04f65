package host

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// connections is how many visitors ask at once in the benchmarks.
const connections = 16

// benchSite serves one page of 10 KB of text that is in the store, and returns
// the handler of its public listener.
func benchSite(t testing.TB) (fasthttp.RequestHandler, *isr.Entry) {
	h, entry := storedPage(t, time.Now)
	return publicHandler(t, h), entry
}

func publicHandler(t testing.TB, h *Host) fasthttp.RequestHandler {
	t.Helper()
	server, stop, err := h.visitors(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return server.Handler()
}

// storedPage opens a host with one page, /page, that is in the store.
func storedPage(t testing.TB, clock func() time.Time) (*Host, *isr.Entry) {
	t.Helper()
	dir := t.TempDir()
	module, err := os.ReadFile("../testdata/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	plugin := filepath.Join(dir, "plugins", "hello")
	if err := os.MkdirAll(plugin, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"hello.wasm":  module,
		"plugin.toml": []byte("name = \"hello\"\nroute = \"/page\"\nmodule = \"hello.wasm\"\n"),
	} {
		if err := os.WriteFile(filepath.Join(plugin, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(dir, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(context.Background(), cfg, Options{Log: slog.New(slog.DiscardHandler), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close(context.Background()) })
	now := clock().UTC()
	entry := &isr.Entry{
		Key: "/page", Plugin: "hello", Version: h.registry.Table().Versions[0].ID,
		Kind: page.KindProps, Status: 200, Props: []byte("{}"), Body: bytes.Repeat([]byte("0123456789abcde\n"), 640),
		Header:    []page.Field{{Name: "Content-Type", Value: "text/html; charset=utf-8"}},
		StartedAt: now, FinishedAt: now, Revalidate: time.Hour, Expire: 24 * time.Hour,
		ETag: `"an-entity-tag-of-24-chars"`, DataETag: `"x"`,
	}
	if _, err := h.store.Put(context.Background(), entry); err != nil {
		t.Fatal(err)
	}
	return h, entry
}

func TestAHitAllocatesAtMostTenTimes(t *testing.T) {
	handler, entry := benchSite(t)
	for _, test := range []struct {
		name   string
		status int
		header string
	}{{"a page", 200, ""}, {"a 304", 304, entry.ETag}} {
		var ctx fasthttp.RequestCtx
		ctx.Request.Header.SetMethod("GET")
		ctx.Request.SetRequestURI("/page")
		ctx.Request.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
		if test.header != "" {
			ctx.Request.Header.Set("If-None-Match", test.header)
		}
		handler(&ctx)
		if status := ctx.Response.StatusCode(); status != test.status || !bytes.Contains(ctx.Response.Header.Header(), []byte("X-Wisr-Cache: HIT\r\n")) {
			t.Fatalf("%s: %d\n%s", test.name, status, &ctx.Response.Header)
		}
		n := testing.AllocsPerRun(1000, func() {
			ctx.Response.Reset()
			handler(&ctx)
		})
		t.Logf("%s: %v allocations", test.name, n)
		if n > 10 {
			t.Errorf("%s: %v allocations, want at most 10", test.name, n)
		}
	}
}

// BenchmarkHit serves the page over sockets, in turns with a bare fasthttp
// handler that sends the same bytes. "ratio" is wisr's requests per second over that
// one's: what it costs that the page can be renewed.
func BenchmarkHit(b *testing.B) {
	handler, entry := benchSite(b)
	race(b, handler, "GET /page HTTP/1.1\r\nHost: x\r\n\r\n", func(ctx *fasthttp.RequestCtx) {
		ctx.SetContentType("text/html; charset=utf-8")
		ctx.Response.SetBodyRaw(entry.Body)
	})
}

// BenchmarkNotModified answers 304, against a handler that sends nothing.
func BenchmarkNotModified(b *testing.B) {
	handler, entry := benchSite(b)
	race(b, handler, "GET /page HTTP/1.1\r\nHost: x\r\nIf-None-Match: "+entry.ETag+"\r\n\r\n", func(ctx *fasthttp.RequestCtx) {
		ctx.SetStatusCode(fasthttp.StatusNotModified)
	})
}

// race measures two handlers in many short turns. ratio is the median of how much longer
// the other one takes in the turn beside; cpu-ratio is the same of the
// time of the processors, the clients' included, in which it does not show what
// else the machine does.
func race(b *testing.B, handler fasthttp.RequestHandler, request string, bare fasthttp.RequestHandler) {
	racers := [2]*clients{dial(b, listening(b, handler)), dial(b, listening(b, bare))}
	const turns = 100
	n := max(1, b.N/turns/connections)
	var walls, cpus []float64
	var took [2]time.Duration
	for turn := range turns {
		var wall, cpu [2]time.Duration
		for i := range 2 {
			i = (i + turn) % 2 // whoever comes second finds the caches warm
			before, begun := processorTime(b), time.Now()
			racers[i].load(b, []byte(request), n)
			wall[i], cpu[i] = time.Since(begun), processorTime(b)-before
			took[i] += wall[i]
		}
		walls = append(walls, wall[1].Seconds()/wall[0].Seconds())
		cpus = append(cpus, cpu[1].Seconds()/cpu[0].Seconds())
	}
	total := float64(n * turns * connections)
	b.ReportMetric(middle(walls), "ratio")
	b.ReportMetric(middle(cpus), "cpu-ratio")
	b.ReportMetric(total/took[0].Seconds(), "req/s")
	b.ReportMetric(total/took[1].Seconds(), "bare-req/s")
	b.ReportMetric(0, "ns/op") // the two together mean nothing
}

func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// listening serves a handler on loopback as the host does.
func listening(b *testing.B, handler fasthttp.RequestHandler) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &fasthttp.Server{Handler: handler, NoDefaultServerHeader: true}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(ln); err != nil {
			b.Error(err)
		}
	}()
	b.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			b.Error(err)
		}
		<-ended
	})
	return ln.Addr().String()
}

// clients are open connections to one server.
type clients struct {
	conns   []net.Conn
	answers []*answers
}

func dial(b *testing.B, address string) *clients {
	c := &clients{}
	for range connections {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conn.Close() })
		c.conns, c.answers = append(c.conns, conn), append(c.answers, &answers{in: bufio.NewReaderSize(conn, 32<<10)})
	}
	return c
}

// load sends n requests on each connection, one after the other.
func (c *clients) load(b *testing.B, request []byte, n int) {
	var all sync.WaitGroup
	for i, conn := range c.conns {
		all.Go(func() {
			for range n {
				if _, err := conn.Write(request); err != nil {
					b.Error(err)
					return
				}
				if err := c.answers[i].skip(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// answers reads answers with as little work as that takes: the client runs on the
// cores that are measured.
type answers struct {
	in   *bufio.Reader
	head []byte // of the last one
	body int    // bytes of it
}

// skip reads one answer. For most of a second it begins as the one before did, byte
// by byte, and then it is as long.
func (a *answers) skip() error {
	if _, err := a.in.Peek(1); err != nil {
		return err
	}
	// Of what has come, as this one may be shorter.
	if head, err := a.in.Peek(min(len(a.head), a.in.Buffered())); err != nil || !bytes.Equal(head, a.head) || len(head) == 0 {
		if err := a.measure(); err != nil {
			return err
		}
	}
	_, err := a.in.Discard(len(a.head) + a.body)
	return err
}

// measure finds out how long the next answer is.
func (a *answers) measure() error {
	end := []byte("\r\n\r\n")
	for n, found := 1, -1; found < 0; n = a.in.Buffered() + 1 {
		if _, err := a.in.Peek(n); err != nil {
			return err
		}
		there, err := a.in.Peek(a.in.Buffered())
		if err != nil {
			return err
		}
		if found = bytes.Index(there, end); found >= 0 {
			a.head = append(a.head[:0], there[:found+len(end)]...)
		}
	}
	a.body = 0
	if _, value, ok := bytes.Cut(a.head, []byte("Content-Length: ")); ok {
		for i := 0; i < len(value) && value[i] >= '0'; i++ {
			a.body = 10*a.body + int(value[i]-'0')
		}
	}
	return nil
}
