package host_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
)

// builds fails the test unless every page could be made.
func (s *site) builds() {
	s.t.Helper()
	if n := s.build(); n != 0 {
		s.t.Fatalf("%d pages failed", n)
	}
}

// made checks how often pages were generated.
func (s *site) made(plugin, path string, n int) {
	s.t.Helper()
	props, render := s.upstream.called(plugin, "props", path), s.upstream.called(plugin, "render", path)
	if props != n || render != n {
		s.t.Fatalf("%s: getStaticProps ran %d times, render %d times; want %d", path, props, render, n)
	}
}

// stored reads an entry from the site's folder as another process would.
func (s *site) stored(key string) *isr.Entry {
	s.t.Helper()
	d, err := dir.Open(filepath.Join(s.dir, ".wisr", "pages"), dir.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	entry, err := d.Get(context.Background(), key)
	if err != nil {
		s.t.Fatalf("%s in the store: %v", key, err)
	}
	return entry
}

func TestS1AFreshPageRunsNoGuest(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.builds()
		s.start()
		for _, d := range []time.Duration{0, 5 * time.Second, 4999 * time.Millisecond} {
			s.clock.advance(d)
			s.sees("/", 200, "HIT", "/ #1")
			s.sees("/_wisr/data/index.json", 200, "HIT", `{"props":{}}`)
		}
		s.made("page", "/", 1)
	})
}

func TestS2AStalePageIsServedAtOnceAndRenewedBehind(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.builds()
		s.start()
		g := newGate(t)
		s.upstream.on("page", script{props: g.hold(tenSeconds)})

		s.clock.advance(10 * time.Second)
		a := s.sees("/", 200, "STALE", "/ #1") // while the gate is closed
		if got, want := a.header.Get("Cache-Status"), "wisr; hit; ttl=0; detail=regenerating"; got != want {
			t.Errorf("Cache-Status is %q, want %q", got, want)
		}
		g.wait(t)
		if n := s.upstream.called("page", "props", "/"); n != 2 {
			t.Errorf("%d generations, want the first and one more", n)
		}
		g.open()
		s.becomes("/", "/ #2")
	})
}

func TestS3TheRenewedPageIsAHit(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.start()
		s.sees("/", 200, "MISS", "/ #1")
		for n := 1; n < 5; n++ {
			s.clock.advance(10 * time.Second)
			s.sees("/", 200, "STALE", fmt.Sprintf("/ #%d", n))
			s.becomes("/", fmt.Sprintf("/ #%d", n+1))
			a := s.sees("/", 200, "HIT", fmt.Sprintf("/ #%d", n+1))
			if got := a.header.Get("Cache-Status"); got != "wisr; hit; ttl=10" {
				t.Errorf("Cache-Status is %q", got)
			}
			s.made("page", "/", n+1)
		}
	})
}

func TestS4NobodyAsksAndNothingRuns(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.plugin("other", "/other")
		s.start()
		s.sees("/", 200, "MISS", "/ #1")
		for range 5 {
			s.clock.advance(time.Hour)
			s.get("/other")
		}
		s.stop() // which waits for every generation
		s.made("page", "/", 1)
	})
}

func TestS5OneGenerationHoweverManyAsk(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.start()
		s.sees("/", 200, "MISS", "/ #1")
		g := newGate(t)
		s.upstream.on("page", script{render: g.hold(counted)})
		s.clock.advance(time.Minute)

		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() {
				path, want := "/", "/ #1"
				if i%3 == 0 {
					path, want = "/_wisr/data/index.json", `{"props":{}}`
				}
				if a := s.get(path); a.status != 200 || a.header.Get("X-Wisr-Cache") != "STALE" || a.body != want {
					t.Errorf("GET %s: %d %q %q", path, a.status, a.header.Get("X-Wisr-Cache"), a.body)
				}
			})
		}
		all.Wait()
		g.wait(t)
		s.made("page", "/", 2)
		s.until("one generation is under way", func() bool { return generations() == 1 })
		g.open()
		s.becomes("/", "/ #2")
		s.made("page", "/", 2)
	})
}

