package host

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// A server that has sent a page before answers as one that never did, whatever
// came before and however often: S41, S50 to S54.
func TestWhatIsSentAgainIsWhatWouldBeMadeAnew(t *testing.T) {
	var clock atomic.Int64
	clock.Store(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC).UnixNano())
	h, entry := storedPage(t, func() time.Time { return time.Unix(0, clock.Load()) })
	known := publicHandler(t, h)
	store := func(n int) {
		clock.Add(1) // of two that started together the first stays
		next := *entry
		next.StartedAt, next.FinishedAt = time.Unix(0, clock.Load()), time.Unix(0, clock.Load())
		next.Body, next.ETag = fmt.Appendf(nil, "page %d", n), fmt.Sprintf(`"page-%d"`, n)
		next.Header = append(next.Header[:1:1], page.Field{Name: "X-Page", Value: strings.Repeat("x", n%3*3000)})
		next.Encodings = []isr.Coded{{Coding: "br", Body: []byte("br of it")}, {Coding: "gzip", Body: []byte("gzip of it")}}[:n%3]
		if stored, err := h.store.Put(context.Background(), &next); !stored || err != nil {
			t.Fatal(stored, err)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	seen := map[int]int{}
	for n := range 3000 {
		switch random.IntN(20) {
		case 0:
			store(n)
		case 1, 2, 3:
			clock.Add(int64(time.Duration(random.IntN(700)) * time.Millisecond))
		}
		fill := func(r *fasthttp.Request, method, target, accept, has, purpose string) {
			r.Header.SetMethod(method)
			r.SetRequestURI(target)
			r.Header.Set("Accept-Encoding", accept)
			r.Header.Set("If-None-Match", has)
			r.Header.Set("Sec-Purpose", purpose)
		}
		method, target := one("GET", "GET", "GET", "HEAD", "POST"), one("/page", "/page", "/page?a=b", "/page/", "/p%61ge", "//page", "/other", "/page#x", "http://x/page")
		accept := one("", "", "br", "gzip, br;q=0.5")
		has, purpose := one("", "", "*", `"x"`, `W/"page-0"`, fmt.Sprintf(`"page-%d-br"`, n)), one("", "", "prefetch")
		if e, err := h.store.Get(context.Background(), "/page"); err == nil && random.IntN(3) == 0 {
			has = e.ETag
		}
		var again, anew fasthttp.RequestCtx
		fill(&again.Request, method, target, accept, has, purpose)
		fill(&anew.Request, method, target, accept, has, purpose)
		known(&again)
		func() {
			server, stop, err := h.visitors(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			server.Handler()(&anew)
		}()
		if got, want := answerOf(&again), answerOf(&anew); !bytes.Equal(got, want) {
			t.Fatalf("%d: %s %s, accepting %q, has %q: got\n%s\nwant\n%s", n, method, target, accept, has, got, want)
		}
		seen[again.Response.StatusCode()]++
	}
	t.Log(seen)
	for _, status := range []int{200, 304, 308, 404, 405} {
		if seen[status] < 10 {
			t.Errorf("%d was answered %d times only", status, seen[status])
		}
	}
}

// answerOf is an answer without the time that it was sent at.
func answerOf(r *fasthttp.RequestCtx) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(r.Response.Header.Header()) {
		if !bytes.HasPrefix(line, []byte("Date:")) {
			b.Write(line)
		}
	}
	b.Write(r.Response.Body())
	return b.Bytes()
}

// Head and body of an answer are of one entry, while entries and seconds change: S50.
func TestManyAtOnceGetHeadAndBodyOfOneEntry(t *testing.T) {
	var clock atomic.Int64
	clock.Store(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC).UnixNano())
	h, entry := storedPage(t, func() time.Time { return time.Unix(0, clock.Load()) })
	known := publicHandler(t, h)
	var visitors sync.WaitGroup
	for range 4 {
		visitors.Go(func() {
			var r fasthttp.RequestCtx
			r.Request.SetRequestURI("/page")
			for range 200 {
				r.Response.Reset()
				known(&r)
				var etag string
				for line := range strings.Lines(r.Response.Header.String()) {
					if value, ok := strings.CutPrefix(line, "ETag: "); ok {
						etag = strings.TrimSpace(value)
					}
				}
				if body := string(r.Response.Body()); etag != entry.ETag && etag != `"`+body+`"` {
					t.Errorf("the tag %s came with %.40q", etag, body)
					return
				}
			}
		})
	}
	for n := range 20 {
		next := *entry
		now := time.Unix(0, clock.Add(int64(300*time.Millisecond)))
		next.StartedAt, next.FinishedAt = now, now
		next.Body = fmt.Appendf(nil, "page-%d", n)
		next.ETag = `"` + string(next.Body) + `"`
		if stored, err := h.store.Put(context.Background(), &next); !stored || err != nil {
			t.Error(stored, err)
		}
	}
	visitors.Wait()
}
