//go:build proxy

package host_test

import (
	"strings"
	"testing"
	"time"
)

// kept checks how long a cache kept what it asked for first. Caches count
// whole seconds, nginx one more.
func (e *edge) kept(path string, window time.Duration) {
	e.t.Helper()
	asked := e.way.asked(path)
	if d := asked[1].at.Sub(asked[0].at); d < window || d > window+3*time.Second {
		e.t.Errorf("the cache kept an answer with a window of %v for %v", window, d)
	}
}

// S40
func TestProxyKeepsAPageForItsWindow(t *testing.T) {
	caches(t, func(t *testing.T, s *site, cache program) {
		s.plugin("page", "/[slug]")
		s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":2}`)})
		e := s.behind(cache)
		e.asks("/a", 2, 200, "/a #1")
		e.kept("/a", 2*time.Second)
		e.turns("/a", 200, "/a #2")
	})
}

// S41. Of the two only Varnish reads Age: nginx keeps a page for its whole
// window, however old it is when it comes.
func TestProxySubtractsTheAge(t *testing.T) {
	s := newSite(t, "50MB")
	s.plugin("page", "/[slug]")
	s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":100}`)})
	e := s.behind(varnish)
	e.origin.get("/a")
	s.clock.advance(97 * time.Second)
	if a := e.shows("/a", 200, "/a #1"); a.header.Get("Age") != "97" {
		t.Errorf("Age is %q, want 97", a.header.Get("Age"))
	}
	e.asks("/a", 2, 200, "/a #1")
	e.kept("/a", 2*time.Second) // 3, or a little less than that: the page may be nearly 98 seconds old
	e.turns("/a", 200, "/a #2")
}

// S40
func TestProxyServesAStalePageAtOnceAndRenewsItBehind(t *testing.T) {
	caches(t, func(t *testing.T, s *site, cache program) {
		s.plugin("page", "/[slug]")
		s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":1}`)})
		e := s.behind(cache)
		e.shows("/a", 200, "/a #1")
		g := newGate(t)
		e.way.hold(g) // the site does not answer any more
		e.asks("/a", 2, 200, "/a #1")
		for range 20 {
			e.shows("/a", 200, "/a #1")
		}
		e.fetched("/a", 2) // once, for all of them
		e.way.hold(nil)
		g.open()
		e.turns("/a", 200, "/a #2")
	})
}

// S10 S40
func TestProxyWaitsForAPageThatHasExpired(t *testing.T) {
	caches(t, func(t *testing.T, s *site, cache program) {
		s.plugin("page", "/[slug]")
		s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":1,"expire":2}`)})
		e := s.behind(cache)
		e.shows("/a", 200, "/a #1")
		time.Sleep(4500 * time.Millisecond) // a request would renew it
		g := newGate(t)
		e.way.hold(g)
		answered := make(chan answer, 1)
		go func() { answered <- e.get("/a") }()
		g.wait(t)
		select {
		case a := <-answered:
			t.Fatalf("a page that has expired was served: %d %q", a.status, a.body)
		case <-time.After(200 * time.Millisecond):
		}
		g.open()
		if a := <-answered; a.status != 200 || a.body != "/a #2" {
			t.Errorf("%d %q, want the next page", a.status, a.body)
		}
	})
}

// S50 S51
func TestProxyAsksWhetherItHasThePageAndKeepsIt(t *testing.T) {
	caches(t, func(t *testing.T, s *site, cache program) {
		s.plugin("page", "/[slug]")
		s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":2}`), render: says(200, "always the same")})
		e := s.behind(cache)
		first := e.shows("/a", 200, "always the same")
		e.until("another visitor of the site renewed the page", func() bool {
			e.origin.get("/a")
			return s.upstream.called("page", "render", "/a") == 2
		})
		e.origin.becomes("/a", "always the same")

		e.asks("/a", 2, 200, "always the same")
		e.until("the site has answered", func() bool { return e.way.asked("/a")[1].status != 0 })
		second := e.way.asked("/a")[1]
		if second.status != 304 || second.header.Get("If-None-Match") != first.header.Get("ETag") {
			t.Errorf("the cache asked with %v and got %d; want 304 for %s", second.header, second.status, first.header.Get("ETag"))
		}
		for range 10 {
			a := e.shows("/a", 200, "always the same")
			for _, name := range []string{"ETag", "Content-Type", "Cache-Control", "Vary"} {
				if got, want := a.header.Get(name), first.header.Get(name); got != want {
					t.Errorf("%s is %q, was %q", name, got, want)
				}
			}
		}
		e.fetched("/a", 2) // it may be kept for another window
	})
}