func TestS6TheWindowStartsWhenTheGenerationFinished(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.upstream.on("page", script{render: func(in input) (int, string) {
			s.clock.advance(4 * time.Second)
			return counted(in)
		}})
		s.start()
		asked := s.clock.Now()
		if a := s.sees("/", 200, "MISS", "/ #1"); a.header.Get("Age") != "0" {
			t.Errorf("Age is %q, want 0", a.header.Get("Age"))
		}
		entry := s.stored("/")
		if from, to := entry.StartedAt.Sub(asked), entry.FinishedAt.Sub(asked); from != 0 || to != 4*time.Second {
			t.Errorf("started after %v and finished after %v, want 0s and 4s", from, to)
		}
		s.clock.advance(9999 * time.Millisecond)
		s.sees("/", 200, "HIT", "/ #1")
		s.clock.advance(time.Millisecond)
		s.sees("/", 200, "STALE", "/ #1")
	})
}

func TestS7ARestartForgetsNothing(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[...path]")
		s.upstream.on("page", script{props: func(in input) (int, string) {
			switch in.Path {
			case "/for/ever":
				return 200, `{"props":{"n":1},"tags":["a","b"]}`
			case "/gone":
				return 200, `{"notFound":true,"revalidate":20,"tags":["c"]}`
			case "/moved":
				return 200, `{"redirect":{"destination":"/for/ever","permanent":true},"revalidate":20}`
			}
			return 200, `{"props":{"n":2},"revalidate":20,"expire":60,"status":410,"tags":["news","été"],
				"headers":{"Content-Security-Policy":"default-src 'self'","Content-Type":"text/plain; charset=utf-8","X-Robots-Tag":"noindex"}}`
		}})
		s.start()
		paths := []string{"/page", "/for/ever", "/gone", "/moved", "/_wisr/data/page.json", "/_wisr/data/gone.json", "/_wisr/data/moved.json"}
		for _, path := range paths {
			s.get(path)
		}
		s.clock.advance(7 * time.Second)
		before := map[string]answer{}
		for _, path := range paths {
			a := s.get(path)
			if a.header.Get("X-Wisr-Cache") != "HIT" || a.header.Get("Age") != "7" {
				t.Errorf("%s before the restart: %v", path, a.header)
			}
			before[path] = a
		}
		s.restart()
		for _, path := range paths {
			sameAnswer(t, path, s.get(path), before[path])
		}
		if tags := s.stored("/page").Tags; strings.Join(tags, " ") != "news été" {
			t.Errorf("tags are %q", tags)
		}
		s.clock.advance(13 * time.Second)
		s.sees("/for/ever", 200, "HIT", "/for/ever #1")
		s.sees("/page", 410, "STALE", "/page #1")
		if a := s.get("/gone"); a.status != 404 || a.header.Get("X-Wisr-Cache") != "STALE" {
			t.Errorf("/gone: %d %v", a.status, a.header)
		}
		s.made("page", "/for/ever", 1)
	})
}

// sameAnswer compares two answers but for the time they were sent at.
func sameAnswer(t *testing.T, what string, got, want answer) {
	t.Helper()
	if got.status != want.status || got.body != want.body {
		t.Errorf("%s: %d %q, want %d %q", what, got.status, got.body, want.status, want.body)
	}
	if diff := headerDiff(got.header, want.header); diff != "" {
		t.Errorf("%s: header differs (got, want):\n%s", what, diff)
	}
}

func headerDiff(got, want http.Header) string {
	var b strings.Builder
	names := map[string]bool{}
	for name := range got {
		names[name] = true
	}
	for name := range want {
		names[name] = true
	}
	for name := range names {
		if g, w := fmt.Sprintf("%q", got[name]), fmt.Sprintf("%q", want[name]); g != w && name != "Date" {
			fmt.Fprintf(&b, "%s: %s, %s\n", name, g, w)
		}
	}
	return b.String()
}