// S22 S42 S61
func TestProxyKeepsNoFailureNoShellNoErrorPage(t *testing.T) {
	caches(t, func(t *testing.T, s *site, cache program) {
		s.plugin("page", "/page/[slug]")
		s.plugin("eager", "/eager/[slug]")
		s.plugin("missing", "/404")
		s.plugin("oops", "/500")
		g := newGate(t)
		s.upstream.on("page", script{props: says(500, "the API is down")})
		s.upstream.on("eager", script{
			paths: says(200, `{"paths":[],"fallback":true}`),
			props: g.hold(tenSeconds),
			render: func(in input) (int, string) {
				if in.IsFallback {
					return 200, "a shell"
				}
				return 200, "the page"
			},
		})
		s.upstream.on("missing", script{render: says(200, "our 404")})
		s.upstream.on("oops", script{render: says(200, "our 500")})
		e := s.behind(cache)
		for _, want := range []struct {
			path   string
			status int
			body   string
		}{
			{"/page/a", 500, "our 500"},
			{"/eager/a", 200, "a shell"},
			{"/nowhere", 404, "our 404"},
			{"/404", 404, "our 404"},
			{"/500", 500, "our 500"},
		} {
			for range 3 {
				e.shows(want.path, want.status, want.body)
			}
			e.fetched(want.path, 3)
		}
		s.upstream.on("page", script{render: says(200, "up again")})
		e.shows("/page/a", 200, "up again")
		g.open()
		e.turns("/eager/a", 200, "the page")
	})
}

// S54
func TestProxyGivesEachVisitorBytesItCanRead(t *testing.T) {
	caches(t, func(t *testing.T, s *site, cache program) {
		s.plugin("page", "/[slug]")
		s.upstream.on("page", script{render: says(200, much)})
		e := s.behind(cache)
		all := []struct{ accept, coding string }{
			{"", ""}, {"br", "br"}, {"gzip", "gzip"}, {"zstd", "zstd"}, {"gzip, deflate, br, zstd", "br"}, {"br;q=0.5, gzip", "gzip"},
		}
		etags := make(map[string]string) // by coding
		for range 2 {
			for _, visitor := range all {
				var header []string
				if visitor.accept != "" {
					header = []string{"Accept-Encoding: " + visitor.accept}
				}
				a := e.get("/a", header...)
				if got := a.header.Get("Content-Encoding"); a.status != 200 || got != visitor.coding {
					t.Errorf("Accept-Encoding %q: %d in %q, want %q", visitor.accept, a.status, got, visitor.coding)
				}
				if plain := decoded(t, a); plain != much {
					t.Errorf("Accept-Encoding %q: %d bytes that are not the page's: %.40q", visitor.accept, len(plain), plain)
				}
				etags[visitor.coding] = a.header.Get("ETag")
				// The cache answers for itself those who have it.
				b := e.get("/a", append(header, "If-None-Match: "+a.header.Get("ETag"))...)
				if b.status != 304 || b.body != "" || b.header.Get("ETag") != a.header.Get("ETag") {
					t.Errorf("Accept-Encoding %q, If-None-Match %s: %d with %d bytes", visitor.accept, a.header.Get("ETag"), b.status, len(b.body))
				}
			}
		}
		e.fetched("/a", len(all)) // each once
		for coding, etag := range etags {
			for other, same := range etags {
				if coding != other && etag == same {
					t.Errorf("the bytes in %q and in %q share the strong ETag %s", coding, other, etag)
				}
			}
		}
	})
}

// S54. As it comes, Varnish asks for gzip and unpacks it for those who cannot read that.
func TestProxyVarnishUnpacksByItself(t *testing.T) {
	s := newSite(t, "50MB")
	s.plugin("page", "/[slug]")
	s.upstream.on("page", script{render: says(200, much)})
	e := s.behind(func(t *testing.T, origin string) string { return varnishWith(t, origin, "") })
	for accept, coding := range map[string]string{"gzip": "gzip", "br, gzip": "gzip", "br": "", "identity": ""} {
		a := e.get("/a", "Accept-Encoding: "+accept)
		if got := a.header.Get("Content-Encoding"); a.status != 200 || got != coding || decoded(t, a) != much {
			t.Errorf("Accept-Encoding %q: %d, %d bytes in %q; want %q", accept, a.status, len(a.body), got, coding)
		}
	}
	e.fetched("/a", 1)
}

// S52
func TestProxyAnswersHEADFromThePage(t *testing.T) {
	caches(t, func(t *testing.T, s *site, cache program) {
		s.plugin("page", "/[slug]")
		e := s.behind(cache)
		head := e.do("HEAD", "/a")
		get := e.shows("/a", 200, "/a #1")
		again := e.do("HEAD", "/a")
		for _, a := range []answer{head, again} {
			if a.status != 200 || a.body != "" {
				t.Errorf("HEAD: %d %q", a.status, a.body)
			}
			for _, name := range []string{"Content-Length", "Content-Type", "ETag", "Cache-Control", "Vary"} {
				if got, want := a.header.Get(name), get.header.Get(name); got != want || want == "" {
					t.Errorf("HEAD has %s %q, GET %q", name, got, want)
				}
			}
		}
		e.fetched("/a", 1)
		if method := e.way.asked("/a")[0].method; method != "GET" {
			t.Errorf("the cache sent %s", method)
		}
		s.made("page", "/a", 1)
		if a := e.origin.do("HEAD", "/b"); a.status != 200 {
			t.Errorf("HEAD of the site itself: %d", a.status)
		}
		s.made("page", "/b", 1)
	})
}

// S90 S91 S92
func TestProxyKeepsWhatIsNotAPageForItsOwnWindow(t *testing.T) {
	for _, result := range []struct {
		name, props string
		status      int
	}{
		{"not found", `{"notFound":true,"revalidate":2}`, 404},
		{"redirect", `{"redirect":{"destination":"/b","permanent":false},"revalidate":2}`, 307},
	} {
		t.Run(result.name, func(t *testing.T) {
			caches(t, func(t *testing.T, s *site, cache program) {
				s.plugin("page", "/[slug]")
				s.upstream.on("page", script{props: says(200, result.props)})
				e := s.behind(cache)
				first := e.get("/a")
				if got := first.header.Get("Cache-Control"); first.status != result.status || !strings.HasPrefix(got, "s-maxage=2, ") {
					t.Fatalf("%d, Cache-Control: %s", first.status, got)
				}
				s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":2}`)})
				e.asks("/a", 2, result.status, first.body)
				e.kept("/a", 2*time.Second)
				e.turns("/a", 200, "/a #1")
			})
		})
	}
}

// S90
func TestProxyKeepsANotFoundWithoutAWindowForTheSites(t *testing.T) {
	caches(t, func(t *testing.T, s *site, cache program) {
		s.plugin("page", "/[slug]")
		s.upstream.on("page", script{props: says(200, `{"notFound":true}`)})
		e := s.behind(cache)
		for range 3 {
			if a := e.get("/a"); a.status != 404 || !strings.HasPrefix(a.header.Get("Cache-Control"), "s-maxage=60, ") {
				t.Errorf("%d, Cache-Control: %s", a.status, a.header.Get("Cache-Control"))
			}
		}
		e.fetched("/a", 1)
	})
}

// While a page of the site is stale, its answers are too old for Varnish to
// keep, and its built-in rules send every visitor on to the site. With one line
// they are kept, served at once and renewed behind.
func TestProxyVarnishKeepsAPageThatComesStaleIfToldTo(t *testing.T) {
	s := newSite(t, "50MB")
	s.plugin("page", "/[slug]")
	s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":1}`)})
	e := s.behind(func(t *testing.T, origin string) string {
		return varnishWith(t, origin, "sub vcl_beresp_stale { if (beresp.ttl + beresp.grace > 0s) { return; } }\n")
	})
	e.shows("/a", 200, "/a #1")
	s.upstream.on("page", script{props: says(500, "the API is down")})
	e.asks("/a", 3, 200, "/a #1") // the third time after a stale answer
	g := newGate(t)
	e.way.hold(g)
	n := len(e.way.asked("/a"))
	e.asks("/a", n+1, 200, "/a #1")
	for range 20 {
		e.shows("/a", 200, "/a #1")
	}
	e.fetched("/a", n+1)
	e.way.hold(nil)
	g.open()
	s.upstream.on("page", script{props: says(200, `{"props":{},"revalidate":1}`)})
	s.clock.advance(time.Minute)
	e.turns("/a", 200, "/a #2")
}

// run makes it move by itself, for tests with a program that has a clock of its own.
func (c *clock) run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = time.Now()
}
